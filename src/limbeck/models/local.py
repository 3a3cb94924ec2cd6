"""A causal language model in this process, loaded from a folder or the Hub, or being trained right now."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._queue import Row
from limbeck.texts.tags import KINDS

if TYPE_CHECKING:
    from limbeck.models.sampler import Limits
    from limbeck.networks.caching import Caching
    from limbeck.networks.drafting import Drafter, Reader
    from limbeck.networks.steering import Steering

KEPT = ("<think>", "</think>")
"""Marks of the text itself, kept even where a tokenizer calls them special."""


class Local(Model):
    """Samples and scores with a model of `transformers`."""

    steering: Steering | None = None
    caching: Caching | None = None
    opened: Callable[[], tuple[Any, Any]] | None = None
    drafting: tuple[Drafter, int] | None = None

    def __init__(
        self, path: str, dtype: str = "auto", device: str = "auto", batch_tokens: int = 65536
    ) -> None:
        self.name = self.path = path
        self.dtype, self.device, self.batch_tokens = dtype, device, batch_tokens

    @classmethod
    def live(cls, model: Any, tokenizer: Any, name: str = "student") -> Local:
        """A model that is in memory already, such as a student being trained."""
        made = cls(name)
        made._loaded = (model, tokenizer)
        return made

    def steered(self, steering: Steering) -> Local:
        """A copy that draws from what ``steering`` makes of its logits; the network is shared once loaded."""
        if self.caching is not None:
            raise LimbeckError(f"model {self.name!r} has a cache policy and cannot be steered too")
        other = copy.copy(self)
        other.steering = steering
        return other

    def cached(self, caching: Caching) -> Local:
        """A copy whose cache ``caching`` looks after; the network is shared once loaded."""
        if self.steering is not None:
            raise LimbeckError(f"model {self.name!r} is steered and cannot have a cache policy too")
        other = copy.copy(self)
        other.caching = caching
        return other

    def altered(self, change: Callable[[Any], Any]) -> Local:
        """A model that samples and scores with what ``change`` makes of the network, when it is first asked.

        ``change`` leaves the network it is given as it is: others sample with it (`limbeck.networks.twins`).
        """
        other = copy.copy(self)
        vars(other).pop("_loaded", None)
        other.opened = lambda: (change(self._loaded[0]), self._loaded[1])
        return other

    def drafted(self, drafter: Drafter, ahead: int) -> Local:
        """A copy that reads what ``drafter`` guesses, ``ahead`` tokens at a time, and writes what it would
        have written without."""
        if self.steering is not None or self.caching is not None:
            raise LimbeckError(
                f"model {self.name!r} is steered or has a cache policy: nobody can draft for it"
            )
        other = copy.copy(self)
        other.drafting = drafter, ahead
        return other

    def reader(self) -> Reader:
        """The network, reading one text at a time."""
        from limbeck.networks.drafting import Reader

        return Reader(self._loaded[0], self._loaded[1].get_vocab())

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        """Model and tokenizer."""
        if self.opened is not None:
            return self.opened()
        from limbeck.models._opened import opened

        return opened(self.path, self.dtype, self.device)

    @property
    def network(self) -> Any:
        """The network itself; who changes it changes what everybody samples."""
        return self._loaded[0]

    @property
    def tokenizer(self) -> Any:
        """Its tokenizer."""
        return self._loaded[1]

    @property
    def ends(self) -> list[int]:
        """Ids of the tokens that end its completions."""
        return self._ends

    def prompt_ids(self, prompts: Sequence[Messages]) -> list[list[int]]:
        """The tokens of prompts as they are sampled from."""
        return self._prompt_ids(prompts)

    @cached_property
    def _ends(self) -> list[int]:
        """Ids that end a completion."""
        model, tokenizer = self._loaded
        listed = model.generation_config.eos_token_id
        ends = {tokenizer.eos_token_id, *(listed if isinstance(listed, list) else [listed])}
        return sorted(ends - {None})

    @cached_property
    def _hidden(self) -> set[int]:
        """Ids that are not part of a completion's text."""
        tokenizer = self._loaded[1]
        added = tokenizer.get_added_vocab()
        other_tags = {added[tag] for tags in KINDS.values() for tag in tags if tag in added}
        kept = {*tokenizer.convert_tokens_to_ids(list(KEPT)), *other_tags}
        return set(tokenizer.all_special_ids) - kept

    def _prompt_ids(self, prompts: Sequence[Messages]) -> list[list[int]]:
        tokenizer = self._loaded[1]
        if not tokenizer.chat_template:
            raise LimbeckError(f"the tokenizer of {self.path!r} has no chat template; give its folder one")
        from limbeck.networks.template import encode, prompt_text

        return encode(tokenizer, [prompt_text(tokenizer, messages) for messages in prompts])

    def _text(self, ids: list[int], stop: Sequence[str] = ()) -> str:
        tokenizer = self._loaded[1]
        text: str = tokenizer.decode([token for token in ids if token not in self._hidden])
        for mark in stop:
            text = text.partition(mark)[0]
        return text

    def stream(
        self, prompts: Sequence[Messages], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """Completions as they finish."""
        return self.stream_some(prompts, [range(sampling.n)] * len(prompts), sampling)

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples as they finish. Greedy samples of a prompt are all the same one."""
        return self._continue(self._prompt_ids(prompts), wanted, sampling)

    def continue_ids(
        self, prompts: Sequence[Sequence[int]], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples of prompts given as token ids, as they finish."""
        return self._continue([list(ids) for ids in prompts], wanted, sampling)

    def sync(self, student: Any) -> None:
        """Sample from ``student`` itself from now on."""
        self._loaded = (student, self._loaded[1])

    def _continue(
        self, ids: Sequence[list[int]], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        positions = self._positions
        rows: list[Row] = []
        for index, (prompt, numbers) in enumerate(zip(ids, wanted, strict=True)):
            if not prompt or len(prompt) >= positions:
                problem = f"the prompt has {len(prompt)} tokens, {self.name} takes 1 to {positions - 1}"
                for number in numbers:
                    yield index, number, Completion(text="", finish="error", error=problem)
                continue
            drawn = sorted(numbers)[:1] if sampling.temperature == 0 else numbers
            most = min(sampling.max_tokens, positions - len(prompt))
            rows += [Row(prompt, index, number, most) for number in drawn]
        for finished in self._finished(rows, sampling):
            for row in finished:
                completion = self._completion(row, sampling)
                for number in wanted[row.index] if sampling.temperature == 0 else [row.number]:
                    yield row.index, number, completion

    def _finished(self, rows: list[Row], sampling: Sampling) -> Iterator[list[Row]]:
        """Rows as they finish, sampled in the network's own way where it has one.

        Raises:
            LimbeckError: it has, and the model is steered or has a cache policy.
        """
        from limbeck.models import _cached, _drafted, sampler
        from limbeck.networks.ways import way_of

        model, limits = self._loaded[0], self._limits(sampling)
        way = way_of(model)
        drawn = None if way is None else way.sample(model, rows, sampling, limits)
        if drawn is None and self.drafting is not None:
            return _drafted.sample(self.reader(), rows, sampling, limits, *self.drafting)
        if drawn is None and self.caching is not None:
            return _cached.sample(model, rows, sampling, limits, self.caching)
        if drawn is None:
            return sampler.sample(model, rows, sampling, limits, self.steering)
        if way is not None and self.steering is not None:
            raise LimbeckError(f"model {self.name!r} samples as {way.kind!r} does and cannot be steered")
        if way is not None and self.caching is not None:
            raise LimbeckError(f"model {self.name!r} samples as {way.kind!r} does: no policy sees its cache")
        if way is not None and self.drafting is not None:
            raise LimbeckError(f"model {self.name!r} samples as {way.kind!r} does: nobody can draft for it")
        return drawn

    def work(self, prompt: int, written: int) -> dict[str, int]:
        """Operations and bytes of writing so many tokens behind a prompt that was read; of reading it where
        none is written.

        Raises:
            LimbeckError: an architecture whose operations are not known.
        """
        from limbeck.networks import operations

        network = self._loaded[0]
        operations.check(network.config)
        return operations.work(network.config, prompt, written, network.dtype.itemsize)

    @property
    def _positions(self) -> int:
        """Tokens that the network has room for, prompt and completion."""
        return getattr(self._loaded[0].config.get_text_config(), "max_position_embeddings", None) or 2**31

    def _completion(self, row: Row, sampling: Sampling) -> Completion:
        return Completion(
            text=self._text(row.ids, sampling.stop),
            finish="stop" if row.ended else "length",
            tokens=len(row.ids),
            prompt_tokens=len(row.prompt),
            logprobs=row.logps if sampling.logprobs else None,
            ids=row.ids,
            scores=dict(row.scores) or None,
        )

    def _limits(self, sampling: Sampling) -> Limits:
        import torch

        from limbeck.models.sampler import Limits

        def stopped(tails: list[list[int]]) -> list[bool]:
            texts = self._loaded[1].batch_decode(tails)
            return [any(mark in text for mark in sampling.stop) for text in texts]

        # A stop string has at most as many tokens as bytes; one more, for it may begin within a token.
        reach = max((len(mark.encode()) for mark in sampling.stop), default=0) + 1
        ends = torch.tensor(sorted({*self._ends, *sampling.ends}), dtype=torch.long)
        return Limits(ends, self.batch_tokens, reach, stopped if sampling.stop else None)

    def score(
        self, prompts: Sequence[Messages], completions: Sequence[str], ended: Sequence[bool] | None = None
    ) -> list[list[float]]:
        """Natural log-probability of each token of each text, and of the end token where it ended by itself.

        A text is cut into tokens anew, not always into those in which it was once written.

        Raises:
            LimbeckError: the model is steered or has a cache policy: what these make of given text is not
                known.
        """
        if self.steering is not None:
            raise LimbeckError(f"model {self.name!r} is steered and cannot score given text")
        if self.caching is not None:
            raise LimbeckError(f"model {self.name!r} has a cache policy and cannot score given text")
        model, tokenizer = self._loaded
        from limbeck.models import _reading

        ends = ended or [False] * len(completions)
        written = tokenizer(list(completions), add_special_tokens=False)["input_ids"] if completions else []
        close = [tokenizer.eos_token_id]
        closed = [ids + close if end else ids for ids, end in zip(written, ends, strict=True)]
        pairs = list(zip(self._prompt_ids(prompts), closed, strict=True))
        return _reading.score(model, pairs, self.batch_tokens)

    def asked_at(self) -> str:
        """What it computed in and where, for a stage's notes: greedy answers depend on it. Empty where it was
        never asked."""
        if "_loaded" not in vars(self):
            return ""
        weights = self._loaded[0]
        return (
            f"{self.name!r} computed in {str(weights.dtype).removeprefix('torch.')} on {weights.device.type}"
        )

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "path": self.path, "dtype": self.dtype}
