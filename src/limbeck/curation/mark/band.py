"""A band of some number: difficulty that suits a student, scores that pass."""

from __future__ import annotations

from typing import Any, Literal

from limbeck.curation.ops import field_of, lot, marked, number_of
from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem, Trace
from limbeck.types import Finite, Share


def band(
    data: Data,
    *,
    field: str,
    low: Finite | None = None,
    high: Finite | None = None,
    what: Literal["problems", "traces"] = "problems",
    kind: str = "source",
    low_of: dict[str, float] = {},  # noqa: B006 read as configuration, never changed
    spared: dict[str, Share] = {},  # noqa: B006
    seed: int = 0,
) -> Data:
    """Mark what has a number ``below`` or ``above`` a band, or none at all (``no_number``); its ends are in.

    Behind `curation/pass_rate`, ``field: pass_rates.student, low: 0.2, high: 0.8`` leaves the problems that a
    student solves sometimes, and ``field: pass_rate_cv`` those that are hard but solvable (DeepDistill, arXiv
    2504.17565). What bears a mark already is looked at too.

    Args:
        field: a field of the problem or trace, a key of ``meta``, ``scores`` or ``params``, or one further
            in, behind a dot.
        what: whose number, and who is marked.
        kind: the field of the problem that says its kind, for the next two.
        low_of: ends of the band for kinds that have one of their own in place of ``low``.
        spared: the share of a kind that stays whatever its number, drawn by seed and id: DeepDistill's half
            of open-ended questions and conversations, whose scores say little.

    Raises:
        LimbeckError: a band without ends, or one that is upside down.
    """
    _check(low, high, low_of)
    problems = data.problem_by_id()

    def reasons(record: Problem | Trace) -> list[str]:
        problem = record if isinstance(record, Problem) else problems.get(record.problem_id)
        of = str(field_of(problem, kind)) if problem else ""
        if _share(lot(seed, record.id)) < spared.get(of, 0.0):
            return []
        least, number = low_of.get(of, low), number_of(record, field)
        if number is None:
            return ["no_number"]
        below, above = least is not None and number < least, high is not None and number > high
        return ["below"] * below + ["above"] * above

    if what == "traces":
        return Data(data.problems, [marked(trace, *reasons(trace)) for trace in data.traces], data.pairs)
    return Data([marked(problem, *reasons(problem)) for problem in data.problems], data.traces, data.pairs)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned."""
    _check(given["low"], given["high"], given["low_of"])


def _check(low: float | None, high: float | None, low_of: dict[str, float]) -> None:
    if low is None and high is None and not low_of:
        raise LimbeckError("curation/band: neither low nor high: give at least one end of the band")
    for name, least in {"low": low, **low_of}.items():
        if least is not None and high is not None and least > high:
            raise LimbeckError(f"curation/band: {name}={least}, high={high}: no number lies between them")


def _share(digest: bytes) -> float:
    """A number in [0, 1) that belongs to a digest."""
    return int.from_bytes(digest[:8], "big") / 2**64
