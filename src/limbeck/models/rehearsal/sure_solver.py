"""A solver whose true accuracy, stated confidence, refusals and lengths are set: what an audit of them must
find."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.checkers.totals import CHAIN, worked
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying
from limbeck.types import CountOrNone, Settings, Share


class Level(Settings, frozen=True):
    """What the solver does on the questions of either kind, half of them easy and half of them hard for it.

    Args:
        easy, hard: true accuracy.
        easy_stated, hard_stated: confidence that it states.
        easy_refused, hard_refused: share of questions to which it admits not to know.
        easy_lines, hard_lines: lines of thought.
    """

    easy: Share = 0.9
    hard: Share = 0.3
    easy_stated: Share = 0.9
    hard_stated: Share = 0.3
    easy_refused: Share = 0.0
    hard_refused: Share = 0.0
    easy_lines: CountOrNone = 2
    hard_lines: CountOrNone = 8


def sure_solver(*, level: Level = Level(), refusal: str = "?", seed: int = 0) -> Model:
    """Answer chains of `problems/totals`, right as often as is set, and say how sure it is.

    ``hm`` for each line of thought, ``confidence: 90`` and ``;7``, a line each. Which questions are easy is
    drawn with the question, the same for all solvers and seeds. Tokens are counted as lines.

    Args:
        refusal: what stands for not knowing.

    Raises:
        LimbeckError: a question that is no chain, when it is asked.
    """
    return SureSolver(level, refusal, seed)


class SureSolver(Replying):
    """The model behind `sure_solver`. A reply depends on seed, question, sampling seed and number."""

    def __init__(self, level: Level, refusal: str, seed: int) -> None:
        self.name, self.level, self.refusal, self.seed = "sure_solver", level, refusal, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """Thoughts, a confidence, an answer."""
        asked = messages[-1]["content"]
        chain = CHAIN.search(asked)
        if chain is None:
            raise LimbeckError(f"models/sure_solver: no chain such as 7+5-4 in {asked[:80]!r}")
        rng = random.Random(f"sure_solver/{self.seed}/{sampling.seed}/{number}/{chain[0]}")
        right, stated, refused, lines = self._kind(kind_of(chain[0]))
        answer = worked(chain[0])[-1][-1]
        given = str(answer if rng.random() < right else answer + rng.choice((1, 2, 3)))
        given = self.refusal if rng.random() < refused else given
        text = "hm\n" * lines + f"confidence: {100 * stated:g}\n;{given}"
        return Completion(text=text, tokens=lines + 2, finish="stop")

    def _kind(self, kind: str) -> tuple[float, float, float, int]:
        level = self.level
        if kind == "easy":
            return level.easy, level.easy_stated, level.easy_refused, level.easy_lines
        return level.hard, level.hard_stated, level.hard_refused, level.hard_lines


def kind_of(chain: str) -> Literal["easy", "hard"]:
    """Which of the two a question is for every solver."""
    return "easy" if random.Random(f"sure_solver/kind/{chain}").random() < 0.5 else "hard"
