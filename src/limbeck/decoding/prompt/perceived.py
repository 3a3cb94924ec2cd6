"""A model that is shown of facts and rules only what bears on the question, in the order of a proof."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from limbeck.checkers.perception import Perceiving
from limbeck.decoding.ops import Decoded, calls
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts

WHERE = "decoding/perceived"


def perceived(*, model: Model, perceiving: Perceiving = Perceiving()) -> Model:
    """Concise and organised perception (COP, arXiv 2310.03309), then one request.

    Statements are read by rules, not by a model: the regular English of ProofWriter and ProntoQA, or signs.
    From what is asked the rules are followed backwards in both polarities; branches that no fact supports
    are cut; facts come first, then rules along the chain. Of a statement that nothing supports, nothing is
    left. All trees that are left are shown at once, where the paper goes on to the next while undecided.

    Args:
        model: who answers.

    Returns:
        A model whose completions are the inner one's, with ``scores["kept"]``, the share of the question's
        characters that it was shown. A question in another form is asked as it is.

    Raises:
        LimbeckError: a shape that is no regular expression or lacks its groups.
    """
    perceiving.check(WHERE)
    return Perceived(model, perceiving)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    Perceiving.of(given).check(WHERE)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: at most what was asked."""
    spent = ("samples", "prompt_tokens", "max_tokens")
    return {key: counts[key] for key in spent if key in counts}


class Perceived(Decoded):
    """The model behind `perceived`."""

    def __init__(self, inner: Model, perceiving: Perceiving) -> None:
        super().__init__(inner, keep=perceiving.keep, order=perceiving.order)
        self.perceiving = perceiving

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The inner model's samples."""
        chats, kept = [], []
        for chat in prompts:
            place = max(at for at, turn in enumerate(chat) if turn["role"] == "user")
            question = chat[place]["content"]
            made = self.perceiving.perceived(question)
            text = made[0] if made else question
            kept.append(len(text) / max(len(question), 1))
            chats.append([*chat[:place], {**chat[place], "content": text}, *chat[place + 1 :]])
        for index, number, completion in self.inner.stream_some(chats, wanted, sampling):
            scores = {**(completion.scores or {}), "calls": calls(completion), "kept": kept[index]}
            yield index, number, replace(completion, scores=scores)
