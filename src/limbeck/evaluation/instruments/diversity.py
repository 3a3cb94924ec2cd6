"""How diverse a set is: by gradients, by wording, by n-grams."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any, Literal

import numpy as np

from limbeck.errors import LimbeckError
from limbeck.evaluation.samples import benchmark_of
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Result, Results, Trace, Verdict
from limbeck.texts.similarity import vector
from limbeck.texts.traces import full_text
from limbeck.types import Count, Index
from limbeck.vectors import Array, Vectors, vendi

MOST = 5000
"""Traces at most: a spectrum costs their cube."""


def diversity(
    data: Data,
    *,
    gradients: Index,
    grams: Count = 3,
    unit: Literal["words", "characters"] = "words",
    name: str = "set",
    benchmark: str = "",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """G-Vendi of the kept traces (arXiv 2505.20161), and its rivals: Vendi of the wording, entropy of
    n-grams.

    ``g_vendi`` is ``exp`` of the entropy of the spectrum of the traces' gradients: from 1, all alike, to the
    number of traces. ``vendi`` is the same of vectors of character trigrams, ``ngram_entropy`` the entropy of
    the n-grams of questions and traces, in nats. Sets are comparable at equal size, so beyond 5,000 traces
    the same number is drawn by id.

    Args:
        gradients: of these traces, by `teachers/gradients`.
        grams: words, or characters, of an n-gram.
        name: of the set in the results.
        benchmark: by default source and split of the first problem.

    Returns:
        The three rows without intervals; one trace without text whose scores they are, for claims.

    Raises:
        LimbeckError: no kept trace has a gradient.
    """
    file, problems = Vectors.read(gradients), data.problem_by_id()
    kept = sorted((trace for trace in data.kept() if trace.id in file.rows), key=lambda trace: trace.id)
    if not kept:
        raise LimbeckError("evaluation/diversity: none of the kept traces has a gradient in that file")
    if left := len(data.kept()) - len(kept):
        ctx.log(f"{left:,} traces without a gradient are left out")
    if len(kept) > MOST:
        at = np.random.default_rng(seed).choice(len(kept), MOST, replace=False)
        kept = [kept[place] for place in sorted(at)]
        ctx.log(f"{MOST:,} traces drawn")
    texts = [f"{problems[trace.problem_id].question} {full_text(trace)}" for trace in kept]
    scores = {
        "g_vendi": vendi(file.of([trace.id for trace in kept])),
        "vendi": vendi(_wording(texts)),
        "ngram_entropy": ngram_entropy(texts, grams, unit),
    }
    where = benchmark or benchmark_of(problems[kept[0].problem_id])
    units = {"g_vendi": "score", "vendi": "score", "ngram_entropy": "nats"}
    common: dict[str, Any] = {"model": name, "benchmark": where, "n": len(kept), "samples": len(kept)}
    common["seeds"] = [seed]
    results = [Result(**common, metric=key, value=scores[key], unit=units[key]) for key in units]
    problem = Problem(id=f"{where}#diversity", question=where)  # the same for each set that is compared
    told = Trace(id=f"{name}#diversity", problem_id=problem.id, model=name, scores=scores)
    told.params, told.verdicts = {"benchmark": where}, [Verdict("diversity", "correct")]
    return Results(results, Data([problem], [told]))


def ngram_entropy(texts: list[str], grams: int, unit: str) -> float:
    """Entropy of the n-grams of texts, in nats."""
    counts: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        parts = text.split() if unit == "words" else list(text)
        counts.update(tuple(parts[at : at + grams]) for at in range(len(parts) - grams + 1))
    total = sum(counts.values())
    return -sum(count / total * math.log(count / total) for count in counts.values()) if total else 0.0


def _wording(texts: list[str]) -> Array:
    """Vectors of trigrams, of length 1, over all trigrams that occur."""
    told = [vector(text) for text in texts]
    places = {gram: place for place, gram in enumerate(sorted({gram for each in told for gram in each}))}
    values_ND = np.zeros((len(told), max(1, len(places))), np.float32)
    for row, each in enumerate(told):
        for gram, weight in each.items():
            values_ND[row, places[gram]] = weight
    return values_ND
