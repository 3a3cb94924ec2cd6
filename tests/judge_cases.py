"""Scripted judges, and a trace to judge."""

from __future__ import annotations

from limbeck.generation import Model
from limbeck.judging.replies import Reader, Words
from limbeck.models.scripted import Scripted
from limbeck.records import Problem, Trace, Verdict

READER = Reader(Words())


PROBLEM = Problem(id="p", question="2+2?", answer="4")


def trace(text: str = "two and two make 4", name: str = "t", **more) -> Trace:
    return Trace(id=name, problem_id="p", answer=text, **more)


def settle(verdict) -> Verdict:
    return verdict if isinstance(verdict, Verdict) else verdict.result()


class Weigher(Scripted):
    """Says what it is told, and finds the words as likely as it is told."""

    def __init__(self, replies, chances) -> None:
        super().__init__(replies)
        self.chances, self.scored = chances, []

    def score(self, prompts, completions, ended=None):
        self.scored.append([(prompt[-1], text) for prompt, text in zip(prompts, completions, strict=True)])
        return [[self.chances[text.strip()]] for text in completions]


class Mute(Scripted):
    """Cannot score, as no endpoint can."""

    def score(self, prompts, completions, ended=None):
        return Model.score(self, prompts, completions, ended)
