"""A model that forgets most of what it has written: its cache is cut back at regular lengths."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta

from limbeck.decoding.ops import Decoded
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts
from limbeck.types import Count

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.caching import CachedRow

GIVES = ("text", "prefix", "logprobs", "ids")
MODEL_WANTS = ("cache",)
Ratio = Annotated[float, Meta(ge=1)]


def pruned_cache(
    *,
    model: Model,
    by: Literal["attention", "cumulative", "recency", "random"] = "attention",
    every: Count = 1024,
    ratio: Ratio = 4.0,
    recent: Count = 32,
    kernel: Count = 7,
    seed: int = 0,
) -> Model:
    """Reasoning Path Compression (arXiv 2505.13866, section 3): every ``every`` tokens, keep what is attended
    to.

    The prompt's keys and values are never touched. When ``n * every`` tokens have been read, each layer keeps
    the last ``recent`` and, of those before, the ``n * every / ratio`` that score highest; so it holds
    ``min(n * every, n * every // ratio + recent)`` of them. Keys keep the positions they were made at.

    * ``attention`` (RPC): softmax of the last ``recent`` queries over the tokens between the prompt and the
      last ``recent`` alone, summed over queries, mean over heads, averaged over ``kernel`` neighbours.
    * ``cumulative``: attention of all queries so far (H2O, arXiv 2306.14048), at the same budget.
    * ``recency``: the latest. ``random``: by chance, from ``seed``, the prompt and the sample's number.

    Args:
        model: a local one, whose layers keep keys and values of every position.
        ratio: ``c``; 1 drops nothing.
        kernel: an odd number, 1 for no average.

    Returns:
        A model whose samples have the scores ``cache_bytes``, ``cache_mean`` and ``keys_read``.

    Raises:
        LimbeckError: an even kernel, or more recent tokens than there are in a stretch.
    """
    precheck({"every": every, "recent": recent, "kernel": kernel})
    return PrunedCache(model, by=by, every=every, ratio=ratio, recent=recent, kernel=kernel, seed=seed)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    every, recent, kernel = given["every"], given["recent"], given["kernel"]
    if recent > every:
        raise LimbeckError(f"decoding/pruned_cache: recent={recent}: at most every={every}")
    if kernel % 2 == 0:
        raise LimbeckError(f"decoding/pruned_cache: kernel={kernel}: an odd number has a middle")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: what the model is asked is what was asked."""
    spent = ("samples", "prompt_tokens", "max_tokens")
    return {key: counts[key] for key in spent if key in counts}


class PrunedCache(Decoded):
    """The model behind `pruned_cache`."""

    def __init__(self, inner: Model, **settings: Any) -> None:
        super().__init__(inner, **settings)
        self.pruning = inner.cached(Pruning(**settings))

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The inner model's samples, from what it has kept."""
        yield from self.pruning.stream_some(prompts, wanted, sampling)


class Pruning:
    """The policy. ``W`` candidates lie between the prompt and the last ``recent`` tokens."""

    def __init__(self, by: str, every: int, ratio: float, recent: int, kernel: int, seed: int) -> None:
        self.by, self.every, self.ratio, self.recent = by, every, ratio, recent
        self.kernel, self.seed = kernel, seed

    def begin(self, model: Any, rows: Sequence[CachedRow], seen_RK: Tensor) -> None:
        """A batch begins: nothing has been read."""
        self.rows, self.prompt, self.read_tokens = list(rows), seen_RK.shape[1], 0
        self.queries: dict[int, deque[Tensor]] = {}
        self.total: dict[int, Tensor] = {}

    def read(self, layer: int, query_RHD: Tensor, key_RGKD: Tensor, seen_RK: Tensor) -> Tensor | None:
        """Everything that is left; what the query looks at is noted."""
        if self.by == "attention":
            self.queries.setdefault(layer, deque(maxlen=self.recent)).append(query_RHD)
        if self.by == "cumulative":
            self._add(layer, query_RHD, key_RGKD, seen_RK)
        return None

    def keep(self, layer: int, key_RGKD: Tensor, value_RGKD: Tensor) -> tuple[Tensor, Tensor] | None:
        """Once in a while, the prompt, the chosen and the last."""
        self.read_tokens += layer == 0
        held = key_RGKD.shape[2]
        many = held - self.prompt - self.recent
        count = int(self.read_tokens // self.every * self.every / self.ratio)
        if self.read_tokens % self.every or many <= count:
            return None
        import torch

        from limbeck.networks.caching import taken

        score_RW = self._score(layer, key_RGKD[:, :, self.prompt : self.prompt + many])
        chosen_RW = score_RW.topk(count, sorted=False).indices.sort(-1).values + self.prompt
        columns_K = torch.arange(held, device=key_RGKD.device).expand(len(score_RW), -1)
        index_RK = torch.cat([columns_K[:, : self.prompt], chosen_RW, columns_K[:, held - self.recent :]], 1)
        if layer in self.total:
            self.total[layer] = self.total[layer].gather(1, index_RK)
        return taken(key_RGKD, index_RK), taken(value_RGKD, index_RK)

    def select(self, places: Tensor) -> None:
        """Only these rows go on."""
        self.rows = [self.rows[place] for place in places.tolist()]
        for queries in self.queries.values():
            for number, query_RHD in enumerate(queries):
                queries[number] = query_RHD[places]
        self.total = {layer: total_RK[places] for layer, total_RK in self.total.items()}

    def _score(self, layer: int, key_RGWD: Tensor) -> Tensor:
        """``[R, W]``; the highest stay."""
        import torch
        from torch.nn.functional import avg_pool1d

        from limbeck.networks.caching import chance, weights

        rows, many = key_RGWD.shape[0], key_RGWD.shape[2]
        if self.by == "recency":
            return torch.arange(many, device=key_RGWD.device).expand(rows, -1)
        if self.by == "random":
            place = f"{self.seed}/{layer}/{self.read_tokens}"
            return chance(self.rows, place, many).to(key_RGWD.device)
        if self.by == "cumulative":
            return self.total[layer][:, self.prompt : self.prompt + many]
        query_RHQD = torch.stack(list(self.queries[layer]), 2)
        score_RW = weights(query_RHQD, key_RGWD).sum(2).mean(1)
        # As in the paper's code, what is beyond an end counts as 0.
        return avg_pool1d(score_RW[:, None], self.kernel, 1, self.kernel // 2)[:, 0]

    def _add(self, layer: int, query_RHD: Tensor, key_RGKD: Tensor, seen_RK: Tensor) -> None:
        from torch.nn.functional import pad

        from limbeck.networks.caching import weights

        weight_RK = weights(query_RHD[:, :, None], key_RGKD, seen_RK)[:, :, 0].mean(1)
        before_RK = self.total.get(layer, weight_RK[:, :0])
        self.total[layer] = pad(before_RK, (0, weight_RK.shape[1] - before_RK.shape[1])) + weight_RK
