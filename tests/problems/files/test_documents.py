"""Documents cut into passages: nothing is lost between them, none is longer than asked."""

from __future__ import annotations

import gzip
import json

import pytest

from limbeck.errors import LimbeckError
from limbeck.problems.files.documents import cut, documents

TEXT = "One two.\n\nThree four five. Six seven.\n\n" + "x" * 25


def test_pieces_lie_end_to_end_and_are_as_long_as_they_may_be():
    spans = list(cut(TEXT, 20))
    assert "".join(TEXT[start:end] for start, end in spans) == TEXT
    assert [TEXT[start:end].strip() for start, end in spans] == [
        "One two.", "Three four five.", "Six seven.", "x" * 20, "xxxxx",
    ]  # fmt: skip
    assert list(cut(TEXT, 39)) == [(0, 39), (39, 64)]
    assert list(cut("", 10)) == []


def test_text_files_are_passages_with_their_place(tmp_path):
    with gzip.open(tmp_path / "tides.md.gz", "wt", encoding="utf-8") as file:
        file.write("Ebb.\n\nThe tide comes twice a day — once for each side.\n\nMoon and sun pull at it.")
    data = documents(path=str(tmp_path / "*.md.gz"), longest=55, shortest=10)
    assert [(each.question, each.meta["passage"]) for each in data.problems] == [
        ("The tide comes twice a day — once for each side.", 1), ("Moon and sun pull at it.", 2),
    ]  # fmt: skip
    assert {(each.source, each.answer, each.meta["document"]) for each in data.problems} == {
        ("tides", None, "tides.md.gz")
    }


def test_rows_may_hold_texts_or_lists_and_keep_their_other_columns(tmp_path):
    path = tmp_path / "rows.jsonl"
    listed = [
        {"body": "a long text", "year": 3, "source": "news"},
        {"body": ["first part", {"text": "second part"}]},
        {"body": 7},
        {"body": "a long text"},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in listed))
    data = documents(path=str(path), column="body", shortest=1)
    assert [each.question for each in data.problems] == ["a long text", "first part\n\nsecond part"]
    assert [each.source for each in data.problems] == ["news", "rows"]
    assert data.problems[0].meta == {"year": 3, "document": "rows.jsonl:1", "passage": 0}


def test_a_missing_file_or_column_is_named(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"txt": "a"}\n')
    with pytest.raises(LimbeckError, match="has no column 'text'; did you mean 'txt'"):
        documents(path=str(path))
    with pytest.raises(LimbeckError, match=r"no file at .*rows\.json"):
        documents(path=str(tmp_path / "rows.json"))
