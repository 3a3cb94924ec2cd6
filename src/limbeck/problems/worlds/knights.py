"""Knights, who speak the truth, and knaves, who lie: case by case, checked, and tried again."""

from __future__ import annotations

import random
from itertools import product
from typing import Literal

from limbeck.problems.worlds._worlds import ask, check, distinct, told
from limbeck.records import Data

PEOPLE = "abc"
LONGEST = 80
"""Signs of a trace; a puzzle that takes more is not asked."""
OPERATORS = {"&": lambda x, y: x and y, "|": lambda x, y: x or y, "=": lambda x, y: x == y}


def knights(
    *,
    n: int = 2000,
    people: int = 3,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "cases", "filler"] = "",
) -> Data:
    """What a, b and c say of each other, as ``B|c a=C b&A``; who is a knight (k), who a knave (n)? ``kkn``.

    A capital says that somebody is a knight, a small letter that they are a knave; ``=`` says that both are
    true or both false. Exactly one assignment makes the claims of knights true and those of knaves false.

    A trace of ``cases`` supposes an assignment and checks speaker by speaker: whether the two parts of the
    claim are true (t, f), and whether the claim befits the speaker. Where it does not, it tries again:
    ``;kkktf+ft-!kkntt+ff+ft+;kkn``. ``filler`` is its control without reasoning: as long, but dots up to the
    answer.

    Args:
        n: different puzzles.
        people: 2 or 3; for 2 there are not many puzzles.
        solve: which trace is added.

    Returns:
        Problems of verifier ``exact``; ``meta["retries"]`` counts the cases that fail before the right one.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different puzzles.
    """
    check(2, len(PEOPLE), people=people)
    rng = random.Random(f"knights/{seed}/{split}")
    cases = ["".join(case) for case in product("kn", repeat=people)]

    def draw() -> tuple[str, list[str]] | None:
        claims = [_claim(PEOPLE[:people], rng) for _ in range(people)]
        checked = [case + verify(case, claims) for case in cases]
        fits = [at for at, text in enumerate(checked) if "-" not in text]
        if len(fits) != 1 or len(";".join(checked[: fits[0] + 1])) + people + 2 > LONGEST:
            return None
        return " ".join(claims), checked[: fits[0] + 1]

    data = Data()
    for question, checked in distinct(n, split, draw).items():
        answer = checked[-1][:people]
        problem = ask(question, answer, "knights", split, {"people": people, "retries": len(checked) - 1})
        data.problems.append(problem)
        if solve:
            reasoning = "!".join(checked) if solve == "cases" else "." * len("!".join(checked))
            data.traces.append(told(problem, f";{reasoning};{answer}", solve))
    return data


def _claim(people: str, rng: random.Random) -> str:
    first, second = (rng.choice((who, who.upper())) for who in rng.sample(people, 2))
    return first + rng.choice("&|=") + second


def verify(case: str, claims: list[str]) -> str:
    """For each speaker whether both parts of the claim are true and whether it befits them, up to the first
    ``-``."""
    text = ""
    for kind, claim in zip(case, claims, strict=True):
        parts = [(case[PEOPLE.index(who.lower())] == "k") == who.isupper() for who in claim[::2]]
        fits = OPERATORS[claim[1]](*parts) == (kind == "k")
        text += "".join("ft"[part] for part in parts) + "-+"[fits]
        if not fits:
            break
    return text
