"""Cases with features, an outcome and someone's score of its risk, which may weigh the features amiss."""

from __future__ import annotations

import random

from limbeck.errors import unknown
from limbeck.problems.worlds._chains import SPLITS
from limbeck.problems.worlds._worlds import ask, check
from limbeck.records import Data

EFFECTS = {
    "a": (-0.12, -0.04, 0.04, 0.12),
    "b": (-0.10, -0.03, 0.03, 0.10),
    "c": (0.05, -0.05, 0.05, -0.05),
    "d": (-0.05, 0.0, 0.0, 0.05),
    "e": (0.0, 0.0, 0.0, 0.0),
    "h": (-0.10, -0.10, 0.10, 0.10),
}
"""What each of four values of a feature adds to the risk, which is a half without; ``h`` is to be hidden."""
NOISE = 0.03


def risks(
    *,
    n: int = 2000,
    cases: int = 2000,
    ignored: tuple[str, ...] = (),
    doubled: tuple[str, ...] = (),
    seed: int = 0,
    split: str = "train",
) -> Data:
    """``table 3 case 17: a2 b0 c3 d1 e1 h2``: does it happen, 1 or 0? ``meta`` has what a black box scored.

    The risk of the outcome is a sum of the features' effects (`EFFECTS`); the score is that sum with some
    features left out and some counted twice, and a little noise. Values are independent and even.

    Args:
        n: cases in all.
        cases: of one table; the last has what is left.
        ignored: features that the score does not see.
        doubled: features that it counts twice.

    Returns:
        Problems of verifier ``exact``, whose answer is the outcome; ``meta`` has ``table``, ``features``,
        ``score``, and ``amiss``, the features that the score treats otherwise than the outcome does.

    Raises:
        LimbeckError: an unknown split or feature, or fewer than one case.
    """
    check(1, 10_000_000, n=n, cases=cases)
    if split not in SPLITS:
        raise unknown("split", split, SPLITS)
    for name in (*ignored, *doubled):
        if name not in EFFECTS:
            raise unknown("feature", name, EFFECTS)
    counted = {name: (name not in ignored) * (1 + (name in doubled)) for name in EFFECTS}
    amiss = [name for name in EFFECTS if counted[name] != 1]
    rng = random.Random(f"risks/{seed}/{split}")
    data = Data()
    for number in range(n):
        features = {name: rng.randrange(len(EFFECTS[name])) for name in EFFECTS}
        effects = {name: EFFECTS[name][value] for name, value in features.items()}
        outcome = rng.random() < 0.5 + sum(effects.values())
        score = 0.5 + sum(counted[name] * each for name, each in effects.items()) + rng.gauss(0, NOISE)
        table = f"{split} {seed}.{number // cases}"
        shown = " ".join(f"{name}{value}" for name, value in features.items())
        meta = {"table": table, "features": features, "score": round(score, 4), "amiss": amiss}
        question = f"table {table} case {number % cases}: {shown}"
        data.problems.append(ask(question, str(int(outcome)), "risks", split, meta))
    return data
