"""Several checkers look for the first wrong step, each going over its own answer until all are steady."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from msgspec.structs import replace

from limbeck.drawing import Drawing
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model
from limbeck.judging.locating import TEMPLATE, Question, label, majority, settled, side_by_side
from limbeck.judging.locating import asked as question_about
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Problem, Trace, Verdict
from limbeck.texts.steps import Cutting
from limbeck.types import Settings

History = list[tuple[int | None, float]]
"""Each round's majority, and its share of all checkers."""
AGAIN = (
    "Go over your own check critically: you may have missed a mistake, or called one what is none. Look at "
    "the steps once more, from the first, and disagree with yourself where you must. End again with one "
    "line: \\boxed{n}, or \\boxed{-1} where no step is wrong."
)
_STRIDE = 1_000_003


class Rounds(Settings, frozen=True):
    """How many checkers there are and how long they go on.

    Args:
        chains: checkers.
        least: the round, counted from 0, after which they may stop.
        most: the round in which they stop at the latest.
        steady: the last so many majorities must be equal, and their shares must not have fallen.
    """

    chains: int = 5
    least: int = 3
    most: int = 10
    steady: int = 3


def self_check(
    problem: Problem,
    trace: Trace,
    *,
    model: Model,
    template: str = "",
    again: str = "",
    cutting: Cutting = Cutting(),
    rounds: Rounds = Rounds(),
    drawing: Drawing = Drawing(temperature=0.7, top_p=0.8, max_tokens=8192),
) -> Verdict | Future[Verdict]:
    """Let checkers name the first wrong step and re-check themselves until their majority is steady.

    Temporal consistency (arXiv 2503.14495): in round 0 each of ``chains`` checkers answers by itself; in each
    further round it sees its own last answer alone and is told to doubt it. After round ``least`` at the
    earliest they stop when the last ``steady`` majorities are equal and their shares did not fall, in round
    ``most`` at the latest. A reply that cannot be read is no vote, and its checker goes on from its last
    readable one.

    Args:
        template: the question with ``{steps}``; further ``{question}`` and ``{fence}``, the code of the
            steps' tags.
        again: what is said to a checker in every further round. Both are like the paper's where empty.

    Returns:
        ``extracted`` is the first wrong step, counted from 0, and empty where none is; ``unknown`` where the
        last round has no majority. The reason holds every round's majority and share, and how many replies
        were asked for.

    Raises:
        LimbeckError: a template without ``{steps}``, an unknown ``by``, no regular expression, numbers out of
            range.
    """
    _check(rounds)
    chains, last = rounds.chains, [""] * rounds.chains
    messages, count = question_about(problem, trace, template, cutting, "verifiers/self_check")
    if not count:
        return Verdict("self_check", "unparsed", reason="the trace has no steps")
    history = History()

    def question(chain: int) -> Question:
        # Two checkers may have written the same: their seeds keep them apart.
        seed = drawing.seed + _STRIDE * (len(history) * chains + chain)
        sampling = replace(drawing.sampling(), seed=seed)
        return [*messages, *_doubt(last[chain], again or AGAIN)], sampling

    def then(replies: list[list[Completion]]) -> Verdict | list[Question]:
        labels = [label(completions[0], count) for completions in replies]
        for chain, named in enumerate(labels):
            if named is not None:
                last[chain] = replies[chain][0].text.rpartition("</think>")[2].strip()
        history.append(majority(labels))
        stable = len(history) > rounds.least and is_steady(history, rounds.steady)
        if not stable and len(history) <= rounds.most:
            return [question(chain) for chain in range(chains)]
        return settled("self_check", history[-1][0], _told(history, stable, chains))

    return side_by_side(model, [question(chain) for chain in range(chains)], then)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: all checkers in all rounds; each is shown its own last answer."""
    replies = counts["traces"] * params["chains"] * (params["most"] + 1)
    around = params["template"] or TEMPLATE, params["again"] or AGAIN
    each = prompt(counts, *around, trace=True, more=params["max_tokens"])
    return asked(replies, each, params["max_tokens"])


def _doubt(answer: str, again: str) -> Messages:
    """A checker's own last answer and what is said to it; nothing where it has none."""
    return [{"role": "assistant", "content": answer}, {"role": "user", "content": again}] if answer else []


def _check(rounds: Rounds) -> None:
    if rounds.chains < 1 or rounds.steady < 1 or not 0 <= rounds.least <= rounds.most:
        raise LimbeckError(
            f"verifiers/self_check: chains={rounds.chains}, steady={rounds.steady}, least={rounds.least}, "
            f"most={rounds.most}: one checker and one round at least, least at most most"
        )


def _told(history: History, stable: bool, chains: int) -> str:
    told = " ".join(f"{'?' if named is None else named}:{share:.1f}" for named, share in history)
    how = "steady" if stable else "stopped"
    return f"{how} in round {len(history) - 1}, {len(history) * chains} replies; {told}"


def is_steady(history: History, steady: int) -> bool:
    """Whether the last ``steady`` rounds agree on one label, of which no share is smaller than before."""
    tail = history[-steady:]
    shares = [share for _, share in tail]
    return (
        len(tail) == steady
        and tail[0][0] is not None
        and len({named for named, _ in tail}) == 1
        and shares == sorted(shares)
    )
