"""What methods of this room share: marks that leave their input alone, and texts to compare and measure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from msgspec.structs import replace

from limbeck.drawing import Drawing
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model
from limbeck.pipeline.context import Context
from limbeck.records import Data, Pair, Problem, Trace
from limbeck.texts.questions import normalise as one_spelling

Record = TypeVar("Record", Problem, Trace, Pair)


def marked(record: Record, *reasons: str) -> Record:
    """The record with further marks; the record itself when it bears them all already."""
    new: list[str] = [reason for reason in dict.fromkeys(reasons) if reason not in record.marks]
    return replace(record, marks=[*record.marks, *new]) if new else record


def normalise(text: str) -> str:
    """Text as comparisons see it: in one spelling, case folded."""
    return one_spelling(text).casefold()


def replies(
    model: Model, chats: Sequence[Messages], drawing: Drawing, ctx: Context
) -> Iterator[tuple[int, Completion]]:
    """A model's one reply to each chat, as they come, with the chat's number.

    Raises:
        LimbeckError: every request failed.
    """
    failures = []
    with ctx.progress(len(chats)) as bar:
        for index, _, reply in model.stream(chats, drawing.sampling()):
            if reply.finish == "error":
                failures.append(reply.error or "no reason given")
            yield index, reply
            bar.advance()
    if failures and len(failures) == len(chats):
        raise LimbeckError(f"all {len(failures):,} requests failed; the first: {failures[0]}")


def by_rule(data: Data, rule: Callable[[Problem | None, Trace], str]) -> Data:
    """The data with every trace marked that a rule has a word against.

    Traces that bear a mark already are looked at too, so that each filter's count is its own whatever the
    order of filters.

    Args:
        rule: the mark of a trace, given its problem where the data has it; empty for none.
    """
    problems = data.problem_by_id()

    def looked(trace: Trace) -> Trace:
        reason = rule(problems.get(trace.problem_id), trace)
        return marked(trace, reason) if reason else trace

    return Data(data.problems, [looked(trace) for trace in data.traces], data.pairs)
