"""A writer of questions about manuals that now and then quotes what nobody wrote: for rehearsals."""

from __future__ import annotations

import json
import random
import re

from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying
from limbeck.types import Share

_FACT = re.compile(r"The [a-z]+-\d+ [a-z]+ [a-z ]+ (\d+) [a-z ]+\.")


def span_writer(*, invents: Share = 0.2, seed: int = 0) -> Model:
    """Write a question, an answer and an excerpt about a page of `problems/manuals`, as JSON.

    Args:
        invents: how often the excerpt has another number than the page.
    """
    return SpanWriter(invents, seed)


class SpanWriter(Replying):
    """The model behind `span_writer`. A reply depends on the prompt, the sampling seed and the sample's
    number. A character is a token."""

    def __init__(self, invents: float, seed: int) -> None:
        self.name, self.invents, self.seed = "span_writer", invents, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """One fact of the page, quoted; or a number of its own."""
        text = messages[-1]["content"]
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{text}")
        facts = list(_FACT.finditer(text))
        if not facts:
            return Completion(text="null", tokens=5, prompt_tokens=len(text))
        fact = rng.choice(facts)
        excerpt, value = fact[0], fact[1]
        if rng.random() < self.invents:
            other = str(int(value) % 90 + 10)  # 10 to 99, and another one
            excerpt, value = excerpt.replace(f" {value} ", f" {other} "), other
        question = f"What does the page say of the {excerpt.split()[1]} {excerpt.split()[2]}?"
        reply = json.dumps({"question": question, "answer": value, "excerpts": [excerpt]})
        return Completion(text=reply, tokens=len(reply) + 1, prompt_tokens=len(text))
