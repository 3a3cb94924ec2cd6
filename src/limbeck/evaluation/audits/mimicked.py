"""What a black box's score weighs otherwise than the outcome does, and whether it knows more than it was
shown."""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec.structs import replace

from limbeck.errors import LimbeckError, nearest
from limbeck.evaluation.audits._additive import Design
from limbeck.evaluation.samples import benchmark_of, like, results
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Results, Trace
from limbeck.types import Share

Array = np.ndarray
DRAWS = 400
PERMUTATIONS = 400
FEWEST = 20


def mimicked(
    data: Data,
    *,
    score: str = "score",
    features: str = "features",
    per: str = "",
    without: tuple[str, ...] = (),
    level: Share = 0.95,
    amiss: str = "amiss",
    name: str = "audit",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """Audit a score by two additive models of the same features, a mimic of the score and one of the outcome
    (Distill-and-Compare, arXiv 1710.06169).

    Both are sums of an effect per value, fitted by least squares, so the score has to be on the outcome's
    scale, a probability (`curation/calibrated` makes one). A value is flagged where the bootstrap band of
    mimic less outcome leaves out 0; bands hold for all values of a table together. The missing-feature test
    permutes cases: residuals of both models that go together say that the black box knows what the audit
    does not.

    The paper fits boosted trees with pairs of features; there are no pairs here.

    Args:
        data: problems, one a case: the answer 1 or 0 is the outcome, ``meta`` has the score and the features,
            a mapping of names to one of a few values. Marked ones are left out.
        per: key of ``meta`` that tells tables apart, each audited by itself; empty for one.
        without: features that are kept from the audit.
        level: of the bands; 0 has none, and flags all that differs.
        amiss: key of ``meta`` with the features that are known to be weighed otherwise, for measuring the
            audit itself.

    Returns:
        Means over tables of the ``score@`` metrics: ``flagged/FEATURE`` (1 where a value of it is flagged),
        ``fidelity`` (share of the score's variance explained), ``residual`` (correlation of the residuals)
        and ``rejects`` (1 where its p-value is below 0.05); where ``amiss`` is known, ``power`` (share of
        those features that are flagged) and ``spared`` (of the others, that are not). A trace per table, at
        its first case, answers with the flagged features and has these ``scores``, for claims that say
        ``temperature: null``.

    Raises:
        LimbeckError: a case without score, features or outcome; features that differ between cases, an
            unknown one in ``without``, none left; a table of fewer than 20 cases.
    """
    tables = _tables(data, per)
    read = Data([cases[0] for cases in tables.values()])
    for number, cases in enumerate(tables.values()):
        columns, y_CK = _read(cases, score, features, without)
        rng = np.random.default_rng([seed, number])
        flagged, scores = _audited(Design.of(columns), y_CK, level, rng)
        scores |= {f"flagged/{each}": float(each in flagged) for each in columns}
        if amiss in cases[0].meta:
            scores |= _held({*cases[0].meta[amiss]}, flagged, columns)
        trace = Trace(id=f"{cases[0].id}#{name}", problem_id=cases[0].id, model=name, scores=scores)
        params = {"benchmark": benchmark_of(cases[0])}
        read.traces.append(replace(trace, answer=" ".join(flagged), params=params))
    names = dict.fromkeys(f"score@{each}" for trace in read.traces for each in trace.scores)
    ctx.log(f"{len(tables):,} tables of {len(data.problems):,} cases")
    return Results(results(read, names, like(name, [seed])), read)


def _tables(data: Data, per: str) -> dict[str, list[Problem]]:
    """The cases of each table."""
    tables: dict[str, list[Problem]] = {}
    for problem in data.problems:
        if not problem.marks:
            tables.setdefault(str(problem.meta.get(per, "")), []).append(problem)
    if not tables:
        raise LimbeckError("mimicked: no case without a mark")
    for table, cases in tables.items():
        if len(cases) < FEWEST:
            raise LimbeckError(f"mimicked: table {table!r} has {len(cases)} cases; an audit needs {FEWEST}")
    return tables


def _read(
    cases: list[Problem], score: str, features: str, without: tuple[str, ...]
) -> tuple[dict[str, list[str]], Array]:
    """The values of each feature, and score and outcome ``[C, 2]``."""
    first = cases[0].meta.get(features)
    known = first if isinstance(first, dict) else {}
    for missing in without:
        if missing not in known:
            raise LimbeckError(f"mimicked: without: no feature {missing!r}{nearest(missing, known)}")
    kept = [each for each in known if each not in without]
    if not kept:
        raise LimbeckError(f"mimicked: case {cases[0].id!r} has no feature in meta[{features!r}]")
    targets = []
    for case in cases:
        values: Any = case.meta.get(features)
        if not isinstance(values, dict) or values.keys() != known.keys():
            raise LimbeckError(
                f"mimicked: case {case.id!r} has other features than the first: {values!r:.60}"
            )
        number = case.meta.get(score)
        if not isinstance(number, int | float) or case.answer not in ("0", "1"):
            told = f"meta[{score!r}] {number!r:.40}, outcome {case.answer!r:.40}"
            raise LimbeckError(f"mimicked: case {case.id!r} needs a number and an outcome 0 or 1: {told}")
        targets.append((float(number), float(case.answer)))
    return {each: [str(case.meta[features][each]) for case in cases] for each in kept}, np.array(targets)


def _audited(
    design: Design, y_CK: Array, level: float, rng: np.random.Generator
) -> tuple[list[str], dict[str, float]]:
    """The features flagged, and what the audit says of the score as a whole."""
    effect_FK = design.fit(y_CK)
    gap_F = effect_FK[:, 0] - effect_FK[:, 1]
    drawn_DFK = design.draws(y_CK, DRAWS, rng)
    off_DF = drawn_DFK[..., 0] - drawn_DFK[..., 1] - gap_F
    spread_F = np.maximum(off_DF.std(0), 1e-12)
    # One bound for all values together: the largest studentised deviation of a draw (a max-t band).
    bound = float(np.quantile(np.abs(off_DF / spread_F).max(1), level)) if level else 0.0
    beyond_F = np.abs(gap_F) > bound * spread_F
    flagged = [name for name, span in design.spans.items() if beyond_F[span].any()]
    rest_CK = y_CK - design.predicted(effect_FK, y_CK)
    variance = max(float(y_CK[:, 0].var()), 1e-12)
    together = _correlation(rest_CK[:, 0], rest_CK[:, 1])
    shuffled = [_correlation(rng.permutation(rest_CK[:, 0]), rest_CK[:, 1]) for _ in range(PERMUTATIONS)]
    p = (1 + sum(abs(each) >= abs(together) for each in shuffled)) / (1 + PERMUTATIONS)
    fidelity = 1 - float(rest_CK[:, 0].var()) / variance
    return flagged, {"fidelity": fidelity, "residual": together, "rejects": float(p < 0.05)}


def _correlation(a_C: Array, b_C: Array) -> float:
    spread = float(a_C.std() * b_C.std())
    return float(((a_C - a_C.mean()) * (b_C - b_C.mean())).mean()) / spread if spread > 1e-15 else 0.0


def _held(amiss: set[str], flagged: list[str], features: dict[str, list[str]]) -> dict[str, float]:
    """What the flags are worth where it is known which features are weighed otherwise."""
    wrong = [each in flagged for each in features if each in amiss]
    right = [each not in flagged for each in features if each not in amiss]
    scores = {"power": wrong, "spared": right}
    return {name: float(np.mean(values)) for name, values in scores.items() if values}
