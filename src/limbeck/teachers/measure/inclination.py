"""The direction in a model's hidden states along which it is inclined to one kind of reply."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING, Any

from limbeck.errors import LimbeckError, missing_extra
from limbeck.judging.prompt_scores import Replies, inclinations
from limbeck.models.local import Local
from limbeck.pipeline.context import Context
from limbeck.texts.messages import as_messages
from limbeck.types import Checkpoint, Fraction, Part, Shards, Weight

if TYPE_CHECKING:
    from limbeck.networks.inclined import Inclined

WHERE = "teachers/inclination"


def inclination(
    data: Shards,
    *,
    model: Checkpoint,
    replies: Replies = Replies(),
    threshold: Weight = 0.1,
    skip: Fraction = 0.2,
    held: Fraction = 0.25,
    seed: int = 0,
    ctx: Context,
) -> Part:
    """Find, layer by layer, where prompts that a model refuses differ from those it answers (2504.17130).

    Steering the CensorShip, section 3. Prompts are scored by the model's own replies; states are those of the
    last prompt token. Thought suppression (section 5) is the same with replies that skip and that begin a
    thought.

    Args:
        data: problems without a mark are asked; those whose replies are of neither kind are the neutral ones.
        replies: which replies count for what, and how many are sampled.
        threshold: prompts above it, and below its negative, are contrasted; those between are neutral.
        skip: share of the layers, the last ones, that are never chosen.
        held: share of the prompts, drawn by their ids, that only choose the layer; three at least.

    Returns:
        ``ctx.dir/part``, the parameter ``direction`` of `decoding/directed`. The layer, and how its
        projection correlates with the score of held prompts, are noted.

    Raises:
        LimbeckError: an expression that is none; no prompt of one of the kinds.
    """
    replies.check(WHERE)
    try:
        import torch

        from limbeck.networks.inclined import fitted
        from limbeck.networks.twins import last_states
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", WHERE) from error
    problems = [problem for shard in data for problem in shard.problems if not problem.marks]
    if not problems:
        raise LimbeckError(f"{WHERE}: no problem is free of marks")
    chats = [as_messages(problem) for problem in problems]
    asked = Local(str(model), dtype="float32")
    scores = inclinations(asked, chats, replies, seed)
    states_LPD = last_states(asked.network, asked.prompt_ids(chats))
    held_P = torch.tensor(_held([problem.id for problem in problems], held, seed))
    layers = max(1, round((1 - skip) * len(states_LPD)))
    try:
        made = fitted(states_LPD, torch.tensor(scores), held_P, threshold, layers)
    except LimbeckError as error:
        raise LimbeckError(f"{WHERE}: {error}") from error
    told = ", ".join(f"{value:.3f}" for value in made.correlation_L.tolist())
    ctx.log(f"layer {made.layer} of {len(states_LPD)}; correlation with the score by layer: {told}")
    return _kept(made, ctx)


def _kept(made: Inclined, ctx: Context) -> Part:
    partial, folder = ctx.dir / ".part", ctx.dir / "part"
    for each in (partial, folder):
        shutil.rmtree(each, ignore_errors=True)
    partial.mkdir(parents=True)
    made.save(partial)
    partial.rename(folder)
    return Part(str(folder))


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    Replies.of(given).check(WHERE)


def _held(names: list[str], share: float, seed: int) -> list[bool]:
    """Which prompts only choose the layer: that share of them, three at least, drawn by their names."""
    digests = [hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest() for name in names]
    drawn = sorted(range(len(names)), key=digests.__getitem__)[: max(3, round(share * len(names)))]
    chosen = set(drawn)
    return [place in chosen for place in range(len(names))]
