"""Several runs on one page, frontiers, and reliability diagrams."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from helpers_report import write_run
from typer.testing import CliRunner

from limbeck.cli import app
from limbeck.errors import LimbeckError
from limbeck.evaluation.ops import wilson
from limbeck.records import Trace, Verdict
from limbeck.report.build import draw, page
from limbeck.report.plots import binned, unbeaten
from limbeck.report.several import labels, read_several


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("runs")
    first = write_run(folder / "first", problems=20)
    shutil.copytree(first, folder / "second")
    return [first, folder / "second"]


def test_arms_of_several_runs_stand_side_by_side(runs):
    whole = read_several(runs)
    models = {model for model, _ in whole.results}
    assert {"first: sft", "second: sft"} <= models
    assert len(whole.results) == 2 * len(read_several(runs[:1]).results)
    drawn = draw(runs[0], runs[1:])
    same = [each for each in drawn.compared if (each.better, each.than) == ("second: sft", "first: sft")]
    assert same
    assert all(each.diff == 0 and each.verdict == "not shown" for each in same)
    html = page(drawn)
    assert "2 runs compared" in html
    assert "Only arms with" in html
    assert "Accuracy against tokens" in html


def test_folders_are_told_apart_by_the_shortest_ends(tmp_path):
    assert labels([tmp_path / "a" / "x", tmp_path / "b" / "x"]) == ["a/x", "b/x"]
    assert labels([tmp_path / "a", tmp_path / "b"]) == ["a", "b"]
    with pytest.raises(LimbeckError, match="is named twice"):
        labels([tmp_path / "a", tmp_path / "a"])


def test_the_command_takes_any_number_of_runs(runs, tmp_path):
    out = tmp_path / "both.html"
    done = CliRunner().invoke(app, ["report", *map(str, runs), "--out", str(out)])
    assert done.exit_code == 0
    assert "second: sft" in out.read_text(encoding="utf-8")
    lost = CliRunner().invoke(app, ["report", str(runs[0]), str(tmp_path)])
    assert "holds neither run.json nor traces" in str(lost.exception)


def test_whom_nobody_beats():
    places = {"long": (90.0, 80.0), "short": (10.0, 60.0), "worse": (50.0, 55.0), "same": (10.0, 60.0)}
    assert unbeaten(places) == ["long", "short", "same"]
    assert unbeaten({"a": (10.0, 50.0), "b": (10.0, 60.0)}) == ["b"]


def sample(at, sure, outcome):
    trace = Trace(id=str(at), problem_id="p", verdicts=[Verdict("exact", outcome)])
    trace.scores = {} if sure is None else {"confidence": sure}
    return trace


def test_a_reliability_diagram_by_hand():
    told = [(0.95, "correct"), (1.0, "wrong"), (0.91, "correct"), (0.12, "wrong"), (0.18, "wrong")]
    left_out = [(0.5, "unparsed"), (None, "correct"), (1.5, "correct")]
    points = binned([sample(at, *each) for at, each in enumerate([*told, *left_out])])
    assert [point.name for point in points] == ["2 samples", "3 samples"]
    assert [point.x for point in points] == pytest.approx([15, 100 * (0.95 + 1 + 0.91) / 3])
    assert [point.y for point in points] == pytest.approx([0, 200 / 3])
    low, high = wilson(2, 3)
    assert (points[1].low, points[1].high) == pytest.approx((100 * low, 100 * high))
    assert binned([sample(0, None, "correct")]) == []
