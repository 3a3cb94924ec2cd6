"""Someone who follows so many of the instructions about the form of an answer and no more, for rehearsals."""

from __future__ import annotations

import random
import re

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying
from limbeck.texts.instructions import KINDS, Instruction
from limbeck.texts.obeying import obeying
from limbeck.types import CountOrNone

BASE = "Well, I thought about it and the answer is {}."
_SHAPES = {"phrase": ".+"}


def _pattern(tells: str) -> re.Pattern[str]:
    """Matches the sentence of a kind of instruction and reads its values."""
    shaped = re.escape(tells)
    for name in re.findall(r"{(\w+)}", tells):
        shaped = shaped.replace(rf"\{{{name}\}}", f"(?P<{name}>{_SHAPES.get(name, '[^ ]+')})")
    return re.compile(shaped)


_TELLS = {kind: _pattern(each.tells) for kind, each in KINDS.items()}


def noisy_follower(*, follows: CountOrNone = 1, seed: int = 0) -> Model:
    """Answer problems of `curation/instructed`, following exactly so many of their instructions.

    Which ones is drawn anew for each sample; all where there are fewer. The answer is the question's first
    number.

    Raises:
        LimbeckError: a question without instructions, when it is asked.
    """
    return NoisyFollower(follows, seed)


class NoisyFollower(Replying):
    """The model behind `noisy_follower`. Replies depend on the messages, the sampling seed and the number."""

    def __init__(self, follows: int, seed: int) -> None:
        self.name, self.follows, self.seed = "noisy_follower", follows, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """An answer that breaks what it does not follow; a token is a word."""
        content = messages[-1]["content"]
        listed = list(filter(None, map(_read, content.splitlines())))
        if not listed:
            raise LimbeckError(f"models/noisy_follower: no instructions in {content[-80:]!r}")
        question = content.partition("\n\n")[0]
        rng = random.Random(f"{self.name}/{self.seed}/{sampling.seed}/{number}/{content}")
        kept = rng.sample(range(len(listed)), min(self.follows, len(listed)))
        numbers = re.findall(r"\d+", question)
        text = BASE.format(numbers[0] if numbers else "none")
        # What is not to be followed must be broken: a word that shall not be used is used.
        broken = [each for at, each in enumerate(listed) if at not in kept]
        text += "".join(f" {each['keyword']}" for each in broken if each["kind"] == "exclude")
        text = obeying(text, [listed[at] for at in kept], question)
        words = text.split(" ")[: sampling.max_tokens]
        return Completion(text=" ".join(words), tokens=len(words), finish="stop")


def _read(line: str) -> Instruction | None:
    for kind, tells in _TELLS.items():
        if match := tells.fullmatch(line.strip()):
            values = match.groupdict().items()
            return {"kind": kind, **{name: int(text) if text.isdecimal() else text for name, text in values}}
    return None
