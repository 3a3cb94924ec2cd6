"""Items with noisy features and labels to give out, each once: only all of them together tell who gets
which."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.problems.worlds._worlds import ask, check, distinct, told
from limbeck.records import Data

LABELS = "abcde"


def assignment(
    *,
    n: int = 2000,
    items: int = 4,
    features: int = 3,
    noise: float = 0.1,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "careful"] = "",
) -> Data:
    """Items such as ``303 000 333 211`` and as many labels; the answer gives every item one of its own:
    ``dacb``.

    Label number j stands for the features j and j+1 (the last for itself and 0), so that every feature speaks
    for two labels, and noise for others. An item alone often fits several labels; exactly one permutation
    gives every item a label it fits best, and it is found by striking out.

    A trace lists what each item fits, then strikes a settled item's label from the others, a line each, and
    ends on the permutation: ``;d,ad,cd,b;d,a,c,b;dacb``.

    Args:
        n: different problems.
        items: 3 to 5.
        features: digits shown of every item.
        noise: probability that a digit is any digit, in place of one of the label's two.
        solve: ``careful`` adds the trace.

    Returns:
        Problems of verifier ``exact``; ``meta["alone"]`` counts items that one could label without the
        others, and is less than ``meta["items"]``.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different problems.
    """
    check(3, len(LABELS), items=items)
    check(1, 9, features=features)
    check(0, 1, noise=noise)
    rng = random.Random(f"assignment/{seed}/{split}")

    def draw() -> tuple[str, list[list[str]]] | None:
        truth = rng.sample(range(items), items)
        shown = [_show(label, items, features, noise, rng) for label in truth]
        lines = strike([fitting(item, items) for item in shown])
        joint = any(len(fits) > 1 for fits in lines[0])
        return (" ".join(shown), lines) if joint and lines[-1] == [LABELS[label] for label in truth] else None

    data = Data()
    for question, lines in distinct(n, split, draw).items():
        alone = sum(len(fits) == 1 for fits in lines[0])
        problem = ask(question, "".join(lines[-1]), "assignment", split, {"items": items, "alone": alone})
        data.problems.append(problem)
        if solve:
            text = "".join(";" + ",".join(line) for line in lines) + ";" + "".join(lines[-1])
            data.traces.append(told(problem, text, solve))
    return data


def _show(label: int, items: int, features: int, noise: float, rng: random.Random) -> str:
    marks = (label, (label + 1) % items)

    def feature() -> int:
        return rng.randrange(items) if rng.random() < noise else rng.choice(marks)

    return "".join(str(feature()) for _ in range(features))


def fitting(item: str, items: int) -> str:
    """The labels that most of an item's features speak for."""
    score = [sum(int(digit) in (label, (label + 1) % items) for digit in item) for label in range(items)]
    return "".join(LABELS[label] for label in range(items) if score[label] == max(score))


def strike(fits: list[str]) -> list[list[str]]:
    """What every item may still be, after each round of striking out the labels of settled items; ends when
    stuck."""
    lines = [fits]
    while True:
        settled = [labels for labels in fits if len(labels) == 1]
        struck = []
        for labels in fits:
            left = "".join(label for label in labels if label not in settled)
            struck.append(labels if len(labels) == 1 else left)
        if struck == fits:
            return lines
        fits = struck
        lines.append(fits)
