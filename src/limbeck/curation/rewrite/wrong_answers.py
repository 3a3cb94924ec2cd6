"""Traces that end on another answer: what is left to learn from their form."""

from __future__ import annotations

import random
from collections.abc import Iterator

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace, Verdict
from limbeck.types import Shards

SUFFIX, MARK = "/wrong", "answer_replaced"


def wrong_answers(shards: Shards, *, seed: int = 0, ctx: Context) -> Iterator[Data]:
    """End each kept trace on an answer of the set that is not its own, the reasoning as it is (Style over
    Substance, arXiv 2504.01738).

    For ablations alone: what a student learns from is wrong throughout, and says so in its verdict.

    Returns:
        The data with a trace ``ID/wrong`` for each kept one with an answer, which is marked
        ``answer_replaced``. Where all answers are the same there is none to put in, and the trace stays.
    """
    answers = sorted({trace.answer for data in shards for trace in data.kept() if trace.answer.strip()})
    total = 0
    for data in shards:
        kept, taken = {trace.id for trace in data.kept()}, {trace.id for trace in data.traces}
        traces, made = [], []
        for trace in data.traces:
            fresh = trace.id in kept and trace.id + SUFFIX not in taken
            if fresh and trace.answer.strip() and len(answers) > 1:
                made.append(_ending(trace, answers, random.Random(f"{seed}/{trace.id}")))
                trace = marked(trace, MARK)
            traces.append(trace)
        total += len(made)
        yield Data(data.problems, [*traces, *made], data.pairs)
    ctx.log(f"{total:,} traces end on another answer")


def _ending(trace: Trace, answers: list[str], rng: random.Random) -> Trace:
    # The place of its own answer is skipped, so that every other one is as likely.
    place = rng.randrange(len(answers) - 1)
    answer = answers[place + (place >= answers.index(trace.answer))]
    verdict = Verdict("wrong_answers", "wrong", answer.strip(), f"put in the place of {trace.answer.strip()}")
    fresh = replace(trace, id=trace.id + SUFFIX, answer=answer, verdicts=[verdict], weights=[], scores={})
    return replace(fresh, parents=[trace.id])
