"""Sums in the letters of several alphabets, of which one has most to read: languages in miniature."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.errors import LimbeckError, unknown
from limbeck.problems.worlds._sums import additions, question
from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct, told
from limbeck.records import Data
from limbeck.texts.alphabets import LETTERS, spelt
from limbeck.texts.questions import problem_id
from limbeck.types import Settings


class Spoken(Settings, frozen=True):
    """What is asked and thought in which alphabet.

    Args:
        languages: names of scripts: Latin, Cyrillic, Han, Hangul.
        shares: how much of the problems each language has, in any unit; as much each by default.
        think: the script of all traces; empty takes the question's.
        switch: probability that a step is in the first language instead.
        revert: probability that a whole trace is.
    """

    languages: tuple[str, ...] = ("Latin", "Cyrillic", "Han")
    shares: tuple[float, ...] = ()
    think: str = ""
    switch: float = 0.0
    revert: float = 0.0

    def weights(self) -> tuple[float, ...]:
        """A number for each language."""
        for name in (*self.languages, *([self.think] if self.think else [])):
            if name not in LETTERS:
                raise unknown("language", name, LETTERS)
        weights = self.shares or (1.0,) * len(self.languages)
        if not self.languages or len(weights) != len(self.languages) or min(weights) < 0 or not sum(weights):
            raise LimbeckError(
                f"shares={list(self.shares)}: give one number for each of {list(self.languages)}"
            )
        check(0, 1, switch=self.switch, revert=self.revert)
        return weights

    def written(self, language: str, steps: int, draws: random.Random) -> list[str]:
        """The language of each step of a trace."""
        usual = self.languages[0] if draws.random() < self.revert else self.think or language
        return [self.languages[0] if draws.random() < self.switch else usual for _ in range(steps)]


def alphabets(
    *,
    n: int = 2000,
    low: int = 2,
    high: int = 4,
    modulus: int = 10,
    spoken: Spoken = Spoken(),
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "steps"] = "",
) -> Data:
    """Sums of digits in letters, ``b+c+i`` for 1+2+8, solved by ``;b+c=d;d+i=b;1``.

    A step is written in one alphabet, its operands translated where the question is in another; the answer is
    a digit in all of them. A problem's id is that of its sum in digits: with the same seed, worlds of one
    language each ask the same sums, so that what is said of two languages can be compared in pairs.

    Args:
        n: different sums.
        low: fewest additions.
        high: most additions; every length is equally likely.
        modulus: sums are taken modulo it, and digits lie below it; 10 at most.
        solve: ``steps`` adds the traces.

    Returns:
        Problems of verifier ``exact`` with ``meta["language"]`` and ``meta["additions"]``.

    Raises:
        LimbeckError: an unknown language or split, as many shares as languages are not given, impossible
            bounds, or fewer than ``n`` different sums.
    """
    weights = spoken.weights()
    check_bounds(low, high, 1, 8)
    check(2, 10, modulus=modulus)
    rng = random.Random(f"alphabets/{seed}/{split}")
    data = Data()
    for sum_ in distinct(n, split, lambda: (question(low, high, rng, modulus), None)):
        draws = random.Random(f"alphabets/{seed}/{sum_}")
        language = draws.choices(spoken.languages, weights)[0]
        steps = additions(sum_, modulus=modulus)
        meta = {"language": language, "additions": len(steps)}
        problem = ask(spelt(sum_, language), str(steps[-1][-1]), "alphabets", split, meta)
        problem.id = problem_id(sum_)
        data.problems.append(problem)
        if solve:
            written = spoken.written(language, len(steps), draws)
            lines = (f";{a}+{b}={c}" for a, b, c in steps)
            text = "".join(spelt(line, name) for line, name in zip(lines, written, strict=True))
            data.traces.append(told(problem, f"{text};{problem.answer}", solve))
    return data
