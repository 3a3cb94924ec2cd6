"""Traces without approaches that lead nowhere, come twice, or are checked again and again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from limbeck.curation.ops import marked
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace
from limbeck.texts.parts import (
    CHECK,
    METHOD,
    PROGRESS,
    RIGHT,
    SLIP,
    SUMMARY,
    UNDERSTANDING,
    Part,
    parts_of,
    texts_of,
    without,
)  # fmt: skip
from limbeck.texts.similarity import cosine, vector
from limbeck.types import CountOrNone, PositiveShare

SUFFIX, FULL = "/simplified", "full"


def simplified(
    data: Data,
    *,
    alike: PositiveShare = 0.8,
    checks: CountOrNone = 1,
    slips: Literal["keep", "remove"] = "keep",
    trunk: Literal["distinct", "first", "all"] = "distinct",
    ctx: Context,
) -> Data:
    """Keep of each kept trace one approach per method that arrives at its answer, with few checks (DLCoT).

    ArXiv 2503.16385, section 3: approaches that are wrong or abandoned go; of those with the same idea the
    first stays; repeated verification goes. Mistakes with their corrections stay, for the paper finds that
    removing all of them hurts. A trace without an approach known to be right is left as it is.

    Args:
        data: traces that `curation/segmented` cut.
        alike: approaches without a named method are the same from this cosine of their letters on (1 for the
            same text); those with one, where the names are equal.
        checks: checks that stay in each approach, and behind the last one that stays; the first ones.
        slips: ``remove`` drops mistakes that are corrected, the correction stays.
        trunk: ``first`` keeps one approach alone whatever the methods, ``all`` the wrong, abandoned and
            repeated ones too: the controls.

    Returns:
        The data with a shorter trace ``ID/simplified`` for each that lost a step; its source is marked
        ``full``. None is verified: a verifier behind this stage says which may be kept. What went is told.
    """
    kept, taken = data.kept(), {trace.id for trace in data.traces}
    made: dict[str, Trace] = {}
    steps = went = unfit = 0
    for trace in kept:
        parts = parts_of(trace)
        staying = _trunk(trace, parts, alike, trunk)
        if not staying:
            unfit += 1
            continue
        dropped = _dropped(parts, staying, checks, slips)
        steps, went = steps + len(parts), went + len(dropped)
        if dropped and trace.id + SUFFIX not in taken:
            made[trace.id] = without(trace, dropped, trace.id + SUFFIX)
    ctx.log(
        f"{went:,} of {steps:,} steps dropped from {len(made):,} of {len(kept):,} traces, verify these "
        f"before use; {unfit:,} have no approach that curation/segmented calls right and stay as they are"
    )
    traces = [marked(trace, FULL) if trace.id in made else trace for trace in data.traces]
    return Data(data.problems, [*traces, *made.values()], data.pairs)


def _trunk(trace: Trace, parts: Sequence[Part], alike: float, trunk: str) -> list[int]:
    """The approaches that stay, by number; none where no approach is known to be right."""
    states = {part.approach: part for part in parts if part.approach}
    right = [number for number, part in states.items() if part.state == RIGHT]
    if not right or trunk == "all":
        return list(states) if right else []
    staying: list[int] = []
    for number in right[:1] if trunk == "first" else right:
        if not any(_same(trace, parts, number, other, alike) for other in staying):
            staying.append(number)
    return staying


def _same(trace: Trace, parts: Sequence[Part], number: int, other: int, alike: float) -> bool:
    """Whether two approaches have one idea."""
    names = [next(part.method for part in parts if part.approach == each) for each in (number, other)]
    if all(names):
        return names[0] == names[1]
    mine, theirs = (vector(_told(trace, parts, each)) for each in (number, other))
    return cosine(mine, theirs) >= alike


def _told(trace: Trace, parts: Sequence[Part], number: int) -> str:
    """What an approach itself says: without its checks and what sums it up."""
    told = zip(parts, texts_of(trace.reasoning, parts), strict=True)
    itself = (PROGRESS, METHOD, SLIP)
    return " ".join(text for part, text in told if part.approach == number and part.kind in itself)


def _dropped(parts: Sequence[Part], staying: Sequence[int], checks: int, slips: str) -> list[int]:
    """The steps that go. What is understood and summed up stays, whatever approach it stands in."""
    dropped = []
    checked: dict[int, int] = {}
    for step, part in enumerate(parts):
        if part.kind in (UNDERSTANDING, SUMMARY):
            continue
        gone = part.approach not in staying and part.approach > 0
        if part.kind == CHECK and not gone:
            checked[part.approach] = checked.get(part.approach, 0) + 1
            gone = checked[part.approach] > checks
        if gone or (part.kind == SLIP and slips == "remove"):
            dropped.append(step)
    return dropped
