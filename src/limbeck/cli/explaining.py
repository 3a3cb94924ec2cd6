"""``limbeck verify --explain``: how one verdict came about, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from limbeck.cli.moving import bind_verifier, finished
from limbeck.cli.output import give, tell
from limbeck.errors import LimbeckError, nearest
from limbeck.explaining import Explained, explain
from limbeck.records import Problem, Trace, Verdict
from limbeck.shapes.roles import HEADS
from limbeck.shapes.verified import checked, compares, items
from limbeck.tables import read_rows

_WIDE = 11
_NAMES = 1000
_ANSWERS = {"True": "yes", "False": "no", "None": "cannot tell"}


class _Asked(NamedTuple):
    """One response to explain: what it is called, its problem (or the verdict that settles it) and itself."""

    name: str
    problem: Problem | Verdict | None
    trace: Trace


def explain_one(file: Path, name: str, verifier: str, columns: dict[str, str] | None, format: str) -> None:
    """Print how the verdict on a row, on all its responses, or on a trace comes about.

    Args:
        name: a trace's id, a problem's, what a row bears as ``id`` or, where none bears that, its number.

    Raises:
        LimbeckError: nothing is called so.
    """
    make = partial(bind_verifier, verifier)
    needed = compares(make())
    is_store = file.is_dir() and next(file.glob("*.problems.parquet"), None)
    asked = _traces(file, name) if is_store else _responses(file, name, columns, format, needed)
    told = []
    for each in asked:
        if isinstance(each.problem, Problem):
            how = explain(make, each.problem, each.trace)
        else:
            verdict = each.problem or Verdict("", "unknown", reason="its problem is not there")
            how = Explained(verdict, "", [], [], {}, [])
        _print(each.name, how)
        told.append({"id": each.name, **msgspec.to_builtins(how)})
    give({"explained": told})


def _traces(folder: Path, name: str) -> list[_Asked]:
    """The trace of a store that is called so, or all traces of the problem that is."""
    names: list[str] = []
    for shard in finished(folder):
        problems = shard.problem_by_id()
        for names_it in ("id", "problem_id"):
            traces = [trace for trace in shard.traces if getattr(trace, names_it) == name]
            if traces:
                return [_Asked(trace.id, problems.get(trace.problem_id), trace) for trace in traces]
        names += [trace.id for trace in islice(shard.traces, max(0, _NAMES - len(names)))]
    raise LimbeckError(f"{folder} has no trace and no problem {name!r}{nearest(name, names)}")


def _responses(
    file: Path, name: str, columns: dict[str, str] | None, format: str, needed: bool
) -> list[_Asked]:
    """The responses of the first row that is called so, else of the row with that number."""
    rows = read_rows(file)
    heads = list(islice(rows, HEADS))
    how = checked(heads, columns, format, needed)
    told = [*how.roles.columns.get("id", ()), *how.roles.columns.get("problem_id", ())]
    names: list[str] = []
    numbered, count = None, 0
    for count, row in enumerate(chain(heads, rows), 1):
        ids = [str(row.get(column)) for column in (*told, "id") if row.get(column) is not None]
        if name in ids:
            return [*_of_row(f"row {count}, {name}", row, how)]
        if name == str(count):
            numbered = row
            if not ids:
                break
        names += ids if len(names) < _NAMES else []
    if numbered is None:
        number = (
            f"{count:,} rows, none with the id {name!r}{nearest(name, names)}; a number of a row does too"
        )
        raise LimbeckError(f"{file} has {number}")
    return [*_of_row(f"row {name}", numbered, how)]


def _of_row(name: str, row: dict[str, Any], how: Any) -> Iterator[_Asked]:
    for (read, _), problem, trace in items([row], how):
        sample = f", response {read['sample']}" if "sample" in read and "sample" not in row else ""
        yield _Asked(name + sample, problem, trace)


def _print(name: str, how: Explained) -> None:
    verdict = how.verdict
    tell(f"{name}: {verdict.outcome}, by {verdict.verifier or 'the reader of rows'}")
    taken = "nothing" if verdict.extracted is None else verdict.extracted
    _line("taken", taken + (f"   (from the {how.taken_from})" if how.taken_from else ""))
    for call in how.taken_by:
        _line("", _by(call))
    for reference in how.references:
        _line("reference", reference)
    for side, forms in how.read.items():
        for number, (by, form) in enumerate(forms):
            _line(f"{side}" if not number else "", f"is read as {form}   ({by.rpartition('.')[2]})")
    for number, call in enumerate(how.rule):
        _line("rule" if not number else "", _by(call))
        given = " and ".join(call["given"].values())
        _line("", f"   {given} → {_ANSWERS.get(call['gave'], call['gave'])}")
    _line("because", verdict.reason or "it says no reason")
    tell()


def _by(call: dict[str, Any]) -> str:
    return f"{call['by']}: {call['about']}" if call["about"] else call["by"]


def _line(label: str, text: str) -> None:
    lines = text.split("\n")
    tell(f"  {label:<{_WIDE}}{lines[0]}")
    for line in lines[1:]:
        tell(f"  {'':<{_WIDE}}{line}")
