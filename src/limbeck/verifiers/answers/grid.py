"""Grids and tables of cells, as in ARC."""

from __future__ import annotations

import json
import re

from limbeck.answers import json_text
from limbeck.records import Problem, Trace, Verdict

_LONGEST = 50_000
VERSION = 2
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?%?")
_RULE = re.compile(r"[\s|:+-]+")
Grid = list[list[str]]


def grid(problem: Problem, trace: Trace, *, casefold: bool = False) -> Verdict:
    """Every cell of a grid is the reference's.

    A grid is a JSON array of rows, a Markdown table, or lines of cells separated by commas, bars, tabs or
    spaces, perhaps each in brackets; lines of digits alone are one cell a digit. In a reply the last JSON
    grid counts, else the last fenced block, else the last run of lines with equally many cells. Headings
    (``Output:``) and a sentence after an empty line are no rows, nor is a line of words where the reference's
    cells are numbers. A grid of another size is wrong. A reply without a grid is ``unparsed``; a reference
    that is none is ``unknown``.

    Args:
        casefold: whether ``Red`` is ``red``.
    """
    gold = _whole(problem.answer or "")
    if gold is None:
        return Verdict(
            "grid", "unknown", reason=f"the reference {(problem.answer or '')[:80]!r} is not a grid"
        )
    numbers = _all_numbers(gold)
    rows_given = _last(trace.answer, numbers)
    if rows_given is None or (numbers and not _all_numbers(rows_given)):
        return Verdict("grid", "unparsed", reason="no grid found")
    shown = json.dumps(rows_given)[:300]
    sizes = [f"{len(rows)}x{len(rows[0])}" for rows in (rows_given, gold)]
    if sizes[0] != sizes[1]:
        return Verdict("grid", "wrong", shown, f"{sizes[0]} cells, not {sizes[1]}")
    fold = str.casefold if casefold else str
    places = [(row, column) for row in range(len(gold)) for column in range(len(gold[0]))]
    odd = [(r, c) for r, c in places if fold(gold[r][c]) != fold(rows_given[r][c])]
    if not odd:
        return Verdict("grid", "correct", shown, f"all {sizes[0]} cells")
    row, column = odd[0]
    cell, wanted = rows_given[row][column][:40], gold[row][column][:40]
    first = f"first in row {row + 1}, column {column + 1}: {cell!r} is not {wanted!r}"
    return Verdict("grid", "wrong", shown, f"{len(odd)} of {len(gold) * len(gold[0])} cells differ, {first}")


def _from_json(value: object) -> Grid | None:
    if not isinstance(value, list) or not value or not all(isinstance(row, list) and row for row in value):
        return None
    if any(isinstance(cell, dict | list) for row in value for cell in row):
        return None
    rows = [[cell if isinstance(cell, str) else json.dumps(cell) for cell in row] for row in value]
    return rows if len({len(row) for row in rows}) == 1 else None


def _whole(text: str) -> Grid | None:
    """The grid a whole text is."""
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    if text.startswith("["):
        return _from_json(json_text.load(text))
    rows = [cells for line in text.splitlines() if (cells := _cells(line))]
    return rows if rows and len({len(row) for row in rows}) == 1 else None


def _cells(line: str) -> list[str]:
    """The cells of a line; none for an empty line or a Markdown table's rule."""
    line = line.strip().strip("|[]").strip()
    if not line or ("-" in line and _RULE.fullmatch(line)):
        return []
    for separator in ("|", ",", "\t"):
        if separator in line:
            return [cell.strip() for cell in line.rstrip(",").split(separator)]
    return list(line) if line.isdecimal() else line.split()


def _all_numbers(rows: Grid) -> bool:
    return all(_NUMBER.fullmatch(cell) for row in rows for cell in row)


def _last(text: str, numbers: bool) -> Grid | None:
    """The last grid in a reply; with ``numbers`` a line of words is no row."""
    text = json_text.final(text)[-_LONGEST:]
    parsed = [rows for value in json_text.values(text) if (rows := _from_json(value))]
    if parsed:
        return parsed[-1]
    if (block := json_text.fenced(text)) is not text:
        return _whole(block)
    run: Grid = []
    for line in reversed(json_text.data_lines(text)):
        cells = _cells(line)
        if numbers and not _all_numbers([cells]):
            cells = []
        if run and (not cells or len(cells) != len(run[-1])):
            if _RULE.fullmatch(line.strip() or "x"):
                continue
            break
        if cells:
            run.append(cells)
    return run[::-1] if run and (len(run) > 1 or len(run[0]) > 1) else None
