"""A teacher's distributions for stored traces, written once and trained on without the teacher."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from limbeck.errors import LimbeckError, missing_extra
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace
from limbeck.types import Checkpoint, Shards, Stored

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch, Row
    from limbeck.networks.policy import Policy
    from limbeck.networks.probe import Probe

VERSION = 2


def score(
    data: Shards,
    *,
    model: Checkpoint,
    ctx: Context,
    k: int = 128,
    temperature: float = 1.0,
    exact: bool = False,
    marked: bool = False,
    max_tokens: int = 0,
    max_tokens_per_microbatch: int = 4096,
    precision: Literal["auto", "bf16", "fp32"] = "auto",
) -> Stored:
    """Store a model's likeliest ``k`` tokens and its log-probability of the token taken, for each token of
    each trace.

    A token costs less than 300 bytes at ``k`` = 128 and a vocabulary of 151,936. The student must cut traces
    into the same tokens; its chat template may differ. Killed, it goes on with the next shard.

    Args:
        k: tokens kept at each position, 0 for the whole vocabulary.
        temperature: of the distributions kept.
        exact: log-probabilities as float32 in place of one byte.
        marked: also score traces that bear a mark.
        max_tokens: traces longer than this are skipped and counted, 0 for none.

    Returns:
        ``ctx.dir/signal``, a parameter ``signal`` of `training/fit`.
    """
    try:
        from limbeck.networks import stored
        from limbeck.networks.probe import Probe
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "teachers/score") from error
    if k < 0 or temperature <= 0:
        raise LimbeckError(
            f"teachers/score: k={k} and temperature={temperature:g} must be at least 0 and above 0"
        )
    probe = Probe.open(model, max_tokens=max_tokens_per_microbatch, precision=precision, longest=max_tokens)
    folder, total = ctx.dir / "signal", 0
    with ctx.progress(sum(len(_wanted(shard, marked)) for shard in data)) as bar:
        for index, shard in enumerate(data):
            wanted = _wanted(shard, marked)
            if not (folder / f"{index:05d}.parquet").exists():
                rows, reasons = probe.rows(shard, wanted)
                _write(folder, index, probe, rows, k, temperature, exact)
                if reasons:
                    ctx.log(f"{len(reasons):,} traces not scored, the first: {reasons[0]}")
            total += len(wanted)
            bar.advance(len(wanted))
    if not total:
        raise LimbeckError("nothing to score: no trace is free of marks")
    stored.write_about(folder, stored.About(k, temperature, str(model), exact or k == 0))
    return Stored(str(folder))


def _wanted(shard: Data, marked: bool) -> list[Trace]:
    return shard.traces if marked else shard.kept()


def _write(
    folder: Path, index: int, probe: Probe, rows: list[Row], k: int, temperature: float, exact: bool
) -> None:
    """Store what the probe's network says of a shard's rows."""
    from limbeck.networks import stored

    names, digests, packed = [], [], []
    for place, (taken, logp, *rest) in probe.tokens(rows, partial(_likeliest, k=k, temperature=temperature)):
        ids, others = rest or (None, None)
        names.append(rows[place].id)
        digests.append(stored.digest(rows[place].ids[rows[place].start :]))
        packed.append(stored.pack(logp, ids, others, taken, exact or ids is None))
    stored.write_part(folder, index, names, digests, packed)


def _likeliest(batch: Batch, policy: Policy, *, k: int, temperature: float) -> tuple[Tensor, ...]:
    """Log-probability of the token taken, and those of the ``k`` likeliest with their ids and of all others
    together; of all tokens, without ids and others, where ``k`` is 0."""
    import torch

    from limbeck.networks.logp import CHUNK

    assert policy.head is not None, "a probe's policies have heads"
    width = policy.head.vocabulary
    logps, ids, others, step = [], [], [], policy.head.at_once(CHUNK)
    for start in range(0, len(batch.target_N), step):
        logp_CV = (policy.head.logits(slice(start, start + step)) / temperature).log_softmax(-1)
        if not k:
            logps.append(logp_CV)
            continue
        top = logp_CV.topk(min(k, width))
        logps.append(top.values)
        ids.append(top.indices)
        # Summed over those left out: what the kept ones leave of 1 would be lost to rounding.
        others.append(logp_CV.scatter(-1, top.indices, -torch.inf).logsumexp(-1))
    return policy.logp_N, *(torch.cat(each) for each in (logps, ids, others) if each)
