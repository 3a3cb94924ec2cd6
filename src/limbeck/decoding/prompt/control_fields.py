"""A model that is told what its thought shall be like, in control fields behind each question."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from limbeck.decoding.ops import Decoded
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts
from limbeck.texts.control import ATTRIBUTES, TOP, Control, check_levels

WHERE = "decoding/control_fields"


def control_fields(*, model: Model, levels: dict[str, int] = {}, control: Control = Control()) -> Model:  # noqa: B006 read as configuration, never changed
    """Write levels behind the question (Control-R, arXiv 2506.00189): all at 9 for the best answer.

    For a student trained on `curation/controlled` with the same spelling; lower depth and breadth make its
    thought cheaper. A thought that is to begin with a tag is begun by `decoding/led` around this.

    Args:
        levels: from 0 to 9 by attribute, in the order of training; empty puts the paper's eleven at 9.

    Returns:
        A model with the inner one's completions.

    Raises:
        LimbeckError: a level beyond 0 to 9, or a template without its fields.
    """
    chosen = levels or dict.fromkeys(ATTRIBUTES, TOP)
    _check(chosen, control)
    return Controlled(model, chosen, control)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _check(given["levels"] or dict.fromkeys(ATTRIBUTES, TOP), Control.of(given))


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: what the model is asked is what was asked, and the fields."""
    spent = ("samples", "prompt_tokens", "max_tokens")
    return {key: counts[key] for key in spent if key in counts}


def _check(levels: dict[str, int], control: Control) -> None:
    control.check(WHERE)
    check_levels(levels, WHERE)


class Controlled(Decoded):
    """The model behind `control_fields`."""

    def __init__(self, inner: Model, levels: dict[str, int], control: Control) -> None:
        super().__init__(inner, levels=levels)
        self.levels, self.control = levels, control

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The inner model's samples."""
        chats = []
        for chat in prompts:
            # A thought that was begun already stays behind the question.
            place = max(at for at, turn in enumerate(chat) if turn["role"] == "user")
            told = {**chat[place], "content": self.control.put(chat[place]["content"], self.levels)}
            chats.append([*chat[:place], told, *chat[place + 1 :]])
        yield from self.inner.stream_some(chats, wanted, sampling)
