"""Completions held to a form: a regular expression, a JSON schema or a grammar."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from limbeck.decoding.ops import Decoded
from limbeck.decoding.token._steered import as_asked, local
from limbeck.errors import LimbeckError, missing_extra
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models.local import Local
from limbeck.pipeline.estimates import Counts

if TYPE_CHECKING:
    import torch

    from limbeck.networks.steering import SampledRow

GIVES = ("text", "prefix", "logprobs")
MODEL_WANTS = ("logits",)
WHERE = "decoding/constrained"
Kind = Literal["regex", "json", "lark"]


def constrained(*, model: Model, constraint: str, kind: Kind = "regex") -> Model:
    """Set the logits of tokens that cannot go on to a text of the wanted form to minus infinity (llguidance).

    The whole completion has the form; it may end where the form may. Which tokens fit is worked out by
    llguidance (extra ``constrained``) for the bytes of each token, whatever the vocabulary. A completion that
    is cut off has the beginning of such a text.

    Args:
        model: a local one, whose logits can be changed.
        constraint: of the whole completion: a regular expression (Rust's, without look-around), a JSON schema
            as text, or a grammar in llguidance's dialect of Lark whose first rule is ``start``.
        kind: which of them it is.

    Raises:
        LimbeckError: llguidance is not installed; a constraint that is none, or that no text satisfies; when
            asked, one that cannot be written in the model's tokens.
    """
    precheck({"constraint": constraint, "kind": kind})
    return Constrained(local(model, WHERE), constraint, kind)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    guidance = _guidance()
    matcher = begun(guidance.LLTokenizer("byte"), given["constraint"], given["kind"])
    if not _fits(matcher):
        raise LimbeckError(f"{WHERE}: constraint={given['constraint']!r:.200}: no text satisfies it")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: what the model is asked is what was asked."""
    return as_asked(counts)


def _guidance() -> Any:
    try:
        import llguidance
    except ModuleNotFoundError as error:
        raise missing_extra("llguidance", "constrained", WHERE) from error
    return llguidance


def begun(tokenizer: Any, constraint: str, kind: str) -> Any:
    """A matcher that has seen nothing.

    Raises:
        LimbeckError: the constraint is none of its kind.
    """
    guidance = _guidance()
    name = "grammar_from_json_schema" if kind == "json" else f"grammar_from_{kind}"
    try:
        matcher = guidance.LLMatcher(tokenizer, getattr(guidance.LLMatcher, name)(constraint), log_level=0)
    except ValueError as error:
        raise LimbeckError(f"{WHERE}: constraint={constraint!r:.200} is no {kind}: {error}") from error
    if matcher.is_error():
        why = " ".join(matcher.get_error().split())
        raise LimbeckError(
            f"{WHERE}: constraint={constraint!r:.200} is no {kind} that can be met: {why:.300}"
        )
    return matcher


def _fits(matcher: Any) -> bytes:
    """A byte for each token, not 0 where it may come next; empty where none may."""
    bias: bytes = matcher.compute_logit_bias()
    # llguidance 1.9 ends a text that nothing can complete, as if it were whole.
    dead = matcher.is_error() or not any(bias) or (matcher.is_stopped() and not matcher.is_accepting())
    return b"" if dead else bias


class Constrained(Decoded):
    """The model behind `constrained`."""

    inner: Local

    def __init__(self, inner: Local, constraint: str, kind: Kind) -> None:
        super().__init__(inner, constraint=constraint, kind=kind)
        self.constraint, self.kind = constraint, kind

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The inner model's samples of that form."""
        yield from self.inner.steered(Form(self)).stream_some(prompts, wanted, sampling)

    @cached_property
    def tokens(self) -> Any:
        """The model's tokens as llguidance knows them."""
        from llguidance import LLTokenizer
        from llguidance.hf import from_tokenizer

        tokenizer, ends = self.inner.tokenizer, self.inner.ends
        size = int(self.inner.network.get_output_embeddings().weight.shape[0])
        try:
            return from_tokenizer(tokenizer, n_vocab=size, eos_token=ends)
        except ValueError:
            # Its decoder is none that llguidance reads, such as one of single characters.
            return LLTokenizer(_wrapped(tokenizer, ends), n_vocab=size, eos_token=ends)


def _wrapped(tokenizer: Any, ends: list[int]) -> Any:
    from llguidance._tokenizer import TokenizerWrapper

    texts = tokenizer.batch_decode([[each] for each in range(len(tokenizer))])
    special = sorted({*tokenizer.all_special_ids, *ends})

    class Spelt:
        def __init__(self) -> None:
            self.eos_token_id, self.bos_token_id = ends[0], None
            self.special_token_ids = special
            self.tokens = [text.encode() for text in texts]

        def __call__(self, text: str) -> list[int]:
            ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
            return ids

    return TokenizerWrapper(Spelt())


class Form:
    """The steering of one call: a matcher for each sample, which has seen what the sample has written."""

    def __init__(self, made: Constrained) -> None:
        self.made = made
        self.matchers: dict[int, tuple[Any, int]] = {}

    def begin(self, model: Any, rows: Sequence[SampledRow]) -> None:
        """A sample that was set aside is matched from its beginning."""
        tokens = self.made.tokens
        self.matchers = {id(row): (begun(tokens, self.made.constraint, self.made.kind), 0) for row in rows}

    def logits(self, logits_RV: torch.Tensor, rows: Sequence[SampledRow]) -> torch.Tensor:
        """Minus infinity for what cannot go on."""
        import torch

        kept = [self._kept(row, logits_RV.shape[-1]) for row in rows]
        return logits_RV.masked_fill(~torch.stack(kept).to(logits_RV.device), -torch.inf)

    def _kept(self, row: SampledRow, size: int) -> torch.Tensor:
        """Which tokens may come next."""
        import torch

        written = row.seen[len(row.prompt) :]
        matcher, done = self.matchers[id(row)]
        if self._over(row, written):
            return torch.ones(size, dtype=torch.bool)
        matcher.consume_tokens(written[done:])
        self.matchers[id(row)] = matcher, len(written)
        kept_V = torch.zeros(size, dtype=torch.bool)
        bias = torch.frombuffer(bytearray(_fits(matcher) or b"\0"), dtype=torch.uint8)[:size]
        kept_V[: len(bias)] = bias > 0
        # What a tokenizer has no token for it calls unknown, and so does the matcher where that is forced.
        if (unknown := self.made.inner.tokenizer.unk_token_id) is not None:
            kept_V[unknown] = False
        if not kept_V.any():
            text = self.made.inner.tokenizer.decode(written)
            raise LimbeckError(
                f"{WHERE}: constraint={self.made.constraint!r:.200}: behind {text!r:.100} no token of "
                f"{self.made.name!r} satisfies it"
            )
        return kept_V

    def _over(self, row: Any, written: list[int]) -> bool:
        """Whether a sample is finished: it stays in its batch for a while, where what is drawn counts for
        nothing."""
        return row.ended or len(written) >= row.most or not set(self.made.inner.ends).isdisjoint(written)

    def end(self) -> None:
        """The matchers go."""
        self.matchers = {}
