"""A thought held to some scripts: tokens with letters of any other cannot be drawn."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from limbeck.decoding.ops import Decoded
from limbeck.errors import LimbeckError, missing_extra, unknown
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models.local import Local
from limbeck.pipeline.estimates import Counts
from limbeck.texts.languages import LATIN, SPOKEN

if TYPE_CHECKING:
    import torch

    from limbeck.networks.steering import SampledRow

GIVES = ("text", "prefix", "logprobs", "ids")
MODEL_WANTS = ("logits",)


def in_script(*, model: Model, scripts: tuple[str, ...], until: str = "") -> Model:
    """Set the logits of tokens with letters of other scripts to minus infinity (arXiv 2505.14815, section 5).

    Digits, marks, blanks and control tokens stay. A token that holds only some bytes of a character is
    forbidden too, for its script shows when it is too late: what a tokenizer has no whole token for cannot be
    written under the mask.

    Args:
        model: a local one, whose logits can be changed.
        scripts: of `limbeck.texts.languages`: Latin, Han, Cyrillic, ….
        until: behind this text the rest, the answer, is free: ``</think>``. Empty holds the whole completion.

    Raises:
        LimbeckError: no script, an unknown one, or a tokenizer without a token that is left.
    """
    precheck({"scripts": scripts})
    if not isinstance(model, Local):
        raise LimbeckError(f"decoding/in_script: model {model.name!r} is not of this process")
    return InScript(model, scripts, until)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    if not given["scripts"]:
        raise LimbeckError("decoding/in_script: scripts is empty; name one, such as Latin")
    for name in given["scripts"]:
        if name not in {LATIN, *SPOKEN}:
            raise unknown("script", name, {LATIN, *SPOKEN}, "decoding/in_script")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: what the model is asked is what was asked."""
    spent = ("samples", "prompt_tokens", "max_tokens")
    return {key: counts[key] for key in spent if key in counts}


class InScript(Decoded):
    """The model behind `in_script`."""

    def __init__(self, inner: Local, scripts: tuple[str, ...], until: str) -> None:
        super().__init__(inner, scripts=list(scripts), until=until)
        self.masked = inner.steered(Mask(inner.path, scripts, until))

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The inner model's samples under the mask."""
        yield from self.masked.stream_some(prompts, wanted, sampling)


class Mask:
    """The steering: what is forbidden is worked out once from the tokenizer of ``path``."""

    def __init__(self, path: str, scripts: tuple[str, ...], until: str) -> None:
        self.path, self.scripts, self.until = path, scripts, until
        self.reach = len(until.encode()) + 1
        self.tokenizer: Any = None
        self.free_V: torch.Tensor | None = None
        self.released: set[int] = set()

    def begin(self, model: Any, rows: Sequence[SampledRow]) -> None:
        """The tokenizer is opened with the first batch."""
        if self.tokenizer is None:
            try:
                from limbeck.networks.template import load_tokenizer
            except ImportError as error:
                raise missing_extra(error.name or "torch", "train", "decoding/in_script") from error
            self.tokenizer = load_tokenizer(self.path)
        # All of what a sample that was set aside has written: the mark may lie far behind.
        self.released = {id(row) for row in rows if self._marked(row.seen[len(row.prompt) :])}

    def logits(self, logits_RV: torch.Tensor, rows: Sequence[SampledRow]) -> torch.Tensor:
        """Minus infinity for what is forbidden, in rows that have not come to ``until``."""
        import torch

        if self.free_V is None:
            self.free_V = self._free(logits_RV)
        held_R = torch.tensor([not self._released(row) for row in rows], device=logits_RV.device)
        return logits_RV.masked_fill(held_R[:, None] & ~self.free_V, -torch.inf)

    def end(self) -> None:
        """Nothing is kept but the mask."""

    def _free(self, logits_RV: torch.Tensor) -> torch.Tensor:
        import torch

        from limbeck.networks.vocabularies import allowed

        free = allowed(self.tokenizer, self.scripts, logits_RV.shape[-1])
        if not any(free):
            wanted = ", ".join(self.scripts)
            raise LimbeckError(f"decoding/in_script: no token of {self.path} is free of letters but {wanted}")
        return torch.tensor(free, device=logits_RV.device)

    def _released(self, row: SampledRow) -> bool:
        # The mark may be cut into as many tokens as it has bytes.
        if id(row) not in self.released and self._marked(row.seen[len(row.prompt) :][-self.reach :]):
            self.released.add(id(row))
        return id(row) in self.released

    def _marked(self, ids: list[int]) -> bool:
        return bool(self.until) and self.until in self.tokenizer.decode(ids)
