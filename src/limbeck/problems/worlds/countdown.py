"""Reach a target from three or four numbers: searches with exactly as many dead ends as asked for, true or
spoilt."""

from __future__ import annotations

import random
from itertools import permutations
from typing import Literal, NamedTuple

from limbeck.problems.worlds._worlds import ask, check, distinct, told
from limbeck.records import Data, Outcome, Problem

LARGEST = 99
"""No value on the way is larger."""
State = list[tuple[int, str]]
"""Values that are left, each with the expression it came from."""


class Step(NamedTuple):
    """One operation of a search: ``7+2=9``, what is left behind it, and whether the search turns back
    there."""

    text: str
    state: State
    dead: bool = False


def countdown(
    *,
    n: int = 2000,
    numbers: int = 3,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "search"] = "",
    backtracks: int = 0,
    corrupt: Literal["", "wrong", "shuffled"] = "",
    k: int = 1,
) -> Data:
    """Numbers and a target, ``7 2 3=27``; the answer is an expression of all the numbers: ``3*(7+2)``.

    A trace is a depth-first search in random order: an operation a step, ``!`` where all numbers are used up
    and the target is missed; the search then tries that place's other operations and, when there are none
    left, goes further up. It ends on the expression: ``;7+2=9;3+9=12!3*9=27;3*(7+2)``.

    Args:
        n: different problems; with ``solve``, of those that can be solved with that many dead ends.
        numbers: 3 or 4, of 1 to 9; with 4 the search space is some twenty times as large.
        solve: ``search`` adds the traces.
        backtracks: dead ends in each trace, exactly.
        corrupt: ``wrong`` makes the search take one dead end more for the solution, and answer with it;
            ``shuffled`` deals the steps of all traces out again at random and keeps everything else: the form
            without the content.
        k: traces per problem.

    Returns:
        Problems of verifier ``countdown`` with ``meta["numbers"]`` and ``meta["target"]``; their answer is
        one of many.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different problems.
    """
    _check(numbers, backtracks, k)
    rng = random.Random(f"countdown/{seed}/{split}")
    fails = backtracks + (corrupt == "wrong")

    def draw() -> tuple[str, tuple[str, list[list[Step]]]] | None:
        given = [rng.randint(1, 9) for _ in range(numbers)]
        state = _start(given)
        while len(state) > 1 and (options := moves(state)):
            state = rng.choice(options).state
        target, expression = state[0]
        question = f"{' '.join(map(str, given))}={target}"
        # Searches have a randomness of their own, so that arms with few and with many dead ends share their
        # problems.
        draws = random.Random(f"{question}/{seed}/{backtracks}/{corrupt}")
        paths = [_find(given, target, fails, draws) for _ in range(k if solve else 0)]
        whole = [path for path in paths if path]
        return (question, (expression, whole)) if len(state) == 1 and len(whole) == len(paths) else None

    data, searches = Data(), []
    for question, (expression, paths) in distinct(n, split, draw).items():
        given, target = question.split("=")
        meta = {"numbers": [int(number) for number in given.split()], "target": int(target)}
        problem = ask(question, expression, "countdown", split, meta, verifier="countdown")
        data.problems.append(problem)
        searches += [(problem, number, path) for number, path in enumerate(paths)]
    return _tell(data, searches, backtracks, corrupt, rng)


def _tell(
    data: Data,
    searches: list[tuple[Problem, int, list[Step]]],
    backtracks: int,
    corrupt: str,
    rng: random.Random,
) -> Data:
    if corrupt == "wrong":
        searches = [(problem, number, _stop_early(path, backtracks)) for problem, number, path in searches]
    steps = [step.text for _, _, path in searches for step in path]
    if corrupt == "shuffled":
        rng.shuffle(steps)
    words = iter(steps)
    for problem, number, path in searches:
        signs = [";", *("!" if step.dead else ";" for step in path)]
        written = "".join(sign + next(words) for sign, _ in zip(signs, path, strict=False))
        params = {"backtracks": backtracks, "corrupt": corrupt}
        outcome: Outcome = "wrong" if corrupt == "wrong" else "correct"
        text = f"{written};{path[-1].state[0][1]}"
        data.traces.append(told(problem, text, "search", number=number, outcome=outcome, params=params))
    return data


def _stop_early(path: list[Step], backtracks: int) -> list[Step]:
    """The search up to the dead end behind ``backtracks`` others, taken for the solution."""
    at = [index for index, step in enumerate(path) if step.dead][backtracks]
    return [*path[:at], path[at]._replace(dead=False)]


def _start(given: list[int]) -> State:
    return [(number, str(number)) for number in given]


def _check(numbers: int, backtracks: int, k: int) -> None:
    check(3, 4, numbers=numbers)
    check(0, 10, backtracks=backtracks)
    check(1, 100, k=k)


def moves(state: State) -> list[Step]:
    """All operations on two of the values, differently written ones: sums, products, differences above 0."""
    steps: dict[str, Step] = {}
    for first, second in permutations(range(len(state)), 2):
        (x, left), (y, right) = state[first], state[second]
        rest = [entry for at, entry in enumerate(state) if at not in (first, second)]
        for sign, value in (("+", x + y), ("*", x * y), ("-", x - y)):
            if 0 < value <= LARGEST and (sign == "-" or first < second):
                text, written = f"{x}{sign}{y}={value}", f"{_bracket(left)}{sign}{_bracket(right)}"
                steps.setdefault(text, Step(text, [*rest, (value, written)]))
    return list(steps.values())


def _bracket(text: str) -> str:
    return text if text.isdigit() else f"({text})"


def _find(given: list[int], target: int, fails: int, rng: random.Random) -> list[Step] | None:
    """A search with exactly that many dead ends; None where several orders did not give one."""
    tries = (search(_start(given), target, fails, rng) for _ in range(10))
    return next((path for path in tries if path), None)


def search(state: State, target: int, fails: int, rng: random.Random) -> list[Step] | None:
    """Depth first, in a random order that leads through exactly ``fails`` dead ends to the target; None if it
    does not.

    Of places that cannot reach the target, the search enters only those with two values, or it would not soon
    be out again.
    """
    options = moves(state)
    rng.shuffle(options)
    if len(state) == 2:
        bad = [step._replace(dead=True) for step in options if step.state[0][0] != target]
        good = [step for step in options if step.state[0][0] == target]
        return [*bad[:fails], good[0]] if good and len(bad) >= fails else None
    path: list[Step] = []
    for step in options:
        if rest := search(step.state, target, fails, rng):
            return [*path, step, *rest]
        dead = [leaf._replace(dead=True) for leaf in moves(step.state)] if len(state) == 3 else []
        if 0 < len(dead) <= fails and all(leaf.state[0][0] != target for leaf in dead):
            path += [step, *dead]
            fails -= len(dead)
    return None
