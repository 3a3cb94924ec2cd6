"""The last letters of made-up words, asked for tersely or with every word spelt out."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.checkers.word_tasks import KINDS, draw
from limbeck.problems.worlds._worlds import ask, check_bounds, distinct, told
from limbeck.records import Data


def last_letters(
    *,
    n: int = 2000,
    low: int = 2,
    high: int = 3,
    form: Literal["terse", "spelt", "rephrase"] = "terse",
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "answer"] = "",
) -> Data:
    """``mado kine?`` asks for ``oe``, and so does ``m-a-d-o;k-i-n-e?``; ``~mado kine`` asks for the second
    wording.

    The words of a question decide its split, whatever it is asked in, so that what is learned of test
    words in one wording is learned of other words.

    Args:
        n: different questions.
        low, high: fewest and most words.
        form: the wording; ``rephrase`` asks for the spelt one.
        solve: ``answer`` adds the answer as a trace, without any reasoning.

    Returns:
        Problems of verifier ``exact`` with ``meta["words"]``, how many there are.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different questions.
    """
    check_bounds(low, high, 1, 6)
    rng = random.Random(f"last_letters/{form}/{seed}/{split}")

    def drawn() -> tuple[str, list[str]]:
        words = draw(rng, low, high)
        return " ".join(words), words

    data = Data()
    for terse, words in distinct(n, split, drawn).items():
        spelt = ";".join("-".join(word) for word in words)
        question = {"terse": f"{terse}?", "spelt": f"{spelt}?", "rephrase": f"~{terse}"}[form]
        answer = spelt if form == "rephrase" else KINDS["last letters"].solve(words)
        problem = ask(question, answer, "last_letters", split, {"words": len(words)})
        data.problems.append(problem)
        if solve:
            data.traces.append(told(problem, answer, solve, format="plain"))
    return data
