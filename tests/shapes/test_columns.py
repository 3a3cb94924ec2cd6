"""Plain rows made into columns: the tables are those of the reader, to the last value."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import SHARED

from limbeck.errors import LimbeckError
from limbeck.shapes import columns
from limbeck.shapes.collecting import Collector
from limbeck.shapes.importing import read_into as _read
from limbeck.shapes.parts import Part
from limbeck.shapes.table import Reading, reading
from limbeck.tables import BadRows, Block, blocks, columns_in, rows_in

Rows = list[tuple[int, dict[str, Any]]]


def by_reader(rows: Rows, how: Reading, prefix: str = "") -> Part:
    made, bad = Collector(), BadRows()
    count = _read(rows, "file", how, prefix, made, bad)
    return Part.of(made, count, bad)


def same(rows: Rows, how: Reading, prefix: str = "") -> bool:
    """Whether the rows were made into columns, which then are those of the reader."""
    part = columns.part_of(rows, how, prefix, BadRows())
    of_lines = by_lines(rows, how, prefix)
    wanted = by_reader(rows, how, prefix) if part or of_lines else None
    for made in filter(None, (part, of_lines)):
        assert wanted
        alike(made, wanted)
    return part is not None


def by_lines(rows: Rows, how: Reading, prefix: str) -> Part | None:
    """The part of rows that are lines of a file, where they are lines and are read without being rows."""
    try:
        text = b"\n".join(msgspec.json.encode(row) for _, row in rows)
    except (UnicodeEncodeError, msgspec.EncodeError):
        return None
    bad = BadRows()
    part = columns.part_in(Block("file", rows[0][0] if rows else 1, text, "lines"), how, prefix, bad)
    assert not bad.count
    return part


def alike(part: Part, wanted: Part) -> None:
    for name, table in wanted.tables.items():
        assert part.tables[name].schema == table.schema
        assert part.tables[name].to_pylist() == table.to_pylist(), name
    assert part.keys.tolist() == wanted.keys.tolist()
    assert part.ids.tolist() == wanted.ids.tolist()
    assert (part.named, part.rows, part.bad) == (wanted.named, wanted.rows, wanted.bad)


def numbered(*rows: dict[str, Any]) -> Rows:
    return [*enumerate(rows, 1)]


QUESTIONS = st.sampled_from(["2+2?", "“2+2?”", " 2+2?\n", "é?", "é?", "\u0301x", "[1] what?", "", "  ", "q"])
MARKED = ["<think>so</think>\n4", "<think>so", "so</think>4", "<think>a</think>\n<answer>4</answer>"]
TEXTS = st.sampled_from(
    ["", " \n", "4", "[4]", '[{"role": "assistant"}]', "a\ud7ffb", "x\n<think>\ny</think>z", *MARKED]
)
ODD = st.sampled_from([None, "", "x", 1, 0, 2.0, 2.5, True, False, ["x"], ["x", "y"], [], {"a": 1}, "nan"])
FINISH = st.sampled_from([None, "stop", "length", "LENGTH ", True, False, 1, "no such", ["stop"], "eos"])
TOKENS = st.sampled_from([None, 3, 3.0, "3", "three", True, [3], -1, float("inf")])
SOME = st.one_of(st.none(), st.just("a"), ODD)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"question": st.one_of(QUESTIONS, QUESTIONS, SOME), "response": st.one_of(TEXTS, TEXTS, SOME)},
        optional={
            "reasoning": st.one_of(TEXTS, SOME),
            "expected_answer": st.one_of(st.just("4"), SOME),
            "answer": SOME,
            "model": SOME,
            "finish_reason": FINISH,
            "id": SOME,
            "tokens": TOKENS,
            "source": SOME,
            "split": SOME,
            "license": SOME,
            "verifier": SOME,
            "seed": SOME,
            "level": SOME,
            "subject": SOME,
        },
    ),
    min_size=1,
    max_size=4,
)
PLAIN = {"question": "2+2?", "response": "<think>so</think>4", "answer": "4", "level": 1, "seed": 2}


@settings(deadline=None)
@given(ROWS, st.sampled_from(["", "file-2-"]), st.sampled_from(["", "think", "plain"]))
def test_columns_are_those_of_the_reader(rows, prefix, format):
    try:
        how = reading(rows, format=format)
    except LimbeckError:
        return  # no column is the question: nothing is read
    same(numbered(*rows), how, prefix)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["2+2?", "3+3?", "“a”", '"a"', "e\u0301", "é"]), min_size=1), st.data())
def test_questions_that_come_again(questions, data):
    answers = data.draw(
        st.lists(st.sampled_from(["4", None]), min_size=len(questions), max_size=len(questions))
    )
    rows = [
        {**PLAIN, "question": it, "answer": answer} for it, answer in zip(questions, answers, strict=True)
    ]
    same(numbered(*rows), reading([PLAIN]))


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"question": "3+3?"},
        {"response": ""},
        {"response": "plain text"},
        {"answer": 4.0},
        {"question": "3+3?", "answer": None, "level": [1, {"a": None}]},
        {"question": "3+3?", "level": None},
    ],
)
def test_ordinary_rows_are_made_into_columns(row):
    rows, how = numbered(PLAIN, {**PLAIN, **row}), reading([PLAIN])
    assert same(rows, how)
    assert by_lines(rows, how, "")


@pytest.mark.parametrize("line", ["", '{"another": 1}', "[]", "{", '{"question": "a\\ud800"}'])
def test_lines_that_hold_no_such_row_are_left_to_the_reader(line):
    lines = [json.dumps(PLAIN), line, json.dumps(PLAIN)]
    assert columns_in(Block("file", 1, "\n".join(lines).encode(), "lines"), (*PLAIN,)) is None
    lines[1] = "{}"
    assert columns_in(Block("file", 1, "\n".join(lines).encode(), "lines"), (*PLAIN,))


def test_a_column_whose_name_no_struct_may_have_is_left_to_the_reader():
    row = {**PLAIN, 'a "quoted" name': 1}
    block = Block("file", 1, json.dumps(row).encode(), "lines")
    assert columns_in(block, (*row,)) is None
    assert same(numbered(row), reading([row]))


@pytest.mark.parametrize(
    "row",
    [
        {"question": None},
        {"question": ["a", "b"]},
        {"question": "[1] what?"},
        {"response": None},
        {"response": ["a", "b"]},
        {"response": 4},
        {"answer": ["4", "5"]},
        {"another": 1},
        {"question": "2+2?", "answer": "5"},
        {"question": "2+2?", "level": 2},
    ],
)
def test_a_block_with_an_odd_row_is_left_to_the_reader(row):
    assert (
        columns.part_of(
            numbered(PLAIN, {**PLAIN, "question": "3+3?", **row}), reading([PLAIN]), "", BadRows()
        )
        is None
    )


@pytest.mark.parametrize(
    "row", [{"correct": True}, {"reward": 1.0}, {"system": "Be brief."}, {"meta": {"a": 1}}]
)
def test_other_roles_are_left_to_the_reader(row):
    assert not columns.plain(reading([{**PLAIN, **row}]))


def test_files_of_other_tools():
    made = 0
    files = [
        file for file in sorted(SHARED.rglob("*")) if file.name.endswith((".jsonl", ".parquet", ".jsonl.gz"))
    ]
    for file in files:
        for block in islice(blocks(file, BadRows(), 1 << 18), 2):
            rows = [*rows_in(block, BadRows())]
            try:
                how = reading([row for _, row in rows[:100]])
            except LimbeckError:
                continue
            made += same(rows, how)
    assert not files or made
