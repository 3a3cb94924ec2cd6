"""Sums told in English by a solver who repeats himself, checks, and begins ways that he leaves again."""

from __future__ import annotations

import random
from typing import Any, Literal, NamedTuple

from limbeck.problems.worlds._worlds import ask, check_bounds, distinct, told
from limbeck.records import Data, Outcome, Verdict
from limbeck.types import CountOrNone, Settings, Share

NAMES = ("Tom", "Ada", "Ben", "Eva", "Jon", "Lea", "Max", "Ida")
THINGS = ("marbles", "stamps", "cards", "shells", "coins", "beads")
EASY = 3
"""Most operations of an easy problem."""
BASE = (
    "{name} {does}, so {left} {sign} {right} = {total}.",
    "Next, {left} {sign} {right} = {total} {things}, as {name} {does}.",
    "When {name} {does}, that makes {left} {sign} {right} = {total}.",
)
AGAIN = ("{said}", "So again: {said}", "To repeat it, {said}", "As I said, {said}")
CHECKS = (
    "Let me double-check: {total} {back} {right} is {left}, which fits.",
    "Wait, is that right? From {total} one gets to {left} by {right}, so yes.",
    "To verify this, count {right} steps the other way and reach {left}.",
    "Hold on, does this make sense? {total} and {left} differ by {right}. Good.",
)
OTHER_WAYS = (
    "Alternatively, look only at what comes in, {right} of them here.",
    "Another way would be to begin at the end and undo {right} first.",
    "Maybe I could try a different approach with pairs of {right}.",
)
UNUSUAL = {
    "check": "It had better be true: {left} lies {right} away from {total}.",
    "turn": "What if all of it were written down as one long row of {right}?",
    "repeat": "That is how {name} comes to hold {total} of them now.",
}
"""Wordings without any of the words by which such a step is usually told."""
LEFT_AGAIN = (
    "That leaves something out, so this idea goes no further.",
    "Hm, it only gets longer like this.",
    "No, it does not help here.",
)


class Habits(Settings, frozen=True):
    """What a solution holds besides its steps, each drawn by itself.

    Args:
        repeated: probability that a step is said again.
        easy_checks: probability that a step of an easy problem, of at most three operations, is checked.
        checks: the same of the other problems.
        left: probability that behind a step, but for the last, another way is begun and left.
        unusual: share of these that are worded as nobody expects (`UNUSUAL`).
        slips: probability that a step is off by one; what follows goes on from it.
    """

    repeated: Share = 0.0
    easy_checks: Share = 0.0
    checks: Share = 0.0
    left: Share = 0.0
    unusual: Share = 0.1
    slips: Share = 0.0


class _Step(NamedTuple):
    text: str
    label: str
    value: int


def deliberations(
    *,
    n: int = 500,
    low: int = 2,
    high: int = 6,
    habits: Habits = Habits(),
    most: CountOrNone = 0,
    solve: Literal["", "steps"] = "",
    seed: int = 0,
    split: str = "train",
) -> Data:
    """``Tom has 12 marbles. Tom gets 5. … How many marbles has Tom in the end?``, worked out in paragraphs.

    What each paragraph is, is known: a step, a repetition (``repeat``), a check, or the beginning of a way
    that is left (``turn``). It is put in several wordings, of which some hold none of the usual words.

    Args:
        n: different questions.
        low, high: fewest and most operations; ``meta["level"]`` is ``easy`` up to three, else ``hard``.
        most: a solution stops behind so many paragraphs and answers with what it has; 0 for none.
        solve: ``steps`` adds a trace to each problem.

    Returns:
        Problems of verifier ``exact`` with ``meta["operations"]``; traces in format ``think``, a token a
        word, with ``params["labels"]``, what each paragraph is, and ``params["planted"]``: the shares of
        paragraphs that are each, and ``left``, the share of approaches that are left.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different questions.
    """
    check_bounds(low, high, 1, 12)
    rng = random.Random(f"deliberations/{seed}/{split}")
    data = Data()
    for question, puzzle in distinct(n, split, lambda: _draw(low, high, rng)).items():
        _, _, start, moves = puzzle
        total = start + sum(moves)
        meta = {"operations": len(moves), "level": "easy" if len(moves) <= EASY else "hard"}
        problem = ask(question, str(total), "deliberations", split, meta)
        data.problems.append(problem)
        if solve:
            # Slips have a randomness of their own: solvers with other habits err at the same places.
            draws = random.Random(f"{problem.id}/{seed}/{habits}")
            steps = _solved(puzzle, habits, draws)[: most or None]
            thought = "\n\n".join(step.text for step in steps)
            text = f"<think>\n{thought}\n</think>\n\n{steps[-1].value}"
            params = {"planted": _shares(steps), "labels": [step.label for step in steps]}
            answer = str(steps[-1].value)
            outcome: Outcome = "correct" if answer == problem.answer else "wrong"
            trace = told(problem, text, solve, params=params, format="think", outcome=outcome)
            trace.verdicts = [Verdict("exact", outcome, answer)]
            trace.tokens = len(text.split())
            data.traces.append(trace)
    return data


def _draw(low: int, high: int, rng: random.Random) -> tuple[str, tuple[str, str, int, list[int]]]:
    name, things = rng.choice(NAMES), rng.choice(THINGS)
    start = value = rng.randint(11, 40)
    moves = []
    for _ in range(rng.randint(low, high)):
        move = rng.randint(2, 9) * (-1 if value > 12 and rng.random() < 0.5 else 1)
        moves.append(move)
        value += move
    told_ = " ".join(f"{name} {_does(move)}." for move in moves)
    question = f"{name} has {start} {things}. {told_} How many {things} has {name} in the end?"
    return question, (name, things, start, moves)


def _does(move: int) -> str:
    return f"gets {move}" if move > 0 else f"gives {-move} away"


def _solved(puzzle: tuple[str, str, int, list[int]], habits: Habits, rng: random.Random) -> list[_Step]:
    name, things, value, moves = puzzle
    checks = habits.easy_checks if len(moves) <= EASY else habits.checks
    slips = random.Random(f"slips/{puzzle}")
    steps = [_Step(f"{name} begins with {value} {things}.", "", value)]
    for number, move in enumerate(moves, 1):
        total = value + move + (slips.choice((-1, 1)) if slips.random() < habits.slips else 0)
        words: dict[str, Any] = {"name": name, "things": things, "does": _does(move), "left": value}
        words |= {"right": abs(move), "total": total}
        words |= {"sign": "+" if move > 0 else "-", "back": "less" if move > 0 else "and"}
        base = rng.choice(BASE).format(**words)
        steps.append(_Step(base, "", total))
        words["said"] = base
        for label, chance, usual in (
            ("check", checks, CHECKS),
            ("repeat", habits.repeated, AGAIN),
            ("turn", habits.left * (number < len(moves)), OTHER_WAYS),
        ):
            if rng.random() < chance:
                wording = UNUSUAL[label] if rng.random() < habits.unusual else rng.choice(usual)
                steps.append(_Step(wording.format(**words), label, total))
                if label == "turn":
                    steps.append(_Step(rng.choice(LEFT_AGAIN), "", total))
        value = total
    return [*steps, _Step(f"In the end {name} has {value} {things}.", "", value)]


def _shares(steps: list[_Step]) -> dict[str, float]:
    labels = [step.label for step in steps]
    turns = labels.count("turn")
    shares = {label: labels.count(label) / len(labels) for label in ("repeat", "check", "turn")}
    return {**shares, "left": turns / (turns + 1)}
