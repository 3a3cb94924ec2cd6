"""Rows of any data sets that are like a task."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem
from limbeck.retrieval.words import Passages
from limbeck.types import Count, Shards, Share


def retrieved(
    shards: Shards,
    task: Data,
    *,
    n: Count = 1000,
    instruction: str = "",
    answers: Share = 0.5,
    mark: str = "not_retrieved",
    ctx: Context,
) -> Iterator[Data]:
    """Leave the ``n`` rows unmarked that are most like a task's examples; mark the others ``not_retrieved``.

    ReBase (arXiv 2407.05463) compares the task's inputs with the rows' inputs and its outputs with their
    outputs, over all data sets at once. Here likeness is BM25 (`limbeck.texts.passages`), the mean over the
    examples, each side in shares of its best row. Words decide: a row that says the same in none of the
    task's words is missed, so a longer instruction finds more. Questions and answers of all rows are held
    in memory.

    Args:
        shards: the rows, of one data set or several (`curation/merge`); those that bear a mark are left out.
        task: a few examples, questions with answers.
        n: rows to leave.
        instruction: what the task is, in words; one more example of its questions.
        answers: what the answers' side weighs, the questions' the rest; where the task has no answer it
            weighs nothing.

    Returns:
        The data; ``meta["retrieval"]`` of a row that is left is its score, 0 to 1. Rows that share no word
        with the task are never left. How many of each source are is told.

    Raises:
        LimbeckError: a task without an example or an instruction.
    """
    asked = [instruction, *(problem.question for problem in task.problems)]
    told = [problem.answer for problem in task.problems if problem.answer]
    asked = [text for text in asked if text.strip()]
    if not asked:
        raise LimbeckError("curation/retrieved: the task has neither examples nor an instruction")
    rows = [_row(problem) for data in shards for problem in data.problems if not problem.marks]
    weight = answers if told else 0.0
    scores: dict[int, float] = defaultdict(float)
    for side, queries, share in ((1, asked, 1 - weight), (2, told, weight)):
        if share:
            for place, likeness in _likeness([row[side] for row in rows], queries).items():
                scores[place] += share * likeness
    best = sorted((place for place in scores if scores[place] > 0), key=lambda at: (-scores[at], at))[:n]
    taken = {rows[place][0]: scores[place] for place in best}
    counts: dict[str, int] = defaultdict(int)
    for place in best:
        counts[rows[place][3]] += 1
    listed = ", ".join(f"{count:,} of {source or 'no source'}" for source, count in sorted(counts.items()))
    ctx.log(f"{len(taken):,} of {len(rows):,} rows retrieved: {listed or 'none shares a word with the task'}")
    for data in shards:
        yield Data([_looked(problem, taken, mark) for problem in data.problems], data.traces, data.pairs)


def _row(problem: Problem) -> tuple[str, str, str, str]:
    return problem.id, problem.question, problem.answer or "", problem.source


def _likeness(texts: list[str], queries: list[str]) -> dict[int, float]:
    """Mean BM25 over the queries, in shares of the best text's; places that share no word are left out."""
    index, total = Passages(texts), defaultdict[int, float](float)
    for query in queries:
        for place, score in index.scores(query).items():
            total[place] += score
    most = max(total.values(), default=0.0)
    return {place: score / most for place, score in total.items()} if most > 0 else {}


def _looked(problem: Problem, taken: dict[str, float], mark: str) -> Problem:
    if problem.marks:
        return problem
    if problem.id not in taken:
        return marked(problem, mark)
    return replace(problem, meta={**problem.meta, "retrieval": taken[problem.id]})
