"""A teacher of `problems/look_ups` in both roles, with errors at stated rates: for rehearsals."""

from __future__ import annotations

import random

from limbeck.checkers.look_ups import MOST, divide, is_part, names, read, target
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying

GARBLED = ("First, {question}", "{question}?", "I do not know.", "")


def look_up_teacher(
    *,
    size: int = 40,
    slip: float = 0.02,
    alone: float = 0.15,
    misdivided: float = 0.1,
    garbled: float = 0.02,
    seed: int = 0,
) -> Model:
    """Divide questions, ``KFab``, and answer them, ``KFab|`` with sub-questions behind the bar or none.

    It knows the tables of both domains. A question of one look-up it does not divide (``-``). Of others it
    gives the sub-questions, one a line. It answers by what it is given: sub-questions one after the other,
    whether they are the right ones or not.

    Args:
        size: names of a domain, as in the problems.
        slip: chance that a look-up goes wrong, asked with sub-questions.
        alone: the same of a question that comes without.
        misdivided: share of divisions in which a sub-question is missing or two have changed places.
        garbled: share of divisions that are not in the form.

    Raises:
        LimbeckError: a chance below 0 or above 1, or an impossible ``size``.
    """
    for name, value in (("slip", slip), ("alone", alone), ("misdivided", misdivided), ("garbled", garbled)):
        if not 0 <= value <= 1:
            raise LimbeckError(f"models/look_up_teacher: {name}={value}: it is a chance between 0 and 1")
    if not 2 <= size <= MOST:
        raise LimbeckError(f"models/look_up_teacher: size={size}: it must lie between 2 and {MOST}")
    return LookUpTeacher(size, (slip, alone), (misdivided, garbled), seed)


class LookUpTeacher(Replying):
    """The model behind `look_up_teacher`. A reply depends on the prompt, the sampling seed and the sample's
    number. A character is a token."""

    def __init__(
        self, size: int, slips: tuple[float, float], divides: tuple[float, float], seed: int
    ) -> None:
        self.name, self.size, self.seed = "look_up_teacher", size, seed
        self.slip, self.alone = slips
        self.misdivided, self.garbled = divides

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """A division or an answer; ``?`` to what is neither question."""
        asked = messages[-1]["content"]
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{asked}")
        question, bar, parts = asked.partition("|")
        if read(question) is None:
            text = "?"
        elif bar:
            text = self._answer(question, parts.split(), rng)
        else:
            text = self._divide(question, rng)
        return Completion(text=text, tokens=len(text) + 1, prompt_tokens=len(asked))

    def _divide(self, question: str, rng: random.Random) -> str:
        if rng.random() < self.garbled:
            return rng.choice(GARBLED).replace("{question}", question)
        parts = divide(question)
        if not parts:
            return "-"
        if rng.random() < self.misdivided:
            place = rng.randrange(1, len(parts))
            if len(parts) > 2 and rng.random() < 0.5:
                other = 1 + place % (len(parts) - 1)
                parts[place], parts[other] = parts[other], parts[place]
            else:
                del parts[place]
        return "\n".join(parts)

    def _answer(self, question: str, parts: list[str], rng: random.Random) -> str:
        """Each look-up as a line, then the last one's answer."""
        asked = read(question)
        assert asked is not None
        chance = self.slip if parts else self.alone
        parts = parts or divide(question) or [question]
        near, far = names("near", self.size), names("far", self.size)
        known = far if asked[1] in far else near
        reached, lines = asked[1], ""
        for part in parts:
            if not is_part(part):
                return lines + ";?"
            name = reached if part.endswith("#") else part[1:]
            reached = target(known, part[0], name) if rng.random() >= chance else rng.choice(known)
            lines += f";{part[0]}{name}={reached}"
        return f"{lines};{reached}"
