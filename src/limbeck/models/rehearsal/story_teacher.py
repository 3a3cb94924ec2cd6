"""A teacher of `problems/stories` in any role, with errors at stated rates: for rehearsals."""

from __future__ import annotations

import json
import random
import re
from itertools import product

from msgspec.structs import replace

from limbeck.checkers.stories import SOME, TABLE, TOP, Story, possible, read, whole, worked
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.judging.question_stages import FURTHER, STAGES
from limbeck.models._replying import Replying

_SEGMENT = re.compile(r"(?m)^\[(\d+)\] (.*)$")
_HAPPENED = re.compile(r"[Tt]he [a-z]+ had \d+ [a-z]+\.|\d+ [a-z]+ (?:came|went)\.")
GARBLED = ("{", "It is about a place.", "", '{"question": 3}', "[1, 2]")


def story_teacher(
    *, slip: float = 0.0, misjudged: float = 0.02, garbled: float = 0.02, invented: float = 0.0, seed: int = 0
) -> Model:
    """Answer stories, write questions about pages, judge questions, take chains from pages, rewrite rows.

    It tells what is asked of it by the house's own prompts (`curation/back_translate`,
    `curation/well_posed`, `curation/mined_chains`, `curation/rewritten_rows`, `curation/expand`); anything
    else is answered in equations, with a guess in place of a number that is not told.

    Args:
        slip: chance that an answer in equations ends in a wrong number.
        misjudged: chance that a question is judged wrongly.
        garbled: share of written questions, chains and rows that are not in the form.
        invented: chance that a step of a chain tells what its segment does not.

    Raises:
        LimbeckError: a chance below 0 or above 1.
    """
    chances = {"slip": slip, "misjudged": misjudged, "garbled": garbled, "invented": invented}
    for name, value in chances.items():
        if not 0 <= value <= 1:
            raise LimbeckError(f"models/story_teacher: {name}={value}: it is a chance between 0 and 1")
    return StoryTeacher(chances, seed)


class StoryTeacher(Replying):
    """The model behind `story_teacher`. A reply depends on the prompt, the sampling seed and the sample's
    number."""

    def __init__(self, chances: dict[str, float], seed: int) -> None:
        self.name, self.chances, self.seed = "story_teacher", chances, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """What the role says; ``?`` to what is no story. A word is a token."""
        asked = messages[-1]["content"]
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{asked}")
        text = self._play(asked, rng)
        return Completion(text=text, tokens=len(text.split()) + 1, prompt_tokens=len(asked.split()))

    def _play(self, asked: str, rng: random.Random) -> str:
        if "judgement_test" in asked:
            return self._judge(asked, rng)
        if "<row-" in asked:
            return self._garbled(rng) or self._rewritten(asked.rpartition("<row-")[2])
        story = read(asked.rpartition("Instruction:\n")[2])
        if story is None:
            return "?"
        if "JSON list of" in asked:
            return self._garbled(rng) or self._more(story, rng)
        if '"segment"' in asked:
            return self._garbled(rng) or self._chain(asked, story, rng)
        if "<document-" in asked:
            return self._garbled(rng) or self._question(story, rng)
        solution = worked(story, rng)
        if rng.random() < self.chances["slip"]:
            return f"{solution}{rng.randint(0, 9)}"
        return solution

    def _garbled(self, rng: random.Random) -> str | None:
        return rng.choice(GARBLED[:2]) if rng.random() < self.chances["garbled"] else None

    def _question(self, story: Story, rng: random.Random) -> str:
        ratings = dict.fromkeys(("completeness", "complexity", "correctness", "thinking"), rng.randint(5, 9))
        answer = worked(story).rpartition(";")[2] if whole(story) else None
        return json.dumps({**ratings, "question": story.question(), "answer": answer})

    def _rewritten(self, row: str) -> str:
        """The row's story in the task's notation; a row that asks for something else is unfit."""
        story = read(row)
        if story is None:
            return json.dumps({"question": None})
        reasoning, mark, answer = worked(story).rpartition(";")
        return json.dumps({"question": story.short(), "reasoning": reasoning + mark, "answer": answer})

    def _more(self, story: Story, rng: random.Random) -> str:
        """Three like the one that is shown: who sees one example changes its first and its last number."""
        starts, ends = range(1, TOP + 1), range(1, TOP + 1)
        changed = [_with(story, start, end) for start, end in product(starts, ends)]
        made = rng.choices([each.short() for each in changed if possible(each)], k=3)
        return json.dumps(made)

    def _chain(self, asked: str, story: Story, rng: random.Random) -> str:
        """A step for each thing that happened. One that is made up burns something, or is another
        segment's."""
        happened = ((int(number), _HAPPENED.search(text)) for number, text in _SEGMENT.findall(asked))
        told = [(number, match[0]) for number, match in happened if match]
        steps = []
        for number, step in told:
            if rng.random() < self.chances["invented"]:
                others = [other for other, text in told if text != step]
                if others and rng.random() < 0.5:
                    number, step = rng.choice(others), f"{step[:-1]} (moved)."
                else:
                    step = f"{rng.randint(1, 9)} {story.thing} burnt."
            steps.append({"segment": number, "step": step})
        return json.dumps(
            {"steps": steps, "question": story.question(), "answer": worked(story).rpartition(";")[2]}
        )

    def _judge(self, asked: str, rng: random.Random) -> str:
        """A check by one or several rules, with its verdict."""
        story = read(asked)
        lost = {number for _, number in story.moves} if story else {SOME, TABLE}
        rules = [stage for stage, rule in (STAGES | FURTHER).items() if rule in asked]
        wrong = (SOME in lost and "sufficiency" in rules) or (TABLE in lost and bool(rules))
        told = wrong == (rng.random() < self.chances["misjudged"])
        error = None if told else "what is asked for is not told"
        return "I looked at it.\n" + json.dumps({"judgement_test": told, "error_type": error})


def _with(story: Story, start: int, end: int) -> Story:
    """The story with another first and another last number."""
    return replace(story, start=start, moves=(*story.moves[:-1], (story.moves[-1][0], str(end))))
