"""How good a filter of traces is: its marks against what is known of them."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from limbeck.errors import LimbeckError, nearest
from limbeck.evaluation.instruments._filters import measured
from limbeck.evaluation.samples import benchmark_of
from limbeck.pipeline.context import Context
from limbeck.records import Data, Results, Verdict


def flagged(
    data: Data, *, flaw: str = "flaw", name: str = "filter", benchmark: str = "", seed: int = 0, ctx: Context
) -> Results:
    """Precision, recall and F1 of a filter that left some traces without a mark, for the class without a
    flaw.

    `evaluation/filtered` holds marks against verdicts, this one against flaws that are known, such as
    planted ones; a right answer may stand behind a flaw.

    Args:
        flaw: key of the traces' ``params`` that names the flaw, empty for none; traces without it are left
            out.
        name: of the filter in the results.
        benchmark: one name for all; by default source and split of the first problem.

    Returns:
        ``precision`` (of the traces without a mark, how many have no flaw), ``recall`` (of those without a
        flaw, how many have no mark), ``f1``, ``kept``, ``base`` and for each flaw ``caught/FLAW``, with
        intervals over traces; and the traces, ``correct`` where the filter is right, with these as scores
        for claims.

    Raises:
        LimbeckError: no trace has the key.
    """
    known = [trace for trace in data.traces if isinstance(trace.params.get(flaw), str)]
    if not known:
        keys = {key for trace in data.traces for key in trace.params}
        raise LimbeckError(f"flagged: no trace says params[{flaw!r}], a text{nearest(flaw, keys)}")
    if left := len(data.traces) - len(known):
        ctx.log(f"{left:,} traces left out, without params[{flaw!r}]")
    clean_N = np.array([not trace.params[flaw] for trace in known])
    kept_N = np.array([not trace.marks for trace in known])
    where = benchmark or (benchmark_of(data.problems[0]) if data.problems else "all")
    common = {"model": name, "benchmark": where, "seeds": [seed], "unit": "share"}
    rows, scores = measured(clean_N, kept_N, [trace.params[flaw] for trace in known], common, "traces", seed)
    traces = []
    for place, trace in enumerate(known):
        right = bool(clean_N[place] == kept_N[place])
        verdict = Verdict("flagged", "correct" if right else "wrong", reason=", ".join(trace.marks))
        values = {metric: float(each[place]) for metric, each in scores.items()}
        traces.append(
            replace(
                trace, model=name, params={"benchmark": where}, verdicts=[verdict], scores=values, marks=[]
            )
        )
    return Results(rows, Data(data.problems, traces))
