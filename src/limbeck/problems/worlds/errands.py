"""Questions for a head or for tools: sums, large products, and names whose number nobody told."""

from __future__ import annotations

import hashlib
import random
from itertools import product
from typing import Literal

from limbeck.errors import unknown
from limbeck.problems.worlds._chains import split_of
from limbeck.problems.worlds._worlds import ask, check, distinct, told
from limbeck.records import Data, Problem

KINDS = ("small", "large", "common", "rare", "both")
LETTERS = ("bdfgklmnprst", "aeiou", "bdfgklmnprst")
DISTRACTORS = 7


def errands(
    *,
    n: int = 2000,
    kinds: tuple[str, ...] = KINDS,
    common: int = 20,
    solve: Literal["", "head"] = "",
    seed: int = 0,
    split: str = "train",
) -> Data:
    """``47+5``, ``738*946``, ``tik+5`` and ``lun*738``, where names stand for numbers.

    Names have numbers of three digits, a digest's, so that only a passage tells them: ``lun 382``. Every
    problem brings its name's passage among others. The first ``common`` names are asked about in every split;
    of the others a name appears in one split only, so that no training ever told the number of a test's.

    Args:
        n: different questions, kinds in turn.
        kinds: ``small`` sums, ``large`` products, sums of a ``common`` or a ``rare`` name, ``both`` a rare
            name's product with a large number.
        solve: ``head`` adds a trace without tools, always right: ``lun 382;382*738=281916;281916``.

    Returns:
        Problems of verifier ``exact`` with ``meta["kind"]`` and ``meta["passages"]``.

    Raises:
        LimbeckError: an unknown kind or split, impossible bounds, or fewer than ``n`` different questions.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise unknown("kind", kind, KINDS, "problems/errands")
    check(1, 200, common=common)
    rng = random.Random(f"errands/{seed}/{split}")
    every = names()
    rare = [name for name in every[common:] if split_of(name) == split]

    def draw() -> tuple[str, str]:
        kind = rng.choice(kinds)
        factor, digit = str(rng.randint(100, 999)), str(rng.randint(1, 9))
        known, unknown_name = rng.choice(every[:common]), rng.choice(rare)
        small, large = str(rng.randint(10, 99)), str(rng.randint(100, 999))
        return {
            "small": f"{small}+{digit}",
            "large": f"{large}*{factor}",
            "common": f"{known}+{digit}",
            "rare": f"{unknown_name}+{digit}",
            "both": f"{unknown_name}*{factor}",
        }[kind], kind

    data = Data()
    for question, kind in distinct(n, split, draw).items():
        problem, text = _asked(question, kind, every, split)
        data.problems.append(problem)
        if solve:
            data.traces.append(told(problem, text, solve))
    return data


def _asked(question: str, kind: str, every: list[str], split: str) -> tuple[Problem, str]:
    """A question with its passages, and how a head that knows everything answers it."""
    sign = "*" if "*" in question else "+"
    first, second = question.split(sign)
    value = number(first) if first.isalpha() else int(first)
    answer = value * int(second) if sign == "*" else value + int(second)
    others = random.Random(f"errands/{question}").sample(every, DISTRACTORS)
    listed = sorted({*others, *([first] if first.isalpha() else [])})
    meta = {"kind": kind, "passages": [f"{name} {number(name)}" for name in listed]}
    looked_up = f"{first} {value};" if first.isalpha() else ""
    text = f"{looked_up}{value}{sign}{second}={answer};{answer}"
    return ask(question, str(answer), "errands", split, meta), text


def names() -> list[str]:
    """All names, in an order that says nothing of their numbers."""
    made = ["".join(letters) for letters in product(*LETTERS)]
    return sorted(made, key=lambda name: hashlib.sha256(f"errands/{name}".encode()).digest())


def number(name: str) -> int:
    """A name's number, of three digits."""
    digest = hashlib.sha256(f"number/{name}".encode()).digest()
    return 100 + int.from_bytes(digest[:4], "little") % 900
