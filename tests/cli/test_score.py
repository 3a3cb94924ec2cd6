"""``limbeck score`` on stored samples: numbers worked by hand, and what is refused before any work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from limbeck.cli import app
from limbeck.errors import LimbeckError


def samples(path: Path, right: dict[int, list[bool]], **more: Any) -> str:
    """A file with samples of the problems ``i + i``, right ones and wrong ones."""
    rows = [
        {"question": f"{i}+{i}?", "reference": str(2 * i), "response": str(2 * i if good else -1)}
        | {"correct": good, **more}
        for i, verdicts in right.items()
        for good in verdicts
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def limbeck(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def refused(*words: str) -> str:
    error = limbeck(*words).exception
    assert isinstance(error, LimbeckError), error
    return str(error)


def counted(*words: str) -> dict[str, Any]:
    done = limbeck("score", *words, "--json")
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout)


def test_shares_by_hand(tmp_path: Path):
    """Problems with 1 and 3 right samples of 4: pass@2 is 1 − C(3,2)/C(4,2) = ½ and 1; the majority of 4 is
    wrong, then right."""
    file = samples(tmp_path / "a.jsonl", {1: [True, False, False, False], 2: [True, True, True, False]})
    values = {row["metric"]: row["value"] for row in counted(file, "--k", "2", "--k", "4")["results"]}
    assert values["pass@1"] == pytest.approx(0.5)
    assert values["pass@2"] == pytest.approx(0.75)
    assert values["pass@4"] == 1.0
    assert values["maj@4"] == pytest.approx(0.5)


def test_differences_are_paired(tmp_path: Path):
    a = samples(tmp_path / "a.jsonl", {i: [i % 2 == 0] for i in range(20)})
    b = samples(tmp_path / "b.jsonl", {i: [True] for i in range(10, 30)})
    (compared,) = counted(a, b)["comparisons"]
    assert (compared["better"], compared["than"], compared["problems"]) == ("b", "a", 10)
    assert compared["diff"] == pytest.approx(0.5), "problems 10 to 19: all right against every second"


def test_arms_without_a_common_problem_are_one_note(tmp_path: Path):
    a = samples(tmp_path / "a.jsonl", {i: [True] for i in range(3)})
    b = samples(tmp_path / "b.jsonl", {i: [True] for i in range(5, 9)})
    whole = counted(a, b)
    assert whole["comparisons"] == []
    assert whole["notes"] == ["b against a: no problem in common, 4 only in b, 3 only in a"]


def test_what_cannot_be_counted_is_refused(tmp_path: Path):
    file = samples(tmp_path / "a.jsonl", {1: [True], 2: [False]})
    assert "pass@8 needs 8 samples of a problem; no problem has more than 1" in refused(
        "score", file, "--metric", "pass@8"
    )
    assert "pass@0" in refused("score", file, "--k", "0")
    assert "names one arm twice" in refused("score", file, "--compare", "a", "a")
    assert "did you mean 'pass@K'" in refused("score", file, "--metric", "pas@1")


def test_an_out_that_cannot_be_written_is_seen_before_anything_is_judged(tmp_path: Path):
    file = samples(tmp_path / "a.jsonl", {1: [True]})
    done = limbeck("score", file, "--out", file)
    assert "cannot be a folder" in str(done.exception)
    assert not done.stdout, "nothing was read, judged or printed"
