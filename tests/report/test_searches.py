"""Search trees in the report: an indented list that nothing gets out of, and nodes that are no attempts."""

from __future__ import annotations

import json

from helpers_report import write_run
from trees_of_search import leaf, node, problem

from limbeck.pipeline.store import write_data
from limbeck.records import Data
from limbeck.report.build import build
from limbeck.report.reading import read
from limbeck.report.searches import LINES, outline
from limbeck.trees import trees

HOSTILE = "</script><b>\u202e"
SEARCHED = Data(
    [problem()],
    [
        node("a", f";{HOSTILE}", 0.5, 2),
        leaf("r", f";{HOSTILE};4", "correct", parent="a"),
        leaf("w", f";{HOSTILE}!5", "wrong", parent="a", thought="hasty"),
    ],
)


def test_a_thought_stands_below_its_parent_and_further_in():
    first, second, third = outline(trees(SEARCHED)["p"]).split("\n")
    assert first == "step [0.50 of 2] ;</script><b>‹U+202E›"
    assert second == "    step [1.00 of 1, correct] ;4"
    assert third == "    hasty [0.00 of 1, wrong] !5"


def test_of_large_trees_the_first_nodes_are_shown():
    wide = Data([problem()], [leaf(f"l{at}", f";{at}", "wrong") for at in range(LINES + 3)])
    lines = outline(trees(wide)["p"]).split("\n")
    assert len(lines) == LINES + 1
    assert lines[-1] == "… 3 more nodes are in the stage's folder"


def test_a_problem_of_the_page_has_its_tree_and_inner_nodes_are_not_among_the_attempts(tmp_path):
    folder = write_run(tmp_path, problems=5)
    page = json.loads((folder / "run.json").read_text())
    write_data(folder / "stages" / "trees", SEARCHED)
    counts = {"traces": 10_000, "outcomes": {"correct": 1}}
    stage = {**page["stages"][0], "name": "trees", "dir": "stages/trees", "counts": counts}
    (folder / "run.json").write_text(json.dumps({**page, "stages": [*page["stages"], stage]}))
    run = read(folder)
    (entry,) = run.browsed[-1].entries
    assert entry["tree"].count("\n") == 2
    assert {sample["id"] for sample in entry["samples"]} == {"r", "w"}
    assert run.traces.pass_rates == [0.5]
    build(folder, folder / "report.html")
    assert HOSTILE not in (folder / "report.html").read_text(encoding="utf-8")
