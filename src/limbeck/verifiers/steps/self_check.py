"""Several checkers who look for the first wrong step, each going over its own finding until all are
steady."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Literal

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.judging.locating import Question, asked, label, majority, rounds, settled
from limbeck.records import Problem, Trace, Verdict

History = list[tuple[int | None, float]]
"""Each round's majority, and its share of all checkers."""
AGAIN = (
    "Go over your own check critically: you may have missed a mistake, or called one what is none. Look at "
    "the steps "
    "once more, from the first, and disagree with yourself where you must. End again with one line: "
    "\\boxed{n}, or "
    "\\boxed{-1} where no step is wrong."
)
_STRIDE = 1_000_003


def self_check(
    problem: Problem,
    trace: Trace,
    *,
    model: Model,
    template: str = "",
    again: str = "",
    by: Literal["auto", "lines", "paragraphs", "sentences", "numbered"] = "auto",
    separator: str = "",
    chains: int = 5,
    least: int = 3,
    most: int = 10,
    steady: int = 3,
    temperature: float = 0.7,
    top_p: float = 0.8,
    max_tokens: int = 8192,
    seed: int = 0,
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
        by, separator: how steps are cut: a kind of `limbeck.texts.steps.segment`, or a regular expression of
            what begins one.

    Returns:
        ``extracted`` is the first wrong step, counted from 0, and empty where none is; ``unknown`` where the
        last round has no majority. The reason holds every round's majority and share, and how many replies
        were asked for.

    Raises:
        LimbeckError: a template without ``{steps}``, an unknown ``by``, no regular expression, numbers out of
            range.
    """
    _check(chains, least, most, steady)
    messages, count = asked(problem, trace, template, by, separator, "verifiers/self_check")
    if not count:
        return Verdict("self_check", "unparsed", reason="the trace has no steps")
    last, history = [""] * chains, History()

    def question(chain: int) -> Question:
        # Two checkers may have written the same: their seeds keep them apart.
        own = seed + _STRIDE * (len(history) * chains + chain)
        sampling = Sampling(temperature=temperature, top_p=top_p, max_tokens=max_tokens, seed=own)
        return [*messages, *_doubt(last[chain], again or AGAIN)], sampling

    def then(replies: list[list[Completion]]) -> Verdict | list[Question]:
        labels = [label(own[0], count) for own in replies]
        for chain, found in enumerate(labels):
            last[chain] = (
                last[chain] if found is None else replies[chain][0].text.rpartition("</think>")[2].strip()
            )
        history.append(majority(labels))
        stable = len(history) > least and is_steady(history, steady)
        if not stable and len(history) <= most:
            return [question(chain) for chain in range(chains)]
        return settled("self_check", history[-1][0], _told(history, stable, chains))

    return rounds(model, [question(chain) for chain in range(chains)], then)


def _doubt(said: str, again: str) -> Messages:
    """A checker's own last answer and what is said to it; nothing where it has none."""
    return [{"role": "assistant", "content": said}, {"role": "user", "content": again}] if said else []


def _check(chains: int, least: int, most: int, steady: int) -> None:
    if chains < 1 or steady < 1 or not 0 <= least <= most:
        raise LimbeckError(
            f"verifiers/self_check: chains={chains}, steady={steady}, least={least}, most={most}: one "
            "checker and one "
            "round at least, least at most most"
        )


def _told(history: History, stable: bool, chains: int) -> str:
    rounds_ = " ".join(f"{'?' if one is None else one}:{share:.1f}" for one, share in history)
    how = "steady" if stable else "stopped"
    return f"{how} in round {len(history) - 1}, {len(history) * chains} replies; {rounds_}"


def is_steady(history: History, steady: int) -> bool:
    """Whether the last ``steady`` rounds agree on one label and no share of it is smaller than the one
    before."""
    tail = history[-steady:]
    shares = [share for _, share in tail]
    return (
        len(tail) == steady
        and tail[0][0] is not None
        and len({one for one, _ in tail}) == 1
        and shares == sorted(shares)
    )
