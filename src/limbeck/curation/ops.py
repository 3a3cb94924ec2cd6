"""What methods of this room share: marks that leave their input alone, draws, fields, texts to compare."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from msgspec.structs import replace

from limbeck.drawing import Drawing
from limbeck.errors import LimbeckError, nearest
from limbeck.generation import Completion, Messages, Model
from limbeck.pipeline.context import Context
from limbeck.records import Data, Pair, Problem, Trace
from limbeck.texts.questions import normalise as one_spelling

Record = TypeVar("Record", Problem, Trace, Pair)


def marked(record: Record, *reasons: str) -> Record:
    """The record with further marks; the record itself when it bears them all already."""
    new: list[str] = [reason for reason in dict.fromkeys(reasons) if reason not in record.marks]
    return replace(record, marks=[*record.marks, *new]) if new else record


def lot(seed: int, record_id: str) -> bytes:
    """Where a record stands in a random order that depends neither on its place nor on the other records."""
    return hashlib.blake2b(f"{seed}/{record_id}".encode(), digest_size=16).digest()


def field_of(record: Problem | Trace, field: str) -> Any:
    """What a record says of a field: its own, a key of a problem's ``meta`` or of a trace's ``scores`` and
    ``params``, or a key further in, as in ``pass_rates.student``; None where it says nothing."""
    if field in record.__struct_fields__:
        return getattr(record, field)
    kept = (record.meta,) if isinstance(record, Problem) else (record.scores, record.params)
    for values in kept:
        if field in values:
            return values[field]
    outer, dot, inner = field.partition(".")
    held = field_of(record, outer) if dot else None
    return held.get(inner) if isinstance(held, dict) else None


def number_of(record: Problem | Trace, field: str) -> float | None:
    """The same where it is a finite number."""
    value = field_of(record, field)
    numeric = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if numeric else None


def no_number(where: str, field: str, shards: Iterable[Data]) -> LimbeckError:
    """The error of a method that looked for numbers in a field where no unmarked problem has one."""
    known = {key for data in shards for problem in data.problems for key in problem.meta}
    return LimbeckError(f"{where}: no unmarked problem has a number in {field!r}{nearest(field, known)}")


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
