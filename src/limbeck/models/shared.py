"""A local model that many threads ask at once: what they ask for is sampled in one running batch."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Sampling
from limbeck.models.local import Local

if TYPE_CHECKING:
    from limbeck.models._mixed import AskedRow, Call
    from limbeck.models._reading import Read
    from limbeck.networks.caching import Caching
    from limbeck.networks.drafting import Drafter
    from limbeck.networks.steering import Steering


GIVES = ("text", "prefix", "logprobs", "tops", "score", "ids", "logits", "cache", "drafts")

HALF = "\ufffd"
"""What stands for a character of which a token holds only some bytes."""


class Left(Exception):
    """Nobody waits for these completions any more."""


@dataclass(eq=False)
class Caller:
    """Who a thread asks for.

    ``left`` is set when they wait no longer: their rows leave the batch. ``told`` hears, now and then, of
    what a sample has written, by its prompt's place in the call and its number.
    """

    left: threading.Event = field(default_factory=threading.Event)
    told: Callable[[int, int, str], None] | None = None


CALLER: ContextVar[Caller | None] = ContextVar("caller", default=None)
"""Set by a thread before it asks; where nobody has, a call is one's own and ends when it is read no more."""


class Shared(Local):
    """As `Local`, for any number of threads. A sample depends on its prompt, seed and number alone, so it is
    the one that `Local` draws.

    The network is loaded at once, so that what is wrong with it is known before anybody asks.

    Raises:
        LimbeckError: while asked, for a prompt longer than the model takes.
    """

    def __init__(self, local: Local) -> None:
        from limbeck.models._engine import Engine

        super().__init__(local.path, local.dtype, local.device, local.batch_tokens)
        self.name = local.name
        self._loaded = local._loaded
        self._lock, self._turn, self._indices = threading.RLock(), threading.Lock(), itertools.count()
        self._reading = threading.Lock()
        self.engine = Engine(self._loaded[0], self._ends, self.batch_tokens, self.decode)

    def decode(self, ids: list[int]) -> str:
        """The text of tokens, special ones too."""
        with self._lock:
            text: str = self._loaded[1].decode(ids)
            return text

    def encode(self, text: str) -> list[int]:
        """The tokens of a text as the tokenizer begins one."""
        with self._lock:
            ids: list[int] = self._loaded[1](text)["input_ids"]
            return ids

    @property
    def vocabulary(self) -> int:
        """How many tokens the network knows."""
        return int(self._loaded[0].get_input_embeddings().weight.shape[0])

    # A tokenizer that is changed while another thread uses it raises "Already borrowed".
    def _prompt_ids(self, prompts: Sequence[Messages]) -> list[list[int]]:
        with self._lock:
            return super()._prompt_ids(prompts)

    def _text(self, ids: list[int], stop: Sequence[str] = ()) -> str:
        with self._lock:
            return super()._text(ids, stop)

    def steered(self, steering: Steering) -> Local:
        """A copy that draws from what ``steering`` makes of its logits. A steering knows one batch, so its
        callers take turns."""
        other = _InTurn(self.path, self.dtype, self.device, self.batch_tokens)
        other._loaded, other.steering, other.turn = self._loaded, steering, self._turn
        return other

    def cached(self, caching: Caching) -> Local:
        """A copy whose cache ``caching`` looks after; its callers take turns, too."""
        other = _InTurn(self.path, self.dtype, self.device, self.batch_tokens)
        other._loaded, other.caching, other.turn = self._loaded, caching, self._turn
        return other

    def altered(self, change: Callable[[Any], Any]) -> Local:
        """As `Local.altered`; its callers take turns, for they share a tokenizer."""
        other = _InTurn(self.path, self.dtype, self.device, self.batch_tokens)
        other.opened = lambda: (change(self._loaded[0]), self._loaded[1])
        other.turn = self._turn
        return other

    def drafted(self, drafter: Drafter, ahead: int) -> Local:
        """A copy that reads what ``drafter`` guesses; its callers take turns, too."""
        other = _InTurn(self.path, self.dtype, self.device, self.batch_tokens)
        other._loaded, other.drafting, other.turn = self._loaded, (drafter, ahead), self._turn
        return other

    def _continue(
        self, ids: Sequence[list[int]], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        from limbeck.models._mixed import AskedRow, Call

        caller = CALLER.get() or Caller()
        positions = self._positions
        call = Call(sampling, caller.left, caller.told is not None)
        once = sampling.temperature == 0
        rows: list[AskedRow] = []
        for asked, (prompt, numbers) in enumerate(zip(ids, wanted, strict=True)):
            if not prompt or len(prompt) >= positions:
                most = positions - 1
                raise LimbeckError(f"the prompt has {len(prompt)} tokens, {self.name} takes 1 to {most}")
            index, room = next(self._indices), min(sampling.max_tokens, positions - len(prompt))
            drawn = sorted(numbers)[:1] if once else numbers
            rows += [AskedRow(prompt, index, number, room, call=call, asked=asked) for number in drawn]
        self.engine.ask(rows)
        try:
            for row in self._arriving(call, len(rows), caller):
                completion = self._with_tops(row)
                for number in wanted[row.asked] if once else [row.number]:
                    yield row.asked, number, completion
        finally:
            call.closed = True

    def _arriving(self, call: Call, count: int, caller: Caller) -> Iterator[AskedRow]:
        """Rows as they end; meanwhile the caller hears of what they write."""
        while count:
            came = call.arrived.get()
            if came is None:
                raise Left
            if isinstance(came, BaseException):
                raise came
            if isinstance(came, tuple):
                if caller.told is not None:
                    asked, number, ids = came
                    caller.told(asked, number, self._so_far(ids, call.sampling.stop))
                continue
            count -= 1
            yield came

    def _so_far(self, ids: list[int], stop: Sequence[str]) -> str:
        """What of a text is sure to stay: no half of a character at its end, no beginning of a stop
        string."""
        text = self._text(ids, stop).rstrip(HALF)
        held = max((len(mark) for mark in stop), default=1) - 1
        return text[: len(text) - held]

    def _with_tops(self, row: AskedRow) -> Completion:
        completion = self._completion(row, row.sampling)
        if row.sampling.top:
            completion.tops = [self._top(*pair) for pair in zip(row.ids, row.tops, strict=True)]
        return completion

    def _top(self, token: int, others: list[tuple[int, float]]) -> tuple[str, dict[str, float]]:
        """A token and its likeliest alternatives, as texts."""
        return self.decode([token]), self.by_text(others)

    def by_text(self, others: list[tuple[int, float]]) -> dict[str, float]:
        """Alternatives by their texts, the likeliest first; of those that read alike, such as halves of
        characters, the likeliest."""
        texts: dict[str, float] = {}
        for other, logp in others:
            texts.setdefault(self.decode([other]), logp)
        return texts

    def read(self, texts: Sequence[list[int]], top: int) -> list[Read]:
        """What the network makes of given tokens, ``top`` alternatives to each; one call at a time.

        Raises:
            LimbeckError: a text longer than the model takes, or without a token.
        """
        from limbeck.models import _reading

        for ids in texts:
            if not 0 < len(ids) <= self._positions:
                raise LimbeckError(
                    f"the prompt has {len(ids)} tokens, {self.name} reads 1 to {self._positions}"
                )
        with self._reading:
            return _reading.read(self._loaded[0], texts, self.batch_tokens, top)

    def score(
        self, prompts: Sequence[Messages], completions: Sequence[str], ended: Sequence[bool] | None = None
    ) -> list[list[float]]:
        """As `Local.score`, one call at a time."""
        with self._lock:
            return super().score(prompts, completions, ended)


class _InTurn(Local):
    """Steered samples of a network that several threads share: one call at a time."""

    turn: threading.Lock

    def _continue(
        self, ids: Sequence[list[int]], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        with self.turn:
            done = list(super()._continue(ids, wanted, sampling))
        yield from done
