"""What compression does to a model, and which diagnostic on stored text tells how much accuracy it costs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import numpy as np
from msgspec.structs import replace

from limbeck.errors import LimbeckError, missing_extra
from limbeck.evaluation.samples import called, like
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Result, Results, Trace
from limbeck.types import Checkpoint

Diagnostic = Literal["top_k", "rank", "energy", "loss", "size"]
Reading = dict[str, Any]


def compressed(
    data: Data,
    *,
    model: Checkpoint,
    bits: tuple[int, ...] = (8, 6, 5, 4, 3, 2),
    pruned: tuple[float, ...] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
    diagnostic: Diagnostic = "top_k",
    k: int = 5,
    benchmark: str = "compression",
    max_tokens_per_microbatch: int = 4096,
    precision: Literal["auto", "bf16", "fp32"] = "auto",
    ctx: Context,
) -> Results:
    """Round a model's matrices to fewer bits or empty a share of them, and read stored traces through each
    (ACBench, arXiv 2505.19433).

    A trace is right where every one of its tokens is the likeliest, as greedy decoding would have it;
    ``drop`` is the share of traces right before less that after. Rows for each variant: ``accuracy`` and the
    diagnostic, which is the larger, the farther the variant is from the model:

    ``top_k`` is 1 less the share of the k largest logits that are among the k largest before; ``rank`` how
    far the effective rank of the last states moves; ``energy`` how far -logsumexp of the logits does, both in
    absolute terms; ``loss`` how much the loss per token rises; ``size``, a control, by how much the number of
    weights falls: not at all. The paper's formula for ranked logits is not known here; this is their overlap.

    Args:
        data: traces without a mark, what the model should write.
        bits: of one variant each, 2 to 16.
        pruned: share of every matrix that is emptied, of one variant each.
        k: of ``top_k``.

    Returns:
        The rows; a problem per variant with a trace whose ``scores`` hold ``value``, ``accuracy`` and
        ``drop``, and whose ``params["drop"]`` the metric `rank_correlation` may be asked about. A claim on it
        says ``temperature: null``.

    Raises:
        LimbeckError: no variant, bits or shares that are none, or no trace that gives tokens.
    """
    _check(bits, pruned)
    variants = [(f"{each} bits", "quantise", float(each)) for each in bits]
    variants += [(f"{each:.0%} pruned", "prune", each) for each in pruned]
    reader = _Reader(model, data, max_tokens_per_microbatch, precision, k)
    dense = reader.read(None, 0, {})
    common = replace(like(diagnostic, []), benchmark=benchmark, n=reader.count, samples=reader.count)
    read, rows = Data(), []
    for label, change, degree in variants:
        after = reader.read(change, degree, dense)
        value = _value(diagnostic, dense, after)
        ctx.log(f"{label}: accuracy {after['accuracy']:.3f}, {diagnostic} {value:.4f}")
        noted: Result = replace(common, setting={"variant": label})
        rows.append(replace(noted, metric="accuracy", value=after["accuracy"], unit="share"))
        rows.append(replace(noted, metric=diagnostic, value=value))
        read.problems.append(Problem(id=label, question=f"{called(model)} at {label}", source="compression"))
        drop = dense["accuracy"] - after["accuracy"]
        read.traces.append(
            _trace(noted, label, {"value": value, "accuracy": after["accuracy"], "drop": drop})
        )
    return Results(rows, read)


def _trace(common: Result, label: str, scores: dict[str, float]) -> Trace:
    trace = Trace(id=f"{label}#{common.model}", problem_id=label, model=common.model, scores=scores)
    return replace(trace, params={"benchmark": common.benchmark, "drop": scores["drop"]})


def _check(bits: tuple[int, ...], pruned: tuple[float, ...]) -> None:
    if not bits and not pruned:
        raise LimbeckError("compressed: neither bits nor pruned names a variant")
    if wrong := [each for each in bits if not 2 <= each <= 16]:
        raise LimbeckError(f"compressed: bits={wrong[0]}: from 2 to 16")
    if bad := [each for each in pruned if not 0 <= each < 1]:
        raise LimbeckError(f"compressed: pruned={bad[0]}: a share below 1")


def _value(diagnostic: Diagnostic, dense: Reading, after: Reading) -> float:
    if diagnostic == "top_k":
        return 1 - float(after["agreement"])
    if diagnostic == "rank":
        return abs(float(dense["rank"] - after["rank"]))
    if diagnostic == "energy":
        return float(np.abs(dense["energy_N"] - after["energy_N"]).mean())
    return float(after["loss"] - dense["loss"]) if diagnostic == "loss" else 0.0


class _Reader:
    """Stored traces, read through a network that is changed anew each time."""

    def __init__(self, path: str, data: Data, max_tokens: int, precision: str, k: int) -> None:
        try:
            from limbeck.networks.probe import Probe
        except ModuleNotFoundError as error:
            raise missing_extra(error.name or "torch", "train", "evaluation/compressed") from error
        self.open: Callable[[], Probe] = partial(
            Probe.open, path, max_tokens=max_tokens, precision=precision, layers=True
        )
        self.k = k
        self.rows, reasons = self.open().rows(data, data.kept())
        self.count = len(self.rows)
        if not self.rows:
            raise LimbeckError(
                f"compressed: no text to read: {next(iter(reasons), 'no trace without a mark')}"
            )

    def read(self, change: str | None, degree: float, dense: Reading) -> Reading:
        """What is read of all rows behind a change; ``agreement`` with the dense network's logits."""
        import torch

        from limbeck.networks import compressing

        probe = self.open()
        if change == "quantise":
            compressing.quantise(probe.networks[0].model, int(degree))
        elif change == "prune":
            compressing.prune(probe.networks[0].model, degree)

        def reading(batch: Any, policy: Any) -> Any:
            logits_NV = policy.head.logits(slice(None))
            states_ND = policy.layers[-1][batch.mask_BT]
            return logits_NV, states_ND, policy.logp_N, logits_NV.argmax(-1) == batch.target_N

        parts = dict(probe.tokens(self.rows, reading))
        ordered = [parts[place] for place in range(self.count)]
        logits, states, logp = (np.concatenate([each[at] for each in ordered]) for at in range(3))
        logits_NV = torch.from_numpy(logits)
        made: Reading = {
            "accuracy": float(np.mean([each[3].all() for each in ordered])),
            "loss": float(-logp.mean()),
            "rank": compressing.effective_rank(torch.from_numpy(states)),
            "energy_N": compressing.energy(logits_NV).numpy(),
            "logits_NV": logits_NV,
        }
        if dense:
            made["agreement"] = float(compressing.top_agreement(dense["logits_NV"], logits_NV, self.k).mean())
        return made
