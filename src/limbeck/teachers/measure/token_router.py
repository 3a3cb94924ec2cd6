"""A router that tells at which tokens a small model would lead elsewhere than a large one."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

from limbeck.errors import missing_extra
from limbeck.pipeline.context import Context
from limbeck.types import Checkpoint, Count, Part, Positive, Settings, Shards, Share, Verifier

if TYPE_CHECKING:
    from limbeck.networks.routing import Known
    from limbeck.teachers._routes import Labelled


class Routing(Settings, frozen=True):
    """What the router is and how it learns.

    Args:
        k: largest logits of the small model that it reads.
        width, blocks: of its residual layers, four times as wide inside.
        steps: most steps of its training; it ends before when what is held out no longer profits.
        batch, lr: tokens in a step, and its rate.
        holdout: share of the problems that draw the line and tell when to stop.
    """

    k: Count = 100
    width: Count = 1024
    blocks: Count = 6
    steps: Count = 2000
    batch: Count = 256
    lr: Positive = 5e-5
    holdout: Share = 0.2


def token_router(
    data: Shards,
    *,
    student: Checkpoint,
    large: Checkpoint,
    verifier: Verifier,
    ctx: Context,
    routing: Routing = Routing(),
    max_tokens: Count = 256,
    seed: int = 0,
) -> Part:
    """Learn where a small model's greedy token changes what comes of a text (R2R, arXiv 2505.21600, section
    3).

    The small model reads traces of the large one. Where its likeliest token is not the trace's, the large one
    goes on from it, greedily and to the end. Is that judged right too, as the trace is, the difference was
    neutral; is it wrong, divergent. (The paper goes on to the end of a sentence and has a model judge; where
    an answer can be verified, it says the same without an opinion.)

    Args:
        data: traces that the large model wrote; those without a mark that the verifier accepts are read.
        student, large: the two models; they cut text into the same tokens.
        verifier: of what comes of a text.
        max_tokens: most tokens of a continuation; one that is cut off has no verdict and is left out.

    Returns:
        ``ctx.dir/part``, the parameter ``router`` of `decoding/routed`. How many tokens were the same,
        neutral and divergent is noted, with the rate at which a recall of 0.95 is reached.

    Raises:
        LimbeckError: no trace to read.
    """
    try:
        from limbeck.networks import routing as library
        from limbeck.networks.probe import Probe
        from limbeck.teachers._routes import Labelled
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "teachers/token_router") from error
    probes = [Probe.open(str(each), precision="fp32") for each in (student, large)]
    labelled = Labelled(probes[0], probes[1], routing.k, max_tokens)
    for shard in data:
        labelled.read(shard, verifier)
    ctx.log(", ".join(f"{count:,} {kind}" for kind, count in sorted(labelled.counts.items())) + " tokens")
    known = _taught(labelled, routing, seed)
    known.small, known.large = (library.print_of(probe.networks[0].model) for probe in probes)
    if (known.divergent_N > 0).any():
        for by in ("router", "entropy"):
            told = known.at(by, known.line(by, 0.0, 0.95))
            ctx.log(f"{by}: recall {told['recall']:.3f} at a rate of {told['rate']:.3f} of what was held out")
    else:
        ctx.log("nothing that was held out is divergent, so that only a rate draws a line")
    return _kept(known, ctx)


def _taught(labelled: Labelled, routing: Routing, seed: int) -> Known:
    """A router that has learned from the labels, and what was held out of them, by problem."""
    import torch

    from limbeck.networks import routing as library

    read, divergent_N, entropy_N = labelled.joined()
    names = labelled.names
    out = {each: random.Random(f"{seed}/{each}").random() < routing.holdout for each in sorted(set(names))}
    held_N = torch.tensor([out[name] for name in names])
    torch.manual_seed(seed)
    router = library.Router(library.Shape(read[0].shape[1], read[1].shape[1], routing.width, routing.blocks))
    probability_N = library.learn(
        router, read, divergent_N, held_N, steps=routing.steps, batch=routing.batch, lr=routing.lr, seed=seed
    )
    return library.Known(router, probability_N[held_N], entropy_N[held_N], divergent_N[held_N])


def _kept(known: Known, ctx: Context) -> Part:
    partial, folder = ctx.dir / ".part", ctx.dir / "part"
    for path in (partial, folder):
        shutil.rmtree(path, ignore_errors=True)
    partial.mkdir(parents=True)
    known.save(partial)
    partial.rename(folder)
    return Part(str(folder))
