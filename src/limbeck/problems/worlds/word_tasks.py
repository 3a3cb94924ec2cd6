"""Tasks on made-up words of five kinds, each asked in three wordings."""

from __future__ import annotations

import random

from limbeck.checkers.word_tasks import KINDS
from limbeck.checkers.word_tasks import draw as draw_words
from limbeck.checkers.word_tasks import question as worded
from limbeck.errors import unknown
from limbeck.problems.worlds._worlds import ask, check_bounds, distinct
from limbeck.records import Data


def word_tasks(
    *,
    n: int = 1000,
    kinds: tuple[str, ...] = (),
    low: int = 2,
    high: int = 4,
    seed: int = 0,
    split: str = "train",
) -> Data:
    """``Sort the words from a to z: mado, kine`` and four further kinds of tasks, in any order.

    Each kind is solved in a way of its own, and who mistakes one for another is wrong: last letters joined,
    the order of the alphabet, how often a occurs, the words backwards, how long all of them are.

    Args:
        n: different questions.
        kinds: of ``last letters``, ``alphabet``, ``count of a``, ``backwards``, ``length``; none named, all.
        low, high: fewest and most words.

    Returns:
        Problems of verifier ``exact`` with ``meta["kind"]``.

    Raises:
        LimbeckError: an unknown kind or split, impossible bounds, or fewer than ``n`` different questions.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise unknown("kind of task", kind, KINDS, "problems/word_tasks")
    check_bounds(low, high, 2, 8)
    rng = random.Random(f"word_tasks/{seed}/{split}")
    names = kinds or tuple(KINDS)

    def draw() -> tuple[str, tuple[str, str]] | None:
        kind, words = rng.choice(names), draw_words(rng, low, high)
        wording = rng.randrange(len(KINDS[kind].asked))
        answers = {each.solve(words) for each in KINDS.values()}
        # Words in order already, or the same in length as in count, would be right by another way too.
        if len(words) < low or len(answers) < len(KINDS) or KINDS[kind].solve(words) == " ".join(words):
            return None
        return worded(kind, wording, words), (KINDS[kind].solve(words), kind)

    data = Data()
    for question, (answer, kind) in distinct(n, split, draw).items():
        data.problems.append(ask(question, answer, "word_tasks", split, {"kind": kind}))
    return data
