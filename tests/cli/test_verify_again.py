"""``limbeck verify``: verdicts computed again, over a store or rows, without a model and without touching the
input."""

from __future__ import annotations

import json
from collections import Counter
from functools import partial

import pytest
from typer.testing import CliRunner

from limbeck.cli import app, moving, verifying
from limbeck.errors import LimbeckError
from limbeck.pipeline import store
from limbeck.processes import in_order
from limbeck.records import Data, Problem, Trace, Verdict

QUESTION = "Which city is the capital?\nA) Lyon\nB) Paris\nC) Nice\nD) None of the above"


def limbeck(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_store_is_verified_again_without_touching_it(tmp_path):
    problem = Problem(id="p", question=QUESTION, answer="B")
    answers = ["Paris", "Nice", "A or B"]
    old = [Verdict("exact", outcome) for outcome in ("wrong", "wrong", "correct")]
    traces = [
        Trace(id=str(i), problem_id="p", answer=text, verdicts=[verdict], marks=["too_long"] * (i == 1))
        for i, (text, verdict) in enumerate(zip(answers, old, strict=True))
    ]
    store.write_data(tmp_path / "in", Data([problem], traces))
    with pytest.raises(LimbeckError, match="was interrupted; run it again"):
        limbeck("verify", str(tmp_path / "in"), "--out", str(tmp_path / "out"))
    store.write_manifest(tmp_path / "in", {"name": "import"})
    before = {path.name: path.read_bytes() for path in (tmp_path / "in").iterdir()}
    said = limbeck("verify", str(tmp_path / "in"), "--verifier", "choice", "--out", str(tmp_path / "out"))
    assert "3 traces: 1 correct, 1 wrong, 1 unparsed" in said
    assert "2 verdicts changed" in said
    assert "wrong → correct: 1" in said
    assert "correct → unparsed: 1" in said
    again = store.read_data(tmp_path / "out").all()
    assert [trace.outcome for trace in again.traces] == ["correct", "wrong", "unparsed"]
    assert [[v.verifier for v in trace.verdicts] for trace in again.traces] == [["exact", "choice"]] * 3
    assert again.traces[1].marks == ["too_long"]
    assert store.read_manifest(tmp_path / "out")["changes"]["wrong → correct"] == 1
    assert {path.name: path.read_bytes() for path in (tmp_path / "in").iterdir()} == before
    for out in ("in", "out"):
        with pytest.raises(LimbeckError, match="choose another"):
            limbeck("verify", str(tmp_path / "in"), "--verifier", "choice", "--out", str(tmp_path / out))


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_rows_are_verified_again_with_other_parameters(tmp_path, ending):
    rows = [{"answer": "100", "response": "101"}, {"answer": "100", "response": "150"}]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    first = tmp_path / f"first.{ending}"
    said = limbeck("verify", str(tmp_path / "in.jsonl"), "--out", str(first))
    assert "2 wrong" in said
    assert "changed" not in said
    kept = first.read_bytes()
    said = limbeck(
        "verify", str(first), "--verifier", "math: {tolerance: 0.05}", "--out", str(tmp_path / "second.jsonl")
    )
    assert "1 verdicts changed:\n  wrong → correct: 1" in said
    assert first.read_bytes() == kept
    with pytest.raises(LimbeckError, match="is the input"):
        limbeck("verify", str(first), "--out", str(first))


def test_what_verify_wrote_is_imported_and_exported_by_its_outcome(tmp_path):
    rows = [{"question": "q", "answer": "4", "response": text} for text in ("4", "5", "I would rather not.")]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    limbeck("verify", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "checked.jsonl"))
    limbeck(
        "import", str(tmp_path / "checked.jsonl"), "--out", str(tmp_path / "data"), "--verifier", "number"
    )
    said = limbeck("export", str(tmp_path / "data"), "--out", str(tmp_path / "all.jsonl"))
    assert "2 rows" in said
    assert "that a verifier calls 1 unparsed; --only correct" in said
    said = limbeck(
        "export", str(tmp_path / "data"), "--out", str(tmp_path / "good.jsonl"), "--only", "correct"
    )
    assert "1 rows" in said
    assert "without a mark" not in said
    assert store.read_data(tmp_path / "data").all().problems[0].verifier == "number"
    with pytest.raises(LimbeckError, match="did you mean 'correct'"):
        limbeck("export", str(tmp_path / "data"), "--out", str(tmp_path / "x.jsonl"), "--only", "corect")


