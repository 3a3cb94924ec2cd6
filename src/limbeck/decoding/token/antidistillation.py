"""A teacher whose traces harm who is trained on them: tokens are drawn for what a student would unlearn."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from limbeck.decoding.ops import Decoded
from limbeck.decoding.token._steered import as_asked, local, with_readers
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models.local import Local
from limbeck.pipeline.estimates import Counts
from limbeck.types import Checkpoint, Part, Positive, Weight

if TYPE_CHECKING:
    import torch

    from limbeck.networks.beside import Beside
    from limbeck.networks.steering import SampledRow

GIVES = ("text", "prefix", "logprobs")
MODEL_WANTS = ("logits",)
Scores = Literal["difference", "exact"]


def antidistillation(
    *,
    model: Model,
    proxy: Checkpoint,
    gradient: Part,
    strength: Weight = 1.0,
    epsilon: Positive = 0.01,
    scores: Scores = "difference",
) -> Model:
    """Draw from ``softmax(log p(x) / τ + λ Δ(x))``, Δ the loss that a step on x would add (arXiv 2504.13146).

    ``Δ(x) = ⟨g, ∇ log p(x | …; θ)⟩`` with θ a proxy student and g the gradient of its loss on held-out traces
    (section 3, equations 5 to 10): a step of training towards x moves that loss by so much, times the step.
    With ``strength`` 0 it is plain sampling.

    Args:
        model: the teacher, a local one.
        proxy: a student like those that might be distilled, with the teacher's tokens.
        gradient: a stage of `teachers/loss_gradient` of this proxy.
        strength: λ.
        epsilon: half the distance, in gradients, between the two copies of the proxy that ``difference``
            compares: ``(log p(x; θ + ε g) - log p(x; θ - ε g)) / 2 ε``. Two passes a token.
        scores: ``exact`` differentiates instead, and reads every prefix anew: for small models, and to see
            how far ``difference`` is off.

    Returns:
        A model whose log-probabilities are those of the distorted distribution at temperature 1. At
        temperature 0 the likeliest token there is taken. ``spent`` counts what the ``writer`` and the
        ``proxy`` read.

    Raises:
        LimbeckError: a model that is asked elsewhere; when asked, a proxy of another vocabulary, or a
            gradient of another network.
    """
    inner = local(model, "decoding/antidistillation")
    return Antidistilled(inner, str(proxy), str(gradient), strength, epsilon, scores)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: what is written; the proxies read along."""
    return as_asked(counts)


class Antidistilled(Decoded):
    """The model behind `antidistillation`."""

    inner: Local

    def __init__(
        self, inner: Local, proxy: str, gradient: str, strength: float, epsilon: float, scores: Scores
    ) -> None:
        super().__init__(inner, proxy=proxy, strength=strength, epsilon=epsilon, scores=scores)
        self.proxy, self.gradient, self.strength, self.epsilon = proxy, gradient, strength, epsilon
        self.scores, self._ready = scores, None

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The teacher's samples, poisoned."""
        if not self.strength:
            yield from self.inner.stream_some(prompts, wanted, sampling)
            return
        # The sampler divides by the temperature what the formula adds behind it.
        harm = Harm(self.reader(), self.strength * (sampling.temperature or 1.0))
        for index, number, completion in self.inner.steered(harm).stream_some(prompts, wanted, sampling):
            yield index, number, with_readers(completion, self.name, {"proxy": None})

    def reader(self) -> Difference | Exact:
        """What scores tokens for a call; the networks are made once.

        Raises:
            LimbeckError: the proxy has other tokens, or the gradient is of another network.
        """
        import torch

        if self._ready is None:
            with torch.inference_mode(False):
                self._ready = self._made()
        ready: Any = self._ready
        return Exact(*ready) if self.scores == "exact" else Difference(ready[0], ready[1], self.epsilon)

    def _made(self) -> Any:
        from limbeck.networks.directional import direction, moved
        from limbeck.networks.opening import load, open_tokenizer
        from limbeck.networks.tokenizers import difference

        if (word := difference(self.inner.tokenizer, open_tokenizer(self.proxy))) is not None:
            raise LimbeckError(
                f"decoding/antidistillation: {self.proxy} and {self.name} have different tokens: {word!r}"
            )
        network = load(self.proxy).to(self.inner.network.device).eval()
        along = direction(network, self.gradient)
        if self.scores == "exact":
            network.set_attn_implementation("eager")
            return network, along
        return moved(network, along, self.epsilon), moved(network, along, -self.epsilon)


class Difference:
    """Harm as the difference of two proxies, each with a cache."""

    def __init__(self, ahead: Any, behind: Any, epsilon: float) -> None:
        from limbeck.networks.beside import Beside

        self.epsilon = epsilon
        self.ahead: Beside = Beside(ahead)
        self.behind: Beside = Beside(behind)

    def read(self, rows: Sequence[SampledRow]) -> torch.Tensor:
        """Δ of every token, ``[R, V]``."""
        ahead_RV, behind_RV = (_logp(each.read(rows)) for each in (self.ahead, self.behind))
        harm_RV: torch.Tensor = (ahead_RV - behind_RV) / (2 * self.epsilon)
        return harm_RV

    def forget(self) -> None:
        """The caches go."""
        self.ahead.forget()
        self.behind.forget()


def _logp(output: Any) -> torch.Tensor:
    """Log-probabilities of the next token, ``[R, V]``."""
    logp_RV: torch.Tensor = output.logits[:, -1].float().log_softmax(-1)
    return logp_RV


class Exact:
    """Harm as a derivative."""

    def __init__(self, network: Any, along: dict[str, torch.Tensor]) -> None:
        self.network, self.along = network, along

    def read(self, rows: Sequence[SampledRow]) -> torch.Tensor:
        """Δ of every token, ``[R, V]``."""
        from limbeck.networks.directional import rate

        return rate(self.network, self.along, [row.seen for row in rows])

    def forget(self) -> None:
        """Nothing is kept."""


class Harm:
    """The steering of one call."""

    def __init__(self, reader: Difference | Exact, scale: float) -> None:
        self.reader, self.scale = reader, scale

    def begin(self, model: Any, rows: Sequence[SampledRow]) -> None:
        """A new batch is read from its beginning."""
        self.reader.forget()

    def logits(self, logits_RV: torch.Tensor, rows: Sequence[SampledRow]) -> torch.Tensor:
        """The teacher's logits and the harm."""
        return logits_RV + self.scale * self.reader.read(rows).to(logits_RV)

    def end(self) -> None:
        """The caches go."""
        self.reader.forget()
