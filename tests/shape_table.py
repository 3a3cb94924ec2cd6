"""Rows in the layouts of public data sets and tools, in words of our own, and what must be read of them.

``python tests/shape_table.py`` writes docs/shapes.md from `tests/fixtures/public_shapes.jsonl`: what is taken
for what, as `limbeck import` says it.
"""

from __future__ import annotations

import json
from typing import Any

from paths import REPO, TESTS

from limbeck.errors import LimbeckError
from limbeck.shapes.table import reading

PAGE = REPO / "docs" / "shapes.md"
ROWS = TESTS / "fixtures" / "public_shapes.jsonl"
HEAD = """# What is read of which rows

`limbeck import`, `limbeck verify` and `problems/imported` decide once per file what each column is for,
from its first hundred rows: by the names that people give columns (`limbeck/shapes/spellings.py`), then
by what stands in them. They print it; `--map ROLE=COLUMN`, in recipes `columns: {ROLE: COLUMN}`, goes
before both.

* A value decides over a name: `reasoning: on` is a switch and no thought, a `label` of `A` a reference
  and no verdict, a `solution` that is a number the reference and one of many lines a response, unless
  another column is one.
* Think tags in a text go before a column of thoughts. A thought in a column of its own, or in a turn's,
  is put into tags.
* What concerns a row belongs to its trace: columns that differ between rows of one question, and those
  whose names say so.
* A response that was cut off is marked `truncated` and never wrong, whatever its label. A verdict of
  `wrong` marks its trace.
* Several responses in a row are several traces, with what lists of the same length say of each.
* A chat that ends with the user is a question, where no chat of the file ends with a reply. Earlier
  turns and the system turn go along. Turns that call tools, pictures and turns out of order cost their
  row, which is counted with the reason.

The rows behind this table are of our own wording, in the layouts of public data sets and tools; a test
reads them.

| rows as those of | read |
|---|---|
"""


def shapes() -> list[dict[str, Any]]:
    """``shape``, ``row`` and what is ``wanted`` of it."""
    return [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]


def page() -> str:
    """docs/shapes.md."""
    lines = [f"| {each['shape']} | {_told(each['row'])} |" for each in shapes()]
    return HEAD + "\n".join(lines) + "\n"


def _told(row: dict[str, Any]) -> str:
    try:
        told = reading([row]).told()
    except LimbeckError:
        return "refused: no column is the question"
    return "; ".join(told).removeprefix("read as: ").replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
