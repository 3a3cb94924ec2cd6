"""The passages that fit a question, with where each is from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec.structs import asdict

from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace
from limbeck.retrieval import stored
from limbeck.texts.shown import asked
from limbeck.texts.traces import full_text
from limbeck.types import Count, Index


def passages(
    data: Data,
    *,
    index: list[Index],
    k: Count = 5,
    query: Literal["question", "rationale"] = "question",
    others: bool = False,
    ctx: Context,
) -> Data:
    """Look up the ``k`` best passages for each unmarked problem; several indexes are fused by their ranks.

    KARD (arXiv 2305.18395) looks up by the teacher's rationale while the student is trained, for a rationale
    names what a question does not, and by the question when it is tested. Fusion by rank (Cormack et al.
    2009) needs no scores that compare. On the facts of StrategyQA words and static vectors together miss a
    sixth less than either; on PubMedQA's abstracts words alone find more (bench/results/retrieval.md).

    Args:
        index: of the same passages each, by `knowledge/word_index` and `knowledge/vector_index`.
        query: ``rationale`` takes a problem's first trace that bears no mark, where it has one.
        others: leave a passage out that is the problem itself: examples that are like it.

    Returns:
        Problems with ``meta["passages"]``: ``id``, ``text``, ``document``, ``start``, ``end`` and ``score``
        of each, the best first. `knowledge/shown` puts them before the question; an agent that may search
        searches among them.

    Raises:
        LimbeckError: no index, one of something else than passages, or indexes of different passages.
    """
    indexes = stored.open_all(index)
    problems = [problem for problem in data.problems if not problem.marks]
    first = _first(data) if query == "rationale" else {}
    queries = [_query(problem, first) for problem in problems]
    told = stored.lookup(indexes, queries, k + others)
    empty = 0
    for problem, hits in zip(problems, told, strict=True):
        kept = [(each, score) for each, score in hits if not (others and each.id == problem.id)][:k]
        empty += not kept
        rows = [{**asdict(each), "score": round(float(score), 6)} for each, score in kept]
        problem.meta = {**problem.meta, "passages": rows}
    if empty:
        ctx.log(f"{empty:,} of {len(problems):,} problems share no word with any passage")
    return data


def _first(data: Data) -> Mapping[str, Trace]:
    """The first kept trace of each problem."""
    first: dict[str, Trace] = {}
    for trace in data.kept():
        first.setdefault(trace.problem_id, trace)
    return first


def _query(problem: Problem, first: Mapping[str, Trace]) -> str:
    trace = first.get(problem.id)
    return asked(problem) if trace is None else full_text(trace)
