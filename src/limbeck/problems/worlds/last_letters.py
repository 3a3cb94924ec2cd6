"""The last letters of made-up words, asked for tersely or with what is asked for marked."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.checkers.word_tasks import KINDS, LETTERS, VOWELS
from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct, told
from limbeck.records import Data


def last_letters(
    *,
    n: int = 2000,
    low: int = 3,
    high: int = 3,
    size: int = 5,
    form: Literal["terse", "marked", "rephrase"] = "terse",
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "answer"] = "",
) -> Data:
    """``mado kine?`` asks for ``oe``, and so does ``madO kinE?``; ``~mado kine`` asks for the second wording.

    The words of a question decide its split, whatever it is asked in, so that what is learned of test
    words in one wording is learned of other words.

    Args:
        n: different questions.
        low, high: fewest and most words.
        size: letters of a word.
        form: the wording; ``rephrase`` asks for the marked one.
        solve: ``answer`` adds the answer as a trace, without any reasoning.

    Returns:
        Problems of verifier ``exact`` with ``meta["words"]``, how many there are.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different questions.
    """
    check_bounds(low, high, 1, 6)
    check(2, 8, size=size)
    rng = random.Random(f"last_letters/{form}/{seed}/{split}")

    def drawn() -> tuple[str, list[str]]:
        words = [_word(rng, size) for _ in range(rng.randint(low, high))]
        return " ".join(words), words

    data = Data()
    for terse, words in distinct(n, split, drawn).items():
        marked = " ".join(word[:-1] + word[-1].upper() for word in words)
        question = {"terse": f"{terse}?", "marked": f"{marked}?", "rephrase": f"~{terse}"}[form]
        answer = marked if form == "rephrase" else KINDS["last letters"].solve(words)
        problem = ask(question, answer, "last_letters", split, {"words": len(words)})
        data.problems.append(problem)
        if solve:
            data.traces.append(told(problem, answer, solve, format="plain"))
    return data


def _word(rng: random.Random, size: int) -> str:
    """``mado``: consonants and vowels in turn."""
    return "".join(rng.choice((LETTERS, VOWELS)[place % 2]) for place in range(size))
