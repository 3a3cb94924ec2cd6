"""Traces that fail as texts, whatever they answer: refusals, empty thoughts, loops, other languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace
from limbeck.texts.loops import longest_loop
from limbeck.texts.refusals import refuses
from limbeck.texts.tags import KINDS as TAGS
from limbeck.texts.tongues import foreign_words
from limbeck.texts.traces import full_text
from limbeck.types import Count, Ratio, Settings

Kind = Literal["refusal", "empty_thought", "repetition", "language_switch"]


class Limits(Settings, frozen=True):
    """From where on something is a flaw.

    Args:
        times: how often in a row a passage stands there that is said over and over.
        characters: how long such a stretch is; sums such as ``5 + 5 + 5 + 5`` are short.
        words: how many words are in another language than the question; two characters of Chinese are one.
    """

    times: Ratio = 4.0
    characters: Count = 200
    words: Count = 10


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
        bad = [kind for kind in of(trace, problems.get(trace.problem_id), limits) if kind in kinds]
        for kind in bad:
            counts[kind] += 1
        return marked(trace, *bad)

    traces = [looked(trace) for trace in data.traces]
    if any(counts.values()):
        ctx.log(", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count))
    return Data(data.problems, traces, data.pairs)


def of(trace: Trace, problem: Problem | None, limits: Limits = Limits()) -> Iterator[Kind]:
    """The flaws of a trace."""
    if trace.finish == "error":
        return
    text = full_text(trace)
    if refuses(trace.answer or text):
        yield "refusal"
    if trace.format in TAGS and trace.answer.strip() and _empty(trace):
        yield "empty_thought"
    loop = longest_loop(text, limits.times)
    if loop is not None and loop.characters >= limits.characters:
        yield "repetition"
    if problem is not None and foreign_words(text, problem.question) >= limits.words:
        yield "language_switch"


def _empty(trace: Trace) -> bool:
    """Whether nothing but tags and signs is a thought."""
    tags = TAGS[trace.format]
    inner = trace.reasoning
    for tag in (tags.opening, tags.closing, tags.answer_opening):
        inner = inner.replace(tag, "") if tag else inner
    return not any(map(str.isalnum, inner))
