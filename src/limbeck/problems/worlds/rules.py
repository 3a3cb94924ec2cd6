"""Multiple choice over chains of rules: where do they lead, one after the other? The answer is an option's
letter."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.problems.worlds._worlds import ask, check_bounds, distinct, told
from limbeck.records import Data

LETTERS, RULES, OPTIONS = "fghijklm", "xyz", "ABCD"


def rules(
    *,
    n: int = 2000,
    low: int = 1,
    high: int = 4,
    table: int = 0,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "careful"] = "",
) -> Data:
    """From a letter by rules to one of four options: ``jxzy?gA mB iC fD`` starts at j and goes by x, then z,
    then y.

    Each rule takes every letter to another, always the same one: what a student has to know. Of the wrong
    options one or two are letters passed on the way. A trace takes off a rule a line, and then chooses:
    ``;gzy;my;f;D``.

    Args:
        n: different problems.
        low: fewest rules in a chain, its difficulty.
        high: most rules; every length is equally likely.
        table: which rules.
        solve: ``careful`` adds the trace.

    Returns:
        Problems of verifier ``choice``; ``meta`` has ``steps`` and the ``options`` as one string.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different problems.
    """
    check_bounds(low, high, 1, 8)
    rng = random.Random(f"rules/{seed}/{split}")
    known = learn(table)

    def draw() -> tuple[str, tuple[list[str], str]]:
        chain = rng.choice(LETTERS) + "".join(rng.choices(RULES, k=rng.randint(low, high)))
        lines = follow(chain, known)
        passed = sorted({chain[0], *(line[0] for line in lines)} - {lines[-1]})
        wrong = rng.sample(passed, min(len(passed), rng.randint(1, 2)))
        others = [letter for letter in LETTERS if letter not in (lines[-1], *wrong)]
        options = "".join(rng.sample([lines[-1], *wrong, *rng.sample(others, 3 - len(wrong))], 4))
        shown = " ".join(letter + option for letter, option in zip(options, OPTIONS, strict=True))
        return f"{chain}?{shown}", (lines, options)

    data = Data()
    for question, (lines, options) in distinct(n, split, draw).items():
        answer = OPTIONS[options.index(lines[-1])]
        meta = {"steps": len(lines), "options": options}
        problem = ask(question, answer, "rules", split, meta, verifier="choice")
        data.problems.append(problem)
        if solve:
            data.traces.append(told(problem, f";{';'.join(lines)};{answer}", solve))
    return data


def learn(table: int) -> dict[str, str]:
    """Where each rule takes each letter: ``{"xj": "g", …}``, a cycle through all letters for every rule."""
    rng = random.Random(f"rules/table/{table}")
    known: dict[str, str] = {}
    for rule in RULES:
        cycle = rng.sample(LETTERS, len(LETTERS))
        for letter, following in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
            known[rule + letter] = following
    return known


def follow(chain: str, known: dict[str, str]) -> list[str]:
    """The chain with one rule fewer a line, down to the letter it ends in."""
    lines = []
    while len(chain) > 1:
        chain = known[chain[1] + chain[0]] + chain[2:]
        lines.append(chain)
    return lines
