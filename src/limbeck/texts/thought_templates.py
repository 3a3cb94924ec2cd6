"""Templates of thought: kept in a buffer, looked up by what they are for, filled in for a question.

After Buffer of Thoughts (arXiv 2406.04271): a question is first distilled to what matters in it, the template
whose description is most like that is taken if it is like enough, and what is solved without one becomes one.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
from msgspec import Struct, ValidationError, convert, to_builtins

from limbeck.embedding import check as check_vectors
from limbeck.embedding import embedder
from limbeck.errors import LimbeckError
from limbeck.generation import Completion
from limbeck.pipeline.atomic import write_atomic
from limbeck.texts.tags import behind_thought
from limbeck.texts.templates import check_fields, fill
from limbeck.types import Settings, Share

DISTIL = (
    "Do not solve the problem below. Write down what matters in it: the values and what they stand for, the "
    "conditions, and what is asked for. End with two lines: Task: what kind of problem it is, in words that "
    "fit every problem of its kind; and Category: one of text, creative, common sense, maths, code, "
    "scheduling.\n\nProblem: {question}"
)
INSTANTIATE = (
    "{question}\n\nWhat matters in it:\n{distilled}\n\nProblems of this kind are solved so:\n{schema}\n\n"
    "Follow this with the values of the problem."
)
ABSTRACT = (
    "Below are a problem and its solution. Write how every problem of its kind is solved, without the values "
    "of this one. Begin with a line Description: what kind of problem it is; then a line Category:; then "
    "Schema: and the steps.\n\nProblem: {question}\n\nWhat matters in it:\n{distilled}\n\n"
    "Solution: {solution}"
)
GENERIC = {
    "prompt": "1. Say what is asked for.\n2. Say what is known about it.\n3. Conclude.",
    "procedure": "1. Name the quantities and how they depend on each other.\n2. Work them out one by one.\n"
    "3. Check the result against every condition.",
    "program": "1. Name the inputs.\n2. Write down the program that computes what is asked for.\n"
    "3. Go through it with the inputs and tell its result.",
}
"""What a new kind of problem is solved by: the paper's three coarse schemas."""
_GENERIC_OF = {"maths": "procedure", "scheduling": "procedure", "code": "program"}
_TEMPLATE = re.compile(
    r"Description:[ \t]*(\S.*?)\s*\nCategory:[ \t]*(.*?)[ \t]*\nSchema:[ \t]*\n?(.*\S)\s*\Z", re.S
)
FILE = "templates.json"


class ThoughtTemplate(Struct, frozen=True, kw_only=True):
    """How a kind of problem is solved. ``origin`` is the id of the problem that it was taken from."""

    description: str
    category: str
    schema: str
    origin: str = ""

    @classmethod
    def read(cls, reply: Completion, origin: str = "") -> ThoughtTemplate | None:
        """A template as `ABSTRACT` asks for it; None for a reply in another form, or one that was cut off."""
        match = _TEMPLATE.search(behind_thought(reply.text)[1])
        if match is None or reply.finish not in ("stop", "unknown"):
            return None
        return cls(description=match[1], category=match[2], schema=match[3], origin=origin)


class Distilled(Struct, frozen=True, kw_only=True):
    """What matters in a question: ``text`` all of it, ``task`` the kind of problem, which is looked up."""

    text: str
    task: str
    category: str = ""

    @classmethod
    def read(cls, reply: str) -> Distilled:
        """The lines behind Task and Category; a reply without them is its own task."""
        spoken = behind_thought(reply)[1].strip()
        lines = dict(re.findall(r"(?m)^(Task|Category):[ \t]*(.*?)[ \t]*$", spoken))
        return cls(
            text=spoken, task=lines.get("Task", "") or spoken, category=lines.get("Category", "").casefold()
        )

    @property
    def generic(self) -> str:
        """The coarse schema of its category."""
        return GENERIC[_GENERIC_OF.get(self.category, "prompt")]


class Looking(Settings, frozen=True):
    """How templates are looked up, and how models are asked.

    Args:
        vectors: what makes vectors of texts (`limbeck.embedding.embedder`).
        least: a template is taken, and another one is no new one, from this cosine on; the paper's is
            between 0.5 and 0.7.
        distil: with ``{question}``; empty takes ``DISTIL``.
        instantiate: with ``{question}``, ``{distilled}`` and ``{schema}``; empty takes ``INSTANTIATE``.
    """

    vectors: str = "letters"
    least: Share = 0.6
    distil: str = ""
    instantiate: str = ""

    def check(self, where: str) -> None:
        """Raise for what cannot work.

        Raises:
            LimbeckError: a template without its fields, or vectors that nobody knows.
        """
        check_fields(self.distil or DISTIL, ("question",), where)
        check_fields(self.instantiate or INSTANTIATE, ("question", "schema"), where)
        check_vectors(self.vectors, where)

    def asked(self, question: str) -> str:
        """What distils a question."""
        return fill(self.distil or DISTIL, question=question)

    def put(self, question: str, distilled: Distilled, schema: str) -> str:
        """The question as it is solved by a schema."""
        template = self.instantiate or INSTANTIATE
        return fill(template, question=question, distilled=distilled.text, schema=schema)


class ThoughtBuffer:
    """Templates, none of them like another, looked up by the cosine of their descriptions with a task."""

    def __init__(self, looking: Looking, templates: list[ThoughtTemplate] | None = None) -> None:
        self.looking, self.templates = looking, list(templates or [])
        self._embed = embedder(looking.vectors)
        self._rows_ND = self._embed([each.description for each in self.templates])

    @classmethod
    def open(cls, folder: str, looking: Looking) -> ThoughtBuffer:
        """What `write` has written.

        Raises:
            LimbeckError: no templates are there, or something else.
        """
        file = Path(folder) / FILE
        try:
            read = json.loads(file.read_text(encoding="utf-8"))
            return cls(looking, convert(read, list[ThoughtTemplate]))
        except (OSError, ValueError, ValidationError) as error:
            raise LimbeckError(
                f"{file} holds no templates of thought, as teachers/thought_templates makes them: {error}"
            ) from error

    def write(self, folder: Path) -> None:
        """One file with all templates in the order in which they came."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(to_builtins(self.templates), ensure_ascii=False, indent=1)
        write_atomic(folder / FILE, text.encode("utf-8"))

    def nearest(self, task: str) -> tuple[int, float]:
        """The place of the template most like a task, and the cosine; -1 and 0 where there is none."""
        if not self.templates:
            return -1, 0.0
        cosines_N = self._rows_ND @ self._embed([task])[0]
        place = int(cosines_N.argmax())
        return place, float(cosines_N[place])

    def taken(self, task: str) -> tuple[ThoughtTemplate | None, float]:
        """The nearest template if it is like enough, and the cosine."""
        place, cosine = self.nearest(task)
        return (self.templates[place] if place >= 0 and cosine >= self.looking.least else None), cosine

    def add(self, template: ThoughtTemplate) -> bool:
        """Keep a template unless one like it is there; says whether it was kept."""
        if self.taken(template.description)[0] is not None:
            return False
        self.templates.append(template)
        self._rows_ND = np.vstack([self._rows_ND, self._embed([template.description])])
        return True
