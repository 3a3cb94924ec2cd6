"""The browser of answers: what is drawn of how much, what is said of each sample, and that it works."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from helpers_report import HOSTILE, RIGHT_TO_LEFT, odd_samples, write_odd_run, write_run
from msgspec.structs import replace

from limbeck.pipeline.store import write_results
from limbeck.records import Data, Problem, Results, Trace, Verdict
from limbeck.report import browsing
from limbeck.report.browsing import PER_ARM, TEXT, Draw, Entry, encode, entries, kind_of, spread
from limbeck.report.build import build, draw
from limbeck.report.reading import read
from limbeck.report.visible import middle_cut, visible


def embedded(page: str) -> list[dict]:
    return json.loads(re.search(r'id="samples">(.*?)</script>', page, re.DOTALL).group(1))


@pytest.fixture(scope="module")
def odd(tmp_path_factory) -> Path:
    folder = write_odd_run(tmp_path_factory.mktemp("odd"))
    build(folder, folder / "report.html")
    return folder


@pytest.fixture(scope="module")
def shown(odd) -> dict:
    """The odd evaluation as the page's script reads it."""
    return embedded((odd / "report.html").read_text(encoding="utf-8"))[0]


def attempt(place: int, outcome: str = "correct", finish: str = "stop", arm: str = "a", n: int = 0) -> Trace:
    verdicts = [Verdict("math", outcome)]
    return Trace(id=f"{arm}{place}-{n}", problem_id=f"p{place}", model=arm, verdicts=verdicts, finish=finish)


def test_a_sample_says_all_that_is_known_of_it(shown):
    first = next(entry for entry in shown["entries"] if entry["id"] == "p0")
    assert first["reference"] == "7"
    assert first["setting"] == "odd, no temperature"
    sample = first["samples"][0]
    assert shown["arms"][sample["arm"]] == "judged"
    assert [verdict["outcome"] for verdict in sample["verdicts"]] == ["unparsed", "correct"]
    assert sample["verdicts"][1] == {
        "verifier": "judge", "outcome": "correct", "extracted": "7", "reason": "7 it is",
    }, "a score that is no number is left out: JSON knows none"  # fmt: skip
    assert (sample["kind"], sample["tokens"], sample["finish"]) == ("correct", 3, "stop")
    assert sample["answer"] == visible(HOSTILE)
    assert "reasoning" not in sample


def test_what_was_taken_is_shown_with_its_line():
    verdict = Verdict("math", "wrong", "3", "3 is not 4")
    spoken = Trace(
        id="t", problem_id="p", reasoning="3?\nyes, 3", answer="So\n it is 3. \nBye", verdicts=[verdict]
    )

    def taken(trace: Trace) -> dict | None:
        entry, _ = encode(Entry(Problem(id="p", question="?", answer="4"), arms={"a": [trace]}), ["a"])
        return entry["samples"][0].get("taken")

    assert taken(spoken) == {"from": "answer", "line": "it is 3."}
    assert taken(replace(spoken, answer="")) == {"from": "reasoning", "line": "yes, 3"}
    assert taken(replace(spoken, answer="three", reasoning="")) is None
    assert taken(replace(spoken, verdicts=[])) is None


