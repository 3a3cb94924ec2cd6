"""Reference answers that can hardly be right: strong teachers agree on another."""

from __future__ import annotations

from collections import Counter

from msgspec.structs import replace

from limbeck.curation.ops import marked, normalise
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace


def disputed(
    data: Data,
    *,
    share: float = 0.5,
    least: int = 3,
    models: tuple[str, ...] = (),
    verifier: str = "",
    ctx: Context,
) -> Data:
    """Mark problems ``disputed`` on whose reference answer most teachers disagree, and disagree in the same
    way.

    Each model has one vote: what most of its own traces answer. A problem is disputed when more than
    ``share`` of the models give one and the same answer that their verdict calls ``wrong``. Disagreement
    alone proves nothing of the reference: hard problems are got wrong in many ways. Traces cut off, unparsed
    or undecided do not vote.

    Args:
        share: of all voting models.
        least: fewest voting models.
        models: whose traces vote; empty means everybody's.
        verifier: whose verdict counts; by default each trace's last.

    Returns:
        The data; ``meta["disputed"]`` of a marked problem holds the ``answer`` given instead, its ``share``
        and how many models voted (``votes``). The reference stays as it is.

    Raises:
        LimbeckError: a share or number of votes out of range.
    """
    if not 0 <= share < 1 or least < 1:
        raise LimbeckError(
            f"curation/disputed: share={share}, least={least}: a share from 0, below 1, of one vote or more"
        )
    groups = data.by_problem()
    judged = 0

    def looked(problem: Problem) -> Problem:
        nonlocal judged
        traces = groups.get(problem.id, [])
        votes = _votes([trace for trace in traces if not models or trace.model in models], verifier)
        if len(votes) < least:
            return problem
        judged += 1
        against = Counter(answer for answer, right in votes if not right)
        if not against:
            return problem
        answer, number = against.most_common(1)[0]
        if number / len(votes) <= share:
            return problem
        told = {"answer": answer, "share": number / len(votes), "votes": len(votes)}
        return marked(replace(problem, meta={**problem.meta, "disputed": told}), "disputed")

    problems = [looked(problem) for problem in data.problems]
    count = sum("disputed" in problem.marks for problem in problems)
    ctx.log(f"{count:,} of {judged:,} problems with {least} votes or more are disputed")
    return Data(problems, data.traces, data.pairs)


def _votes(traces: list[Trace], verifier: str) -> list[tuple[str, bool]]:
    """Each model's answer, and whether it is right by its verdict."""
    by_model: dict[str, Counter[tuple[str, bool]]] = {}
    for trace in traces:
        verdicts = [verdict for verdict in trace.verdicts if not verifier or verdict.verifier == verifier]
        if not verdicts or verdicts[-1].outcome not in ("correct", "wrong") or trace.finish == "length":
            continue
        right = verdicts[-1].outcome == "correct"
        # All right answers are one, however they are written.
        answer = "" if right else plain(verdicts[-1].extracted or trace.answer)
        by_model.setdefault(trace.model, Counter())[answer, right] += 1
    return [votes.most_common(1)[0][0] for votes in by_model.values()]


def plain(answer: str) -> str:
    """An answer as votes compare it: one kind of blanks and case, ``1,200.0`` as ``1200``, without money
    signs."""
    text = normalise(answer).strip("$€£ .")
    try:
        number = float(text.replace(",", ""))
    except ValueError:
        return text
    return f"{number:.12g}"
