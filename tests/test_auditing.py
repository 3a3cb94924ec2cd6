"""The audit of a finished set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import limbeck as lb
from limbeck import auditing
from limbeck.cli import app
from limbeck.errors import LimbeckError
from limbeck.pipeline import store
from limbeck.records import Data, Problem, Trace, Verdict

HENS = "A farmer has 12 hens, buys 7 more at the market on Monday and sells 5 of them. How many are left?"
SHIPS = "Three ships carry 40 crates each over the sea, and one of the ships loses 8 crates. How many arrive?"


def bench() -> Data:
    hens = Problem(id="b1", question=HENS, answer="14", source="farm")
    return Data([hens, Problem(id="b2", question=SHIPS, answer="112", source="farm")])


def finished() -> Data:
    """An exact copy, one with other numbers, one that a mark takes out, a clean one whose trace quotes."""
    problems = [
        Problem(id="p1", question=HENS.lower(), answer="14", source="web"),
        Problem(id="p2", question=HENS.replace("12", "30"), answer="32", source="web"),
        Problem(id="p3", question=HENS, source="web", marks=["leaked"]),
        Problem(id="p4", question="What is a prime number?", source="books"),
        Problem(id="p5", question=HENS.replace("5", "6"), source="web"),
    ]
    traces = [
        Trace(id="t4", problem_id="p4", reasoning=f"As in: {SHIPS} 112. Now", answer="A number."),
        Trace(id="t4b", problem_id="p4", reasoning=SHIPS, marks=["wrong"]),
        Trace(id="t5", problem_id="p5", answer="So fourteen", verdicts=[Verdict("math", "wrong", "14")]),
    ]
    return Data(problems, traces)


def test_what_a_set_holds_of_a_benchmark():
    told = lb.audit(finished(), bench()).as_dict()
    assert told["set"] == {"problems": 4, "traces": 2, "leaked": 3, "marked_problems": 1}
    assert told["benchmarks"] == [
        {
            "benchmark": "farm", "items": 2, "touched": 2, "touched_share": 1.0, "problems": 3,
            "exact": 1, "numbers": 2, "grams": 0, "fuzzy": 0, "answers": 2, "traces": 1,
        }
    ]  # fmt: skip
    assert told["sources"] == [
        {"source": "web", "problems": 3, "leaked": 3, "share": 1.0},
        {"source": "books", "problems": 1, "leaked": 0, "share": 0.0},
    ]
    assert [(leak["problem"], leak["how"], leak["answer"]) for leak in told["leaks"]] == [
        ("p1", "exact", True), ("p2", "numbers", False), ("p5", "numbers", True)
    ]  # fmt: skip


def test_a_problem_that_repeats_two_items_counts_once():
    twice = Data(
        [Problem(id=name, question=HENS.replace("12", name), source="farm") for name in ("12", "13")]
    )
    other = Data([Problem(id="o", question=HENS, source="zoo")])
    told = lb.audit(Data([Problem(id="p", question=HENS, source="web")]), twice, other).as_dict()
    assert told["set"]["leaked"] == 1
    assert [(row["benchmark"], row["problems"], row["touched"]) for row in told["benchmarks"]] == [
        ("farm", 1, 2), ("zoo", 1, 1)
    ]  # fmt: skip


def test_only_so_many_leaks_are_listed_and_the_surest_stay(monkeypatch):
    monkeypatch.setattr(auditing, "LISTED", 1)
    told = lb.audit(finished(), bench()).as_dict()
    assert [leak["problem"] for leak in told["leaks"]] == ["p1"]
    assert told["benchmarks"][0]["problems"] == 3


def test_the_command(tmp_path: Path):
    store.write_data(tmp_path / "set", finished())
    store.write_manifest(tmp_path / "set", {"name": "x"})
    rows = [{"question": each.question, "answer": each.answer} for each in bench().problems]
    (tmp_path / "farm.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = ["audit", str(tmp_path / "set"), "--against", str(tmp_path / "farm.jsonl")]
    out = tmp_path / "audit.json"
    shown = CliRunner().invoke(app, [*command, "--out", str(out)], catch_exceptions=False).output
    assert "3 of the problems repeat a benchmark item (75.00%)" in shown
    told = json.loads(CliRunner().invoke(app, [*command, "--json"], catch_exceptions=False).stdout)
    assert told["benchmarks"] == json.loads(out.read_text())["benchmarks"]
    assert told["benchmarks"][0]["benchmark"] == "farm"
    for wrong, message in (
        (["--fuzzy", "2"], "--fuzzy 2"),
        (["--n", "0"], "--n 0"),
        (["--vectors", "statik"], "statik"),
        (["--against", "gsm9k:path=x"], "gsm9k"),
        (["--against", "no/farm.jsonl"], "no/farm.jsonl: there is no such file"),
    ):
        with pytest.raises(LimbeckError, match=message):
            CliRunner().invoke(app, [*command, *wrong], catch_exceptions=False)


def test_an_unknown_setting_is_named():
    with pytest.raises(LimbeckError, match="fuzy"):
        lb.audit(finished(), bench(), fuzy=0.5)
