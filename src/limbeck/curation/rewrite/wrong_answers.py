"""Traces that end on another answer: what is left to learn from their form."""

from __future__ import annotations

import random

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.pipeline.context import Context
from limbeck.records import Data, Verdict

SUFFIX, MARK = "/wrong", "answer_replaced"


def wrong_answers(data: Data, *, seed: int = 0, ctx: Context) -> Data:
    """End each kept trace on the answer of another kept trace of the shard that is not its own, the reasoning
    as it is (Style over Substance, arXiv 2504.01738).

    For ablations alone: what a student learns from is wrong throughout, and says so in its verdict.

    Returns:
        The data with a trace ``ID/wrong`` for each kept one with an answer, which is marked
        ``answer_replaced``. Where all answers are the same there is none to put in, and the trace stays.
    """
    kept = {trace.id: trace for trace in data.kept() if trace.answer.strip()}
    answers = sorted({trace.answer for trace in kept.values()})
    taken = {trace.id for trace in data.traces}
    traces, made = [], []
    for trace in data.traces:
        if trace.id in kept and trace.id + SUFFIX not in taken and len(answers) > 1:
            rng = random.Random(f"{seed}/{trace.id}")
            # The place of its own answer is skipped, so that every other one is as likely.
            place = rng.randrange(len(answers) - 1)
            answer = answers[place + (place >= answers.index(trace.answer))]
            verdict = Verdict(
                "wrong_answers", "wrong", answer.strip(), f"put in the place of {trace.answer.strip()}"
            )
            fresh = replace(
                trace, id=trace.id + SUFFIX, answer=answer, verdicts=[verdict], weights=[], scores={}
            )
            made.append(replace(fresh, parents=[trace.id]))
            trace = marked(trace, MARK)
        traces.append(trace)
    ctx.log(f"{len(made):,} of {len(kept):,} traces end on another answer")
    return Data(data.problems, [*traces, *made], data.pairs)
