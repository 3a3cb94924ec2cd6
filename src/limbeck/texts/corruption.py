"""Steps spoiled in one known way, the rest going on from there."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import Literal

from limbeck.texts.step_checks import numbers_in, read

Kind = Literal["operand", "sum", "order", "useless", "shuffled", "contradicting", "repeated"]
Spoiled = tuple[list[str], str, int]
"""The steps, the answer, and which step is at fault, counted from 0; -1 where it is none in particular."""
_SUM = re.compile(r"(?<![\w.])(\d+)(\s*)([-+*])(\s*)(\d+)(\s*=\s*)(-?\d+)(?![\w]|\.\d)")


_DRAWS = 40


def _computed(left: int, sign: str, right: int) -> int:
    return left + right if sign == "+" else left - right if sign == "-" else left * right


def _other(number: int, taken: set[str], rng: random.Random) -> int:
    """A number near another that stands nowhere."""
    return rng.choice([each for each in range(1, 2 * abs(number) + 60) if str(each) not in taken])


def _carried(steps: Sequence[str], start: int, changed: dict[str, str]) -> list[str]:
    """The steps, from ``start`` on with what changed before put in and computed anew; ``changed`` grows."""

    def again(match: re.Match[str]) -> str:
        left, right = (changed.get(match[at], match[at]) for at in (1, 5))
        if (left, right) == (match[1], match[5]) or "-" in left + right:
            return match[0]
        total = str(_computed(int(left), match[3], int(right)))
        changed[match[7]] = total
        return f"{left}{match[2]}{match[3]}{match[4]}{right}{match[6]}{total}"

    return [*steps[:start], *(_SUM.sub(again, step) for step in steps[start:])]


def _spoil_sum(
    steps: list[str], question: str, answer: str, rng: random.Random, operand: bool
) -> Spoiled | None:
    """A sum with a wrong result, or with an operand from nowhere; later steps go on with what it gives.

    Drawn again where what follows would fall below 0, or come to the very number from nowhere.
    """
    told = numbers_in(question)
    taken = told.union(numbers_in(answer), *(each.operands + each.results for each in map(read, steps)))
    sums = [(at, match) for at, step in enumerate(steps) if (match := _SUM.search(step))]
    places = [(at, match) for at, match in sums if not operand or match[5] in told]
    for _ in range(_DRAWS if places else 0):
        at, match = rng.choice(places)
        new = _other(int(match[5 if operand else 7]), taken, rng)
        right = new if operand else int(match[5])
        total = _computed(int(match[1]), match[3], right) if operand else new
        whole = f"{match[1]}{match[2]}{match[3]}{match[4]}{right}{match[6]}{total}"
        changed = {match[7]: str(total)}
        spoiled = [*steps[:at], steps[at].replace(match[0], whole), *steps[at + 1 :]]
        spoiled = _carried(spoiled, at + 1, changed)
        results = [number for step in spoiled for number in read(step).results]
        if not any(number.startswith("-") for number in results) and not (operand and str(new) in results):
            return spoiled, changed.get(answer.strip(), answer), at
    return None


def _operand(steps: list[str], question: str, answer: str, rng: random.Random) -> Spoiled | None:
    return _spoil_sum(steps, question, answer, rng, operand=True)


def _sum(steps: list[str], question: str, answer: str, rng: random.Random) -> Spoiled | None:
    return _spoil_sum(steps, question, answer, rng, operand=False)


def _order(steps: list[str], question: str, answer: str, rng: random.Random) -> Spoiled | None:
    """A step moved behind the first that uses its result, which the question does not tell."""
    known, told = [read(step) for step in steps], numbers_in(question)
    moves = []
    for at, each in enumerate(known):
        needed = set(each.results) - told if each.holds is not None else set()
        users = [later for later in range(at + 1, len(steps)) if needed & set(known[later].operands)]
        moves += [(at, users[0])] if users else []
    if not moves:
        return None
    at, user = rng.choice(moves)
    return [*steps[:at], *steps[at + 1 : user + 1], steps[at], *steps[user + 1 :]], answer, user - 1


def _useless(steps: list[str], question: str, answer: str, rng: random.Random) -> Spoiled | None:
    """A sum of two numbers of the question that is right, and used for nothing."""
    told = sorted(number for number in numbers_in(question) if number.isdigit())
    known = [read(step) for step in steps]
    taken = numbers_in(question).union(numbers_in(answer), *(each.operands + each.results for each in known))
    sums = [(a, b) for a in told for b in told if str(int(a) + int(b)) not in taken]
    # It is told as the others are, so that nothing but its use gives it away.
    patterns = [(step, match) for step in steps if (match := _SUM.search(step))]
    if not sums or not patterns:
        return None
    (a, b), (step, match) = rng.choice(sums), rng.choice(patterns)
    at = rng.randrange(len(steps))
    spare = step.replace(match[0], f"{a}{match[2]}+{match[4]}{b}{match[6]}{int(a) + int(b)}")
    return [*steps[:at], spare, *steps[at:]], answer, at


def _shuffled(steps: list[str], question: str, answer: str, rng: random.Random) -> Spoiled | None:
    """All steps in another order."""
    if len({*steps}) < 2:
        return None
    mixed = list(steps)
    while mixed == steps:
        rng.shuffle(mixed)
    return mixed, answer, -1


def _contradicting(steps: list[str], question: str, answer: str, rng: random.Random) -> Spoiled | None:
    """Another answer behind the same steps."""
    numbers = numbers_in(answer)
    if len(numbers) != 1:
        return None
    [number] = numbers
    taken = numbers_in(question).union(numbers, *(each.operands + each.results for each in map(read, steps)))
    return steps, answer.replace(number, str(_other(abs(int(float(number))), taken, rng))), -1


def _repeated(steps: list[str], question: str, answer: str, rng: random.Random) -> Spoiled | None:
    """A wrong result, and at the end its step and those behind it once more."""
    made = _sum(steps, question, answer, rng)
    if made is None:
        return None
    spoiled, changed, at = made
    return [*spoiled, *spoiled[at:]], changed, at


SPOIL: dict[Kind, Callable[[list[str], str, str, random.Random], Spoiled | None]] = {
    "operand": _operand,
    "sum": _sum,
    "order": _order,
    "useless": _useless,
    "shuffled": _shuffled,
    "contradicting": _contradicting,
    "repeated": _repeated,
}


def spoil(kind: Kind, steps: list[str], question: str, answer: str, rng: random.Random) -> Spoiled | None:
    """Plant one defect; None where there is no place for it.

    * ``operand``: a number from nowhere; the sum is right, and later steps go on with it;
    * ``sum``: a wrong result; later steps go on with it;
    * ``order``: a step behind the first that needs it;
    * ``useless``: a right sum that nothing uses;
    * ``shuffled``: all steps in another order;
    * ``contradicting``: another answer than the steps lead to;
    * ``repeated``: a wrong result, and its step and those behind it said again at the end.
    """
    return SPOIL[kind](steps, question, answer, rng)
