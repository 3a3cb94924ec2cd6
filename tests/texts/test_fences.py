"""Fenced blocks: where they begin and end, for programs, queries and data."""

from __future__ import annotations

import pytest

from limbeck.texts.fences import blocks, bodies


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no block", []),
        ("```\n1\n```", ["1\n"]),
        ("```json\n1\n``` and ```\n2\n```", ["1\n", "2\n"]),
        ("```json\n1```", ["1"]),
        ("```json\n1", ["1"]),
        ("say `` ```x``` ``, then\n```py\n2\n```", ["2\n"]),
        ("``` opens a block.\n```json\n1\n```", ["1\n"]),
        ("```\n```", [""]),
    ],
)
def test_bodies_of_data(text, expected):
    assert bodies(text) == expected


def test_a_fence_in_a_string_does_not_end_a_program():
    text = '```python\nprint("```")\n  ```\nbehind'
    (block,) = blocks(text, any_head=True, own_line=True)
    assert (block.language, block.body, block.closed) == ("python", 'print("```")', True)
    assert text[block.end :] == "\nbehind"


def test_a_query_may_begin_on_the_line_of_its_fence():
    (block,) = blocks("```sql SELECT a\nFROM b```", any_head=True)
    assert (block.head, block.language, block.body) == ("sql SELECT a", "sql", "FROM b")
    (block,) = blocks("```sql SELECT 1", any_head=True)
    assert (block.head, block.body, block.closed) == ("sql SELECT 1", None, False)


def test_many_fences_take_no_longer_than_they_are_many():
    assert len(blocks("```\n" * 200_000)) == 100_000
