"""Traces from which ever more kinds of steps are dropped, by a level that is drawn for each."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Literal

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace
from limbeck.texts.parts import Part, check_kinds, parts_of, without
from limbeck.types import Count, PositiveShare, Weight

WHERE = "curation/structured_dropping"
SUFFIX, FULL = "/level-", "full"


def structured_dropping(
    data: Data,
    *,
    kinds: tuple[str, ...] = ("check", "slip", "understanding"),
    share: PositiveShare = 0.3,
    chances: tuple[Weight, ...] = (),
    draws: Count = 1,
    choose: Literal["kinds", "random"] = "kinds",
    seed: int = 0,
    ctx: Context,
) -> Data:
    """Drop from each kept trace what its level says, from nothing to all of the reasoning (Dualformer).

    ArXiv 2410.09918, section 3: a student of such traces thinks long, briefly or not at all. Level 0 keeps
    all; each further one drops one more of ``kinds``; the next also a share of the other steps, at random;
    the last the whole reasoning.

    Args:
        data: traces that `curation/segmented` cut.
        kinds: what goes first (`limbeck.texts.parts.KINDS`); with three of them levels are 0 to 5.
        share: of the steps that are left, rounded, that the last level but one drops.
        chances: a number for each level; all alike by default.
        draws: levels drawn for each trace, where the paper draws one at each of its steps; equal ones are
            one.
        choose: ``random`` drops as many steps whatever their kind, a control.

    Returns:
        The data with ``ID/level-N`` for each level drawn that drops something, noted as
        ``params["dropping"]``; a source that drew no level which keeps all is marked ``full``. None is
        verified: a verifier behind this stage says which may be kept.

    Raises:
        LimbeckError: an unknown kind, or chances that are not one for each level.
    """
    weights = _weights(kinds, chances)
    kept, taken = data.kept(), {trace.id for trace in data.traces}
    made: dict[str, list[Trace]] = {}
    unfit = 0
    for trace in kept:
        parts = parts_of(trace)
        unfit += not parts
        rng = random.Random(f"{seed}/{trace.id}")
        levels = {*rng.choices(range(len(weights)), weights, k=draws)} if parts else {0}
        dropped = {level: _dropped(parts, level, kinds, share, rng) for level in sorted(levels)}
        if choose == "random":
            dropped = {level: rng.sample(range(len(parts)), len(gone)) for level, gone in dropped.items()}
        names = {level: f"{trace.id}{SUFFIX}{level}" for level, gone in dropped.items() if gone}
        if names and not taken & {*names.values()}:
            new = [_at(trace, level, dropped[level], name) for level, name in names.items()]
            made[trace.id] = new if len(names) == len(dropped) else [*new, trace]
    count = sum(len(new) for new in made.values())
    ctx.log(
        f"{count:,} traces of {len(made):,} at their levels, verify these before use; {unfit:,} of "
        f"{len(kept):,} lack what curation/segmented gives and stay as they are"
    )
    gone = {name for name, new in made.items() if all(trace.id != name for trace in new)}
    traces = [marked(trace, FULL) if trace.id in gone else trace for trace in data.traces]
    new = [trace for name, several in made.items() for trace in several if trace.id != name]
    return Data(data.problems, [*traces, *new], data.pairs)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _weights(given["kinds"], given["chances"])


def _weights(kinds: Sequence[str], chances: Sequence[float]) -> list[float]:
    check_kinds(kinds, WHERE)
    levels = len(kinds) + 3
    if chances and (len(chances) != levels or not sum(chances)):
        raise LimbeckError(
            f"{WHERE}: chances={list(chances)}: {levels} levels of {len(kinds)} kinds want a number "
            "each, one of them above 0"
        )
    return list(chances) or [1.0] * levels


def _dropped(
    parts: Sequence[Part], level: int, kinds: Sequence[str], share: float, rng: random.Random
) -> list[int]:
    """The steps that go at a level, by number."""
    if level == len(kinds) + 2:
        return list(range(len(parts)))
    gone = [step for step, part in enumerate(parts) if part.kind in kinds[:level]]
    if level > len(kinds):
        left = [step for step in range(len(parts)) if step not in gone]
        gone += rng.sample(left, round(share * len(left)))
    return sorted(gone)


def _at(trace: Trace, level: int, dropped: Sequence[int], name: str) -> Trace:
    shorter = without(trace, dropped, name)
    shorter.params["dropping"] = level
    return shorter
