"""``limbeck verify``: verdicts computed again, over a store or rows, without a model and without touching the
input."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from limbeck.cli import app
from limbeck.errors import LimbeckError
from limbeck.pipeline import store
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
