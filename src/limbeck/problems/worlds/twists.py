"""Known problems with one condition turned around, and solvers who stay with what they know."""

from __future__ import annotations

import random

from limbeck.problems.worlds._worlds import ask, check_bounds, distinct
from limbeck.records import Data, Outcome, Problem, Trace, Verdict
from limbeck.types import Count, CountOrNone, Share

NAMES = ("Ada", "Ben", "Cora", "Dov", "Elsa", "Finn", "Gail", "Hans", "Iris", "Jack")
ADDS, TAKES = "brings {} crates", "takes away {} crates"
Event = tuple[str, int]
"""Who does it, and by how many crates it changes the pile."""


def twists(
    *,
    n: Count = 200,
    low: int = 3,
    high: int = 5,
    k: CountOrNone = 0,
    seen: Share = 0.7,
    followed: Share = 0.7,
    slips: Share = 0.2,
    seed: int = 0,
    split: str = "train",
) -> Data:
    """Piles of crates that grow and shrink; one event is the other way round than in the known problem.

    A solver that has seen the changed condition, and says so, goes by it, and may slip in a sum, or by the
    known solution all the same; one that has not goes by the known solution.

    Args:
        n: different problems.
        low, high: fewest and most events.
        k: solutions of each.
        seen: share of them that state the changed condition.
        followed: share of those that go by it.
        slips: share of those that err in a sum.

    Returns:
        Problems of verifier ``exact``; ``meta`` has ``condition``, ``rubric`` (one item: that it is stated),
        ``original`` and ``solution`` (of the known problem, of this one; a paragraph an event), ``decoy``
        of neither; traces with ``params["why"]`` (``right``, ``habit``, ``slip``) and ``params["seen"]``.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different problems.
    """
    check_bounds(low, high, 2, 8)
    rng = random.Random(f"twists/{seed}/{split}")

    def draw() -> tuple[str, tuple[int, list[Event], int, list[Event]]]:
        size = rng.randint(low, high)
        start, events = rng.randint(60, 200), _events(size, rng)
        return _question(start, events), (start, events, rng.randrange(size), _events(size, rng))

    data = Data()
    for text, (start, events, turned, decoy) in distinct(n, split, draw).items():
        who, by = events[turned]
        known = [*events[:turned], (who, -by), *events[turned + 1 :]]
        solved = {"original": known, "solution": events, "decoy": decoy}
        meta = {name: "\n\n".join(_solution(start, each)) for name, each in solved.items()}
        condition = f"{who} {_deed(by)}"
        asked = {"condition": condition, "rubric": [{"text": f"says: {condition}"}]}
        answer = str(start + sum(change for _, change in events))
        problem = ask(text, answer, "twists", split, {**asked, **meta})
        data.problems.append(problem)
        for number in range(k):
            draws = random.Random(f"twists/{seed}/{problem.id}/{number}")
            sees = draws.random() < seen
            follows, errs = draws.random() < followed, draws.random() < slips
            why = "habit" if not (sees and follows) else "slip" if errs else "right"
            told = _solution(start, known if why == "habit" else events, draws if why == "slip" else None)
            data.traces.append(_trace(problem, told, number, why, sees))
    return data


def _events(size: int, rng: random.Random) -> list[Event]:
    return [(who, rng.choice((-1, 1)) * rng.randint(3, 19)) for who in rng.sample(NAMES, size)]


def _deed(change: int) -> str:
    return (ADDS if change > 0 else TAKES).format(abs(change))


def _question(start: int, events: list[Event]) -> str:
    told = " ".join(f"Then {who} {_deed(change)}." for who, change in events)
    return f"There are {start} crates on a pile. {told} How many are there in the end?"


def _solution(start: int, events: list[Event], draws: random.Random | None = None) -> list[str]:
    """A paragraph for each event; with ``draws`` one sum is wrong and the rest goes on from it."""
    total, paragraphs = start, []
    wrong = draws.randrange(len(events)) if draws else -1
    for at, (who, change) in enumerate(events):
        off = draws.choice((-10, -2, -1, 1, 2, 10)) if draws and at == wrong else 0
        after = total + change + off
        sum_ = f"{total} {'+' if change > 0 else '-'} {abs(change)} = {after}"
        paragraphs.append(f"{who} {_deed(change)}, so that there are {sum_}.")
        total = after
    return paragraphs


def _trace(problem: Problem, paragraphs: list[str], number: int, why: str, sees: bool) -> Trace:
    opening = [f"Mind that {problem.meta['condition']} here."] if sees else []
    text, answer = "\n\n".join([*opening, *paragraphs]), paragraphs[-1].rpartition(" ")[2].rstrip(".")
    outcome: Outcome = "correct" if answer == problem.answer else "wrong"
    return Trace(
        id=f"{problem.id}#solver-{number}",
        problem_id=problem.id,
        reasoning=text,
        answer=answer,
        format="think",
        model="solver",
        params={"why": why, "seen": sees},
        finish="stop",
        tokens=len(text.split()),
        verdicts=[Verdict("exact", outcome, answer, f"{answer} against {problem.answer}")],
    )
