"""Rows that others wrote: which shape they are in, and what is read of it."""

from __future__ import annotations

import pytest
from shape_cases import FIXTURE, sample, texts

from limbeck.errors import LimbeckError
from limbeck.records import Data
from limbeck.shapes import export_rows, from_rows, import_rows
from limbeck.shapes.table import reading
from limbeck.tables import write_rows
from limbeck.texts.traces import full_text


@pytest.mark.parametrize(
    "row",
    [
        {"question": "2+2?", "answer": "4", "response": "It is 4."},
        {"problem": "2+2?", "answer": 4.0, "generation": "It is 4."},
        {"instruction": "2+2?", "input": "", "output": "It is 4.", "answer": "4"},
        {"prompt": [{"role": "user", "content": "2+2?"}], "response": "It is 4.", "answer": "4"},
        {
            "conversations": [{"from": "human", "value": "2+2?"}, {"from": "gpt", "value": "It is 4."}],
            "answer": "4",
        },
    ],
)
def test_rows_under_the_names_people_give_them(tmp_path, row):
    write_rows(tmp_path / "r.jsonl", [row])
    data = import_rows(tmp_path / "r.jsonl")
    assert texts(data) == [("2+2?", "It is 4.")]
    assert (data.problems[0].answer, data.problems[0].meta) == ("4", {})


def test_checked_rows_bring_their_verdicts_and_equal_texts_stay_two_traces(tmp_path):
    row = {"question": "2+2?", "answer": "4", "response": "5"}
    rows = [{**row, "outcome": "wrong", "reason": "5 is not 4"}, {**row, "correct": False}, row]
    write_rows(
        tmp_path / "r.jsonl", [*rows, {**row, "response": "It is", "outcome": "unparsed", "correct": False}]
    )
    data = import_rows(tmp_path / "r.jsonl")
    assert [one.outcome for one in data.traces] == ["wrong", "wrong", "unknown", "unparsed"]
    assert [one.marks for one in data.traces] == [["wrong"], ["wrong"], [], []]
    assert data.traces[0].verdicts[0].reason == "5 is not 4"


def test_instructions_come_with_their_input(tmp_path):
    write_rows(tmp_path / "r.jsonl", [{"instruction": "Add.", "input": "2 and 2", "output": "4"}])
    assert texts(import_rows(tmp_path / "r.jsonl")) == [("Add.\n\n2 and 2", "4")]


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "thinking"])
def test_reasoning_in_a_field_of_its_own_is_the_trace_s_reasoning(tmp_path, field):
    def chat(**turn):
        return {"messages": [{"role": "user", "content": "2+2?"}, {"role": "assistant", **turn}]}

    rows = [
        chat(content="4", **{field: "hm"}),
        chat(content=None, **{field: "cut"}),
        chat(content="4", **{field: None}),
    ]
    write_rows(tmp_path / "m.jsonl", [*rows, chat(content=None)])
    data = import_rows(tmp_path / "m.jsonl")
    assert [full_text(one) for one in data.traces] == ["<think>hm</think>4", "<think>cut", "4"]
    assert [one.format for one in data.traces] == ["think", "think", "plain"]
    assert data.traces[0].reasoning == "hm"
    flat = {"question": "2+2?", "response": "4", field: "hm"}
    write_rows(tmp_path / "f.jsonl", [flat])
    assert texts(import_rows(tmp_path / "f.jsonl")) == [("2+2?", "<think>hm</think>4")]


def test_preference_rows_of_the_paper_hold_the_question_in_the_chats(tmp_path):
    def chat(text):
        return [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": text}]

    rows = [
        {"prompt": "2+2?", "chosen": chat("4"), "rejected": chat("5")},
        {"chosen": chat("4"), "rejected": chat("6")},
    ]
    write_rows(tmp_path / "r.jsonl", rows)
    data = import_rows(tmp_path / "r.jsonl")
    assert len(data.problems) == 1
    assert [full_text(one) for one in data.traces] == ["4", "5", "6"], "a text that comes twice is one trace"
    assert [pair.chosen for pair in data.pairs] == [data.traces[0].id] * 2


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (["x", "y"], r"no column is the question \(columns: x, y\).*--map question=COLUMN"),
        (["qestion", "response"], "no column is the question; did you mean 'qestion'"),
    ],
)
def test_columns_among_which_none_is_the_question_are_an_error(columns, said):
    with pytest.raises(LimbeckError, match=said):
        reading([dict.fromkeys(columns, "text")])


@pytest.mark.parametrize(
    ("columns", "shape"),
    [
        (["prompt", "completion", "label", "more"], "kto"),
        (["prompt", "completion"], "responses"),
        (["messages", "problem", "generations"], "openr1"),
        (["messages", "prompt", "chosen", "rejected"], "preference"),
        (["problem", "answer"], "problems"),
    ],
)
def test_columns_tell_the_shape(columns, shape):
    row = dict.fromkeys(columns, "text") | ({"label": True} if "label" in columns else {})
    assert reading([row]).shape == shape


def test_bad_rows_are_counted_and_the_rest_is_read(tmp_path, caplog):
    good = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}
    bad = [
        {"messages": None},
        {"messages": good["messages"][:1]},
        {"messages": [good["messages"][0], *good["messages"]]},
    ]
    write_rows(tmp_path / "m.jsonl", [good, *bad])
    assert texts(import_rows(tmp_path / "m.jsonl")) == [("q", "a")]
    assert "3 rows could not be used" in caplog.text
    labels = [True, "maybe"]
    write_rows(tmp_path / "k.jsonl", [{"prompt": "q", "completion": "a", "label": label} for label in labels])
    assert [one.outcome for one in import_rows(tmp_path / "k.jsonl").traces] == ["correct"]
    assert "label is true or false, not 'maybe'" in caplog.text


@pytest.mark.parametrize("missing", [None, "", " ", "NaN", float("nan"), "null", "N/A", "NA", [], "unknown"])
@pytest.mark.parametrize(
    "said", [(1.0, 0.0), (True, False), ("yes", "no")], ids=["numbers", "truths", "words"]
)
@pytest.mark.parametrize("column", ["label", "is_correct"])
def test_a_label_that_is_not_there_is_no_verdict_and_costs_no_row(column, said, missing):
    rows = [
        {"question": "q", "response": text, column: it}
        for text, it in zip("abc", (*said, missing), strict=True)
    ]
    data = from_rows(rows)
    assert [trace.outcome for trace in data.traces] == ["correct", "wrong", "unknown"]
    assert [len(trace.verdicts) for trace in data.traces] == [1, 1, 0]


def test_mistakes_are_named(tmp_path):
    with pytest.raises(LimbeckError, match="did you mean 'messages'"):
        import_rows(FIXTURE, "mesages")
    with pytest.raises(LimbeckError, match="unknown shape 'ktoo'"):
        export_rows(sample(), tmp_path / "x.jsonl", "ktoo")
    with pytest.raises(LimbeckError, match="unmarked pairs are wanted"):
        export_rows(Data(), tmp_path / "x.jsonl", "preference")
    with pytest.raises(LimbeckError, match=r"unknown file type '\.xml'"):
        export_rows(sample(), tmp_path / "x.xml")
    assert not list(tmp_path.iterdir()), "nothing half-written stays"
