"use strict";
// Filter the trace browser. Works on what the page already holds; without it everything is simply shown.
(() => {
  const cards = [...document.querySelectorAll(".problem")];
  if (!cards.length) return;
  const search = document.getElementById("search");
  const kind = document.getElementById("kind");
  const shown = document.getElementById("shown");
  const more = document.getElementById("more");
  const texts = cards.map((card) => card.textContent.toLowerCase());
  let limit = 15;

  const draw = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let matching = 0;
    cards.forEach((card, i) => {
      const fits = words.every((word) => texts[i].includes(word)) &&
        (!kind.value || card.dataset.kinds.split("\n").includes(kind.value));
      matching += fits;
      card.hidden = !fits || matching > limit;
    });
    shown.textContent = `${Math.min(matching, limit)} of ${matching} shown`;
    more.hidden = matching <= limit;
  };
  const afresh = () => { limit = 15; draw(); };
  search.addEventListener("input", afresh);
  kind.addEventListener("change", afresh);
  more.addEventListener("click", () => { limit += 30; draw(); });

  // Long texts start folded; a button appears only where there is something to unfold.
  const fold = (text) => {
    if (text.dataset.ready || text.scrollHeight <= text.clientHeight + 4) return;
    text.dataset.ready = "1";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "unfold";
    button.textContent = "show all";
    button.addEventListener("click", () => {
      button.textContent = text.classList.toggle("open") ? "show less" : "show all";
    });
    text.after(button);
  };
  const foldAll = (card) => card.querySelectorAll("pre.text").forEach(fold);
  cards.forEach((card) => card.addEventListener("toggle", () => card.open && foldAll(card)));
  document.querySelector(".tools").hidden = false;
  draw();
  cards.filter((card) => card.open).forEach(foldAll);
})();
