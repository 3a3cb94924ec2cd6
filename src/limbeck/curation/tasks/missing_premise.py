"""Questions with a premise taken away, beside those that they were."""

from __future__ import annotations

import random
import re
from typing import Literal

from limbeck.checkers.word_problems import faults
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem
from limbeck.texts.questions import problem_id

_SENTENCE = re.compile(r"[^.!?]+(?:\.(?=\d)[^.!?]+)*[.!?]+\s*")


def missing_premise(
    data: Data, *, oracle: Literal["", "word_problems"] = "", seed: int = 0, ctx: Context
) -> Data:
    """Ask each unmarked question again without one of its sentences that hold a number (MiP, arXiv
    2504.06514).

    The sentence is drawn from those without which the question is ill posed, where an oracle knows which; one
    that asks is never taken. Without an oracle any is: read what comes out.

    Args:
        oracle: ``word_problems`` takes what leaves a question of `problems/word_problems` open, in exact
            arithmetic (`limbeck.checkers.word_problems`).

    Returns:
        The ill-posed questions alone, without an answer: ``meta["premise"]`` is what was taken,
        ``meta["whole"]`` the id of the question it was taken from, ``meta["whole_answer"]`` its answer.
    """
    made: dict[str, Problem] = {}
    asked = [problem for problem in data.problems if not problem.marks]
    for problem in asked:
        sentences = _SENTENCE.findall(problem.question)
        rng = random.Random(f"{seed}/{problem.id}")
        for place in rng.sample(range(len(sentences)), len(sentences)):
            sentence = sentences[place].strip()
            question = "".join(sentences[:place] + sentences[place + 1 :]).strip()
            if sentence.endswith("?") or not any(map(str.isdigit, sentence)) or not question:
                continue
            if oracle and faults(question) != {"sufficiency"}:
                continue
            meta = {"premise": sentence, "whole": problem.id, "whole_answer": problem.answer}
            made[problem_id(question)] = Problem(
                id=problem_id(question),
                question=question,
                verifier=problem.verifier,
                source=f"{problem.source}_mip",
                split=problem.split,
                meta={**problem.meta, **meta},
            )
            break
    ctx.log(f"{len(made):,} of {len(asked):,} questions lack a premise now")
    return Data(list(made.values()))
