"""The likely token whose meaning was not there yet."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from limbeck.decoding.ops import Decoded
from limbeck.decoding.token._steered import as_asked, local, with_readers
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models.local import Local
from limbeck.pipeline.estimates import Counts
from limbeck.types import Count, Share

if TYPE_CHECKING:
    import torch

    from limbeck.networks.steering import SampledRow

GIVES = ("text", "prefix")
MODEL_WANTS = ("logits",)


def contrastive_search(*, model: Model, k: Count = 4, alpha: Share = 0.6) -> Model:
    """Take, of the ``k`` likeliest tokens, the one least like what is there: ``(1 - α) p - α max cos``.

    A contrastive framework for neural text generation, arXiv 2202.06417, equation 5. The cosine is between
    the last hidden state that a candidate would have and those of all tokens before it, prompt included.
    Three passes a token: the model's, one over the candidates, one over the one taken. The choice is
    deterministic, whatever the temperature, and all samples of a prompt are the same. At ``alpha`` 0 or ``k``
    1 it is greedy.

    (transformers 5 has no ``penalty_alpha`` of its own any more; it is code to be fetched from the Hub.)

    Args:
        model: a local one.
        k: candidates.
        alpha: weight of the penalty.

    Returns:
        A model; ``spent`` counts what its ``writer`` and the ``reader`` of candidates read.

    Raises:
        LimbeckError: a model that is asked elsewhere.
    """
    return Searched(local(model, "decoding/contrastive_search"), k, alpha)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: what is written; the second reading of it goes along."""
    return as_asked(counts)


class Searched(Decoded):
    """The model behind `contrastive_search`."""

    inner: Local

    def __init__(self, inner: Local, k: int, alpha: float) -> None:
        super().__init__(inner, k=k, alpha=alpha)
        self.k, self.alpha = k, alpha

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The one text of each prompt, for every number."""
        steering = Unlike(self.inner, self.k, self.alpha)
        for index, number, completion in self.inner.steered(steering).stream_some(prompts, wanted, sampling):
            yield (
                index,
                number,
                with_readers(completion, self.name, {"reader": None} if steering.looks else {}),
            )


class Unlike:
    """The steering: all but the chosen token is forbidden."""

    def __init__(self, inner: Local, k: int, alpha: float) -> None:
        self.inner, self.k, self.alpha = inner, k, alpha
        self.looks = k > 1 and alpha > 0
        self.ahead: Any = None

    def begin(self, model: Any, rows: Sequence[SampledRow]) -> None:
        """A new batch is read from its beginning."""
        from limbeck.networks.beside import Ahead

        self.ahead = Ahead(self.inner.network)

    def logits(self, logits_RV: torch.Tensor, rows: Sequence[SampledRow]) -> torch.Tensor:
        """0 for the chosen token, minus infinity for all others."""
        import torch

        if not self.looks:
            chosen_R1 = logits_RV.argmax(-1, keepdim=True)
        else:
            self.ahead.read(rows)
            probs_RK, candidates_RK = logits_RV.float().softmax(-1).topk(min(self.k, logits_RV.shape[-1]))
            likeness_RK = self._likeness(candidates_RK, rows)
            scores_RK = (1 - self.alpha) * probs_RK - self.alpha * likeness_RK
            chosen_R1 = candidates_RK.gather(1, scores_RK.argmax(1, keepdim=True))
        return torch.full_like(logits_RV, -torch.inf).scatter(1, chosen_R1, 0.0)

    def _likeness(self, candidates_RK: torch.Tensor, rows: Sequence[SampledRow]) -> torch.Tensor:
        """The largest cosine of each candidate with what its row has seen."""
        import torch
        from torch.nn.functional import normalize

        new_RKD = normalize(self.ahead.look(candidates_RK).float(), dim=-1)
        seen = [normalize(self.ahead.states[id(row)].float(), dim=-1) for row in rows]
        return torch.stack(
            [(new_KD @ old_TD.T).amax(1) for new_KD, old_TD in zip(new_RKD, seen, strict=True)]
        )

    def end(self) -> None:
        """What was read goes."""
        self.ahead = None
