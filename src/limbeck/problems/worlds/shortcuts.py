"""Running sums with tempting shortcuts: right and wrong traces whose every property is planted."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.errors import LimbeckError
from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct, told
from limbeck.records import Data, Problem
from limbeck.types import Settings, Share

TEMPTING, SKIPPED, GAP = "9", "!", 2
"""The digit that tempts; what stands for a sum not written down; how many a shortcut leaves out."""
FOREIGN = str.maketrans("0123456789", "klmnopqrst")
"""How a distant teacher writes its sums."""
BEFORE, AFTER = "abcdefghij", "ABCDEFGHIJ"
"""How copies of the question and of the sums end."""


class Planted(Settings, frozen=True):
    """What the traces are like.

    Args:
        right: probability that a right trace takes a shortcut where it is tempted.
        wrong: the same for a wrong trace.
        before: copies of the question before the sums, at most 10: both traces share them.
        after: copies of the sums behind them, at most 10; ``after_wrong`` of a wrong trace, -1 for as many.
        foreign: share of wrong traces whose sums are written in letters that no right trace uses.
        mixed: every trace has its own number of copies, none to ``before`` and none to ``after``.
    """

    right: Share = 0.5
    wrong: Share = 0.8
    before: int = 1
    after: int = 1
    after_wrong: int = -1
    foreign: Share = 0.0
    mixed: bool = False


def shortcuts(
    *,
    n: int = 2000,
    terms: int = 8,
    tempting: int = 2,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "right", "both"] = "",
    planted: Planted = Planted(),
) -> Data:
    """Digits, ``389254``, whose sums modulo 10 are written one for each digit, ``3 1 0 2 7 1``; ``;1`` is the
    answer.

    A 9 tempts: a trace may leave out two sums there and write the third, ``31!!71``. The solver that tells
    right traces always has the third; a small network that imitates it seldom does, so it errs where it takes
    shortcuts. A wrong trace departs at its first shortcut, or where it has none at any sum, with a wrong
    digit, and goes on from there without a further error. ``wrong / right`` says how systematic errors are.

    Args:
        n: different problems.
        terms: digits of a question, of which ``tempting`` are a 9.
        solve: ``right`` adds a right trace to each, ``both`` a right and a wrong one.

    Returns:
        Problems of verifier ``exact``; traces of format ``lines``, one token a character, with
        ``params["shortcuts"]``, how many they take.

    Raises:
        LimbeckError: an unknown split, a setting out of range, or fewer than ``n`` different questions.
    """
    check_bounds(tempting * (GAP + 1), terms, 1, 60)
    check(0, 10, before=planted.before, after=planted.after)
    check(-1, 10, after_wrong=planted.after_wrong)
    if tempting < 1:
        raise LimbeckError(f"tempting={tempting}: a question has at least one 9")
    rng = random.Random(f"shortcuts/{seed}/{split}")
    data = Data()
    for question in distinct(n, split, lambda: (_question(terms, tempting, rng), None)):
        problem = ask(question, str(sum(map(int, question)) % 10), "shortcuts", split, {})
        data.problems.append(problem)
        draws = random.Random(f"shortcuts/{seed}/{problem.id}")
        if solve:
            _tell(data, problem, planted, draws, wrong=False)
        if solve == "both":
            _tell(data, problem, planted, draws, wrong=True)
    return data


def _question(terms: int, tempting: int, rng: random.Random) -> str:
    """Every 9 has room for a shortcut behind it."""
    starts = sorted(rng.sample(range(terms - tempting * GAP), tempting))
    places = {start + GAP * number for number, start in enumerate(starts)}
    return "".join(TEMPTING if at in places else rng.choice("012345678") for at in range(terms))


def _tell(data: Data, problem: Problem, planted: Planted, rng: random.Random, wrong: bool) -> None:
    """Add a trace."""
    question = problem.question
    chance = planted.wrong if wrong else planted.right
    taken = [at for at, term in enumerate(question) if term == TEMPTING and rng.random() < chance]
    departure = len(question)
    if wrong:
        departure = taken[0] + GAP if taken else rng.randrange(len(question))
    sums = _sums(question, taken, departure, rng.randrange(1, 10))
    if wrong and rng.random() < planted.foreign:
        sums = sums.translate(FOREIGN)
    before, after = planted.before, planted.after
    if wrong and planted.after_wrong >= 0:
        after = planted.after_wrong
    if planted.mixed:
        before, after = rng.randint(0, before), rng.randint(0, after)
    copies = "".join(question + mark for mark in BEFORE[:before])
    checks = "".join(sums + mark for mark in AFTER[:after])
    text = f"{copies}{sums}={checks};{sums[-1].translate(_NATIVE)}"
    params = {"shortcuts": len(taken), "departure": len(copies) + departure if wrong else None}
    data.traces.append(told(problem, text, "wrong" if wrong else "right", params=params))


_NATIVE = {foreign: digit for digit, foreign in FOREIGN.items()}


def _sums(question: str, taken: list[int], departure: int, off: int) -> str:
    """A sum for each digit, ``off`` too large from ``departure`` on."""
    left_out = {at + step for at in taken for step in range(GAP)}
    total, sums = 0, ""
    for at, term in enumerate(question):
        total = (total + int(term) + (off if at == departure else 0)) % 10
        sums += SKIPPED if at in left_out else str(total)
    return sums
