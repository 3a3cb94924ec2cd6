// The browser of answers. Samples lie in the page as JSON; every text becomes a text node, so none can run.
(() => {
  const element = document.getElementById("samples");
  const sets = element ? JSON.parse(element.textContent) : [];
  const section = document.getElementById("browser");
  if (!section || !sets.length) return;
  const byId = (id) => document.getElementById(id);
  const fields = ["set", "arm", "outcome", "setting", "mark", "solved", "order"].map(byId);
  const search = byId("search");
  const PAGE = 60;
  const SOLVED = [
    ["", "any"], ["disagree", "arms disagree"], ["only", "only this arm"], ["none", "nobody: no sample right"],
    ["all", "every arm"],
  ];
  const ORDER = [
    ["", "as drawn"], ["hard", "pass rate, lowest first"], ["easy", "pass rate, highest first"],
    ["long", "longest answers first"], ["short", "shortest answers first"],
  ];
  let set = sets[0];
  let matching = [];
  let limit = PAGE;
  let current = null;

  // A small builder: tag, properties, children; strings become text nodes.
  const make = (tag, properties = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return node;
  };
  const count = (n) => n.toLocaleString("en");
  const plural = (n, word) => `${count(n)} ${word}${n === 1 ? "" : "s"}`;
  const outcomeClass = { correct: "right", wrong: "wrong" };
  const chip = (text, kind = "", title = "") => make("span", { className: `chip ${kind}`, title }, text);

  // What filters and orders ask of a problem.
  const armOf = () => (byId("arm").value === "" ? -1 : Number(byId("arm").value));
  const samplesOf = (entry, arm) => (arm < 0 ? entry.samples : entry.samples.filter((s) => s.arm === arm));
  const tallied = (entry) => set.arms.map((_, arm) => entry.tally[arm] ?? [0, 0, 0, 0]);
  const solves = ([right, judged]) => judged > 0 && 2 * right >= judged;
  const inWords = ([right, judged, failed, bare]) => [judged ? `${count(right)} of ${count(judged)} right` : "",
    bare ? `${plural(bare, "sample")} not verified` : "", failed ? plural(failed, "failed request") : ""]
    .filter(Boolean).join(", ") || "no samples";
  const together = (tallies) => tallies.reduce((sum, each) => sum.map((n, i) => n + each[i]), [0, 0, 0, 0]);
  const tallyOf = (entry, arm) => together(arm < 0 ? tallied(entry) : [tallied(entry)[arm]]);
  const passRate = (entry, arm) => {
    const [right, judged] = tallyOf(entry, arm);
    return judged ? right / judged : null;
  };
  const lengthOf = (entry, arm) => {
    const samples = samplesOf(entry, arm).filter((sample) => sample.kind !== "failed");
    const tokens = samples.every((sample) => sample.tokens !== undefined);
    const lengths = samples.map((sample) => (tokens ? sample.tokens : (sample.length ?? 0)));
    return lengths.length ? lengths.reduce((a, b) => a + b, 0) / lengths.length : null;
  };
  const isSolved = (entry, arm, how) => {
    const judged = tallied(entry).map((each, place) => [place, each]).filter(([, each]) => each[1] > 0);
    const solving = judged.filter(([, each]) => solves(each)).map(([place]) => place);
    if (how === "disagree") return solving.length > 0 && solving.length < judged.length;
    if (how === "only") return solving.length === 1 && judged.length > 1 && (arm < 0 || solving[0] === arm);
    if (how === "none") return judged.length > 0 && judged.every(([, each]) => each[0] === 0);
    return judged.length > 0 && solving.length === judged.length;
  };
  const hasMark = (entry, arm, mark) => (entry.marks ?? []).includes(mark) ||
    samplesOf(entry, arm).some((sample) => (sample.marks ?? []).includes(mark));
  const haystack = (entry) => {
    entry.words ??= [entry.id, entry.question, entry.reference, ...(entry.marks ?? []),
      ...entry.samples.flatMap((sample) => [sample.reasoning, sample.answer, sample.error, ...(sample.marks ?? []),
        ...(sample.verdicts ?? []).flatMap((verdict) => [verdict.extracted, verdict.reason])])]
      .filter(Boolean).join("\n").toLowerCase();
    return entry.words;
  };

  const filtered = () => {
    const [, , outcome, setting, mark, solved, order] = fields.map((field) => field.value);
    const arm = armOf();
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = set.entries.filter((entry) =>
      (arm < 0 || samplesOf(entry, arm).length > 0) &&
      (!outcome || samplesOf(entry, arm).some((sample) => sample.kind === outcome)) &&
      (!setting || entry.setting === setting) &&
      (!mark || hasMark(entry, arm, mark)) &&
      (!solved || isSolved(entry, arm, solved)) &&
      words.every((word) => haystack(entry).includes(word)));
    const value = order === "hard" || order === "easy" ? passRate : lengthOf;
    const sign = order === "easy" || order === "long" ? -1 : 1;
    if (!order) return fits;
    // What has no value (nothing judged, nothing written) comes last in every order.
    return fits.map((entry) => [value(entry, arm), entry])
      .sort(([a], [b]) => (a === null) - (b === null) || sign * (a - b)).map(([, entry]) => entry);
  };

  // The list.
  const bar = (entry) => {
    const strip = make("span", { className: "strip" });
    strip.setAttribute("aria-hidden", "true");
    tallied(entry).forEach((tally, arm) => {
      const share = tally[1] ? Math.round((4 * tally[0]) / tally[1]) : -1;
      strip.append(make("i", { className: `share${share}`, title: `${set.arms[arm]}: ${inWords(tally)}` }));
    });
    return strip;
  };
  const row = (entry, place) => {
    const question = make("span", { className: "question", dir: "auto" }, entry.question.slice(0, 160) || "(no question)");
    const tally = make("span", { className: "tally" }, inWords(tallyOf(entry, armOf())),
      entry.setting && !byId("setting").value ? ` · ${entry.setting}` : "");
    const button = make("button", { type: "button" }, question, bar(entry), tally);
    button.dataset.place = place;
    return make("li", {}, button);
  };
  const list = byId("list");
  const drawList = (from = 0) => {
    if (!from) list.replaceChildren();
    list.append(...matching.slice(from, limit).map((entry, i) => row(entry, from + i)));
    byId("more").hidden = matching.length <= limit;
    const filtering = matching.length < set.entries.length ? `${count(matching.length)} of ` : "";
    byId("shown").textContent = matching.length
      ? `${filtering}${plural(set.entries.length, "problem")}`
      : "No problem here has all that is asked for; take a filter away.";
  };

  // One problem with every arm's samples.
  const verdictLine = (verdict) => make("p", { className: "verdict" },
    chip(verdict.outcome, outcomeClass[verdict.outcome]), ` ${verdict.verifier}`,
    verdict.extracted === undefined ? "" : " read ",
    verdict.extracted === undefined ? "" : make("code", { dir: "auto" }, verdict.extracted || "(nothing)"),
    verdict.reason ? `: ${verdict.reason}` : "", verdict.score === undefined ? "" : ` · score ${verdict.score}`);
  const folded = (summary, ...children) => make("details", {}, make("summary", {}, summary), ...children);
  const text = (content, kind = "") => make("pre", { className: `text ${kind}`, dir: "auto" }, content);
  const quoted = (name) => `'${name.replaceAll("'", "'\\''")}'`;
  const folderOf = (sample) => set.folders.length === set.arms.length ? set.folders[sample.arm] : set.folders.length === 1 && set.folders[0];
  // What was taken from where and held against what; the steps between are the command line's to print.
  const account = (sample, verdict) => folded("How it came about",
    sample.taken ? make("p", {}, `Taken from this line of the ${sample.taken.from}: `, make("code", { dir: "auto" }, sample.taken.line)) : "",
    current.reference === undefined ? "" : make("p", {}, "Held against the reference ", make("code", { dir: "auto" }, current.reference)),
    verdict.reason ? make("p", {}, `Because ${verdict.reason}`) : "",
    folderOf(sample) ? make("p", {}, "Every step, in the run's folder: ",
      make("code", {}, `limbeck verify ${folderOf(sample)} --explain ${quoted(sample.id)} --verifier ${verdict.verifier}`)) : "");
  const FINISH = { stop: "finished", length: "cut off at the token limit", error: "", unknown: "" };
  const card = (sample) => {
    const verdicts = sample.verdicts ?? [];
    const last = verdicts.at(-1);
    const facts = [FINISH[sample.finish] ?? "", sample.tokens === undefined ? "" : plural(sample.tokens, "token"),
      sample.pair ? `${sample.pair} of the pair` : "",
      ...Object.entries(sample.scores ?? {}).map(([name, score]) => `${name} ${score}`)].filter(Boolean);
    const marks = (sample.marks ?? []).map((mark) => chip(mark, "mark", set.marked[mark] ? `marked by ${set.marked[mark]}` : ""));
    const reasons = set.kind === "training data" && marks.length
      ? `Not a positive: ${sample.marks.map((mark) => (set.marked[mark] ? `${mark}, by ${set.marked[mark]}` : mark)).join("; ")}` : "";
    return make("div", { className: `sample ${outcomeClass[sample.kind] ?? ""}` },
      last ? verdictLine(last) : make("p", { className: "verdict" }, chip(sample.kind === "failed" ? "request failed" : sample.kind), sample.error ? ` ${sample.error}` : ""),
      sample.reasoning ? folded(`Reasoning, ${plural(sample.written, "character")}`, text(sample.reasoning)) : "",
      sample.answer ? text(sample.answer, "answer") : make("p", { className: "none" }, sample.kind === "failed" ? "" : "(no answer text)"),
      last ? account(sample, last) : "",
      verdicts.length > 1 ? folded(plural(verdicts.length - 1, "earlier verdict"), ...verdicts.slice(0, -1).reverse().map((verdict) => verdictLine(verdict))) : "",
      make("p", { className: "facts-line" }, facts.join(" · "), " ", ...(reasons ? [] : marks)),
      reasons ? make("p", { className: "facts-line" }, reasons) : "",
      make("p", { className: "id" }, sample.id));
  };
  const column = (entry, arm) => {
    const wanted = byId("outcome").value;
    const samples = entry.samples.filter((sample) => sample.arm === arm)
      .sort((a, b) => (b.kind === wanted) - (a.kind === wanted));
    const tally = tallied(entry)[arm];
    const made = tally[1] + tally[2] + tally[3];
    const told = inWords(tally) + (samples.length < made ? `; ${samples.length} shown` : "");
    return make("section", { className: "arm" }, make("h4", {}, set.arms[arm], " ", make("small", {}, told)),
      ...samples.map(card));
  };
  const step = (by, label) => {
    const place = matching.indexOf(current) + by;
    const button = make("button", { type: "button", disabled: place < 0 || place >= matching.length }, label);
    button.addEventListener("click", () => choose(matching[place]));
    return button;
  };
  const linkTo = (entry) => {
    const query = new URLSearchParams({ set: set.name, problem: entry.id, ...(entry.setting && { at: entry.setting }) });
    return `#browser&${query}`;
  };
  const drawProblem = () => {
    const article = byId("problem");
    if (!current) { article.replaceChildren(make("p", { className: "none" }, "No problem is chosen.")); return; }
    const arms = set.arms.map((_, arm) => arm).filter((arm) => {
      const [, judged, failed, bare] = tallied(current)[arm];
      return judged + failed + bare > 0;
    }).sort((a, b) => (b === armOf()) - (a === armOf()));
    const marks = (current.marks ?? []).map((mark) =>
      chip(mark, "wrong", set.marked[mark] ? `the problem was marked by ${set.marked[mark]}` : "the problem's mark"));
    article.replaceChildren(
      make("div", { className: "steps" }, step(-1, "← previous"), step(1, "next →"),
        make("span", {}, `${count(matching.indexOf(current) + 1)} of ${count(matching.length)}`),
        make("a", { href: linkTo(current) }, "link to this problem")),
      make("h3", {}, current.id, current.setting ? make("small", {}, ` ${current.setting}`) : "", ...marks),
      text(current.question || "(no question)", "asked"),
      make("p", { className: "reference" }, current.reference === undefined ? "No reference answer" : "Reference answer ",
        current.reference === undefined ? "" : make("code", { dir: "auto" }, current.reference)),
      current.tree ? folded(`Search tree, ${plural(current.tree.split("\n").length, "line")}`, text(current.tree)) : "",
      arms.length ? make("div", { className: "arms" }, ...arms.map((arm) => column(current, arm))) : make("p", { className: "none" }, "No samples."));
  };

  // State and hash: `#browser&set=scores&outcome=wrong&problem=gsm8k/3`.
  const remember = () => {
    const state = new URLSearchParams();
    for (const field of [...fields, search]) {
      const chosen = field.id === "arm" && field.value !== "" ? set.arms[Number(field.value)] : field.value;
      if (field.id === "set" ? sets.indexOf(set) > 0 : chosen) state.set(field.id, field.id === "set" ? set.name : chosen);
    }
    if (current) {
      state.set("problem", current.id);
      if (current.setting) state.set("at", current.setting);
    }
    try { history.replaceState(null, "", `#browser&${state}`); } catch { /* a page in a frame may have no address */ }
  };
  const choose = (entry, quietly = false) => {
    current = entry ?? null;
    const place = matching.indexOf(current);
    while (place >= limit) { limit += PAGE; drawList(limit - PAGE); }
    for (const button of list.querySelectorAll("button")) {
      const here = Number(button.dataset.place) === place;
      if (here) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
      if (here && !quietly) button.scrollIntoView({ block: "nearest" });
    }
    drawProblem();
    if (!quietly) remember();
  };
  const apply = (wanted = null, quietly = false) => {
    matching = filtered();
    limit = PAGE;
    drawList();
    choose(wanted && matching.includes(wanted) ? wanted : matching[0], quietly);
  };

  const options = (id, pairs, chosen = "") => {
    byId(id).replaceChildren(...pairs.map(([value, label]) => new Option(label, value, value === chosen, value === chosen)));
    byId(id).disabled = pairs.length < 2;
  };
  const named = (values, all = "all") => [["", all], ...values.map((value) => [value, value])];
  const present = (values) => [...new Set(values)].sort();
  const enter = (index) => {
    set = sets[index];
    options("set", sets.map((each, i) => [String(i), `${each.name} (${each.kind})`]), String(index));
    options("arm", [["", "all"], ...set.arms.map((arm, i) => [String(i), arm])]);
    const samples = set.entries.flatMap((entry) => entry.samples);
    options("outcome", named(present(samples.map((sample) => sample.kind))));
    options("setting", named(present(set.entries.map((entry) => entry.setting).filter(Boolean))));
    options("mark", named(present([...samples, ...set.entries].flatMap((each) => each.marks ?? []))));
    options("solved", SOLVED.filter(([value]) => set.arms.length > 1 || !["disagree", "only"].includes(value)));
    options("order", ORDER);
    byId("solved").disabled = byId("solved").disabled || !samples.some((sample) => sample.verdicts);
    const many = present(set.entries.map((entry) => entry.setting)).length > 1;
    const problems = plural(set.problems, "problem") + (many ? " (one at two temperatures counts twice)" : "");
    const whole = set.entries.length === set.problems && samples.length === set.samples;
    byId("extent").textContent = !set.problems ? `Stage ${set.name} holds no samples.` : whole
      ? `All ${problems} and ${plural(set.samples, "sample")} of stage ${set.name}.`
      : `${count(set.entries.length)} of ${problems} and ${count(samples.length)} of ${plural(set.samples, "sample")} of stage ` +
        `${set.name}, drawn by the seed evenly from each benchmark, outcome and mark. Tallies count all samples; all lie in ` +
        `${set.folders[0] ?? "the run's folder"}${set.folders.length > 1 ? ` and ${plural(set.folders.length - 1, "folder")} beside it` : ""}.`;
  };
  const restore = () => {
    if (!location.hash.startsWith("#browser")) { enter(0); apply(null, true); return; }
    const state = new URLSearchParams(location.hash.slice("#browser".length).replace(/^&/, ""));
    enter(Math.max(0, sets.findIndex((each) => each.name === state.get("set"))));
    for (const field of [...fields.slice(1), search]) {
      const value = state.get(field.id);
      if (value === null) { if (field === search) search.value = ""; continue; }
      field.value = field.id === "arm" ? String(set.arms.indexOf(value)) : value;
      if (field !== search && field.selectedIndex < 0) field.value = "";
    }
    const wanted = set.entries.find((entry) => entry.id === state.get("problem") &&
      (!state.get("at") || entry.setting === state.get("at")));
    apply(wanted, true);
    if (state.get("problem") && !wanted) {
      byId("shown").textContent += ` Problem ${state.get("problem")} is not among those in this page.`;
    }
    section.scrollIntoView({ behavior: "instant" });
  };

  byId("clear").addEventListener("click", () => { search.value = ""; enter(sets.indexOf(set)); apply(current); });
  byId("set").addEventListener("change", () => { enter(Number(byId("set").value)); apply(); });
  for (const field of fields.slice(1)) field.addEventListener("change", () => apply(current));
  search.addEventListener("input", () => apply(current));
  byId("more").addEventListener("click", () => { limit += PAGE; drawList(limit - PAGE); });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) choose(matching[Number(button.dataset.place)]);
  });
  // Single letters work only while the focus is in this section and not in a field (WCAG 2.1.4).
  section.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT)$/.test(event.target.tagName)) return;
    if (event.key === "/") { event.preventDefault(); search.focus(); return; }
    const by = { j: 1, ArrowDown: list.contains(event.target) && 1, k: -1, ArrowUp: list.contains(event.target) && -1 }[event.key];
    const entry = by && matching[matching.indexOf(current) + by];
    if (!entry) return;
    event.preventDefault();
    choose(entry);
    if (list.contains(event.target)) list.querySelector("[aria-current]")?.focus({ preventScroll: true });
    else byId("problem").focus({ preventScroll: true });
  });
  window.addEventListener("hashchange", () => { if (location.hash.startsWith("#browser&")) restore(); });
  section.querySelector(".browser").hidden = false;
  restore();
})();
