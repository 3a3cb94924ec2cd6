"""A model that reads, for every token, a few blocks of its past."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from limbeck.decoding.ops import Decoded
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts
from limbeck.types import Count, PositiveShare, Share

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.caching import CachedRow

GIVES = ("text", "prefix", "logprobs", "ids")
MODEL_WANTS = ("cache",)


def selected_blocks(
    *,
    model: Model,
    by: Literal["gate", "attention", "recency", "mean_key"] = "gate",
    block: Count = 64,
    share: PositiveShare = 0.25,
    threshold: Share = 0.0,
    recall: bool = False,
) -> Model:
    """Attend to the blocks that a gate chooses, for each head of keys by itself (SeerAttention-R, arXiv
    2506.08889).

    A query reads its own block and, of those behind it, the best, so that ``share`` of all blocks so far,
    rounded up, are read. Nothing is dropped: what is left now may be read later.

    * ``gate``: what `objectives/block_gates` has taught the gates of `students/block_gates`.
    * ``attention``: the oracle, attention itself at its largest in a block and over the heads that share it.
    * ``mean_key``: the query against the mean of a block's keys. ``recency``: the latest blocks.

    Args:
        model: a local one, whose layers keep keys and values of every position.
        block: positions in a block; the gates' own.
        threshold: gates below this probability leave a block, whatever the share; 0 for none.
        recall: count how many of the oracle's blocks were chosen, which takes all of attention.

    Returns:
        A model whose samples have the scores ``cache_bytes``, ``cache_mean``, ``keys_read`` and, where it is
        asked for, ``block_recall``, the mean over tokens, layers and heads, a query's own block aside.

    Raises:
        LimbeckError: a threshold without gates; when it is first asked, a model without gates or with gates
            of other blocks.
    """
    precheck({"by": by, "threshold": threshold})
    return SelectedBlocks(
        model, by=by, block=block, share=share, threshold=threshold, recall=recall
    )  # fmt: skip


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    if given["threshold"] and given["by"] != "gate":
        raise LimbeckError(
            f"decoding/selected_blocks: threshold={given['threshold']}: only gates tell probabilities, "
            f"by={given['by']!r} does not"
        )


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: what the model is asked is what was asked."""
    spent = ("samples", "prompt_tokens", "max_tokens")
    return {key: counts[key] for key in spent if key in counts}


class SelectedBlocks(Decoded):
    """The model behind `selected_blocks`."""

    def __init__(self, inner: Model, **settings: Any) -> None:
        super().__init__(inner, **settings)
        self.selecting = inner.cached(Selecting(**settings))

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The inner model's samples, each token from a few blocks."""
        yield from self.selecting.stream_some(prompts, wanted, sampling)


class Selecting:
    """The policy."""

    def __init__(self, by: str, block: int, share: float, threshold: float, recall: bool) -> None:
        self.by, self.block, self.share = by, block, share
        self.threshold, self.recall = threshold, recall

    def begin(self, model: Any, rows: Sequence[CachedRow], seen_RK: Tensor) -> None:
        """A batch begins.

        Raises:
            LimbeckError: gates are wanted, and there are none or such of other blocks.
        """
        import torch

        if self.by == "gate":
            from limbeck.networks.gates import Guesses

            self.guesses = Guesses(model, self.block, "decoding/selected_blocks")
        self.hits_R2 = torch.zeros(len(rows), 2, dtype=torch.float64, device=seen_RK.device)

    def read(self, layer: int, query_RHD: Tensor, key_RGKD: Tensor, seen_RK: Tensor) -> Tensor | None:
        """The columns of the chosen blocks."""
        import torch

        from limbeck.networks.blocks import Blocks

        blocks = Blocks(self.block, seen_RK)
        most_R = (self.share * (blocks.own_R + 1) - 1e-9).ceil().long().clamp(min=1)
        score_RGM = self._score(layer, blocks, query_RHD, key_RGKD)
        chosen_RGM = blocks.best(score_RGM, most_R, self.threshold or -torch.inf)
        if self.recall:
            oracle_RGM = self._attention(blocks, query_RHD, key_RGKD)
            best_RGM = blocks.best(oracle_RGM, most_R)
            hits_R = (chosen_RGM & best_RGM).sum((1, 2)) - key_RGKD.shape[1]
            self.hits_R2 += torch.stack([hits_R, best_RGM.sum((1, 2)) - key_RGKD.shape[1]], 1)
        return blocks.spread(chosen_RGM)

    def keep(self, layer: int, key_RGKD: Tensor, value_RGKD: Tensor) -> tuple[Tensor, Tensor] | None:
        """Everything."""
        return None

    def select(self, places: Tensor) -> None:
        """Only these rows go on."""
        self.hits_R2 = self.hits_R2[places]
        if self.by == "gate":
            self.guesses.select(places)

    def scores(self, place: int) -> dict[str, float]:
        """How many of the oracle's blocks were chosen."""
        hits, whole = self.hits_R2[place].tolist()
        return {"block_recall": hits / whole} if whole else {}

    def _score(self, layer: int, blocks: Any, query_RHD: Tensor, key_RGKD: Tensor) -> Tensor:
        """``[R, G, M]``; the highest are read."""
        import torch

        heads = key_RGKD.shape[1]
        if self.by == "gate":
            return self.guesses.probabilities(layer, blocks, query_RHD, key_RGKD)
        if self.by == "recency":
            number_M = torch.arange(blocks.count, device=query_RHD.device, dtype=torch.float)
            return number_M.expand(len(query_RHD), heads, -1)
        if self.by == "attention":
            return self._attention(blocks, query_RHD, key_RGKD)
        query_RGSD = query_RHD.unflatten(1, (heads, -1))
        best_RGM: Tensor = (query_RGSD @ blocks.mean(key_RGKD).mT).amax(2)
        return best_RGM

    def _attention(self, blocks: Any, query_RHD: Tensor, key_RGKD: Tensor) -> Tensor:
        from limbeck.networks.caching import weights

        weight_RHK = weights(query_RHD[:, :, None], key_RGKD, blocks.seen_RK)[:, :, 0]
        largest_RGM: Tensor = blocks.largest(weight_RHK).unflatten(1, (key_RGKD.shape[1], -1)).amax(2)
        return largest_RGM
