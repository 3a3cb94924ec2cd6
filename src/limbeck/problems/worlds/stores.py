"""Stores and what they keep: facts told in other words than they are asked for."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.problems.worlds._chains import split_of
from limbeck.problems.worlds._worlds import ask as as_problem
from limbeck.problems.worlds._worlds import check, distinct, told
from limbeck.records import Data, Problem
from limbeck.texts.questions import problem_id
from limbeck.types import Count

PAIRS = (
    ("boat", "ship"), ("road", "path"), ("hat", "cap"), ("rock", "stone"), ("cash", "coin"), ("gift", "boon"),
    ("sack", "bag"), ("rug", "mat"), ("cup", "mug"), ("girl", "lass"), ("job", "task"), ("bush", "shrub"),
)  # fmt: skip
"""What is asked for, and the word that passages have for it."""
_FIRST, _SECOND = "bdfgklmnprst", "aeiou"


def stores(
    *,
    n: Count = 1000,
    kept: Count = 6,
    ask: Literal["questions", "passages"] = "questions",
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "rationale"] = "",
) -> Data:
    """``boat of moka?`` is answered by the passage ``ship of moka: 7``, which shares one word with it.

    Every store keeps several things, each a passage, and is asked for one. A question's word never stands in
    a passage, so whoever looks up by the question finds the store and not the thing; a rationale, ``;ship of
    moka: 7;7``, names both. Splits have stores of their own: what is kept cannot be learned by heart.

    Args:
        n: questions, each of another store.
        kept: things of a store, at most 12.
        ask: ``passages`` gives all passages of the same stores.
        solve: ``rationale`` adds the trace.

    Returns:
        Questions of verifier ``exact`` with ``meta["gold"]``, the id of the passage; or passages without an
        answer.

    Raises:
        LimbeckError: an unknown split, or no so many stores or things.
    """
    check(1, len(PAIRS), kept=kept)
    rng = random.Random(f"stores/{seed}/{split}")

    names = set[str]()

    def store() -> tuple[str, list[str]] | None:
        name = "".join(rng.choice(letters) for letters in (_FIRST, _SECOND) * 2)
        things = rng.sample(PAIRS, kept)
        question = f"{things[0][0]} of {name}?"
        # By its name, so that no two splits tell different things of one store.
        if name in names or split_of(name) != split or split_of(question) != split:
            return None
        names.add(name)
        return question, [f"{written} of {name}: {rng.randint(0, 9)}" for _, written in things]

    data = Data()
    for question, passages in distinct(n, split, store).items():
        if ask == "passages":
            data.problems += [_passage(text, split) for text in sorted(passages)]
            continue
        right = passages[0]
        problem = as_problem(question, right[-1], "stores", split, {"gold": [problem_id(right)]})
        data.problems.append(problem)
        if solve:
            data.traces.append(told(problem, f";{right};{right[-1]}", solve))
    return data


def _passage(text: str, split: str) -> Problem:
    passage = as_problem(text, "", "stores", split, {"document": text.split()[2].rstrip(":")})
    passage.answer = None
    return passage
