"""How well passages are found: by the passages themselves, and by the characters that answer the question."""

from __future__ import annotations

import math

from limbeck.errors import LimbeckError
from limbeck.evaluation.samples import benchmark_of, like, results
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Results, Trace, Verdict
from limbeck.retrieval import stored
from limbeck.retrieval.corpus import Corpus, Passage, passage_in
from limbeck.retrieval.spans import Span, compared, references_of
from limbeck.texts.shown import asked, passages_of
from limbeck.types import Count, Index

BY_CHARACTERS = ("recall", "precision", "iou", "omega")
BY_PASSAGES = ("recall", "ndcg", "reciprocal_rank")


def retrieval(
    data: Data,
    *,
    index: list[Index] = [],  # noqa: B006
    k: Count = 5,
    name: str = "",
    benchmark: str = "",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """What the best ``k`` passages hold of what answers a question, with 95% intervals over questions.

    Of questions with stretches of documents, ``meta["references"]``, in characters (token-level measures of
    arXiv 2502.15854): ``recall``, ``precision``, ``iou`` (shared over all), and ``omega``, the precision of
    whoever retrieves every passage that holds any of them, an upper bound set by how documents were cut.

    Of questions with right passages, ``meta["gold"]``, a list of ids, or ids with their grades: ``recall``,
    ``ndcg`` (``(2^grade - 1) / log2(1 + rank)``, of the best possible) and ``reciprocal_rank`` of the first.

    Args:
        index: of the same passages each, fused by their ranks; none measures the passages that the problems
            bring, ``meta["passages"]``, in their order, and knows no Omega.
        name: of this way to retrieve in the results; by default the kinds of its indexes.
        benchmark: one name for all questions; by default source and split.

    Returns:
        The rows ``score@…``; a trace without text for each question with these scores, for claims.

    Raises:
        LimbeckError: no question says what answers it, or one names a passage that the index does not have.
    """
    problems = [each for each in data.problems if not each.marks and _known(each)]
    if not problems:
        raise LimbeckError("evaluation/retrieval: no question has meta['references'] or meta['gold']")
    if left := len(data.problems) - len(problems):
        ctx.log(f"{left:,} questions that do not say what answers them are left out")
    indexes = stored.open_all(index) if index else []
    told = _looked_up(indexes, problems, k)
    # A corpus may be large, so it is read for what is asked alone.
    graded = [bool(problem.meta.get("gold")) for problem in problems]
    documents = _documents(indexes[0].corpus) if indexes and not all(graded) else None
    ids = {each.id for each in indexes[0].corpus.all()} if indexes and any(graded) else None
    name = name or "+".join(each.kind for each in indexes) or "passages"
    traces = []
    for problem, passages in zip(problems, told, strict=True):
        if problem.meta.get("gold"):
            scores = by_passages(problem, passages, ids, k)
        else:
            scores = by_characters(problem, passages, documents)
        traces.append(_trace(problem, name, scores, benchmark or benchmark_of(problem)))
    sampled = Data(problems, traces)
    kinds = dict.fromkeys(each for trace in traces for each in trace.scores)
    return Results(results(sampled, [f"score@{kind}" for kind in kinds], like(name, [seed])), sampled)


def _looked_up(indexes: list[stored.StoredIndex], problems: list[Problem], k: int) -> list[list[Passage]]:
    """The best ``k`` passages of each question, or the first of those that it brings."""
    if not indexes:
        return [[passage_in(each) for each in passages_of(problem)[:k]] for problem in problems]
    hits = stored.lookup(indexes, [asked(problem) for problem in problems], k)
    return [[passage for passage, _ in each] for each in hits]


def _known(problem: Problem) -> bool:
    return bool(problem.meta.get("gold") or problem.meta.get("references"))


def by_characters(
    problem: Problem, passages: list[Passage], documents: dict[str, list[Span]] | None
) -> dict[str, float]:
    """The four measures of a question whose references are stretches of documents.

    Args:
        documents: all passages of the index by their document; None leaves Omega out.
    """
    wanted = references_of(problem)
    scores = compared([_span(passage) for passage in passages], wanted)
    if documents is None:
        return scores
    touching = []
    for reference in wanted:
        pieces = documents.get(reference.document, ())
        touching += [span for span in pieces if span.start < reference.end and reference.start < span.end]
    return {**scores, "omega": compared(touching, wanted)["precision"]}


def by_passages(problem: Problem, passages: list[Passage], ids: set[str] | None, k: int) -> dict[str, float]:
    """The three measures of a question whose right passages are known by their ids."""
    gold = problem.meta["gold"]
    grades = {str(key): float(gold[key]) if isinstance(gold, dict) else 1.0 for key in gold}
    if ids is not None and (missing := grades.keys() - ids):
        raise LimbeckError(f"problem {problem.id}: no passage of the index has the id {min(missing)!r}")
    ranked = [grades.get(passage.id, 0.0) for passage in passages]
    ideal = _gain(sorted(grades.values(), reverse=True)[:k])
    right = [rank for rank, grade in enumerate(ranked, 1) if grade > 0]
    wanted = sum(grade > 0 for grade in grades.values())
    return {
        "recall": len(right) / wanted if wanted else 0.0,
        "ndcg": _gain(ranked) / ideal if ideal else 0.0,
        "reciprocal_rank": 1 / right[0] if right else 0.0,
    }


def _gain(grades: list[float]) -> float:
    return sum((2**grade - 1) / math.log2(1 + rank) for rank, grade in enumerate(grades, 1))


def _documents(corpus: Corpus) -> dict[str, list[Span]]:
    documents: dict[str, list[Span]] = {}
    for passage in corpus.all():
        documents.setdefault(passage.document, []).append(_span(passage))
    return documents


def _span(passage: Passage) -> Span:
    """Where a passage stands; one that nobody placed is its whole document."""
    start = max(passage.start, 0)
    return Span(passage.document, start, passage.end if passage.end >= 0 else start + len(passage.text))


def _trace(problem: Problem, name: str, scores: dict[str, float], benchmark: str) -> Trace:
    return Trace(
        id=f"{problem.id}#{name}",
        problem_id=problem.id,
        model=name,
        params={"benchmark": benchmark},
        scores=scores,
        verdicts=[Verdict("retrieval", "correct")],
    )
