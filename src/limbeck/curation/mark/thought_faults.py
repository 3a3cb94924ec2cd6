"""Answers that contradict their thoughts, and wrong thoughts that only say the same again."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace
from limbeck.texts.candidates import contradicts, repetitions, steps_in
from limbeck.texts.steps import Cutting
from limbeck.types import Count, PositiveShare


def thought_faults(
    data: Data,
    *,
    kinds: tuple[Literal["mismatch", "repetition"], ...] = ("mismatch", "repetition"),
    similar: PositiveShare = 0.9,
    least: Count = 1,
    cutting: Cutting = Cutting(),
    ctx: Context,
) -> Data:
    """Mark two behaviours of hallucinating reasoners (arXiv 2505.23646, section 4), by rules.

    * ``think_answer_mismatch``: the last answer that the thought states or computes is another than the
      final one, which that step does not name either; where one of them cannot be read nothing is said;
    * ``flaw_repetition``: in a trace called wrong, so many steps say what an earlier one says, in like
      letters and without a new number.

    Traces cut off, or without reasoning, are not looked at.

    Args:
        kinds: which are looked for.
        similar: cosine of character trigrams from which on two steps say the same.
        least: repeated steps that make a flaw repetition.

    Raises:
        LimbeckError: no kind is named.
    """
    if not kinds:
        raise LimbeckError("curation/thought_faults: kinds is empty; name mismatch, repetition or both")
    counts: Counter[str] = Counter()

    def looked(trace: Trace) -> Trace:
        if trace.finish in ("length", "error") or not trace.reasoning.strip():
            return trace
        steps = steps_in(trace.reasoning, cutting)
        faults = []
        if "mismatch" in kinds and contradicts(steps, trace.answer):
            faults.append("think_answer_mismatch")
        if "repetition" in kinds and trace.outcome == "wrong" and len(repetitions(steps, similar)) >= least:
            faults.append("flaw_repetition")
        counts.update(faults)
        return marked(trace, *faults)

    traces = [looked(trace) for trace in data.traces]
    if counts:
        ctx.log(", ".join(f"{count:,} {fault}" for fault, count in counts.items()))
    return Data(data.problems, traces, data.pairs)
