"""How many votes a question needs, chosen on other questions whose worth is known."""

from __future__ import annotations

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem


def vote_threshold(
    data: Data,
    validation: Data,
    *,
    truth: str = "valid",
    precision: float = 0.0,
    mark: str = "too_few_votes",
    ctx: Context,
) -> Data:
    """Mark questions that fewer votes of `curation/well_posed` pass than proved best on a validation set.

    The number is the one with the best F1 of valid questions on ``validation`` or, given a ``precision``, the
    smallest that reaches it there. It never sees the answers on ``data``: a threshold chosen on what it is
    then measured by flatters itself. Run `curation/well_posed` on both with equal settings and ``agree`` 1.

    Args:
        data: questions with their votes in ``meta["well_posed"]``.
        validation: other questions with their votes, and with the truth in ``meta``.
        truth: the key of ``meta`` that says whether a question is valid.
        precision: least precision of the questions that pass; 0 maximises F1.

    Returns:
        The data. ``meta["votes_needed"]`` of each question is the number.

    Raises:
        LimbeckError: no validation question with votes and truth, the sets overlap, or no number reaches the
            precision.
    """
    voted = [problem for problem in validation.problems if _voted(problem)]
    known = [(_passed(problem), bool(problem.meta[truth])) for problem in voted if truth in problem.meta]
    if not known:
        raise LimbeckError(
            f"curation/vote_threshold: no validation question has votes and meta[{truth!r}]; run "
            "curation/well_posed"
        )
    if shared := {problem.id for problem in data.problems} & {problem.id for problem in validation.problems}:
        raise LimbeckError(
            f"curation/vote_threshold: {len(shared)} questions are in both sets, such as {min(shared)!r}"
        )
    most = max(len(problem.meta["well_posed"]) for problem in voted)
    curve = {needed: _measured(known, needed) for needed in range(1, most + 1)}
    chosen = _best(curve, precision)
    for needed, (exact, recall, f1) in curve.items():
        ctx.log(
            f"{needed} of {most} votes: precision {exact:.3f}, recall {recall:.3f}, F1 {f1:.3f} on "
            f"{len(known):,}"
        )

    def decided(problem: Problem) -> Problem:
        if not _voted(problem):
            return problem
        told = replace(problem, meta={**problem.meta, "votes_needed": chosen})
        return told if told.marks or _passed(problem) >= chosen else marked(told, mark)

    return Data([decided(problem) for problem in data.problems], data.traces, data.pairs)


def _best(curve: dict[int, tuple[float, float, float]], precision: float) -> int:
    """The number of votes with the best F1, or the smallest that reaches a precision."""
    if not precision:
        return max(curve, key=lambda needed: curve[needed][2])
    enough = [needed for needed, (exact, _, _) in curve.items() if exact >= precision]
    if not enough:
        best = max(exact for exact, _, _ in curve.values())
        raise LimbeckError(
            f"curation/vote_threshold: no number of votes reaches precision={precision}; best {best:.3f}"
        )
    return enough[0]


def _voted(problem: Problem) -> bool:
    return isinstance(problem.meta.get("well_posed"), list)


def _passed(problem: Problem) -> int:
    return problem.meta["well_posed"].count("") if _voted(problem) else 0


def _measured(known: list[tuple[int, bool]], needed: int) -> tuple[float, float, float]:
    """Precision, recall and F1 of valid questions when so many votes are needed."""
    hits = sum(valid and passed >= needed for passed, valid in known)
    kept, valid = sum(passed >= needed for passed, _ in known), sum(valid for _, valid in known)
    return (
        hits / kept if kept else 0.0,
        hits / valid if valid else 0.0,
        2 * hits / (kept + valid) if kept + valid else 0.0,
    )
