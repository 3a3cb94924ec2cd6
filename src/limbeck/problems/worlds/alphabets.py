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


def alphabets(
    *,
    n: int = 2000,
    low: int = 2,
    high: int = 4,
    modulus: int = 10,
    languages: tuple[str, ...] = ("Latin", "Cyrillic", "Han"),
    shares: tuple[float, ...] = (),
    think: str = "",
    switch: float = 0.0,
    revert: float = 0.0,
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
        languages: names of scripts: Latin, Cyrillic, Han, Hangul.
        shares: how much of the problems each language has, in any unit; as much each by default.
        think: the script of all traces; empty takes the question's.
        switch: probability that a step is in the first language instead.
        revert: probability that a whole trace is.
        solve: ``steps`` adds the traces.

    Returns:
        Problems of verifier ``exact`` with ``meta["language"]`` and ``meta["additions"]``.

    Raises:
        LimbeckError: an unknown language or split, as many shares as languages are not given, impossible
            bounds, or fewer than ``n`` different sums.
    """
    for name in (*languages, *([think] if think else [])):
        if name not in LETTERS:
            raise unknown("language", name, LETTERS)
    weights = shares or (1.0,) * len(languages)
    if not languages or len(weights) != len(languages) or min(weights) < 0 or not sum(weights):
        raise LimbeckError(f"shares={list(shares)}: give one number for each of {list(languages)}")
    check_bounds(low, high, 1, 8)
    check(2, 10, modulus=modulus)
    check(0, 1, switch=switch, revert=revert)
    rng = random.Random(f"alphabets/{seed}/{split}")
    data = Data()
    for sum_ in distinct(n, split, lambda: (question(low, high, rng, modulus), None)):
        draws = random.Random(f"alphabets/{seed}/{sum_}")
        language = draws.choices(languages, weights)[0]
        steps = additions(sum_, modulus=modulus)
        meta = {"language": language, "additions": len(steps)}
        problem = ask(spelt(sum_, language), str(steps[-1][-1]), "alphabets", split, meta)
        problem.id = problem_id(sum_)
        data.problems.append(problem)
        if solve:
            usual = languages[0] if draws.random() < revert else think or language
            written = [languages[0] if draws.random() < switch else usual for _ in steps]
            lines = (f";{a}+{b}={c}" for a, b, c in steps)
            text = "".join(spelt(line, name) for line, name in zip(lines, written, strict=True))
            data.traces.append(told(problem, f"{text};{problem.answer}", solve))
    return data
