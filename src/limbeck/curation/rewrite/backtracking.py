"""Right traces that first go wrong, say so, and begin again."""

from __future__ import annotations

import itertools
import random
from typing import Any

from msgspec.structs import replace

from limbeck.curation.ops import lot, marked
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace
from limbeck.texts.steps import Cutting, ends
from limbeck.texts.traces import full_text
from limbeck.types import Count, Weight

SUFFIX, STRAIGHT = "/backtracking", "straight"
PHRASE = "\n\nWait, that is not right. Let me go back and start again.\n\n"


def backtracking(
    data: Data,
    *,
    phrase: str = PHRASE,
    attempts: Count = 1,
    weight: Weight = 0.0,
    cutting: Cutting = Cutting(),
    seed: int = 0,
    ctx: Context,
) -> Data:
    """Put the beginnings of wrong traces of the same problem, each taken back, before each right one.

    Searches with a given number of failed branches, of traces that never turned back (How Much Backtracking
    is Enough?, arXiv 2505.24273, where a solver writes them). `curation/tree_traces` does so with a tree,
    whose branches share their beginnings.

    Args:
        data: right traces without a mark, and wrong ones that bear no mark but ``wrong``.
        phrase: what takes an attempt back.
        attempts: wrong ones before each right one, or as many as there are; which, goes by a digest. Each is
            cut behind a step of its own, any with equal chance.
        weight: what training makes of a wrong attempt's tokens; 0 learns to turn back and not to go wrong.
        cutting: what a step is.

    Returns:
        The data with ``ID/backtracking`` for each right trace of a problem with a wrong one;
        ``params["backtracks"]`` counts its failed attempts, ``parents`` names all that it is made of. Its
        source is marked ``straight``. It has no verdict: a verifier behind this stage says which may be kept.

    Raises:
        LimbeckError: a phrase of blanks alone, or a separator that is no regular expression.
    """
    _check(phrase)
    ends("", cutting)
    taken, groups = {trace.id for trace in data.traces}, data.by_problem()
    made: dict[str, Trace] = {}
    right = [trace for trace in data.kept() if trace.outcome == "correct" and trace.reasoning.strip()]
    for trace in right:
        wrong = [other for other in groups[trace.problem_id] if _fails(other)]
        wrong.sort(key=lambda other: lot(seed, f"{trace.id}/{other.id}"))
        if wrong and trace.id + SUFFIX not in taken:
            made[trace.id] = _joined(trace, wrong[:attempts], phrase, weight, cutting, seed)
    ctx.log(
        f"{len(made):,} of {len(right):,} right traces got a detour; the others' problems have none wrong"
    )
    traces = [marked(trace, STRAIGHT) if trace.id in made else trace for trace in data.traces]
    return Data(data.problems, [*traces, *made.values()], data.pairs)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _check(given["phrase"])
    ends("", Cutting.of(given))


def _check(phrase: str) -> None:
    if not phrase.strip():
        raise LimbeckError(f"curation/backtracking: phrase={phrase!r}: nothing would say that it turns back")


def _fails(trace: Trace) -> bool:
    return trace.outcome == "wrong" and not {*trace.marks} - {"wrong"} and bool(trace.reasoning.strip())


def _joined(
    right: Trace, wrong: list[Trace], phrase: str, weight: float, cutting: Cutting, seed: int
) -> Trace:
    """One trace of them all."""
    rng = random.Random(f"{seed}/{right.id}")
    texts = []
    for other in wrong:
        cut = rng.choice(ends(other.reasoning, cutting))
        texts += [other.reasoning[:cut].rstrip(), phrase]
    fresh = replace(
        right,
        id=right.id + SUFFIX,
        reasoning="".join(texts) + right.reasoning,
        params={**right.params, "backtracks": len(wrong)},
        tokens=None,
        verdicts=[],
        scores={},
        weights=[],
        parents=[right.id, *(other.id for other in wrong)],
    )
    if weight == 1:
        return fresh
    begin = full_text(fresh).find(fresh.reasoning)
    places = list(itertools.accumulate(map(len, texts), initial=begin))
    # The phrases in between keep their weight: they are what is to be learnt.
    detours = [(*span, weight) for span in itertools.pairwise(places)][::2]
    return replace(fresh, weights=detours)
