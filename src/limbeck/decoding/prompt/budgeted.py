"""A thought that takes as long as it is given: gone on with when it ends early, ended when it runs over."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from limbeck.decoding.ops import Decoded, made_of
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts
from limbeck.types import Count, CountOrNone

MODEL_WANTS = ("prefix",)
Draft = tuple[int, int, str, list[Completion]]
"""A prompt's place, a sample's number, what is written, and by which completions."""


def budgeted(
    *,
    model: Model,
    budget: Count = 1024,
    waits: CountOrNone = 0,
    wait: str = "Wait",
    mark: str = "</think>",
    forced: str = "\n</think>\n\n",
    max_answer: Count = 512,
) -> Model:
    """Bound a thought on both sides (budget forcing of s1, arXiv 2501.19393, section 3.1).

    A thought that ends before the budget is spent loses its end and goes on behind ``wait``, ``waits`` times
    at most. One that has not ended when it is spent is ended by ``forced``, and the answer follows. Without
    ``waits`` and within the budget a sample is what the model writes by itself, to the bit.

    Args:
        model: thinks and answers.
        budget: most tokens of the thought, those of all its parts; the evaluation's or teacher's
            ``max_tokens`` is not used.
        waits: how often an early end is taken away; 0 only bounds the thought.
        wait: what stands in its place.
        mark: ends a thought.
        forced: what a thought is ended with; holds the mark.
        max_answer: most new tokens behind it.

    Returns:
        A model whose completions are thought and answer as they were written, with the tokens of all parts,
        and as scores ``waits`` and ``forced``, how often each was done. What was written behind an end that
        is taken away counts too. A text that ends by itself without the mark is left as it is.

    Raises:
        LimbeckError: an empty mark or ``wait``, or ``forced`` without the mark.
    """
    precheck({"mark": mark, "forced": forced, "wait": wait})
    return Budgeted(model, (budget, waits, max_answer), (wait, mark, forced))


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    mark, forced, wait = given["mark"], given["forced"], given["wait"]
    if not mark or mark not in forced or not wait:
        raise LimbeckError(
            f"decoding/budgeted: mark={mark!r}, forced={forced!r}, wait={wait!r}: forced holds the mark, and "
            "none of them is empty"
        )


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: a thought of the whole budget and an answer for each sample, in as many requests."""
    samples = counts.get("samples", 0)
    made: Counts = {"max_tokens": samples * (params["budget"] + params["max_answer"])}
    times = params["waits"] + 2
    return {**made, **{key: counts[key] * times for key in ("samples", "prompt_tokens") if key in counts}}


class Budgeted(Decoded):
    """The model behind `budgeted`."""

    def __init__(self, inner: Model, limits: tuple[int, int, int], texts: tuple[str, str, str]) -> None:
        super().__init__(inner, budget=limits[0], waits=limits[1])
        self.budget, self.waits, self.most = limits
        self.wait, self.mark, self.forced = texts

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples: rounds of thought, then the answers of all that have none yet."""
        plain = replace(sampling, logprobs=False, top=0)
        drafts: list[Draft] = []
        for index, numbers in enumerate(wanted):
            drafts += [(index, number, "", []) for number in numbers]
        ended: list[tuple[Draft, int, int]] = []
        for turn in range(self.waits + 1):
            going = []
            for draft in self._gone_on(prompts, drafts, plain, turn):
                last, (thought, closed, _) = draft[3][-1], draft[2].partition(self.mark)
                more = turn < self.waits and _tokens(draft[3]) < self.budget
                if closed and more and last.finish != "error":
                    going.append((*draft[:2], thought + self.wait, draft[3]))
                elif last.finish == "length":
                    text = draft[2] if closed else draft[2] + self.forced
                    ended.append(((*draft[:2], text, draft[3]), turn, int(not closed)))
                else:
                    yield draft[0], draft[1], self._made(draft, turn, 0)
            drafts = going
        yield from self._answered(prompts, ended, plain)

    def _gone_on(
        self, prompts: Sequence[Messages], drafts: list[Draft], sampling: Sampling, turn: int
    ) -> Iterator[Draft]:
        """Each draft with a further part of its thought, up to the mark or to what is left of the budget."""
        # Requests of one call share a limit: drafts go by what is left to them.
        by_left: dict[int, list[Draft]] = {}
        for draft in drafts:
            by_left.setdefault(self.budget - _tokens(draft[3]), []).append(draft)
        for left, group in sorted(by_left.items()):
            drawn = replace(sampling, max_tokens=left, seed=sampling.seed + 1_000_003 * turn)
            chats = [_begun(prompts[index], text) for index, _, text, _ in group]
            for at, _, part in self.inner.stream_some(chats, [[number] for _, number, _, _ in group], drawn):
                index, number, text, parts = group[at]
                yield index, number, text + part.text, [*parts, part]

    def _answered(
        self, prompts: Sequence[Messages], ended: list[tuple[Draft, int, int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        chats = [_begun(prompts[draft[0]], draft[2]) for draft, _, _ in ended]
        drawn = replace(sampling, max_tokens=self.most, seed=sampling.seed + 500_009)
        for at, _, part in self.inner.stream_some(chats, [[draft[1]] for draft, _, _ in ended], drawn):
            (index, number, text, parts), turn, forced = ended[at]
            yield index, number, self._made((index, number, text + part.text, [*parts, part]), turn, forced)

    def _made(self, draft: Draft, waits: int, forced: int) -> Completion:
        made = made_of(draft[2], draft[3][-1], draft[3])
        made.scores = {**(made.scores or {}), "waits": float(waits), "forced": float(forced)}
        return made


def _tokens(parts: list[Completion]) -> int:
    return sum(part.tokens or 0 for part in parts)


def _begun(chat: Messages, text: str) -> Messages:
    """The chat with what the assistant has written, behind what it was given to begin with."""
    if chat[-1]["role"] == "assistant":
        return [*chat[:-1], {**chat[-1], "content": chat[-1]["content"] + text}]
    return [*chat, {"role": "assistant", "content": text}] if text else chat
