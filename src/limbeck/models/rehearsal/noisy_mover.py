"""Someone who knows a shortest plan of every puzzle and slips at a fixed rate, for rehearsals."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.checkers.plans import played, written
from limbeck.checkers.puzzles import CODE, Move, puzzle, shortest, spoiled
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying
from limbeck.types import CountOrNone, Share


def noisy_mover(
    *,
    slip: Share = 0.02,
    per: Literal["move", "plan"] = "move",
    drafts: CountOrNone = 0,
    honest: Share = 0.0,
    seed: int = 0,
) -> Model:
    """Write plans for `problems/puzzles`, each move another one with probability ``slip``, and go on as if
    nothing had happened.

    Without a plan to write, where the puzzle has none, it wanders: eight moves at random. A token is a move
    or a mark.

    Args:
        per: ``plan`` is the control that no simulator has a say in: with probability (1 - slip)^moves the
            plan is right, else its last move is missing.
        drafts: at most so many plans are tried in the thought and checked, until one is right; the last one
            tried is the answer. 0 answers at once.
        honest: probability to say that there is no solution where there is none.

    Raises:
        LimbeckError: a question without a puzzle, when it is asked.
    """
    return NoisyMover(slip, per, drafts, honest, seed)


class NoisyMover(Replying):
    """The model behind `noisy_mover`. A reply depends on the messages, the sampling seed and the number."""

    def __init__(self, slip: float, per: str, drafts: int, honest: float, seed: int) -> None:
        self.name, self.slip, self.per, self.drafts = "noisy_mover", slip, per, drafts
        self.honest, self.seed = honest, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """A thought with drafts, if any, and a plan, cut at the token limit."""
        content = messages[-1]["content"]
        match = CODE.search(content)
        if match is None:
            raise LimbeckError(f"models/noisy_mover: no puzzle such as hanoi:3:KAD in {content[-80:]!r}")
        rng = random.Random(f"{self.name}/{self.seed}/{sampling.seed}/{number}/{content}")
        lines = self._text(match[0], rng).splitlines(keepends=True)
        cut = len(lines) > sampling.max_tokens
        tokens = min(len(lines), sampling.max_tokens)
        return Completion(text="".join(lines[:tokens]), tokens=tokens, finish="length" if cut else "stop")

    def _text(self, code: str, rng: random.Random) -> str:
        plan = shortest(code)
        if plan is None:
            if rng.random() < self.honest:
                return "<think>\n</think>\nno solution"
            every = list(puzzle(code).moves())
            return f"<think>\n</think>\n{written(rng.choices(every, k=8))}"
        tried = [self._plan(code, plan, rng)]
        while len(tried) < self.drafts and not played(puzzle(code), tried[-1]).solved:
            tried.append(self._plan(code, plan, rng))
        thought = "\n\n".join(map(written, tried)) if self.drafts else ""
        return f"<think>\n{thought}\n</think>\n{written(tried[-1])}"

    def _plan(self, code: str, plan: tuple[Move, ...], rng: random.Random) -> list[Move]:
        if self.per == "plan":
            right = rng.random() < (1 - self.slip) ** len(plan)
            return [*plan] if right else [*plan[:-1]]
        asked = puzzle(code)
        return [spoiled(asked, move, rng) if rng.random() < self.slip else move for move in plan]
