"""Rows as people really have them: several turns, missing fields, odd labels and references, interrupted
imports."""

from __future__ import annotations

import json

import pytest

from limbeck.errors import LimbeckError
from limbeck.pipeline import store
from limbeck.records import Data, Problem
from limbeck.shapes import import_rows
from limbeck.tables import read_rows, write_rows
from limbeck.texts.traces import full_text


def turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


ASKED = {"messages": [turn("user", "2+2?"), turn("assistant", "4")]}


def imported(tmp_path, *rows, **more) -> Data:
    write_rows(tmp_path / "r.jsonl", rows)
    return import_rows(tmp_path / "r.jsonl", **more)


@pytest.mark.parametrize(
    ("turns", "why"),
    [
        (
            [turn("user", "a"), turn("assistant", "b"), turn("tool", "c"), turn("assistant", "d")],
            "in alternation",
        ),
        ([turn("user", "a"), turn("assistant", "b"), turn("assistant", "c")], "in alternation"),
        ([turn("assistant", "hi"), turn("user", "a"), turn("assistant", "b")], "in alternation"),
        ("not a chat", "a list of {role, content} is wanted"),
    ],
)
def test_a_chat_that_no_trace_can_hold_is_a_counted_row_and_never_cut(tmp_path, caplog, turns, why):
    data = imported(tmp_path, ASKED, {"messages": turns})
    assert [full_text(one) for one in data.traces] == ["4"]
    assert "1 row could not be used" in caplog.text
    assert why in caplog.text


def test_a_developer_turn_is_a_system_prompt(tmp_path):
    data = imported(tmp_path, {"messages": [turn("developer", "Be brief."), *ASKED["messages"]]})
    assert data.problems[0].meta == {"system": "Be brief."}


def test_a_pair_whose_chats_ask_something_else_is_refused(tmp_path, caplog):
    other = [turn("user", "3+3?"), turn("assistant", "6")]
    good = {"chosen": ASKED["messages"], "rejected": [turn("user", "2+2?"), turn("assistant", "5")]}
    data = imported(tmp_path, good, {"chosen": ASKED["messages"], "rejected": other})
    assert len(data.pairs) == 1
    assert "the chat asks '3+3?', the row '2+2?'" in caplog.text


def test_chats_in_the_cells_of_a_table(tmp_path):
    cell = json.dumps(ASKED["messages"]).replace('"', '""')
    (tmp_path / "r.csv").write_text(f'messages,answer\n"{cell}",4\n', encoding="utf-8")
    data = import_rows(tmp_path / "r.csv")
    assert (data.problems[0].question, full_text(data.traces[0])) == ("2+2?", "4")


def test_rows_that_lack_a_column_are_counted_wherever_they_stand(tmp_path, caplog):
    lacking, whole = {"prompt": "a"}, {"prompt": "b", "completion": "c"}
    data = imported(tmp_path, lacking, whole, lacking)
    assert [full_text(one) for one in data.traces] == ["c"]
    assert "2 rows could not be used" in caplog.text
    assert "no response in column 'completion'" in caplog.text
    with pytest.raises(LimbeckError, match="no column is the verdict"):
        imported(tmp_path, whole, shape="kto")


@pytest.mark.parametrize(
    ("given", "stored"),
    [(["a"], "a"), ({"x": 1}, '{"x":1}'), (True, "true"), (4.0, "4"), (None, None), ("", None)],
)
def test_references_become_text_that_a_verifier_can_read(tmp_path, given, stored):
    assert imported(tmp_path, {**ASKED, "answer": given}).problems[0].answer == stored


def test_references_that_say_two_things_cost_their_row(tmp_path, caplog):
    data = imported(tmp_path, {**ASKED, "answer": 4}, {**ASKED, "answer": 9}, {**ASKED, "answer": ["4", "5"]})
    assert (data.problems[0].answer, len(data.traces)) == ("4", 1)
    assert "comes again with another reference: '9', not '4'" in caplog.text
    assert "a list says not" in caplog.text


def test_labels_of_tables_are_read_and_others_refused(tmp_path, caplog):
    labels = ["True", "0", "1", False, 7, "so so"]
    data = imported(
        tmp_path, *[{"prompt": "q", "completion": str(i), "label": it} for i, it in enumerate(labels)]
    )
    assert [one.outcome for one in data.traces] == ["correct", "wrong", "correct", "wrong"]
    assert "2 rows could not be used" in caplog.text


def test_an_id_of_the_question_serves_several_traces(tmp_path):
    rows = [{"id": "q0", "prompt": "q", "completion": text} for text in "ab"]
    assert [one.id for one in imported(tmp_path, *rows).traces] == ["q0", "q0#row-2"]


def test_verifier_and_format_are_the_callers_to_say(tmp_path):
    data = imported(tmp_path, {"prompt": "q", "completion": "a\nb"}, verifier="exact", format="lines")
    assert (data.problems[0].verifier, data.traces[0].format, full_text(data.traces[0])) == (
        "exact",
        "lines",
        "a\nb",
    )
    with pytest.raises(LimbeckError, match="in formats/ 'linse'"):
        imported(tmp_path, {"prompt": "q", "completion": "a"}, format="linse")


def test_what_an_interrupted_writer_left_is_not_mixed_in(tmp_path):
    for index in range(3):
        store.write_shard(tmp_path / "d", index, Data([Problem(id=str(index), question="old")]))
    store.write_data(tmp_path / "d", Data([Problem(id="p", question="new")]))
    assert [one.question for one in store.read_data(tmp_path / "d").all().problems] == ["new"]


def test_parquet_writes_a_column_of_mixed_types_as_text(tmp_path, caplog):
    rows = [{"a": 1, "b": 1}, {"a": "x", "b": 2}, {"a": [1, 2], "b": 10**30}, {"a": None, "b": 3}]
    assert write_rows(tmp_path / "m.parquet", rows) == 4
    back = list(read_rows(tmp_path / "m.parquet"))
    assert [row["a"] for row in back] == ["1", "x", "[1,2]", None]
    assert [row["b"] for row in back] == ["1", "2", str(10**30), "3"]
    assert "columns a, b" in caplog.text
    many = [{"a": 1}] * 1000 + [{"a": "x"}]
    write_rows(tmp_path / "chunks.parquet", many)
    assert [row["a"] for row in read_rows(tmp_path / "chunks.parquet")][-2:] == ["1", "x"]
