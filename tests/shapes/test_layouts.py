"""Rows that belong together, and rows whose columns say little."""

from __future__ import annotations

import json

import pytest

from limbeck.errors import LimbeckError
from limbeck.shapes import from_rows, import_rows

LM_EVAL = {
    "doc_id": 0,
    "doc": {"question": "3+4?", "answer": "#### 7"},
    "target": "7",
    "resps": [["It is 7"]],
    "filter": "strict",
    "metrics": ["exact_match"],
    "exact_match": 1.0,
}


def test_answers_of_a_batch_find_their_questions_in_the_requests(tmp_path):
    requests = {"custom_id": "q1", "method": "POST", "url": "/v1/chat/completions"}
    requests["body"] = {"model": "m", "messages": [{"role": "user", "content": "3+4?"}]}
    reply = {"message": {"role": "assistant", "content": "7"}, "finish_reason": "stop"}
    body = {"choices": [reply], "model": "m", "usage": {"completion_tokens": 1}}
    done = {"id": "b", "custom_id": "q1", "response": {"status_code": 200, "body": body}, "error": None}
    lost = {"id": "c", "custom_id": "q2", "response": {"status_code": 200, "body": body}, "error": None}
    (tmp_path / "output.jsonl").write_text("\n".join(map(json.dumps, [done, lost])))
    (tmp_path / "requests.jsonl").write_text(json.dumps(requests))
    data = import_rows(tmp_path / "*.jsonl")
    assert [(it.id, it.question, it.marks) for it in data.problems] == [
        ("q1", "3+4?", []),
        ("q2", "", ["no_question"]),
    ]
    assert [(it.problem_id, it.answer, it.finish, it.tokens) for it in data.traces] == [
        ("q1", "7", "stop", 1),
        ("q2", "7", "stop", 1),
    ]


def test_filters_of_lm_eval_are_samples_of_their_own():
    data = from_rows([LM_EVAL, {**LM_EVAL, "filter": "flexible", "exact_match": 0.0}])
    assert [(it.id, it.outcome) for it in data.traces] == [("0/strict", "correct"), ("0/flexible", "wrong")]
    assert len(data.problems) == 1


def test_columns_that_differ_within_a_question_stay_with_their_traces():
    rows = [{"question": "3+4?", "response": text, "note": text * 2, "topic": "sums"} for text in "78"]
    data = from_rows(rows)
    assert [it.params for it in data.traces] == [{"note": "77"}, {"note": "88"}]
    assert data.problems[0].meta == {"topic": "sums"}


def test_choices_of_an_exam_are_no_replies():
    (problem,) = from_rows([{"question": "3+4?", "choices": ["7", "8"], "answer": "A"}]).problems
    assert (problem.answer, problem.meta) == ("A", {"choices": ["7", "8"]})


def test_a_mapping_goes_before_all_names():
    row = {"question": "3+4?", "answer": "8", "gold": {"value": "7"}, "text": "It is 7."}
    data = from_rows([row], columns={"answer": "gold.value", "response": "text"})
    assert (data.problems[0].answer, data.traces[0].answer) == ("7", "It is 7.")
    with pytest.raises(LimbeckError, match=r"unknown role 'anser'.*did you mean 'answer'"):
        from_rows([row], columns={"anser": "gold"})
    with pytest.raises(LimbeckError, match=r"no column 'txt' for 'response'; did you mean 'text'"):
        from_rows([row], columns={"response": "txt"})


@pytest.mark.parametrize("column", ["results", "samples", "responses", "candidates"])
def test_a_list_of_mappings_is_an_attempt_each(column):
    listed = [
        {"model": "a", "response": "It is 4.", "correct": True, "seed": 7},
        {"response": "It is 5.", "correct": False},
    ]
    row = {"question": "2+2?", "answer": "4", column: listed}
    data = from_rows([row, row | {"question": "1+3?"}])
    assert [problem.answer for problem in data.problems] == ["4", "4"]
    right, wrong = data.traces[:2]
    assert (right.model, right.answer, right.verdicts[-1].outcome) == ("a", "It is 4.", "correct")
    assert (wrong.model, wrong.answer, wrong.verdicts[-1].outcome) == ("", "It is 5.", "wrong")
    assert "7" in str(right.params)


@pytest.mark.parametrize(
    "listed", [[{"name": "a", "score": 1}], [{"role": "user", "content": "hi"}], [{"text": "one"}], ["x"], []]
)
def test_a_list_of_other_things_is_no_attempt(listed):
    row = {"question": "2+2?", "answer": "4", "results": listed}
    assert not from_rows([row]).traces
