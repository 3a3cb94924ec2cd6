"""What one more token costs a network, and what it keeps, as the text grows."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from limbeck.errors import LimbeckError, missing_extra
from limbeck.evaluation.samples import called, like, results
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Results, Trace
from limbeck.types import Checkpoint, Count

STRETCH = 256
"""Tokens read at a time."""


def step_cost(
    data: Data,
    *,
    model: Checkpoint,
    contexts: Sequence[Count] = (16, 1024, 8192),
    name: str = "",
    benchmark: str = "contexts",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """Operations of one more token behind texts of several lengths, and bytes kept of them; no clock is read.

    Operations are multiplications with their additions, counted from the network's shape
    (`limbeck.networks.operations`); bytes are those of the cache that the network made of so many tokens of
    the questions, read over and over.

    Args:
        contexts: tokens read, each more than the one before; the first is what the others are held against.
        name: as in `evaluation/text_loss`.

    Returns:
        A problem for each length behind the first, with scores ``operations`` and ``bytes`` (of a length) and
        ``operations_growth`` and ``bytes_growth``, how many times what they are at the first: metric
        ``score@operations_growth``. Nothing is sampled: a claim on it says ``temperature: null``.

    Raises:
        LimbeckError: lengths that do not grow, no text, or an architecture whose operations are not known.
    """
    precheck({"contexts": contexts})
    try:
        import torch

        from limbeck.networks import opening, operations, states
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "evaluation/step_cost") from error
    network = opening.load(str(model)).eval()
    operations.check(network.config)
    tokenizer = opening.open_tokenizer(str(model))
    text = "".join(problem.question for problem in data.problems)
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    if not ids:
        raise LimbeckError("step_cost: the questions have no text to read")
    read = torch.tensor([*itertools.islice(itertools.cycle(ids), max(contexts))])
    memory, seen, kept = states.empty(network), 0, []
    with torch.inference_mode(), ctx.progress(len(contexts)) as bar:
        for length in contexts:
            for piece in read[seen:length].split(STRETCH):
                given = {states.name_of(network): memory, "logits_to_keep": 1}
                network(input_ids=piece[None], use_cache=True, **given)
            seen = length
            kept.append({
                "operations": float(operations.step(network.config, length)),
                "bytes": float(states.held(memory)),
            })  # fmt: skip
            bar.advance()
    sampled = _told(name or called(model), benchmark, contexts, kept)
    metrics = [f"score@{key}" for key in sampled.traces[0].scores]
    return Results(results(sampled, metrics, like(name or called(model), [seed])), sampled)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned."""
    contexts = [*given["contexts"]]
    if len(contexts) < 2 or any(first >= second for first, second in itertools.pairwise(contexts)):
        raise LimbeckError(
            f"evaluation/step_cost: contexts={contexts}: two or more, each larger than the last"
        )


def _told(name: str, benchmark: str, contexts: Sequence[int], kept: list[dict[str, float]]) -> Data:
    """A problem and a trace for each length but the first."""
    data = Data()
    for length, costs in zip(contexts[1:], kept[1:], strict=True):
        problem = Problem(id=f"context-{length}", question=f"{length} tokens")
        growth = {f"{key}_growth": costs[key] / kept[0][key] for key in costs}
        data.problems.append(problem)
        data.traces.append(
            Trace(
                id=f"{problem.id}#{Path(name).name}",
                problem_id=problem.id,
                answer="",
                model=name,
                params={"benchmark": benchmark},
                scores={**costs, **growth},
            )
        )
    return data
