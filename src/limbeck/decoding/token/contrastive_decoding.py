"""A model held against a worse one: what both say counts for less than what the better one alone says."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from limbeck.decoding.ops import Decoded
from limbeck.decoding.token._steered import as_asked, local, with_readers
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models.local import Local
from limbeck.pipeline.estimates import Counts
from limbeck.texts.demonstrations import Spoil, spoiled
from limbeck.types import Fraction, PositiveShare, Weight

if TYPE_CHECKING:
    import torch

    from limbeck.networks.beside import Beside
    from limbeck.networks.steering import SampledRow

GIVES = ("text", "prefix", "logprobs")
MODEL_WANTS = ("logits",)
Bits = Annotated[int, Meta(ge=0, le=16)]


def contrastive_decoding(
    *,
    model: Model,
    beta: Weight = 0.5,
    alpha: PositiveShare = 0.1,
    dropout: Fraction = 0.2,
    demonstrations: Spoil = "operands",
    bits: Bits = 0,
    amateur: Model | None = None,
) -> Model:
    """Draw from ``(1 + β) s - β a``: logits s of the model, a of an amateur made of it (arXiv 2402.14874).

    Distillation contrastive decoding (DCD), section 3: no second model is needed, for the amateur is the
    model itself behind spoiled examples, with dropped attention weights or with coarser matrices. Each has a
    cache, over the same weights. With an ``amateur`` of its own it is contrastive decoding (2210.15097) in
    the form of 2309.09117. An amateur in which nothing differs changes no logit, so what is written is the
    model's own.

    Args:
        model: the expert, a local one.
        beta: how much the amateur counts against the expert; 0 leaves the mask.
        alpha: a token stays only where its logit is at least the largest plus ``log alpha``; judged by the
            expert alone.
        dropout: share of the amateur's attention weights that are dropped, in all layers. What is dropped
            depends on seed, prompt, sample number and position; for greedy samples not on the number.
        demonstrations: what becomes of the worked examples that the chat shows before its question (earlier
            turns of the assistant); a chat without any is the same for both. ``""`` leaves them.
        bits: of the amateur's matrices, rounded row by row (2 to 16); 0 leaves them.
        amateur: another local model with the same tokens, in place of the model itself.

    Returns:
        A model whose log-probabilities are those of the combined scores. ``spent`` counts what the
        ``writer`` and the ``amateur`` read.

    Raises:
        LimbeckError: one bit, an unknown way to spoil, a model that is asked elsewhere; when asked, an
            amateur of another vocabulary or an architecture whose attention cannot be dropped.
    """
    precheck({"bits": bits})
    expert = local(model, "decoding/contrastive_decoding")
    other = None if amateur is None else local(amateur, "decoding/contrastive_decoding")
    return Contrasted(expert, beta, alpha, dropout, demonstrations, bits, other)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    if given.get("bits") == 1:
        raise LimbeckError(
            "decoding/contrastive_decoding: bits=1: a sign alone has no levels; give 2 to 16, or 0"
        )


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: what is written; the amateur reads along."""
    return as_asked(counts)


class Contrasted(Decoded):
    """The model behind `contrastive_decoding`."""

    inner: Local

    def __init__(
        self,
        inner: Local,
        beta: float,
        alpha: float,
        dropout: float,
        spoil: Spoil,
        bits: int,
        other: Local | None,
    ) -> None:
        amateur = other.name if other else inner.name
        super().__init__(
            inner, beta=beta, alpha=alpha, dropout=dropout, demonstrations=spoil, bits=bits, amateur=amateur
        )
        self.beta, self.alpha, self.dropout, self.spoil, self.bits = beta, alpha, dropout, spoil, bits
        self.other = other
        self._network: tuple[Any, Any] | None = None

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The expert's samples under the combined scores."""
        amateurs = (self.other or self.inner).prompt_ids([spoiled(chat, self.spoil) for chat in prompts])
        theirs = dict(zip(map(tuple, self.inner.prompt_ids(prompts)), amateurs, strict=True))
        differs = bool(self.dropout or self.bits or self.other)
        same = not differs and all(list(ours) == other for ours, other in theirs.items())
        steering = Contrast(self, theirs, sampling, same or not self.beta)
        for index, number, completion in self.inner.steered(steering).stream_some(prompts, wanted, sampling):
            read: dict[str, int | None] = {"amateur": len(amateurs[index])} if steering.reads else {}
            yield index, number, with_readers(completion, self.name, read)

    def amateur(self) -> tuple[Any, Any]:
        """The amateur's network, and which rows it drops for; made once.

        Raises:
            LimbeckError: another vocabulary.
        """
        if self._network is None:
            self._network = self._made()
        return self._network

    def _made(self) -> tuple[Any, Any]:
        from limbeck.networks.compressing import quantise
        from limbeck.networks.dropping import Dropping
        from limbeck.networks.tokenizers import difference
        from limbeck.networks.twins import twin

        chosen = self.other or self.inner
        if self.other and (word := difference(chosen.tokenizer, self.inner.tokenizer)) is not None:
            both = f"{chosen.name!r} and {self.name!r}"
            raise LimbeckError(f"decoding/contrastive_decoding: {both} have different tokens: {word!r}")
        network = twin(chosen.network, shared=not self.bits)
        if self.bits:
            quantise(network, self.bits)
        dropping = Dropping(self.dropout) if self.dropout else None
        if dropping:
            dropping.put(network)
        return network, dropping


class Contrast:
    """The steering of one call.

    Args:
        theirs: the amateur's prompt for each of the expert's.
        alone: the expert's logits are only masked.
    """

    def __init__(
        self, made: Contrasted, theirs: dict[tuple[int, ...], list[int]], sampling: Sampling, alone: bool
    ) -> None:
        self.made, self.theirs, self.sampling, self.reads = made, theirs, sampling, not alone
        self.beside: Beside | None = None

    def begin(self, model: Any, rows: Sequence[SampledRow]) -> None:
        """The amateur has read nothing of a new batch."""
        if not self.reads:
            return
        from limbeck.networks.beside import Beside

        network, dropping = self.made.amateur()

        def tell(rows: Sequence[SampledRow], pads: list[int], width: int) -> None:
            dropping.keys, dropping.pads, dropping.width = [self._key(row) for row in rows], pads, width

        prompt = self.theirs
        self.beside = Beside(network, lambda row: prompt[tuple(row.prompt)], tell if dropping else None)

    def _key(self, row: SampledRow) -> int:
        from limbeck.networks.dropping import row_key

        return row_key(self.sampling.seed, row.prompt, row.number if self.sampling.temperature else 0)

    def logits(self, logits_RV: torch.Tensor, rows: Sequence[SampledRow]) -> torch.Tensor:
        """The combined scores, ``-inf`` where the expert finds a token implausible."""
        import math

        limit_R1 = logits_RV.amax(-1, keepdim=True) + math.log(self.made.alpha)
        scores_RV = logits_RV
        if self.beside is not None:
            amateur_RV = self.beside.read(rows).logits[:, -1].to(logits_RV)
            # Equal to (1 + β) s - β a; written so, an amateur that says the same changes no bit.
            scores_RV = logits_RV + self.made.beta * (logits_RV - amateur_RV)
        return scores_RV.masked_fill(logits_RV < limit_R1, float("-inf"))

    def end(self) -> None:
        """The amateur's cache goes."""
        self.beside = None