def test_what_is_lacking_is_said_and_stops_nothing(shown):
    kinds = {sample["id"]: sample["kind"] for entry in shown["entries"] for sample in entry["samples"]}
    assert kinds["p1#judged"] == "cut off"
    assert kinds["p0#bare"] == "no verdict"
    assert kinds["p3#bare"] == kinds["p0#failed"] == "failed"
    last = next(entry for entry in shown["entries"] if entry["id"] == "p3")
    assert last["tally"] == [[0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    first = next(entry for entry in shown["entries"] if entry["id"] == "p0")
    assert first["tally"][:2] == [[1, 1, 0, 0], [0, 0, 0, 1]], "what nobody judged is no wrong answer"
    assert last["samples"][0]["error"] == "503 <b>overloaded</b>"
    assert next(entry for entry in shown["entries"] if entry["id"] == "p2")["marks"] == ["leaked"]
    assert shown["arms"] == ["judged", "bare", "failed", "empty"]
    assert (shown["problems"], shown["samples"]) == (4, 11)


def test_long_texts_lose_their_middle_and_say_so(shown):
    sample = next(s for entry in shown["entries"] for s in entry["samples"] if s["id"] == "p1#judged")
    assert len(sample["reasoning"]) < TEXT + 200
    assert sample["reasoning"].endswith("END")
    assert f"{100_003 - TEXT:,} characters are left out here" in sample["reasoning"]
    assert sample["written"] == 100_003
    assert sample["length"] == 100_003 + len(RIGHT_TO_LEFT)
    assert sample["answer"] == RIGHT_TO_LEFT
    assert middle_cut("short\ud800", 100) == "short‹U+D800›"


def test_nothing_leaves_the_json(odd):
    page = (odd / "report.html").read_text(encoding="utf-8")
    assert page.count("<script") == page.count("</script>") == 3
    inside = re.search(r'id="samples">(.*?)</script>', page, re.DOTALL).group(1)
    assert "document.title" in inside
    assert not set("<>&") & set(inside)


def test_lone_surrogates_and_control_characters_are_shown_as_codes():
    problem = Problem(id="p\ud800", question="a\udfff\x00b")
    trace = Trace(id="t\ud800", problem_id="p\ud800", answer="\ud83d", marks=["m\x1b"])
    drawing = Draw(["a"], seed=0)
    drawing.add(Entry(problem, arms={"a": [trace]}))
    page = json.dumps(drawing.collected("s", "evaluation", []).encoded(), ensure_ascii=False).encode("utf-8")
    assert "a‹U+DFFF›‹U+0000›b".encode() in page
    assert "‹U+D83D›".encode() in page


def test_an_empty_evaluation_has_a_page(tmp_path):
    stage = {
        "name": "scores",
        "use": "evaluation/accuracy",
        "kind": "results",
        "key": "0",
        "dir": "stages/scores",
    }
    write_results(tmp_path / "stages/scores", Results([], Data()))
    (tmp_path / "run.json").write_text(json.dumps({"name": "none", "stages": [stage]}))
    drawn = draw(tmp_path)
    assert drawn.run.notes == ["stage scores holds no samples, so it has no answers to read"]
    assert drawn.run.browsed == []


@pytest.mark.parametrize(
    ("outcome", "finish", "kind"),
    [
        ("unparsed", "length", "cut off"),
        ("correct", "length", "correct"),
        ("unparsed", "stop", "unparsed"),
        ("wrong", "error", "failed"),
    ],
)
def test_kinds(outcome, finish, kind):
    assert kind_of(attempt(0, outcome, finish)) == kind


def test_of_many_samples_each_kind_is_shown():
    many = [attempt(0, n=n) for n in range(60)]
    many += [attempt(0, "wrong", n=60), attempt(0, "unparsed", n=61), attempt(0, "unparsed", "length", n=62)]
    kept = spread(many, PER_ARM)
    assert len(kept) == PER_ARM
    assert [kind_of(trace) for trace in kept] == ["correct", "wrong", "unparsed", "cut off"]
    marked = replace(many[40], marks=["too_long"])
    assert marked in spread([*many[:40], marked, *many[41:60]], PER_ARM), "a mark is seen among its like"


def test_problems_are_drawn_evenly_in_any_order_and_within_the_budget():
    # 300 problems are all right, 5 are all wrong, 5 cut off: the rare ones must not drown.
    kinds = [("correct", "stop")] * 300 + [("wrong", "stop")] * 5 + [("unparsed", "length")] * 5
    offered = []
    for place, (outcome, finish) in enumerate(kinds):
        problem = Problem(id=f"p{place}", question="?")
        offered.append(Entry(problem, "s", {"a": [attempt(place, outcome, finish)]}))
    chosen = []
    for order in (offered, offered[::-1]):
        drawing = Draw(["a"], seed=3, samples=30)
        for entry in order:
            drawing.add(entry)
        chosen.append(drawing.collected("s", "evaluation", []))
    assert chosen[0].entries == chosen[1].entries
    assert (chosen[0].problems, chosen[0].samples) == (310, 310)
    kept = [entry["samples"][0]["kind"] for entry in chosen[0].entries]
    assert len(kept) == 30
    assert (kept.count("wrong"), kept.count("cut off")) == (5, 5)
    assert max(map(len, drawing.drawn.values())) <= 30, "memory holds no more than may be chosen"
    other = Draw(["a"], seed=4, samples=30)
    for entry in offered:
        other.add(entry)
    assert other.chosen() != chosen[0].entries


def test_a_page_holds_no_more_text_than_it_bears():
    drawing = Draw(["a"], seed=0, characters=50_000)
    for place in range(40):
        long = replace(attempt(place), reasoning="x" * 7_000)
        drawing.add(Entry(Problem(id=f"p{place}", question="?"), "s", {"a": [long]}))
    assert 40_000 < len(json.dumps(drawing.chosen())) < 50_000
    assert drawing.problems == 40


def test_a_problem_at_two_temperatures_is_two_entries():
    traces = [replace(attempt(0, n=n), params={"temperature": t}) for n, t in enumerate((0.0, 0.6, 0.6))]
    data = Data([Problem(id="p0", question="?", source="gsm8k", split="test")], traces)
    made = list(entries({"a": data, "b": Data()}))
    assert [(entry.setting, len(entry.arms["a"])) for entry in made] == [
        ("gsm8k, T=0", 1),
        ("gsm8k, T=0.6", 2),
    ]


def test_training_data_say_which_stage_marked_and_show_the_pair(tmp_path, monkeypatch):
    folder = write_run(tmp_path, problems=30)
    monkeypatch.setattr(browsing, "PER_ARM", 3)
    evaluation, training = read(folder).browsed
    assert (evaluation.name, training.name, training.kind) == ("scores", "pairs", "training data")
    assert training.marked["truncated"] == "kept (curation/reject)"
    paired = next(entry for entry in training.entries if any("pair" in sample for sample in entry["samples"]))
    sides = {sample["pair"]: sample["kind"] for sample in paired["samples"] if "pair" in sample}
    assert sides == {"chosen": "correct", "rejected": "wrong"}
    assert paired["tally"][0][1] == 8
    assert len(paired["samples"]) == 3


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium to open the page")
@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("", ["All 4 problems and 11 samples of stage scores.", "1 sample not verified", "request failed"]),
        ("&search=overloaded", ["1 of 4 problems", "503 &lt;b&gt;overloaded&lt;/b&gt;"]),
        (
            "&arm=judged&outcome=cut+off",
            [
                "1 of 4 problems",
                "left out here",
                "Reasoning, 100,003 characters",
                "cut off at the token limit",
            ],
        ),
        ("&setting=odd%2C+not+sampled&order=hard", ["4 problems", "Question 0?"]),
        ("&mark=leaked", ["1 of 4 problems", "frac{1}{2}"]),
        ("&solved=all", ["1 of 4 problems", "Reference answer", "1 earlier verdict", "How it came about"]),
        ("&solved=only&arm=bare", ["1 of 4 problems", "Question 2?"]),
        ("&solved=only&arm=judged", ["No problem is chosen."]),
        ("&solved=disagree&order=short", ["1 of 4 problems", "Question 2?"]),
        ("&problem=p2&at=odd%2C+not+sampled", ["Question 2?", "4 problems"]),
        ("&problem=gone", ["Problem gone is not among those in this page."]),
        ("&outcome=wrong&search=nothing-like-it", ["take a filter away", "No problem is chosen."]),
    ],
)
def test_a_browser_filters_by_the_address(odd, state, expected):
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    command += ["--virtual-time-budget=2000", "--enable-logging=stderr", "--dump-dom"]
    done = subprocess.run(
        [*command, f"{(odd / 'report.html').as_uri()}#browser{state}"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if "<html" not in done.stdout:
        pytest.skip("this chromium does not start here")
    assert "CONSOLE" not in done.stderr, "no error, nothing blocked by the page's own policy"
    drawn = done.stdout.partition('<section id="browser">')[2].partition('<section id="configuration">')[0]
    for text in expected:
        assert text in drawn
    assert "<title>odd" in done.stdout


def test_odd_samples_are_what_this_file_takes_them_for():
    assert {arm: len(data.traces) for arm, data in odd_samples().items()} == {
        "judged": 3,
        "bare": 4,
        "failed": 4,
    }
