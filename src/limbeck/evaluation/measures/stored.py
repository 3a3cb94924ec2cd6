"""Count what is there already: accuracy of stored traces, without a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from limbeck.errors import LimbeckError, nearest
from limbeck.evaluation import scoring
from limbeck.evaluation.samples import like
from limbeck.pipeline import metrics
from limbeck.pipeline.context import Context
from limbeck.records import Data, Results
from limbeck.types import Verifier

ADDED = ("without",)


def stored(
    data: Data,
    *,
    verifier: Verifier | None = None,
    again: bool = False,
    writer: str = "",
    without: tuple[str, ...] = (),
    k: tuple[int, ...] = (),
    benchmark: str = "",
    ctx: Context,
) -> Results:
    """Accuracy of stored traces with 95% intervals: the metrics of `evaluation/accuracy`, nothing is sampled.

    Rows per benchmark and temperature that the traces name: ``pass@1``, ``pass@k``, ``maj@k``,
    ``mean_tokens``, ``truncated`` and ``unparsed``; ``unverified`` where verdicts are missing or undecided.
    Problems with fewer samples than a metric needs are left out of it and noted. A verdict that a trace
    bears counts, its last; traces without one are ``unknown`` unless a verifier is given.

    Args:
        data: marked problems are left out; marks on traces do not count, but for ``without``.
        verifier: judges traces without a verdict, and reads votes out of wrong ones that have none.
        again: let the verifier judge all traces.
        writer: only this model's traces; empty takes all, as one.
        without: traces that bear one of these marks are left out, such as ``revised`` or ``branch``.
        k: of pass@k and maj@k; by default the number of samples that nearly all problems have.
        benchmark: one name for all problems, or a field of theirs in braces, as in ``level {level}``; by
            default each problem's source and split name its benchmark.

    Raises:
        LimbeckError: no trace of a problem without a mark, a ``k`` for which no problem has the samples, or
            ``again`` without a verifier.
    """
    _check(k, again, verifier)
    if without:
        kept = [trace for trace in data.traces if {*without}.isdisjoint(trace.marks)]
        data = Data(data.problems, kept, data.pairs)
    writers = Counter(trace.model for trace in data.traces)
    chosen = scoring.sampled(data, benchmark, writer)
    if not chosen.traces:
        hint = nearest(writer, writers) if writer and writer not in writers else ""
        told = f"none of {len(data.traces):,} traces is of a problem without a mark"
        raise LimbeckError(f"nothing to count: {told}{f' and written by {writer!r}' * bool(writer)}{hint}")
    if not writer and len(writers) > 1:
        ctx.log(f"traces of {len(writers)} writers are counted as one: {', '.join(sorted(writers))}")
    scoring.need_samples([chosen], k)
    with ctx.progress(None) as bar:
        made = scoring.judged(chosen, verifier, again=again, progress=bar)
    named = [metrics.read(name) for name in scoring.names(k or (scoring.usual(chosen),))]
    called = writer or (next(iter(writers)) if len(writers) == 1 else "") or "stored"
    return Results(scoring.numbers(made, named, like(called, []), ctx.log), made.data)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _check(given["k"], given["again"], given["verifier"])


def _check(k: Iterable[int], again: bool, verifier: Any) -> None:
    if low := [each for each in k if each < 1]:
        raise LimbeckError(f"stored: pass@{low[0]} needs a k of at least 1")
    if again and verifier is None:
        raise LimbeckError("stored: again is true, and there is no verifier to judge with")
