"""Chains of digit operations, solved with care or in haste: the small world in which wrong traces teach."""

from __future__ import annotations

import random
from collections import Counter
from typing import Literal

from limbeck.errors import LimbeckError
from limbeck.problems.worlds._chains import distinct, problem, questions, reduce, trace
from limbeck.problems.worlds._worlds import check
from limbeck.records import Data, Problem

ADDED = ("restated",)


def haste(
    *,
    n: int = 2000,
    low: int = 3,
    high: int = 5,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "careful", "hasty"] = "",
    skip: float = 0.5,
    restated: float = 0.0,
) -> Data:
    """Chains such as ``5-7-0+3``, multiplication first, modulo 10, with or without a solver's traces.

    A trace rewrites the chain line by line: ``;`` begins a careful line (one operation carried out), ``!`` a
    hasty one (two at once): ``;8-0+3!1``. The solver is always right; a small network that imitates it errs
    on hasty lines, so its mistakes are systematic and negatives have something to say.

    Args:
        n: without ``solve``, that many different problems; with it, that many traces of problems drawn with
            repeats (a short chain that is drawn again gets another trace), as pretraining wants them.
        low: fewest operations.
        high: most operations; every length is equally likely.
        split: ``train``, ``validation``, ``test`` or ``hard`` (meant for 6 to 7 operations). A digest of the
            question decides where it belongs, so splits share no question whatever their seeds.
        solve: ``careful`` never skips, ``hasty`` skips with probability ``skip``.
        skip: probability that a line carries out two operations while at least two remain.
        restated: probability that a line, or a repetition of it, is needlessly written again, after ``:``;
            ``;8-0+3:8-0+3!1``. The last line is not.

    Returns:
        Problems of verifier ``exact``; traces of format ``lines`` with ``params`` and a verdict.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different chains.
    """
    check(1, 10_000_000, n=n)
    if not 0 <= restated < 1:
        raise LimbeckError(f"restated={restated}: a probability from 0 on and below 1, or no line would end")
    rng = random.Random(f"haste/{seed}/{split}")
    if not solve:
        return Data([problem(question, "haste", split) for question in distinct(n, low, high, split, rng)])
    chance = skip if solve == "hasty" else 0.0
    problems: dict[str, Problem] = {}
    drawn: Counter[str] = Counter()
    traces = []
    for _, question in zip(range(n), questions(low, high, split, rng), strict=False):
        asked = problems.get(question) or problems.setdefault(question, problem(question, "haste", split))
        text = rewrite(question, chance, rng, restated)
        params = {"skip": chance, "skips": text.count("!")}
        if restated:
            params["restated"] = text.count(":")
        traces.append(trace(asked, drawn[question], text, f"{solve}-solver", params))
        drawn[question] += 1
    return Data(list(problems.values()), traces)


def rewrite(question: str, skip: float, rng: random.Random, restated: float = 0.0) -> str:
    """The solver's text: a line per rewriting, down to one digit."""
    tokens, lines = list(question), []
    while len(tokens) > 1:
        hasty = len(tokens) >= 5 and rng.random() < skip
        tokens = reduce(reduce(tokens)) if hasty else reduce(tokens)
        lines.append(("!" if hasty else ";") + "".join(tokens))
        # Without repetitions nothing is drawn for them: chains stay what they were.
        while restated and len(tokens) > 1 and rng.random() < restated:
            lines.append(":" + "".join(tokens))
    return "".join(lines)
