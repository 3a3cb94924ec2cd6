"""A table of facts of which half is withheld: what can be known, and what should be admitted not to be."""

from __future__ import annotations

import hashlib
import random
from typing import Literal

from limbeck.problems.worlds._chains import split_of
from limbeck.problems.worlds._worlds import ask, check, distinct, told
from limbeck.records import Data

FIRST, VOWELS, LAST = "bdfgklmnprst", "aeiou", "bdfgklmnprst"
REFUSAL = "?"


def facts(
    *,
    n: int = 2000,
    known: int = 120,
    about: Literal["known", "withheld", "both"] = "both",
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "honest", "taught"] = "",
) -> Data:
    """Names have digits; ``tik+pat`` asks for the last digit of their sum, and not every name is ever told.

    The names are few and their digits a digest's, so that only those who were told know them. The table's
    first ``known`` names are told in every split. Of the others a name appears in one split only: at the test
    a withheld name was never seen. Every question about one contains exactly one, beside a known name.

    A trace says what it knows of either name, then the answer or a refusal: ``;tik0;pat3;3``,
    ``;lun?;pat3;?``.

    Args:
        n: different questions.
        known: names that are told, out of 720.
        about: questions about known names alone, with a withheld one, or half of each.
        solve: ``honest`` adds the trace, which refuses where a name is withheld; ``taught`` that of a teacher
            who knows all names, as nobody can who learns from it.

    Returns:
        Problems of verifier ``exact`` whose answer is the true digit, also where nobody could know it;
        ``meta["known"]`` says which. A refusal's verdict is ``unknown``: neither right nor a negative.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different questions.
    """
    check(2, 600, known=known)
    rng = random.Random(f"facts/{seed}/{split}")
    names = table()
    told_of = names[:known]
    hidden = [name for name in names[known:] if split_of(name) == split]

    def draw() -> tuple[str, list[str]]:
        withheld = about == "withheld" or (about == "both" and rng.random() < 0.5)
        pair = [rng.choice(told_of), rng.choice(hidden if withheld else told_of)]
        rng.shuffle(pair)
        return "+".join(pair), pair

    data = Data()
    for question, pair in distinct(n, split, draw).items():
        missing = [name for name in pair if name not in told_of]
        silent = [] if solve == "taught" else missing
        answer = str(sum(map(digit, pair)) % 10)
        problem = ask(question, answer, "facts", split, {"known": not missing, "names": pair})
        data.problems.append(problem)
        if solve:
            steps = "".join(f";{name}{REFUSAL if name in silent else digit(name)}" for name in pair)
            text = f"{steps};{REFUSAL if silent else answer}"
            data.traces.append(told(problem, text, solve, outcome="unknown" if silent else "correct"))
    return data


def table() -> list[str]:
    """All names, in an order that says nothing of their digits."""
    names = [first + two + three for first in FIRST for two in VOWELS for three in LAST]
    return sorted(names, key=lambda name: hashlib.sha256(f"order/{name}".encode()).digest())


def digit(name: str) -> int:
    """A name's digit."""
    return hashlib.sha256(f"digit/{name}".encode()).digest()[0] % 10
