"""Gates against planted faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from limbeck.errors import LimbeckError
from limbeck.evaluation.instruments.caught import caught
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace


def data() -> Data:
    """Of four wrong ones three are caught, of five clean ones one; another fault is none of this gate's."""
    rows = [("wrong", "t"), ("wrong", "t"), ("wrong", "p"), ("wrong", "")]
    rows += [("", "t"), ("", ""), ("", ""), ("", ""), ("", "other"), ("loop", "t")]
    whole = Data()
    for n, (fault, where) in enumerate(rows):
        marks = {"t": ["bad"], "other": ["long"]}.get(where, [])
        problem = Problem(
            id=f"p{n}", question="?", meta={"fault": fault}, marks=["bad"] if where == "p" else []
        )
        whole.problems.append(problem)
        whole.traces.append(Trace(id=f"t{n}", problem_id=f"p{n}", marks=marks))
    return whole


def test_precision_and_recall_by_hand(tmp_path: Path):
    made = caught(data(), marks=("bad",), fault=("wrong",), name="g", ctx=Context(tmp_path))
    assert {row.metric: (row.value, row.n) for row in made.results} == {
        "precision": (3 / 4, 4),
        "recall": (3 / 4, 4),
    }
    recall = {trace.id: trace.scores["recall"] for trace in made.data.traces if "recall" in trace.scores}
    assert recall == {"t0": 1.0, "t1": 1.0, "t2": 1.0, "t3": 0.0}
    left = {trace.id: trace.scores["left"] for trace in made.data.traces if "left" in trace.scores}
    assert left == {"t4": 0.0, "t5": 1.0, "t6": 1.0, "t7": 1.0, "t8": 1.0}
    assert not any(problem.marks for problem in made.data.problems), "a claim pairs all that was looked at"


def test_a_gate_that_does_nothing_has_no_precision(tmp_path: Path):
    made = caught(data(), marks=("none",), fault=("wrong",), ctx=Context(tmp_path))
    assert [(row.metric, row.value) for row in made.results] == [("recall", 0.0)]
    with pytest.raises(LimbeckError, match=r"is one of \['wrnog'\].*wrong"):
        caught(data(), marks=("bad",), fault=("wrnog",), ctx=Context(tmp_path))
