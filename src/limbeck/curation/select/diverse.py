"""A few traces of each problem that are as unlike each other as can be."""

from __future__ import annotations

from limbeck.curation.ops import marked
from limbeck.records import Data, Trace
from limbeck.texts.similarity import cosine, vector
from limbeck.texts.traces import full_text
from limbeck.types import Count


def diverse(data: Data, *, n: Count = 2, score: str = "confidence", mark: str = "similar") -> Data:
    """Leave ``n`` kept traces of each problem unmarked, chosen greedily farthest from those chosen before.

    The second criterion of TwT's rejection sampling (arXiv 2503.24198): of traces that are good enough,
    those that differ, so that the ways of several teachers survive. The first is the one with the highest
    ``score``; each further one is the trace whose greatest similarity to a chosen one is least. Similarity is
    the cosine of character trigrams (`limbeck.texts.similarity`): of wording, not of sense. Ties go to the
    earlier trace.

    Args:
        n: traces that stay; of problems with fewer all do.
        score: of the first; traces without it count as 0.
    """
    kept: dict[str, list[Trace]] = {}
    for trace in data.kept():
        kept.setdefault(trace.problem_id, []).append(trace)
    left = {trace.id for traces in kept.values() for trace in _left(traces, n, score)}
    traces = [marked(trace, mark) if trace.id in left else trace for trace in data.traces]
    return Data(data.problems, traces, data.pairs)


def _left(traces: list[Trace], n: int, score: str) -> list[Trace]:
    """The traces that are not chosen."""
    if len(traces) <= n:
        return []
    vectors = [vector(full_text(trace)) for trace in traces]
    best = max(range(len(traces)), key=lambda at: (traces[at].scores.get(score, 0.0), -at))
    nearest = [cosine(each, vectors[best]) for each in vectors]
    chosen = {best}
    while len(chosen) < n:
        following = min((at for at in range(len(traces)) if at not in chosen), key=nearest.__getitem__)
        chosen.add(following)
        new = [cosine(each, vectors[following]) for each in vectors]
        nearest = [max(pair) for pair in zip(nearest, new, strict=True)]
    return [trace for at, trace in enumerate(traces) if at not in chosen]
