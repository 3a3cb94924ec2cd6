"""Traces of a search from which ever more is dropped: clauses by kind, their costs, a share, all."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace
from limbeck.types import Count, PositiveShare, Weight

WHERE = "curation/search_dropping"
LEVELS = 5
FULL = "full"
_CLAUSES = {
    "text": re.compile(r"(?P<kind>create|close)(?P<cell> \d+ \d+)(?P<costs> c\d+ h\d+)\n?"),
    "signs": re.compile(r"(?P<kind>[+-])(?P<cell>[a-z0-9])(?P<costs>[A-Z]{2})"),
}
_TOKENS = {"text": re.compile(r"\S+\s?"), "signs": re.compile(r"[^;]")}
"""What is dropped where it is not clauses: words, or signs, but the mark before the plan."""


class Clause(NamedTuple):
    closes: bool
    text: str
    bare: str
    """Without its costs."""


def search_dropping(
    data: Data,
    *,
    share: PositiveShare = 0.3,
    chances: tuple[Weight, ...] = (),
    draws: Count = 1,
    choose: Literal["clauses", "tokens"] = "clauses",
    seed: int = 0,
    ctx: Context,
) -> Data:
    """Drop from each kept trace of A* what its level says, from nothing to all of it (Dualformer).

    ArXiv 2410.09918, section 3.1: a student of such traces plans at once, or searches first and briefly.
    Level 0 keeps all; 1 drops the clauses that close a node; 2 their costs too; 3 a share of what is left,
    at random; 4 the whole trace. The plan stays, and so do its verdicts.

    Args:
        data: traces of `problems/mazes`, in text or in signs.
        share: of the clauses that create a node, rounded, that level 3 drops.
        chances: a number for each of the five levels; all alike by default.
        draws: levels drawn for each trace, where the paper draws one whenever a trace is trained on; equal
            texts are one.
        choose: ``tokens`` drops as many words, or signs, anywhere in the trace, a control.

    Returns:
        The data with ``ID/drop-N`` for each draw that drops something, its level noted as
        ``params["dropping"]``; a source that no draw left whole is marked ``full``.

    Raises:
        LimbeckError: chances that are not one for each level, or no trace of a search.
    """
    weights = _weights(chances)
    made: dict[str, list[Trace]] = {}
    whole: set[str] = set()
    kept, unfit = data.kept(), 0
    for trace in kept:
        form = "text" if _CLAUSES["text"].search(trace.reasoning) else "signs"
        clauses = _clauses(trace.reasoning, form)
        unfit += not clauses
        rng = random.Random(f"{seed}/{trace.id}")
        texts: dict[str, int] = {}
        for level in rng.choices(range(LEVELS), weights, k=draws) if clauses else [0]:
            text = _dropped(trace.reasoning, clauses, level, share, rng)
            if choose == "tokens":
                text = _thinned(trace.reasoning, len(trace.reasoning) - len(text), _TOKENS[form], rng)
            texts.setdefault(text, level)
        if trace.reasoning in texts:
            whole.add(trace.id)
        shorter = [(text, level) for text, level in texts.items() if text != trace.reasoning]
        made[trace.id] = [_at(trace, number, *each) for number, each in enumerate(shorter)]
    if kept and unfit == len(kept):
        raise LimbeckError(f"{WHERE}: none of {len(kept):,} traces has clauses of a search to drop")
    count = sum(map(len, made.values()))
    ctx.log(f"{count:,} shorter traces of {len(made):,}; {len(whole):,} stay as they are too")
    gone = {*made} - whole
    traces = [marked(trace, FULL) if trace.id in gone else trace for trace in data.traces]
    return Data(data.problems, [*traces, *(new for each in made.values() for new in each)], data.pairs)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _weights(given["chances"])


def _weights(chances: Sequence[float]) -> list[float]:
    if chances and (len(chances) != LEVELS or not sum(chances)):
        raise LimbeckError(
            f"{WHERE}: chances={list(chances)}: a number for each of {LEVELS} levels is wanted, one of them "
            "above 0"
        )
    return list(chances) or [1.0] * LEVELS


def _clauses(reasoning: str, form: str) -> list[Clause]:
    clauses = []
    for match in _CLAUSES[form].finditer(reasoning):
        bare = match[0].replace(match["costs"], "", 1)
        clauses.append(Clause(match["kind"] in ("close", "-"), match[0], bare))
    return clauses


def _dropped(reasoning: str, clauses: Sequence[Clause], level: int, share: float, rng: random.Random) -> str:
    """The reasoning at a level; what stands behind its last clause stays."""
    if not level:
        return reasoning
    behind = reasoning[sum(len(clause.text) for clause in clauses) :]
    left = [clause for clause in clauses if not clause.closes] if level < LEVELS - 1 else []
    if level == LEVELS - 2:
        gone = {*rng.sample(range(len(left)), round(share * len(left)))}
        left = [clause for at, clause in enumerate(left) if at not in gone]
    return "".join(clause.bare if level > 1 else clause.text for clause in left) + behind


def _thinned(reasoning: str, characters: int, tokens: re.Pattern[str], rng: random.Random) -> str:
    """The reasoning without tokens drawn at random, until so many characters are gone."""
    spans = [match.span() for match in tokens.finditer(reasoning)]
    order = rng.sample(spans, len(spans))
    gone: set[tuple[int, int]] = set()
    while order and characters > 0:
        span = order.pop()
        gone.add(span)
        characters -= span[1] - span[0]
    kept = [reasoning[begin:end] for begin, end in spans if (begin, end) not in gone]
    return "".join(kept) + reasoning[max((end for _, end in spans), default=0) :]


def _at(trace: Trace, number: int, text: str, level: int) -> Trace:
    """A copy with another reasoning; its tokens are nobody's count any more."""
    params = {**trace.params, "dropping": level}
    return replace(
        trace, id=f"{trace.id}/drop-{number}", reasoning=text, params=params, parents=[trace.id], tokens=None
    )
