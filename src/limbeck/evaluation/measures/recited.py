"""Whether a model would write what is stored: the share of traces that are its likeliest text, token by
token."""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from limbeck.errors import LimbeckError, missing_extra
from limbeck.evaluation.samples import benchmark_of, called, like, results, stored
from limbeck.pipeline.context import Context
from limbeck.records import Data, Outcome, Results, Trace, Verdict
from limbeck.types import Checkpoint


def recited(
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
    """Share of stored traces whose every token of weight is the model's likeliest, given all before it.

    That is so if, and only if, the model would write just these tokens at temperature 0. Behind
    `curation/silent` it is the accuracy of answers to thoughts that are given: of a plain model that reads
    them, and of a mind reader that is shown their states (`students/mind_reader`), which nobody can ask
    otherwise.

    Args:
        data: traces without a mark count.
        name, benchmark: as in `evaluation/text_loss`.

    Returns:
        Metric ``pass@1``; a trace is right where it would be written. Nothing is sampled: a claim on it
        says ``temperature: null``.

    Raises:
        LimbeckError: no trace without a mark, or none that gives tokens.
    """
    kept = data.kept()
    written, why = _written(model, data, kept, max_tokens_per_microbatch, precision)
    if not written:
        raise LimbeckError(f"nothing to recite: none of {len(data.traces)} traces is free of marks{why}")
    if len(written) < len(kept):
        ctx.log(f"{len(kept) - len(written):,} traces left out{why}")
    problems, read = data.problem_by_id(), Data(data.problems)
    for trace in [trace for trace in kept if trace.id in written]:
        outcome: Outcome = "correct" if written[trace.id] else "wrong"
        sample = stored(trace, benchmark or benchmark_of(problems[trace.problem_id]))
        verdict = Verdict("recited", outcome, trace.answer, f"likeliest text: {written[trace.id]}")
        read.traces.append(replace(sample, verdicts=[*trace.verdicts, verdict]))
    return Results(results(read, ["pass@1"], like(name or called(model), [seed])), read)


def _written(
    path: str, data: Data, kept: list[Trace], max_tokens: int, precision: str
) -> tuple[dict[str, bool], str]:
    """Whether each trace would be written, and why the first that gives no tokens gives none."""
    try:
        import torch

        from limbeck.networks.batch import Item, Row, collate
        from limbeck.networks.cutting import cut
        from limbeck.networks.opening import autocast_dtype, device, open_network
        from limbeck.networks.policy import run
        from limbeck.networks.rows import ChatTokenizer
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "evaluation/recited") from error
    if not kept:
        return {}, ""
    made = ChatTokenizer.open(path).read_by(path).rows(data, kept).values()
    rows = [row for row in made if isinstance(row, Row)]
    reasons = [row for row in made if isinstance(row, str)]
    network = open_network(path, autocast_dtype(precision), device())
    told: dict[str, bool] = {}
    for part in cut([Item((row,)) for row in rows], max_tokens) if rows else []:
        with torch.no_grad():
            policy = run(network, network, collate(part).to(network.model.device))
            batch = policy.batch
            right_N = policy.logits(torch.arange(len(batch.target_N))).argmax(-1) == batch.target_N
            missed_B = torch.zeros(len(batch.ids), device=right_N.device)
            missed_B = missed_B.index_add(0, batch.row_N, (~right_N & (batch.token_weight_N > 0)).float())
        told |= zip(batch.ids, (missed_B == 0).tolist(), strict=True)
    return told, f" ({reasons[0]})" if reasons else ""
