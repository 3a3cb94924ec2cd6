"""What traces do step by step, as words tell it, against what is known to be there."""

from __future__ import annotations

from typing import Any

import numpy as np

from limbeck.errors import LimbeckError
from limbeck.evaluation._shares import ratio
from limbeck.evaluation.samples import benchmark_of, check_benchmark, like, results, stored
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Results, Trace, Verdict
from limbeck.texts.parts import CHECK, METHOD
from limbeck.texts.steps import Cutting
from limbeck.texts.thoughts import approaches, labelled, repeats

KINDS = ("repeat", "check", "turn")
"""What a step may do besides going on: say again what stood before, check, begin another way."""


def behaviours(
    data: Data,
    *,
    planted: bool = False,
    cutting: Cutting = Cutting(by="paragraphs"),
    name: str = "",
    benchmark: str = "",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """Shares of the traces' steps that repeat, check or turn, and of their approaches that are left.

    By words (`limbeck.texts.thoughts`), without a model; marks do not count. Where traces say what each step
    is, ``params["labels"]`` as of `problems/deliberations`, precision and recall of each are rows too.

    Args:
        planted: read the shares that the traces say in ``params["planted"]`` instead: the truth.
        cutting: what a step is; where `curation/segmented` cut, its steps.
        name: of the reader in the results.
        benchmark: one name for all, or a field of the problems in braces, as in ``level {level}``.

    Returns:
        ``score@repeat``, ``score@check``, ``score@turn``, ``score@left`` with intervals over problems, and
        ``score@precision/check`` and so on; the traces with these as scores, for claims.

    Raises:
        LimbeckError: no trace with reasoning, or none that says what was planted.
    """
    problems = data.problem_by_id()
    check_benchmark(benchmark, problems.values())
    known = [trace for trace in data.traces if trace.reasoning.strip() and trace.problem_id in problems]
    if planted:
        known = [trace for trace in known if isinstance(trace.params.get("planted"), dict)]
    if not known:
        why = "says params['planted']" if planted else "has reasoning"
        raise LimbeckError(f"evaluation/behaviours: none of {len(data.traces)} traces {why}")
    if left := len(data.traces) - len(known):
        ctx.log(f"{left:,} traces left out")
    scores: list[dict[str, float]] = []
    for trace in known:
        told = trace.params["planted"] if planted else shares(trace, problems[trace.problem_id], cutting)
        scores.append(dict(told))
    where = [benchmark_of(problems[trace.problem_id], benchmark) for trace in known]
    if not planted:
        for each in dict.fromkeys(where):
            places = [place for place, there in enumerate(where) if there == each]
            _add_quality(known, problems, cutting, scores, places)
    read = Data(data.problems)
    for trace, values, there in zip(known, scores, where, strict=True):
        sample = stored(trace, there)
        sample.scores, sample.verdicts = values, [Verdict("behaviours", "correct")]
        read.traces.append(sample)
    names = [f"score@{key}" for key in dict.fromkeys(key for values in scores for key in values)]
    return Results(results(read, names, like(name or ("planted" if planted else "words"), [seed])), read)


def flagged(trace: Trace, problem: Problem, cutting: Cutting) -> dict[str, list[bool]]:
    """Of each step whether it is each of `KINDS`; one that repeats a check is both."""
    parts, texts = labelled(trace, cutting)
    return {
        "repeat": repeats(texts, [problem.question]),
        "check": [part.kind == CHECK for part in parts],
        "turn": [part.kind == METHOD for part in parts],
    }


def shares(trace: Trace, problem: Problem, cutting: Cutting) -> dict[str, float]:
    """Share of the steps that are each of `KINDS`, and of the approaches that are ``left``."""
    told = {kind: float(np.mean(each)) for kind, each in flagged(trace, problem, cutting).items()}
    total, left = approaches(labelled(trace, cutting)[0])
    return {**told, "left": left / total if total else 0.0}


def _add_quality(
    traces: list[Trace],
    problems: dict[str, Problem],
    cutting: Cutting,
    scores: list[dict[str, float]],
    places: list[int],
) -> None:
    """Precision and recall over all steps of some traces whose labels are known, as each trace's share in
    them."""
    counts: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    known = []
    for place in places:
        labels = traces[place].params.get("labels")
        flags = flagged(traces[place], problems[traces[place].problem_id], cutting)
        if not isinstance(labels, list) or len(labels) != len(flags["check"]):
            continue
        known.append(place)
        for kind in KINDS:
            true = [label == kind for label in labels]
            both = sum(a and b for a, b in zip(true, flags[kind], strict=True))
            counts[kind].append((both, sum(flags[kind]), sum(true)))
    for kind in KINDS if known else ():
        both_N, named_N, true_N = np.array(counts[kind], dtype=float).T
        for word, under_N in (("precision", named_N), ("recall", true_N)):
            for place, value in zip(known, ratio(both_N, under_N), strict=True):
                if np.isfinite(value):
                    scores[place][f"{word}/{kind}"] = float(value)
