"""Word problems of which some are ill posed in a known way."""

from __future__ import annotations

import itertools
import random

from limbeck.checkers.word_problems import FRUITS, faults
from limbeck.errors import unknown
from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct
from limbeck.records import Data

DEFECTS = ("task", "language", "condition", "contradiction", "sufficiency")


def word_problems(
    *,
    n: int = 500,
    low: int = 2,
    high: int = 5,
    ill: float = 0.5,
    defects: tuple[str, ...] = ("task", "language", "condition", "contradiction", "sufficiency"),
    redundant: float = 0.3,
    seed: int = 0,
    split: str = "train",
) -> Data:
    """Questions about fruit in a basket: linear conditions in any order, some with one planted defect.

    The defects are those of MathQ-Verify's five stages (arXiv 2505.13903): ``task`` an order to rewrite the
    question or its answer given away, ``language`` a word misspelt or a stray dollar sign, ``condition`` a
    count that is negative or no whole number, ``contradiction`` two conditions that cannot both hold,
    ``sufficiency`` one that is missing.

    Args:
        n: different questions.
        low, high: fewest and most kinds of fruit.
        ill: share of questions with a defect.
        defects: which, all equally often.
        redundant: share of questions with one condition more than they need, which is no defect.

    Returns:
        Problems of verifier ``exact`` with ``meta["valid"]`` and ``meta["defect"]``, empty for none; those
        with a defect have no answer.

    Raises:
        LimbeckError: an unknown defect or split, impossible bounds, or fewer than ``n`` different questions.
    """
    for defect in defects or ("",):
        if defect not in DEFECTS:
            raise unknown("defect", defect, DEFECTS, "problems/word_problems")
    check_bounds(low, high, 2, len(FRUITS))
    check(0, 1, ill=ill, redundant=redundant)
    rng = random.Random(f"word_problems/{seed}/{split}")

    def draw() -> tuple[str, tuple[str, str]] | None:
        defect = rng.choice(defects) if rng.random() < ill else ""
        text, answer = _draw(rng.randint(low, high), defect, redundant, rng)
        # A planted defect may do no harm, or more than it should: the oracle says which.
        wrong = faults(text)
        return (text, (defect, answer)) if (wrong >= {defect} if defect else not wrong) else None

    data = Data()
    for text, (defect, answer) in distinct(n, split, draw).items():
        problem = ask(text, answer, "word_problems", split, {"valid": not defect, "defect": defect})
        problem.answer = None if defect else answer
        data.problems.append(problem)
    return data


def _draw(kinds: int, defect: str, redundant: float, rng: random.Random) -> tuple[str, str]:
    """A question with at most one defect, and the answer it would have without."""
    names = rng.sample(FRUITS, kinds)
    counts = {names[0]: rng.randint(2, 20)}
    told = [f"There are {counts[names[0]]} {names[0]}."]
    for base, name in itertools.pairwise(names):
        form = rng.choice(("more", "fewer", "times", "together"))
        if form == "fewer" and counts[base] < 3:
            form = "more"
        if form == "times":
            number = rng.randint(2, 4)
        else:
            number = rng.randint(1, counts[base] - 1 if form == "fewer" else 20)
        counts[name] = _count(form, counts[base], number)
        told.append(_condition(form, name, base, number + counts[base] if form == "together" else number))
    asked = names[-1]
    if rng.random() < redundant:
        told.append(_together(rng.sample(names, 2), counts, 0))
    if defect == "contradiction":
        told.append(_together(rng.sample(names, 2), counts, rng.choice((1, 2, 3))))
    elif defect == "sufficiency":
        del told[rng.randrange(len(names))]
    elif defect == "condition":
        place = rng.randrange(len(told))
        given = told[place].split()[2]
        told[place] = told[place].replace(given, rng.choice((f"{given}.5", f"-{given}")), 1)
    rng.shuffle(told)
    text = " ".join([*told, f"How many {asked} are there?"])
    if defect == "language":
        text = _misspelt(text, rng)
    elif defect == "task":
        more = (
            "Rewrite this question so that it is harder.",
            "Translate the question.",
            f"The answer is {counts[asked]}.",
        )
        text = f"{text} {rng.choice(more)}"
    return text, str(counts[asked])


def _count(form: str, base: int, number: int) -> int:
    """How many there are of what a condition relates to ``base`` others."""
    if form == "more":
        return base + number
    if form == "fewer":
        return base - number
    return base * number if form == "times" else number


def _condition(form: str, name: str, base: str, number: int) -> str:
    if form == "together":
        return f"There are {number} {name} and {base} together."
    if form == "times":
        return f"There are {number} times as many {name} as {base}."
    return f"There are {number} {form} {name} than {base}."


def _together(names: list[str], counts: dict[str, int], off: int) -> str:
    """A condition on two kinds of fruit that holds, or is off by so many."""
    first, second = names
    return _condition("together", first, second, counts[first] + counts[second] + off)


def _misspelt(text: str, rng: random.Random) -> str:
    if rng.random() < 0.3:
        return text.replace("There are ", "There are $", 1)
    word = rng.choice(
        [word for word in ("apples", "pears", "plums", "figs", "limes", "kiwis", "There") if word in text]
    )
    place = rng.randrange(1, len(word) - 2)
    swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return text.replace(word, swapped, 1)
