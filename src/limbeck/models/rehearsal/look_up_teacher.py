"""A teacher of `problems/look_ups` in any role, with errors at stated rates: for rehearsals."""

from __future__ import annotations

import json
import random
import re

from limbeck.checkers.look_ups import MOST, RELATIONS, divide, is_part, names, read, target
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying

GARBLED = ("First, {question}", "{question}?", "I do not know.", "")
_ASKED = re.compile(r"([A-Z]+[a-z]{2})(?:([|=+~?^])(.*))?", re.S)
"""A question, the sign that says what is asked of it, and what is shown beside it."""


def look_up_teacher(
    *,
    size: int = 40,
    slip: float = 0.02,
    alone: float = 0.15,
    bare: float = 0.25,
    misdivided: float = 0.1,
    garbled: float = 0.02,
    chatty: float = 0.0,
    seed: int = 0,
) -> Model:
    """Play every role that a teacher of these questions may have; a sign behind the question says which.

    ========  ===================================================================================
    ``Kab``   divide: sub-questions, one a line; ``-`` for a question of one look-up
    ``Kab|``  answer in lines, by the sub-questions behind the bar, right or not, or by its own
    ``Kab=``  answer without a line
    ``Kab+3`` write three questions with as many look-ups over the same names, a JSON list
    ``Kab~x`` rewrite x as an answer in lines
    ``Kab?x`` judge x: ``{"correct": true}``
    ``Kab^x`` rate x as JSON, for the lines that it has
    ========  ===================================================================================

    It knows the tables of both domains.

    Args:
        size: names of a domain, as in the problems.
        slip: chance that a look-up goes wrong, asked with sub-questions; of a judgement too.
        alone: chance that one goes wrong where there are none.
        bare: the same where the answer alone is asked for.
        misdivided: share of divisions in which a sub-question is missing or two have changed places.
        garbled: share of divisions, questions and ratings that are not in the form.
        chatty: share of answers to ``Kab|`` and ``Kab=`` that come in a sentence, ``It is mv.``

    Raises:
        LimbeckError: a chance below 0 or above 1, or an impossible ``size``.
    """
    chances = {"slip": slip, "alone": alone, "bare": bare, "misdivided": misdivided, "garbled": garbled}
    chances["chatty"] = chatty
    for name, value in chances.items():
        if not 0 <= value <= 1:
            raise LimbeckError(f"models/look_up_teacher: {name}={value}: it is a chance between 0 and 1")
    if not 2 <= size <= MOST:
        raise LimbeckError(f"models/look_up_teacher: size={size}: it must lie between 2 and {MOST}")
    return LookUpTeacher(size, chances, seed)


class LookUpTeacher(Replying):
    """The model behind `look_up_teacher`. A reply depends on the prompt, the sampling seed and the sample's
    number. A character is a token."""

    def __init__(self, size: int, chances: dict[str, float], seed: int) -> None:
        self.name, self.size, self.chances, self.seed = "look_up_teacher", size, chances, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """What the role says; ``?`` to what is no question."""
        asked = messages[-1]["content"]
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{asked}")
        match = _ASKED.fullmatch(asked)
        question, sign, shown = match.groups("") if match else ("", "", "")
        text = "?" if read(question) is None else self._play(question, sign, shown, rng)
        return Completion(text=text, tokens=len(text) + 1, prompt_tokens=len(asked))

    def _play(self, question: str, sign: str, shown: str, rng: random.Random) -> str:
        chances = self.chances
        if sign in ("|", "="):
            chance = chances["bare" if sign == "=" else "slip" if shown else "alone"]
            lines, mark, answer = self._answer(question, shown.split(), chance, rng).rpartition(";")
            if rng.random() < chances["chatty"]:
                answer = f"It is {answer}."
            return answer if sign == "=" else lines + mark + answer
        if sign == "~":
            return self._answer(question, [], chances["slip"], rng)
        if sign == "?":
            told = shown.rpartition(";")[2] == self._answer(question, [], 0.0, rng).rpartition(";")[2]
            return json.dumps({"correct": told != (rng.random() < chances["slip"])})
        if rng.random() < chances["garbled"]:
            return rng.choice(GARBLED).replace("{question}", question)
        if sign == "+":
            return json.dumps(self._more(question, int(shown) if shown.isdecimal() else 1, rng))
        if sign == "^":
            rating = 9 if shown.count(";") > 1 else 4
            hops = len(question) - 2
            return json.dumps({"informativeness": rating, "helpfulness": rating, "task": f"{hops} look-ups"})
        return self._divide(question, rng)

    def _more(self, question: str, count: int, rng: random.Random) -> list[str]:
        """New questions; one in ten asks for nothing."""
        known, hops = self._known(question), len(question) - 2
        lengths = [hops if rng.random() < 0.9 else 0 for _ in range(count)]
        return ["".join(rng.choices(RELATIONS, k=length)) + rng.choice(known) for length in lengths]

    def _known(self, question: str) -> tuple[str, ...]:
        far = names("far", self.size)
        return far if question[-2:] in far else names("near", self.size)

    def _divide(self, question: str, rng: random.Random) -> str:
        parts = divide(question)
        if not parts:
            return "-"
        if rng.random() < self.chances["misdivided"]:
            place = rng.randrange(1, len(parts))
            if len(parts) > 2 and rng.random() < 0.5:
                other = 1 + place % (len(parts) - 1)
                parts[place], parts[other] = parts[other], parts[place]
            else:
                del parts[place]
        return "\n".join(parts)

    def _answer(self, question: str, parts: list[str], chance: float, rng: random.Random) -> str:
        """Each look-up as a line, then the last one's answer."""
        parts = parts or divide(question) or [question]
        known, reached, lines = self._known(question), question[-2:], ""
        for part in parts:
            if not is_part(part):
                return lines + ";?"
            name = reached if part.endswith("#") else part[1:]
            reached = target(known, part[0], name) if rng.random() >= chance else rng.choice(known)
            lines += f";{part[0]}{name}={reached}"
        return f"{lines};{reached}"
