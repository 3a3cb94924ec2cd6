"""Traces that fail as texts, whatever they answer: refusals, empty thoughts, loops, other languages."""

from __future__ import annotations

from typing import get_args

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace
from limbeck.texts.flaws import Kind, Limits, flaws_of


def flaws(
    data: Data,
    *,
    kinds: tuple[Kind, ...] = ("refusal", "empty_thought", "repetition", "language_switch"),
    limits: Limits = Limits(),
    ctx: Context,
) -> Data:
    """Mark traces by what is wrong with their text; `curation/truncated` marks those that were cut off.

    * ``refusal``: what follows the thought begins by declining (`limbeck.texts.refusals`) and names no
      answer; a question *about* refusing, and an answer that lacks information, are none;
    * ``empty_thought``: the format has tags for a thought, and no letter or digit stands between them;
    * ``repetition``: one passage stands there ``times`` times in a row, to the letter but for blanks. Loops
      in which something changes, as a number that is counted up, are not seen;
    * ``language_switch``: ``words`` words of the thought or the answer are in another language than the
      question, unless that asks for one.

    Precision and what is missed are [measured](../bench/results/flaws.md) on real traces. Requests that
    failed are not looked at.

    Args:
        kinds: the flaws that are looked for.

    Raises:
        LimbeckError: no kind is named.
    """
    if not kinds:
        raise LimbeckError(f"kinds is empty; name some of {', '.join(get_args(Kind))}")
    problems = data.problem_by_id()
    counts = dict.fromkeys(kinds, 0)

    def looked(trace: Trace) -> Trace:
        problem = problems.get(trace.problem_id)
        bad = [kind for kind in flaws_of(trace, problem.question if problem else "", limits) if kind in kinds]
        for kind in bad:
            counts[kind] += 1
        return marked(trace, *bad)

    traces = [looked(trace) for trace in data.traces]
    if any(counts.values()):
        ctx.log(", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count))
    return Data(data.problems, traces, data.pairs)
