"""What a stored signal keeps of the teacher's probability, and what it takes on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from msgspec.structs import replace as changed

from limbeck.errors import LimbeckError, missing_extra
from limbeck.evaluation.samples import benchmark_of, like, results, stored
from limbeck.pipeline.context import Context
from limbeck.records import Data, Results
from limbeck.types import Stored


def stored_signal(
    data: Data, *, signal: Stored, name: str = "", benchmark: str = "", seed: int = 0, ctx: Context
) -> Results:
    """The probability mass that the kept tokens cover, and bytes per token, of a signal of `teachers/score`.

    Args:
        data: the traces that the signal was stored for.
        name: of the signal in the result; empty takes ``top K``.
        benchmark: one name for all; by default source and split of the problems.

    Returns:
        Metrics ``score@covered``, a share: the mean over a trace's tokens of what the kept ones add up to,
        1 where all are kept; and ``score@bytes``: the size of the signal's whole folder over its tokens, the
        same for each trace. A claim on them says ``temperature: null``.

    Raises:
        LimbeckError: nothing readable there, or it holds none of these traces.
    """
    try:
        from limbeck.networks import stored as signals
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "evaluation/stored_signal") from error
    about, records = signals.read(signal)
    tokens = sum(packed.size for _, packed in records.values())
    size = sum(path.stat().st_size for path in Path(signal).rglob("*") if path.is_file())
    problems = data.problem_by_id()
    read = Data(data.problems)
    for trace in data.kept():
        if trace.id not in records:
            continue
        rest_n = records[trace.id][1].unpack().get("top_rest")
        covered = 1.0 if rest_n is None else float(1 - np.exp(rest_n.astype(float)).mean())
        sample = stored(trace, benchmark or benchmark_of(problems[trace.problem_id]))
        scores = {**trace.scores, "covered": covered, "bytes": size / tokens}
        read.traces.append(changed(sample, scores=scores))
    if not read.traces:
        raise LimbeckError(f"the signal in {signal} holds none of {len(data.traces):,} traces")
    ctx.log(f"{size:,} bytes for {tokens:,} tokens")
    called = name or (f"top {about.k}" if about.k else "all")
    return Results(results(read, ["score@covered", "score@bytes"], like(called, [seed])), read)
