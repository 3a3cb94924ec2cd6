"""The grid of `dc-cot` as one table: what each operation on the data is worth, by student and length.

Reads what `limbeck claim dc-cot --save claims` measured: ``python bench/data_operations.py``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parent.parent
OPERATIONS = {
    "right": "only what a verifier finds right",
    "twice": "two rationales a question, half as many questions",
    "long": "only the longest chains",
    "same": "another order of the same rows (no operation)",
}
STUDENTS = {"s": "small (width 32)", "l": "large (width 64)"}
LENGTHS = {"": "chains as long as those learned", "longer": "longer chains"}


def page(measured: dict[str, Any]) -> str:
    """The table in Markdown, from a claim's saved measurements."""
    cells = {}
    for contrast in [*measured["claim"], *measured["also"]]:
        if str(contrast["than"]).startswith("raw_"):
            cells[contrast["better"], contrast["scores"]] = contrast
    columns = [(student, length) for length in LENGTHS for student in STUDENTS]
    heads = [f"{STUDENTS[student]}, {LENGTHS[length]}" for student, length in columns]
    lines = [
        "# Operations on the data of a distillation",
        "",
        "Difference in pass@1 from the data as they are, in percentage points, with the wider of two 95% "
        f"intervals (bootstrap, Student's); {measured['seeds']} seeds. Written by "
        f"`bench/data_operations.py` from `claims/dc-cot.json`, measured {measured['date']} on "
        f"{measured['machine']}.",
        "",
        f"| operation | {' | '.join(heads)} |",
        f"|{'---|' * (len(heads) + 1)}",
    ]
    for name, about in OPERATIONS.items():
        row = [_cell(cells[f"{name}_{student}", length]) for student, length in columns]
        lines.append(f"| {about} | {' | '.join(row)} |")
    return "\n".join(lines) + "\n"


def _cell(contrast: dict[str, Any]) -> str:
    low, high = min(contrast["low"], contrast["t_low"]), max(contrast["high"], contrast["t_high"])
    return f"{100 * contrast['diff']:+.1f} [{100 * low:+.1f}, {100 * high:+.1f}]"


if __name__ == "__main__":
    saved = json.loads((REPO / "claims" / "dc-cot.json").read_text(encoding="utf-8"))
    (REPO / "bench" / "results" / "data_operations.md").write_text(page(saved), encoding="utf-8")
