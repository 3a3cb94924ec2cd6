"""How alike the questions of a set are."""

from __future__ import annotations

import random

import numpy as np

from limbeck.errors import LimbeckError
from limbeck.evaluation.samples import benchmark_of
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Result, Results, Trace
from limbeck.texts.similarity import cosine, vector


def self_similarity(
    data: Data, *, pairs: int = 2000, name: str = "set", benchmark: str = "", seed: int = 0, ctx: Context
) -> Results:
    """Mean cosine of two different questions of a set, of character trigrams: 1 where all say the same.

    Pairs are drawn at random; with as many of each set, sets of any size can be compared. Questions that
    bear a mark are left out.

    Args:
        pairs: how many are drawn.
        name: of the set in the results.
        benchmark: one name for all; by default source and split of the first question.

    Returns:
        ``self_similarity`` with a 95% interval over pairs, and a trace for each pair, whose score it is,
        for claims.

    Raises:
        LimbeckError: fewer than two questions, or no pair.
    """
    questions = [problem for problem in data.problems if not problem.marks]
    if len(questions) < 2 or pairs < 1:
        raise LimbeckError(
            f"self_similarity: {len(questions)} questions, pairs={pairs}: two questions make a pair"
        )
    where = benchmark or benchmark_of(questions[0])
    vectors = [vector(problem.question) for problem in questions]
    rng = random.Random(f"self_similarity/{seed}")
    drawn = [rng.sample(range(len(questions)), 2) for _ in range(pairs)]
    values_P = np.array([cosine(vectors[first], vectors[second]) for first, second in drawn])
    half = 1.96 * float(values_P.std()) / pairs**0.5
    mean = float(values_P.mean())
    row = Result(
        model=name, benchmark=where, metric="self_similarity", value=mean, low=mean - half, high=mean + half,
        n=pairs, samples=pairs, interval="normal over pairs", seeds=[seed], unit="score",
    )  # fmt: skip
    # The pair's number is its problem, so that two sets are compared over the draws.
    asked = [Problem(id=f"pair-{number}", question="") for number in range(pairs)]
    traces = []
    for problem, value in zip(asked, values_P, strict=True):
        trace = Trace(id=f"{problem.id}#{name}", problem_id=problem.id, model=name)
        trace.params, trace.scores = {"benchmark": where}, {"self_similarity": float(value)}
        traces.append(trace)
    ctx.log(f"{pairs:,} pairs of {len(questions):,} questions")
    return Results([row], Data(asked, traces))
