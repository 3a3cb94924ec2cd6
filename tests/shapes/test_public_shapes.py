"""Rows in the layouts of public data sets and tools: what each is read as."""

from __future__ import annotations

import json
import re

import pytest
from paths import SHARED
from public_shapes import EXPECTED, PAGE, SHAPES, lines, page

from limbeck.errors import LimbeckError
from limbeck.shapes import import_rows
from limbeck.shapes.table import reading
from limbeck.shapes.verified import verify_rows
from limbeck.tables import write_rows
from limbeck.verifiers.answers.exact import exact


def expected() -> dict[str, list[str]]:
    parts = re.split("(?m)^## ", EXPECTED.read_text(encoding="utf-8"))[1:]
    named = (part.rstrip("\n").split("\n") for part in parts)
    return {first: rest for first, *rest in named}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.source)
def test_a_public_layout_is_read_as_it_was_when_a_person_looked(shape, tmp_path):
    assert lines(shape, tmp_path) == expected()[shape.source]


def test_the_page_shows_what_the_code_does():
    assert len({shape.source for shape in SHAPES}) == len(SHAPES) == len(expected())
    assert PAGE.read_text(encoding="utf-8") == page()


def test_rows_that_are_lists_are_refused_with_one_error(tmp_path):
    row = [{"from": "human", "value": "2+2?"}, {"from": "assistant", "ground_truth": {"value": "4"}}]
    (tmp_path / "orz.json").write_text(json.dumps([row, row]))
    with pytest.raises(LimbeckError, match="an object is wanted, not list"):
        import_rows(tmp_path / "orz.json")


def test_verify_reads_what_import_reads(tmp_path):
    rows = [
        {"problem": "2+2?", "generations": ["4", "5"], "expected_answer": "4"},
        {"problem": "2+3?", "generations": ["5"], "expected_answer": "nan"},
    ]
    got = list(verify_rows(rows, exact))
    assert [(row["outcome"], row.get("sample")) for row in got] == [
        ("correct", 0),
        ("wrong", 1),
        ("unknown", None),
    ]


@pytest.mark.parametrize(
    ("column", "role"),
    [
        (["A", "C", "E"], "reference"),
        (["C", "I", "C"], "verdict"),
        ([True, "perhaps", False], "verdict"),
        ([0, 4, 1], ""),
        ([0, 1, 1], "verdict"),
        (["Yes", "No", None], "verdict"),
    ],
)
def test_what_a_column_correct_says_is_told_by_its_values(column, role):
    heads = [{"question": "q", "response": "r", "correct": it} for it in column]
    roles = reading(heads).roles
    assert next((name for name in ("reference", "verdict") if name in roles.columns), "") == role


@pytest.mark.parametrize(
    ("replies", "labels", "role"),
    [
        (["yes", "no"], ["yes", "yes"], "reference"),
        (["yes", "no"], [True, False], "verdict"),
        (["It is.", "no"], ["yes", "no"], "verdict"),
    ],
)
def test_a_label_among_answers_of_yes_and_no_is_the_reference(replies, labels, role):
    both = zip(replies, labels, strict=True)
    roles = reading([{"question": "q", "response": text, "label": it} for text, it in both]).roles
    assert roles.columns.get(role) == ("label",)


def test_a_rollout_behind_earlier_turns_keeps_its_prompt_whole():
    asked = "user\na\nassistant\nb\nuser\nc\nassistant\n"
    row = {"input": asked, "output": "d", "gts": "d", "score": 1.0, "step": 1}
    problem, traces, _ = reading([row]).records(row, "row-1", 1)
    assert (problem.question, problem.answer, traces[0].answer) == (asked, "d", "d")


@pytest.mark.parametrize(
    "more",
    [
        {"hint": {"text": "Count."}, "explanation": {"text": "Two twos."}},
        {"example": {"question": "1+1?", "solution": "2", "correct": True}},
        {"reply": {"role": "assistant", "content": "4", "finish_reason": "stop"}},
        {"sizes": {"output": 12, "correct": True}},
        {"python": {"solution": "4"}},
        {"r1": {"solution": "It is 5.", "is_correct": False}, "completion": "It is 4."},
    ],
)
def test_mappings_that_are_no_responses_are_nobodys_column(more):
    assert reading([{"question": "2+2?", "answer": "4", **more}]).layout == ""


def test_answers_to_two_questions_in_a_row_are_counted(tmp_path):
    row = {"question": "2+2?", "short": "2?", "r1 (question)": "4", "r1 (short)": "2", "answer": "4"}
    done = []
    write_rows(tmp_path / "rows.jsonl", [row, {**row, "r1 (short)": None}])
    data = import_rows(tmp_path / "rows.jsonl", told=done.append)
    assert (done[0].bad.count, [trace.model for trace in data.traces]) == (1, ["r1"])


def test_a_column_that_the_first_rows_have_not_is_read_by_what_its_name_says_for_sure():
    head = {"question": "2+2?", "answer": "4", "output": "4"}
    late = {"question": "2+3?", "answer": "5", "model_answer": "6", "is_correct": False, "label": "odd"}
    how = reading([head])
    problem, (trace,), _ = how.records(late, "row-101", 101)
    assert (trace.answer, trace.outcome, problem.meta) == ("6", "wrong", {"label": "odd"})
    rows = [head] * 100 + [late]
    assert [row["outcome"] for row in verify_rows(rows, exact)][98:] == ["correct", "correct", "wrong"]


REAL = {
    "gsm8k/train.jsonl": ("question", "response", "reference"),
    "gsm8k/model_solutions.jsonl": ("question", "response", "reference", "verdict", "writer"),
    "gsm8k/test.jsonl": ("question", "response", "reference"),
    "math/math.json": ("question", "reference"),
    "math/aime.json": ("question", "reference"),
    "math/amc.json": ("question", "reference"),
    "mcq/aqua_test.jsonl": ("question", "response", "reference"),
    "science/scibench.jsonl.gz": ("question", "reference"),
    "traces/mip_reasoning_models.jsonl.gz": ("question", "reference", "writer"),
    "traces/zeroeval_gsm8k.jsonl.gz": ("question", "response", "reference", "writer"),
}


@pytest.mark.parametrize(("name", "roles"), REAL.items(), ids=REAL)
def test_real_files_are_read_whole(name, roles):
    if not (SHARED / name).exists():
        pytest.skip("no shared data")
    done = []
    data = import_rows(SHARED / name, limit=200, told=done.append)
    reading = next(iter(done[0].readings.values()))
    assert {*roles} <= reading.roles.columns.keys()
    assert done[0].bad.count == 0
    assert data.traces or "response" not in roles
    assert all(problem.answer for problem in data.problems)
