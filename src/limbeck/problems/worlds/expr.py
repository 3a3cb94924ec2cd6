"""The negative control of `haste`: the same chains, every line careful, errors without a system."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.problems.worlds._chains import distinct, problem, reduce, trace
from limbeck.problems.worlds._worlds import check
from limbeck.records import Data


def expr(
    *,
    n: int = 2000,
    low: int = 3,
    high: int = 5,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "careful"] = "",
    slip: float = 0.0,
    k: int = 1,
) -> Data:
    """Chains such as ``5-7-0+3`` without hasty lines: a world in which negatives should not help.

    With ``slip`` the solver now and then writes a random wrong digit and reckons on from it. Such slips
    follow no pattern: a student that imitates them averages them away, and there is no behaviour for a
    negative to forbid.

    Args:
        n: different problems.
        low: fewest operations.
        high: most operations; every length is equally likely.
        split: as in `haste`; the two worlds share their questions and splits.
        solve: ``careful`` adds ``k`` traces of one operation a line to each problem.
        slip: probability that a line's new digit is replaced by one of the nine others.
        k: traces per problem.

    Returns:
        Problems of verifier ``exact``; traces of format ``lines`` with ``params["slips"]`` and an honest
        verdict (a trace may slip and yet end on the right digit).

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different chains.
    """
    check(1, 10_000_000, n=n)
    rng = random.Random(f"expr/{seed}/{split}")
    data = Data([problem(question, "expr", split) for question in distinct(n, low, high, split, rng)])
    for asked in data.problems if solve else []:
        for number in range(k):
            text, slips = rewrite(asked.question, slip, rng)
            data.traces.append(trace(asked, number, text, "careful-solver", {"slip": slip, "slips": slips}))
    return data


def rewrite(question: str, slip: float, rng: random.Random) -> tuple[str, int]:
    """The solver's text and in how many lines it slipped."""
    tokens, lines, slips = list(question), [], 0
    while len(tokens) > 1:
        at = max(tokens.index("*") if "*" in tokens else 1, 1) - 1
        tokens = reduce(tokens)
        if rng.random() < slip:
            tokens[at] = rng.choice([digit for digit in "0123456789" if digit != tokens[at]])
            slips += 1
        lines.append(";" + "".join(tokens))
    return "".join(lines), slips
