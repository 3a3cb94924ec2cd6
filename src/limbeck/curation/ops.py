"""What methods of this room share: marks that leave their input alone, draws, fields, texts to compare."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from msgspec.structs import replace

from limbeck.errors import LimbeckError, nearest
from limbeck.generation import Completion, Messages, Model, Sampling
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
    model: Model, chats: Sequence[Messages], sampling: Sampling, ctx: Context
) -> list[tuple[int, int, Completion]]:
    """A model's replies to chats, ``(chat, sample, reply)`` in their order, whatever order they came in.

    Raises:
        LimbeckError: every request failed.
    """
    heard: dict[tuple[int, int], Completion] = {}
    with ctx.progress(len(chats) * sampling.n) as bar:
        for index, number, reply in model.stream(chats, sampling):
            heard[index, number] = reply
            bar.advance()
    failed = [reply.error for reply in heard.values() if reply.finish == "error"]
    if failed and len(failed) == len(heard):
        raise LimbeckError(
            f"all {len(failed):,} requests failed; the first: {failed[0] or 'no reason given'}"
        )
    return [(index, number, heard[index, number]) for index, number in sorted(heard)]


def unread(reply: Completion, malformed: str = "malformed") -> str:
    """The mark of a reply that is not in the form asked for."""
    return {"length": "truncated", "error": "error"}.get(reply.finish, malformed)


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
