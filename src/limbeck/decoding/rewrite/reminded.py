"""A model that is reminded of a part of its question where its thought ends."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from limbeck.decoding.ops import Decoded, made_of
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts

MODEL_WANTS = ("prefix",)


def reminded(
    *,
    model: Model,
    part: str = r"\n\n(.+)",
    mark: str = "</think>",
    template: str = "\nI must not forget: {part}\n",
) -> Model:
    """Repeat a part of the question in front of the mark that ends the thought, and let the model go on.

    What MathIF does with its instructions (arXiv 2505.14810, section 5.3): they are followed more often, and
    the answers are right less often.

    Args:
        model: writes the thought, and then the answer behind it.
        part: regular expression; its first group is what is repeated. A question without it is answered as
            without this method, and so is one whose thought does not end.
        mark: ends the thought; the last one in the text counts.
        template: what is written, with ``{part}``.

    Raises:
        LimbeckError: ``part`` is no regular expression with a group, or there is no ``{part}`` in the
            template.
    """
    _check(part, template)
    return Reminded(model, part, mark, template)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned."""
    _check(given["part"], given["template"])


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: as many second answers as there are samples, if every thought ends."""
    spent = ("samples", "prompt_tokens", "max_tokens")
    return {key: counts[key] * 2 for key in spent if key in counts}


def _check(part: str, template: str) -> None:
    try:
        groups = re.compile(part).groups
    except re.error as error:
        raise LimbeckError(f"decoding/reminded: part={part!r} is no regular expression: {error}") from None
    if not groups or "{part}" not in template:
        raise LimbeckError(f"decoding/reminded: part={part!r}, template={template!r}: a group and {{part}}")


class Reminded(Decoded):
    """The model behind `reminded`."""

    def __init__(self, inner: Model, part: str, mark: str, template: str) -> None:
        super().__init__(inner, part=part, mark=mark, template=template)
        self.part, self.mark, self.template = re.compile(part, re.S), mark, template

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples: those without a thought that ends first, the others when they are answered."""
        places: list[tuple[int, int, Completion, str]] = []
        for index, number, completion in self.inner.stream_some(prompts, wanted, sampling):
            asked = self.part.search(prompts[index][-1]["content"])
            at = completion.text.rfind(self.mark)
            if asked is None or at < 0 or completion.finish == "error":
                yield index, number, completion
                continue
            told = self.template.replace("{part}", asked[1])
            places.append((index, number, completion, completion.text[:at] + told + self.mark))
        chats = [[*prompts[index], {"role": "assistant", "content": begun}] for index, _, _, begun in places]
        numbers = [[number] for _, number, _, _ in places]
        for place, _, answer in self.inner.stream_some(chats, numbers, sampling):
            index, number, thought, begun = places[place]
            yield index, number, made_of(begun + answer.text, answer, [thought, answer])
