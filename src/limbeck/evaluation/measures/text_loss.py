"""How well a model predicts stored text: the loss on what it was not trained on."""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace as changed

from limbeck.errors import LimbeckError, missing_extra
from limbeck.evaluation.samples import benchmark_of, called, like, results, stored
from limbeck.pipeline.context import Context
from limbeck.records import Data, Results
from limbeck.types import Checkpoint


def text_loss(
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
    """Mean negative log-probability per token of stored traces without a mark, with a 95% interval over
    problems.

    On text that a teacher sampled at temperature 1 (top-p 1), a model's loss less the teacher's own on the
    same text is an unbiased estimate of KL(teacher || model) per token.

    Args:
        name: of the model in the result; empty takes its folder's.
        benchmark: one name for all; by default source and split of the problems.

    Returns:
        Metric ``loss`` in nats per token, the mean over problems; each trace has ``scores["loss"]``. Nothing
        is sampled: a claim on it says ``temperature: null``.

    Raises:
        LimbeckError: no trace without a mark, or none that gives tokens.
    """
    kept = data.kept()
    if not kept:
        raise LimbeckError(f"no text to predict: none of {len(data.traces)} traces is free of marks")
    losses, why = _losses(model, data, max_tokens_per_microbatch, precision)
    if not losses:
        raise LimbeckError(f"no text to predict: no trace gives tokens ({why})")
    if len(losses) < len(kept):
        ctx.log(f"{len(kept) - len(losses):,} traces left out, the first: {why}")
    problems = data.problem_by_id()
    read = Data(data.problems)
    for trace in [trace for trace in kept if trace.id in losses]:
        sample = stored(trace, benchmark or benchmark_of(problems[trace.problem_id]))
        read.traces.append(changed(sample, scores={**trace.scores, "loss": losses[trace.id]}))
    return Results(results(read, ["loss"], like(name or called(model), [seed])), read)


def _losses(path: str, data: Data, max_tokens: int, precision: str) -> tuple[dict[str, float], str]:
    """Each trace's loss per token, and why the first trace without one has none."""
    try:
        from limbeck.networks.probe import Probe
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "evaluation/text_loss") from error
    probe = Probe.open(path, max_tokens=max_tokens, precision=precision)
    rows, reasons = probe.rows(data, data.kept())
    losses = probe.traces(rows, lambda batch, policy: -policy.mean_B)
    return {row.id: loss for row, loss in zip(rows, losses, strict=True)}, next(iter(reasons), "")
