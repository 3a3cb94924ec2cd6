"""Small proofs about remainders (`problems/remainders`): written with flaws, and graded by their scheme."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

PLAINLY = "clearly"
FLAWS = ("logic", "assumption", "arithmetic", "missing")
"""What can be wrong with a line: a reason that is none, a claim without one, a false number, no line."""
_QUESTION = re.compile(r"Show that (\d+(?: \+ \d+)+) is divisible by (\d+)\.")


def question(terms: Sequence[int], divisor: int) -> str:
    """What is to be shown."""
    return f"Show that {' + '.join(map(str, terms))} is divisible by {divisor}."


def asked(text: str) -> tuple[list[int], int] | None:
    """The terms and the divisor of a question; None for another question."""
    match = _QUESTION.fullmatch(text.strip())
    return ([int(term) for term in match[1].split(" + ")], int(match[2])) if match else None


def scheme(terms: Sequence[int], divisor: int) -> list[dict[str, object]]:
    """Two points for each term, one for the end: a line with a false number earns half of its own."""
    lines = [{"text": f"{term} = q * {divisor} + r, with r its remainder", "points": 2} for term in terms]
    return [*lines, {"text": f"the remainders add up to a multiple of {divisor}", "points": 1}]


def proof(terms: Sequence[int], divisor: int, flaws: Sequence[str], rng: random.Random) -> str:
    """A proof, a line for each term and one for the end; ``flaws`` says what is wrong with each."""
    lines, rests = [], []
    for term, flaw in zip(terms, flaws, strict=False):
        quotient, rest = divmod(term, divisor)
        rests.append(rest)
        reason = f"because {term} = {quotient} * {divisor} + {rest}"
        if flaw == "logic":
            reason = f"because {term} is {'odd' if term % 2 else 'even'}"
        elif flaw == "assumption":
            reason = PLAINLY
        elif flaw == "arithmetic":
            reason = f"because {term} = {quotient + rng.choice((-1, 1))} * {divisor} + {rest}"
        lines += [f"{term} leaves {rest}, {reason}."] * (flaw != "missing")
    total, flaw = sum(rests), flaws[-1]
    reason = f"because {' + '.join(map(str, rests))} = {total} = {total // divisor} * {divisor}"
    if flaw == "arithmetic":
        reason = f"because {' + '.join(map(str, rests))} = {total + 1}"
    elif flaw:
        reason = PLAINLY
    lines += [f"The sum leaves 0, {reason}."] * (flaw != "missing")
    return "\n".join(lines)


def marks(terms: Sequence[int], divisor: int, text: str) -> list[float]:
    """The points of each item of `scheme`, found from the text alone."""
    points, rests = [], [term % divisor for term in terms]
    for term, rest in zip(terms, rests, strict=True):
        line = re.search(
            rf"(?m)^{term} leaves {rest}, because {term} = (\d+|-1) \* {divisor} \+ {rest}\.$", text
        )
        right = line is not None and int(line[1]) * divisor + rest == term
        points.append(0.0 if line is None else 2.0 if right else 1.0)
    total = sum(rests)
    added = f"{' + '.join(map(str, rests))} = {total} = {total // divisor} * {divisor}."
    return [*points, float(f"The sum leaves 0, because {added}" in text)]
