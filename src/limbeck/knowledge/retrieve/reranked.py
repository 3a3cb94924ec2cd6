"""Passages in the order of a trained reranker."""

from __future__ import annotations

from limbeck.records import Data
from limbeck.retrieval import late
from limbeck.texts.shown import asked, passages_of
from limbeck.types import CountOrNone, Part


def reranked(data: Data, *, reranker: Part, k: CountOrNone = 0) -> Data:
    """Order the passages that were looked up as a reranker would; it sees the question alone.

    Args:
        reranker: of `knowledge/reranker`.
        k: how many stay in ``meta["passages"]``, 0 for all.

    Returns:
        The problems; of passages that fit as well the order stays. ``score`` of each is the reranker's.

    Raises:
        LimbeckError: what is given is no reranker.
    """
    made = late.opened(reranker)
    for problem in data.problems:
        passages = passages_of(problem)
        if passages:
            scores = made.scores(asked(problem), [str(each["text"]) for each in passages])
            order = sorted(range(len(passages)), key=lambda place: -scores[place])
            ranked = [{**passages[place], "score": round(scores[place], 6)} for place in order]
            problem.meta = {**problem.meta, "passages": ranked[: k or None]}
    return data
