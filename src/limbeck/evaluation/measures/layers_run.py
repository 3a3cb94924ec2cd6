"""How many layers a latent student runs through in each step, and whether more in critical ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from limbeck.errors import LimbeckError, missing_extra
from limbeck.evaluation.ops import mean
from limbeck.evaluation.samples import benchmark_of, called, like, results, stored
from limbeck.pipeline.context import Context
from limbeck.records import Data, Results
from limbeck.types import Checkpoint

if TYPE_CHECKING:
    from limbeck.records import Trace


def layers_run(
    data: Data,
    *,
    model: Checkpoint,
    name: str = "",
    benchmark: str = "",
    max_tokens_per_microbatch: int = 4096,
    precision: Literal["auto", "bf16", "fp32"] = "auto",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """Layers that the latent steps of a student run through on stored questions, counted, not timed.

    Args:
        data: traces without a mark, whose thoughts are not read; one of each question is enough. Where
            `curation/critical_steps` has said which steps are critical, they are told apart.
        model: of `students/latent_steps` or `students/shortcuts`; a plain one runs through all at each token.
        name, benchmark: as in `evaluation/text_loss`.

    Returns:
        Metric ``score@layers``, a question's mean over its steps, and where its steps are both critical and
        not ``score@deeper``, how many layers more the critical ones have. Nothing is sampled: a claim on
        it says ``temperature: null``.

    Raises:
        LimbeckError: no trace without a mark.
    """
    kept = {trace.problem_id: trace for trace in reversed(data.kept())}
    if not kept:
        raise LimbeckError(f"no question to think about: none of {len(data.traces)} traces is free of marks")
    counted = _counted(model, data, list(kept.values()), max_tokens_per_microbatch, precision)
    if len(counted) < len(kept):
        ctx.log(f"{len(kept) - len(counted):,} questions give no tokens and are left out")
    problems, read = data.problem_by_id(), Data(data.problems)
    for trace in [trace for trace in kept.values() if trace.id in counted]:
        sample = stored(trace, benchmark or benchmark_of(problems[trace.problem_id]))
        read.traces.append(
            replace(sample, scores={**trace.scores, **scores(counted[trace.id], trace.scores)})
        )
    both = any("deeper" in trace.scores for trace in read.traces)
    asked = ["score@layers", *(["score@deeper"] if both else [])]
    return Results(results(read, asked, like(name or called(model), [seed])), read)


def scores(layers: list[float], known: dict[str, float]) -> dict[str, float]:
    """What is told of a question whose steps ran through so many layers."""
    labels = [known.get(f"critical/{step}") for step in range(len(layers))]
    critical = mean(count for count, label in zip(layers, labels, strict=True) if label == 1)
    others = mean(count for count, label in zip(layers, labels, strict=True) if label == 0)
    deeper = {} if critical is None or others is None else {"deeper": critical - others}
    return {"layers": sum(layers) / len(layers), **deeper}


def _counted(
    path: str, data: Data, traces: list[Trace], max_tokens: int, precision: str
) -> dict[str, list[float]]:
    """Each trace's layers run, step by step."""
    try:
        import torch

        from limbeck.networks.batch import Item, Row, collate
        from limbeck.networks.cutting import cut
        from limbeck.networks.latent_steps import LatentSteps
        from limbeck.networks.opening import autocast_dtype, device, open_network
        from limbeck.networks.policy import Sizes
        from limbeck.networks.rows import ChatTokenizer
        from limbeck.networks.ways import way_of
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "evaluation/layers_run") from error
    network = open_network(path, autocast_dtype(precision), device())
    way = way_of(network.model)
    made = ChatTokenizer.open(path).read_by(path).rows(data, traces).values()
    prompts = [Row(row.id, row.ids[: row.start + 1], row.start) for row in made if isinstance(row, Row)]
    if not isinstance(way, LatentSteps):
        return {row.id: [float(Sizes.of(network.model).layers)] for row in prompts}
    told: dict[str, list[float]] = {}
    for part in cut([Item((row,)) for row in prompts], max_tokens) if prompts else []:
        batch = collate(part).to(network.model.device)
        with torch.no_grad():
            network(batch.ids_BT, batch.index_N)
        told |= zip(batch.ids, way.layers_run().tolist(), strict=True)
    return told
