"""MedQA's choices and TAT-QA's tables, from rows written by hand."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import limbeck as lb


def test_each_model_s_choice_is_a_trace(tmp_path: Path):
    row = {
        "question": "Which one?", "options": {"B": "bone", "A": "aorta"}, "answer": "B",
        "predicted": {"m1": "B", "m2": "A", "m3": None}, "completion_tokens": {"m1": 3, "m2": "many"},
    }  # fmt: skip
    broken = {**row, "answer": "Z"}
    with gzip.open(tmp_path / "m.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(each) + "\n" for each in (row, broken))
    data = lb.load_problems("medqa", path=str(tmp_path / "m.jsonl.gz"))
    (problem,) = data.problems
    assert problem.question == "Which one?\n(A) aorta\n(B) bone"
    assert [(t.model, t.answer, t.tokens) for t in data.traces] == [
        ("m1", "B", 3),
        ("m2", "A", None),
        ("m3", "", None),
    ]
    data = lb.curate(lb.verify(data, "choice"), "pass_rate")
    assert data.problems[0].meta["pass_rates"] == {"m1": 1.0, "m2": 0.0, "m3": 0.0}
    assert not lb.load_problems("medqa", path=str(tmp_path / "m.jsonl.gz"), choices=False).traces


def test_a_table_becomes_a_question_for_each_number(tmp_path: Path):
    questions = [
        {
            "uid": "u1",
            "question": "What is the change?",
            "answer": -1.5,
            "derivation": "2.5-4",
            "answer_type": "arithmetic",
            "scale": "million",
        },
        {
            "uid": "u2",
            "question": "Which is it?",
            "answer": ["a|b"],
            "derivation": "",
            "answer_type": "span",
            "scale": "",
        },
    ]
    context = {
        "table": {"table": [["", "2019"], ["a|b", "2.5"]]},
        "paragraphs": [{"text": "As said."}],
        "questions": questions,
    }
    (tmp_path / "t.json").write_text(json.dumps([context]))
    data = lb.load_problems("tatqa", path=str(tmp_path / "t.json"))
    (problem,), (trace,) = data.problems, data.traces
    assert (
        problem.question
        == "|  | 2019 |\n| --- | --- |\n| a/b | 2.5 |\n\nAs said.\n\nWhat is the change? (in million)"
    )
    assert (problem.answer, problem.verifier, trace.reasoning) == ("-1.5", "number", "2.5-4")
    (span,) = lb.load_problems("tatqa", path=str(tmp_path / "t.json"), types=["span"]).problems
    assert (span.answer, span.verifier) == ("a|b", "exact")
