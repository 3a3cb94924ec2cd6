"""What is said of comparisons between models that computed in different precisions."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from limbeck.cli import comparing, evaluating
from limbeck.pipeline import store
from limbeck.records import Data


def manifest(*notes: str) -> dict:
    return {"notes": list(notes)}


def test_different_precisions_are_said_once():
    same = manifest("'a' computed in bfloat16 on cuda", "2 requests failed")
    other = manifest("'b' computed in float32 on cpu")
    line = comparing.precisions([same, other, same, manifest()])
    assert line.startswith("computed in bfloat16 a; in float32 b: rounding alone changes answers")
    assert comparing.precisions([same, manifest("'c' computed in bfloat16 on cpu")]) == ""
    assert comparing.precisions([manifest(), manifest("'m' was asked at http://127.0.0.1")]) == ""


@pytest.mark.parametrize("second", ["float32", "bfloat16"])
def test_an_evaluation_says_it_with_its_comparisons(monkeypatch, capsys, second):
    def step(name: str, kind: str):
        told = manifest(f"'{name}' computed in {kind} on cpu")
        return SimpleNamespace(kind="results", of=name, folder=name, manifest=lambda: told)

    monkeypatch.setattr(store, "read_results", lambda folder: SimpleNamespace(data=Data()))
    monkeypatch.setattr("limbeck.evaluation.scoring.contrasts", lambda arms, pairs, of: ([], []))
    plan = SimpleNamespace(steps={"a": step("a", "bfloat16"), "b": step("b", second)})
    told = evaluating._compared(plan, [("b", "a")], ["pass@1"], [])
    assert len(told["notes"]) == (second == "float32")
    assert ("in float32 b" in capsys.readouterr().err) == (second == "float32")
