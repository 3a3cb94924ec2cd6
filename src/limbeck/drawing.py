"""Settings of every method that draws text from a model. In recipes their fields are keys of the stage."""

from __future__ import annotations

from typing import Any

from limbeck.generation import Messages, Sampling
from limbeck.records import Problem
from limbeck.texts.messages import as_messages
from limbeck.types import PositiveShare, Settings, Weight


class Drawing(Settings, frozen=True):
    """How completions are drawn.

    Args:
        temperature: 0 is greedy.
        top_p: the share of the probability that is drawn from, above 0 and at most 1.
        max_tokens: most new tokens of a completion, its end token among them.
        seed: of the draws; the same seed draws the same again where the backend can.
    """

    temperature: Weight = 0.6
    top_p: PositiveShare = 0.95
    max_tokens: int = 32768
    seed: int = 0

    def sampling(self, n: int = 1, **more: Any) -> Sampling:
        """Ask for ``n`` completions drawn so; ``more`` are further fields of `Sampling`."""
        return Sampling(
            n=n,
            temperature=self.temperature,
            top_p=self.top_p,
            max_tokens=self.max_tokens,
            seed=self.seed,
            **more,
        )


class Prompting(Settings, frozen=True):
    """How a question is put.

    Args:
        system: a system message before the question, in place of the problem's own; empty keeps that.
        template: the user's message, ``{question}`` replaced.
    """

    system: str = ""
    template: str = "{question}"

    def messages(self, problem: Problem, prefix: str = "") -> Messages:
        """The chat in which a problem is asked; the model goes on from ``prefix``."""
        return as_messages(problem, self.template, self.system, prefix)
