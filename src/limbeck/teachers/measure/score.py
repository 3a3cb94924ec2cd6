"""A teacher's distributions for stored traces, written once and trained on without the teacher."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from limbeck.errors import LimbeckError, missing_extra
from limbeck.pipeline.context import Context
from limbeck.records import Data
from limbeck.types import Checkpoint, Shards, Stored

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch, Row
    from limbeck.networks.policy import Network
    from limbeck.networks.stored import Packed


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
        from limbeck.networks import opening, rows, stored, template
        from limbeck.networks.policy import Network
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "teachers/score") from error
    if k < 0 or temperature <= 0:
        raise LimbeckError(
            f"teachers/score: k={k} and temperature={temperature:g} must be at least 0 and above 0"
        )
    tokenizer = opening.open_tokenizer(model)
    chat_tokenizer = rows.ChatTokenizer(tokenizer, template.check_template(tokenizer), max_tokens)
    autocast = opening.autocast_dtype(precision)
    opened, _ = opening.open_model(model, 0, None, autocast)
    network = Network(opened.to(opening.device()), autocast).eval()
    folder, total = ctx.dir / "signal", 0
    with ctx.progress(sum(len(_wanted(shard, marked)) for shard in data)) as bar:
        for index, shard in enumerate(data):
            wanted = _wanted(shard, marked)
            if not (folder / f"{index:05d}.parquet").exists():
                made = chat_tokenizer.rows(shard, wanted)
                usable = [row for row in made.values() if not isinstance(row, str)]
                found = list(_packed(network, usable, k, temperature, exact, max_tokens_per_microbatch))
                digests = [stored.digest(row.ids[row.start :]) for row, _ in found]
                stored.write_part(
                    folder, index, [row.id for row, _ in found], digests, [each for _, each in found]
                )
                if skipped := len(made) - len(usable):
                    reason = next(each for each in made.values() if isinstance(each, str))
                    ctx.log(f"{skipped:,} traces not scored, the first: {reason}")
            total += len(wanted)
            bar.advance(len(wanted))
    if not total:
        raise LimbeckError("nothing to score: no trace is free of marks")
    stored.write_about(folder, stored.About(k, temperature, str(model), exact or k == 0))
    return Stored(str(folder))


def _wanted(shard: Data, marked: bool) -> list[Any]:
    return shard.traces if marked else shard.kept()


def _packed(
    network: Network, rows: list[Row], k: int, temperature: float, exact: bool, budget: int
) -> Iterator[tuple[Row, Packed]]:
    """Each row with what the network says of it."""
    import torch

    from limbeck.networks.batch import Item, collate, cut
    from limbeck.networks.stored import pack

    device = next(network.parameters()).device
    for part in cut([Item((row,)) for row in rows], budget) if rows else []:
        batch = collate(part).to(device)
        with torch.no_grad():
            logp_NK, ids_NK, rest_N, taken_N = _likeliest(network, batch, k, temperature)
        at = 0
        for item in part:
            (row,) = item.rows
            own = slice(at, at := at + len(row.ids) - row.start)
            ids, rest = (None if each is None else each[own].cpu().numpy() for each in (ids_NK, rest_N))
            logp, taken = logp_NK[own].cpu().numpy(), taken_N[own].cpu().numpy()
            yield row, pack(logp, ids, rest, taken, exact or ids is None)


def _likeliest(network: Network, batch: Batch, k: int, temperature: float) -> tuple[Any, Any, Any, Any]:
    """Log-probabilities and ids of the ``k`` likeliest tokens, of all others together, and of the token
    taken.

    Ids and the rest are None where all tokens are kept.
    """
    import torch

    from limbeck.networks.logp import CHUNK, token_logp

    head = network.head(network(batch.ids_BT, batch.index_N)[0])
    count, width = len(batch.target_N), head.vocabulary
    logps, ids, rests, step = [], [], [], max(1, CHUNK // width)
    for start in range(0, count, step):
        logp_CV = (head.logits(slice(start, start + step)) / temperature).log_softmax(-1)
        top = logp_CV.topk(min(k, width)) if k else None
        logps.append(logp_CV if top is None else top.values)
        if top is not None:
            ids.append(top.indices)
            # Summed over those left out: what the kept ones leave of 1 would be lost to rounding.
            rests.append(logp_CV.scatter(-1, top.indices, -torch.inf).logsumexp(-1))
    taken_N = token_logp(head, batch.target_N)
    return torch.cat(logps), torch.cat(ids) if k else None, torch.cat(rests) if k else None, taken_N
