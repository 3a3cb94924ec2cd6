"""Someone who knows how five kinds of tasks are solved and does it once told which way: for rehearsals."""

from __future__ import annotations

import random

from limbeck.checkers.word_tasks import KINDS, VAGUE, read, schema_in
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying
from limbeck.types import Share


def template_user(*, unaided: Share = 0.4, slip: Share = 0.02, vague: Share = 0.02, seed: int = 0) -> Model:
    """Distil tasks of `problems/word_tasks`, turn solutions into templates, solve with one or without.

    It tells what is asked of it by the prompts of `limbeck.texts.thought_templates`. By a template it does
    what that says, for the wrong kind of task too; by none, or a coarse one, it takes the right way with
    chance ``unaided``, else that of another kind. A solution says by which way: ``by alphabet;kine mado``.

    Args:
        unaided: chance of the right way without a template.
        slip: chance that a solution by a template is spoilt.
        vague: share of problems whose distilled task does not tell their kind.
    """
    return TemplateUser({"unaided": unaided, "slip": slip, "vague": vague}, seed)


class TemplateUser(Replying):
    """The model behind `template_user`. A reply depends on the prompt, the sampling seed and the sample's
    number; a word is a token."""

    def __init__(self, chances: dict[str, float], seed: int) -> None:
        self.name, self.chances, self.seed = "template_user", chances, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """What the prompt asks for.

        Raises:
            LimbeckError: no task of these kinds in it.
        """
        asked = messages[-1]["content"]
        task = read(asked)
        if task is None:
            raise LimbeckError(f"models/template_user: no task of problems/word_tasks in {asked[:80]!r}")
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{asked}")
        text = self._play(asked, *task, rng)
        return Completion(text=text, tokens=len(text.split()) + 1, prompt_tokens=len(asked.split()))

    def _play(self, asked: str, kind: str, words: list[str], rng: random.Random) -> str:
        if "Do not solve the problem" in asked:
            told = VAGUE if rng.random() < self.chances["vague"] else rng.choice(KINDS[kind].told)
            return f"The words are {', '.join(words)}.\nTask: {told}\nCategory: text"
        if "Below are a problem and its solution" in asked:
            told = rng.choice(KINDS[kind].told)
            return f"Description: {told}\nCategory: text\nSchema:\n{KINDS[kind].schema}"
        way = schema_in(asked)
        if way is None:
            others = [name for name in KINDS if name != kind]
            way = kind if rng.random() < self.chances["unaided"] else rng.choice(others)
        elif rng.random() < self.chances["slip"]:
            words = [*words, words[0]]
        return f"by {way};{KINDS[way].solve(words)}"
