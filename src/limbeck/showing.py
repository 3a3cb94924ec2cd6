"""Records as a notebook or a prompt shows them: numbers, not contents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from limbeck.units import shown

if TYPE_CHECKING:
    from limbeck.records import Data, Result

HEADINGS = ("model", "benchmark", "T", "metric", "value [95% interval]", "problems", "samples")


def described(data: Data) -> str:
    """``3 problems, 9 traces (6 correct, 3 wrong), 3 pairs; marks: wrong 3`` in one line."""
    outcomes = Counter(trace.outcome if trace.verdicts else "unjudged" for trace in data.traces)
    told = ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.most_common())
    parts = [_number(len(data.problems), "problem"), _number(len(data.traces), "trace")]
    parts[-1] += f" ({told})" if told else ""
    marks: Counter[str] = Counter()
    for records in (data.problems, data.traces, data.pairs):
        marks.update(mark for record in records for mark in record.marks)
    counted = ", ".join(f"{mark} {count:,}" for mark, count in marks.most_common())
    return f"{', '.join([*parts, _number(len(data.pairs), 'pair')])}{'; marks: ' if marks else ''}{counted}"


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'s'[: count != 1]}"


def table(results: Iterable[Result]) -> str:
    """Results as aligned plain text, a line each."""
    rows = [list(HEADINGS), *_cells(results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def html(results: Iterable[Result]) -> str:
    """The same as a table of HTML."""
    rows = [_row(HEADINGS, "th"), *(_row(cells, "td") for cells in _cells(results))]
    return f"<table>{''.join(rows)}</table>"


def _row(cells: Sequence[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _cells(results: Iterable[Result]) -> list[list[str]]:
    return [_row_of(each) for each in results]


def _row_of(result: Result) -> list[str]:
    value = shown(result.value, result.unit, result.low, result.high)
    setting = [result.model, result.benchmark, str(result.setting.get("temperature", "–")), result.metric]
    return [*setting, value, f"{result.n:,}", f"{result.samples:,}"]
