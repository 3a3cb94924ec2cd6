"""Chains whose last line may be wrong: a line to judge, or a right one to falsify."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Literal

from limbeck.errors import LimbeckError, unknown
from limbeck.problems.worlds._chains import questions, reduce
from limbeck.problems.worlds._worlds import PATIENCE, ask, check, check_bounds, told
from limbeck.records import Data

KINDS = {
    "1": "the new digit is one off",
    "2": "another operation is carried out first",
    "3": "the operation is taken for another",
    "4": "another digit is copied wrongly",
    "5": "a term is left out",
    "6": "a sign is copied wrongly",
}
_VALUE = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b}


def slips(
    *,
    n: int = 2000,
    low: int = 2,
    high: int = 5,
    task: Literal["judge", "plant"] = "judge",
    kinds: tuple[str, ...] = ("1", "2", "3"),
    skip: float = 0.3,
    wrong: float = 0.5,
    seed: int = 0,
    split: str = "train",
    solve: bool = False,
) -> Data:
    """Solutions of `haste` up to some line, ``5-7-0+3;8-0+3;8+3``, to be judged; or to be falsified,
    ``…;8+3:2``.

    To judge, a trace writes the last line anew, carefully, then 1 where it is right and 0 where it is wrong:
    ``;8+3;1``; in place of a hasty line (``!``) it writes both operations. To falsify, a trace is the line
    with an error of the kind asked for. All is written with the characters of `haste`, so its models can
    learn it.

    Args:
        n: different problems.
        low: fewest operations of a chain.
        high: most.
        kinds: of errors: ``1`` the new digit is one off, ``2`` another operation first, ``3`` the operation
            taken for another, ``4`` another digit copied wrongly, ``5`` a term left out, ``6`` a sign copied
            wrongly.
        skip: probability that a line carries out two operations.
        wrong: share of wrong lines to judge.
        solve: add the traces.

    Returns:
        Problems of verifier ``exact`` with ``meta["kind"]``, empty for a right line, and ``meta["line"]``. A
        line to falsify has one of several answers and no reference of its own.

    Raises:
        LimbeckError: an unknown kind or split, impossible bounds, or fewer than ``n`` different problems.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise unknown("kind of error", kind, KINDS)
    check_bounds(low, high, 1, 20)
    check(0, 1, skip=skip, wrong=wrong)
    rng = random.Random(f"slips/{task}/{seed}/{split}")
    # Chains of their own split, so that no solution of a test chain is ever shown in training.
    chains = questions(low, high, split, rng)
    drawn = (drawing for chain in chains for drawing in _drawn(chain, task, kinds, skip, wrong, rng))
    texts = _collect(n, drawn)
    data = Data()
    for text, (kind, line, trace) in texts.items():
        judged = task == "judge"
        answer = trace.rpartition(";")[2] if judged else line
        problem = ask(text, answer, "slips", split, {"kind": kind, "line": line})
        data.problems.append(problem)
        if solve:
            form = "lines" if judged else "plain"
            data.traces.append(told(problem, trace, task, outcome="correct", format=form))
    return data


Drawn = tuple[str, tuple[str, str, str]]


def _collect(n: int, drawn: Iterator[Drawn]) -> dict[str, tuple[str, str, str]]:
    """``n`` different ones.

    Raises:
        LimbeckError: there are not that many; says how many were found.
    """
    check(1, 10_000_000, n=n)
    collected: dict[str, tuple[str, str, str]] = {}
    idle = 0
    while len(collected) < n:
        text, rest = next(drawn)
        idle = idle + 1 if not text or text in collected else 0
        if text:
            collected.setdefault(text, rest)
        if idle > PATIENCE:
            raise LimbeckError(
                f"n={n}: there are about {len(collected)} such lines; allow more operations or kinds"
            )
    return collected


def _drawn(
    chain: str, task: str, kinds: tuple[str, ...], skip: float, wrong: float, rng: random.Random
) -> Iterator[Drawn]:
    """One problem of a chain: its text; kind, line and trace. The text is empty where the line has no such
    error."""
    shown, tokens = chain, list(chain)
    stop = rng.randrange(len(tokens) // 2)
    for number in range(len(tokens)):
        hasty = len(tokens) >= 5 and rng.random() < skip
        middle = reduce(tokens)
        after = reduce(middle) if hasty else middle
        mark = "!" if hasty else ";"
        if number == stop or len(after) == 1:
            break
        shown, tokens = shown + mark + "".join(after), after
    line = mark + "".join(after)
    falsify = task == "plant" or rng.random() < wrong
    kind = rng.choice(kinds) if falsify else ""
    falsified_line = falsified(tokens, hasty, kind, rng) if falsify else after
    if falsified_line is None:
        yield "", ("", "", "")
        return
    given = mark + "".join(falsified_line)
    if task == "plant":
        yield f"{shown}{line}:{kind}", (kind, line, given)
    else:
        worked = f";{''.join(middle)};{''.join(after)}" if hasty else f";{''.join(after)}"
        yield f"{shown}{given}", (kind, line, f"{worked};{int(not falsify)}")


def falsified(tokens: list[str], hasty: bool, kind: str, rng: random.Random) -> list[str] | None:
    """The line behind ``tokens`` with an error of a kind; None where there is room for none."""
    at = tokens.index("*") if "*" in tokens else 1
    first, sign = at, tokens[at]
    if kind == "2":
        others = [place for place in range(1, len(tokens), 2) if place != at]
        if not others:
            return None
        first, sign = (place := rng.choice(others)), tokens[place]
    elif kind == "3":
        sign = rng.choice([other for other in "+-*" if other != sign])
    right = reduce(reduce(tokens)) if hasty else reduce(tokens)
    value = _VALUE[sign](int(tokens[first - 1]), int(tokens[first + 1])) % 10
    line = [*tokens[: first - 1], str(value), *tokens[first + 2 :]]
    if hasty:
        at = line.index("*") if "*" in line else 1
        line = reduce(line)
    new = at - 1
    if kind == "1":
        line[new] = str((int(line[new]) + rng.choice((1, 9))) % 10)
    elif kind in ("4", "5", "6") and not _copied(line, new, kind, rng):
        return None
    return line if line != right else None


def _copied(line: list[str], new: int, kind: str, rng: random.Random) -> bool:
    """Err in copying the rest of a line, in place; whether there is a rest."""
    digits = [place for place in range(0, len(line), 2) if place != new]
    if not digits:
        return False
    place = rng.choice(digits)
    if kind == "4":
        line[place] = rng.choice([digit for digit in "0123456789" if digit != line[place]])
    elif kind == "5":
        del line[max(place - 1, 0) : max(place - 1, 0) + 2]
    else:
        sign = rng.randrange(1, len(line), 2)
        line[sign] = rng.choice([other for other in "+-*" if other != line[sign]])
    return True
