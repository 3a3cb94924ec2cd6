"""A model that solves by templates of thought, looked up for what matters in a question."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from limbeck.decoding.ops import Decoded, made_of
from limbeck.decoding.prompt._steps import question, with_content
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.texts.thought_templates import DISTIL, INSTANTIATE, Distilled, Looking, ThoughtBuffer
from limbeck.types import Count, Index

AT_ONCE = 512
"""Questions distilled before they are solved: a killed run has lost no more."""


def thought_buffer(
    *, model: Model, index: Index, looking: Looking = Looking(), max_distilled: Count = 1024
) -> Model:
    """Distil a question, look up the template for it, and solve it by that (arXiv 2406.04271).

    A question that no template is like is solved by the coarse schema of its category. Distilling is greedy,
    once for all samples of a question. The buffer stays as `teachers/thought_templates` made it: a sample
    that depended on the questions before it could not be drawn again.

    Args:
        model: distils and solves.
        index: the buffer, a stage that makes one.
        max_distilled: most new tokens of what is distilled.

    Returns:
        A model whose completions are solutions, with the tokens of both parts, and as scores ``calls``,
        ``retrieved`` (1 where a template was taken, else 0), ``similarity``, the cosine of the nearest, and
        ``templates``, how many the buffer holds.

    Raises:
        LimbeckError: a template without its fields, unknown vectors, or no buffer there.
    """
    looking.check("decoding/thought_buffer")
    return Buffered(model, ThoughtBuffer.open(index, looking), max_distilled)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    Looking.of(given).check("decoding/thought_buffer")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: each sample distilled and solved."""
    samples, most = counts.get("samples", 0), params["max_distilled"]
    distils = asked(samples, prompt(counts, params["distil"] or DISTIL), most)
    spent: Counts = {key: counts[key] for key in ("samples", "prompt_tokens", "max_tokens") if key in counts}
    if "prompt_tokens" in spent:
        around = prompt({"question_tokens": most}, params["instantiate"] or INSTANTIATE) or 0
        spent["prompt_tokens"] += round(samples * around) + distils.get("prompt_tokens", 0)
    for key in {"samples", "max_tokens"} & spent.keys():
        spent[key] += distils[key]
    return spent


class Buffered(Decoded):
    """The model behind `thought_buffer`."""

    def __init__(self, inner: Model, buffer: ThoughtBuffer, most: int) -> None:
        super().__init__(inner, templates=len(buffer.templates), least=buffer.looking.least)
        self.buffer, self.most = buffer, most

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples; what is distilled serves all samples of a prompt."""
        asked = [index for index, numbers in enumerate(wanted) if numbers]
        for start in range(0, len(asked), AT_ONCE):
            yield from self._solved(asked[start : start + AT_ONCE], prompts, wanted, sampling)

    def _solved(
        self,
        asked: list[int],
        prompts: Sequence[Messages],
        wanted: Sequence[Collection[int]],
        sampling: Sampling,
    ) -> Iterator[tuple[int, int, Completion]]:
        looking = self.buffer.looking
        drawn = Sampling(temperature=0.0, top_p=1.0, max_tokens=self.most, seed=sampling.seed)
        chats = [with_content(prompts[index], looking.asked(question(prompts[index]))) for index in asked]
        replies = [each[0] for each in self.inner.generate(chats, drawn)]
        chats, places = [], []
        for index, reply in zip(asked, replies, strict=True):
            if reply.finish == "error":
                for number in wanted[index]:
                    yield index, number, reply
                continue
            told = Distilled.read(reply.text)
            template, cosine = self.buffer.taken(told.task)
            schema = template.schema if template else told.generic
            chats.append(with_content(prompts[index], looking.put(question(prompts[index]), told, schema)))
            places.append((index, reply, self._scores(template is not None, cosine)))
        numbers = [wanted[index] for index, _, _ in places]
        plain = replace(sampling, logprobs=False, top=0)
        for place, number, answer in self.inner.stream_some(chats, numbers, plain):
            index, reply, scores = places[place]
            made = made_of(answer.text, answer, [reply, answer])
            made.scores = {**(made.scores or {}), **scores}
            yield index, number, made

    def _scores(self, retrieved: bool, cosine: float) -> dict[str, float]:
        held = float(len(self.buffer.templates))
        return {"retrieved": float(retrieved), "similarity": cosine, "templates": held}