def test_rows_bring_options_and_structured_references(tmp_path):
    rows = [{"answer": "B", "response": "Paris", "options": ["Lyon", "Paris"]}]
    (tmp_path / "in.jsonl").write_text(json.dumps(rows[0]) + "\n")
    said = limbeck(
        "verify", str(tmp_path / "in.jsonl"), "--verifier", "choice", "--out", str(tmp_path / "o.jsonl")
    )
    assert "1 correct" in said
    (tmp_path / "in.jsonl").write_text(json.dumps({"answer": {"a": 1}, "response": 'So {"a": 1.0}'}) + "\n")
    said = limbeck(
        "verify", str(tmp_path / "in.jsonl"), "--verifier", "json_match", "--out", str(tmp_path / "p.jsonl")
    )
    assert "1 correct" in said


@pytest.mark.parametrize(
    "text", ["math: {tolerance", "math: [1]", "math: 3", "mahth", "math:tolerence=1", "judge"]
)
def test_a_verifier_that_cannot_be_had_is_one_error(tmp_path, text):
    (tmp_path / "in.jsonl").write_text(json.dumps({"answer": "1", "response": "1"}) + "\n")
    with pytest.raises(LimbeckError):
        limbeck("verify", str(tmp_path / "in.jsonl"), "--verifier", text, "--out", str(tmp_path / "o.jsonl"))


def folder_of_shards(folder):
    """Three shards; a sum of the last cannot be read, and one trace of the first has a verdict already."""
    shards = []
    for shard in range(3):
        problems = [Problem(id=f"{shard}-{n}", question="", answer=str(n)) for n in range(4)]
        traces = [
            Trace(id=f"{problem.id}-{said}", problem_id=problem.id, answer=f"The answer is {said}.")
            for problem in problems
            for said in ("1", "2", "about n")
        ]
        shards.append(Data(problems, traces))
    shards[0].traces[0].verdicts.append(Verdict("exact", "correct"))
    shards[2].problems[0].answer = "N/A"
    store.write_data(folder, shards)
    store.write_manifest(folder, {"name": "import"})
    return store.read_data(folder)


@pytest.mark.parametrize("workers", [0, 2])
def test_processes_write_the_shards_that_one_writes(tmp_path, workers):
    shards, told = folder_of_shards(tmp_path / "in"), []
    make = partial(moving.bind_verifier, "math")
    parts = list(verifying.verify_store(shards, tmp_path / "out", make, heard=told.append, workers=workers))
    assert sum(told) == verifying.traces_in(shards) == 36
    changes = sum((part.changes for part in parts), Counter())
    # Of each shard 1 and 2 are right once and wrong three times; the third shard's first problem has no
    # reference.
    assert changes["correct", "wrong"] == 1
    assert changes["", "correct"] == 6
    assert changes["", "unknown"] == 3
    assert [bool(part.silent) for part in parts] == [False, False, True]
    for index, shard in enumerate(shards):
        for trace in shard.traces:
            problem = shard.problem_by_id()[trace.problem_id]
            trace.verdicts.append(make()(problem, trace))
        assert store.read_shard(tmp_path / "out", index) == shard


def test_a_folder_of_many_traces_is_verified_in_processes(tmp_path, monkeypatch):
    folder_of_shards(tmp_path / "in")
    monkeypatch.setattr(verifying, "ALONE", 35)
    monkeypatch.setattr(verifying, "cores", lambda: 2)
    asked = []
    monkeypatch.setattr(verifying, "in_order", lambda *how: asked.append(how[2]) or in_order(*how))
    said = limbeck("verify", str(tmp_path / "in"), "--out", str(tmp_path / "out"))
    assert asked == [2]
    assert "36 traces: " in said
    assert store.read_manifest(tmp_path / "out")["counts"]["traces"] == 36
    # A damaged shard is one error, and the folder does not count as made.
    next((tmp_path / "in").glob("00001.traces*")).write_bytes(b"cut")
    with pytest.raises(LimbeckError, match=r"00001\.traces"):
        limbeck("verify", str(tmp_path / "in"), "--out", str(tmp_path / "again"))
    assert store.read_manifest(tmp_path / "again") is None


def test_an_empty_folder_of_problems_is_verified(tmp_path):
    store.write_data(tmp_path / "in", Data())
    store.write_manifest(tmp_path / "in", {"name": "import"})
    assert "0 traces" in limbeck("verify", str(tmp_path / "in"), "--out", str(tmp_path / "out"))
    assert store.read_data(tmp_path / "out").all() == Data()
