"""Keep or drop problems by what a field says."""

from __future__ import annotations

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError, nearest
from limbeck.records import Data, Problem


def where(
    data: Data,
    *,
    field: str,
    keep: tuple[str | int | float | bool, ...] = (),
    drop: tuple[str | int | float | bool, ...] = (),
    mark: str = "",
) -> Data:
    """Mark problems whose field is not among the values to keep, or is among those to drop.

    Values are compared as text, without blanks at the ends and case. A problem without the field is not kept.
    Only problems that bear no mark yet are looked at, so the counts of several filters add up like a
    funnel's. REDI (arXiv 2505.24850, section 3): ``field: problem_is_valid, keep: [yes]``, then
    ``field: source, drop: [cn_k12]``.

    Args:
        field: a field of `Problem` or a key of its ``meta``.
        mark: the mark to set; empty sets the field's name.

    Raises:
        LimbeckError: neither ``keep`` nor ``drop``, or no problem has the field.
    """
    if not keep and not drop:
        raise LimbeckError(f"where on {field!r}: give values to keep or to drop")
    kept, dropped = {_text(value) for value in keep}, {_text(value) for value in drop}
    if data.problems and not any(_has(problem, field) for problem in data.problems):
        known = {*Problem.__struct_fields__, *(key for problem in data.problems for key in problem.meta)}
        raise LimbeckError(f"no problem has a field {field!r}{nearest(field, known)}")

    def fails(problem: Problem) -> bool:
        value = _text(
            getattr(problem, field) if field in Problem.__struct_fields__ else problem.meta.get(field)
        )
        return bool(kept and value not in kept) or value in dropped

    def looked(problem: Problem) -> Problem:
        return marked(problem, mark or field) if not problem.marks and fails(problem) else problem

    return Data([looked(problem) for problem in data.problems], data.traces, data.pairs)


def _has(problem: Problem, field: str) -> bool:
    return field in Problem.__struct_fields__ or field in problem.meta


def _text(value: object) -> str:
    # YAML reads a bare yes as true; a column that says "yes" must still match it.
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value).strip().casefold()
