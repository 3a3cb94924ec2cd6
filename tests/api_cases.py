"""Small data for tests of the Python API: sums with a right and a wrong trace each, as rows and as a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def rows(count: int = 4, start: int = 0) -> list[dict[str, Any]]:
    """Two rows a sum: the right trace, then one that is too large by one. Every fifth is of split test."""
    made = []
    for index in range(start, start + count):
        a, b = divmod(index, 10)
        for answer in (a + b, a + b + 1):
            text = f"<think>{a} and {b} make {answer}.</think>\\boxed{{{answer}}}"
            row = {"question": f"What is {a} + {b}?", "response": text, "expected": str(a + b)}
            made.append({**row, "split": "train" if index % 5 else "test"})
    return made


def file(folder: Path, count: int = 4) -> Path:
    """The rows as a file of JSON lines."""
    path = folder / "traces.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows(count)), encoding="utf-8")
    return path
