"""Sub-questions: how they are asked for, what counts as some, and how a question is put with them.

A division of labour between who takes a question apart and who answers it (arXiv 2402.15000).
"""

from __future__ import annotations

import re

from limbeck.errors import LimbeckError
from limbeck.generation import Completion
from limbeck.texts.tags import behind_thought
from limbeck.texts.templates import check_fields, fill
from limbeck.types import Settings

ASK = (
    "Divide the question below into the smaller questions whose answers lead to its answer. Do not answer "
    "any of them. Write one per line, numbered 1., 2., … in the order in which they should be answered, each "
    "ending in a question mark, and nothing else; #1 stands for the answer to the first one, and so on. If "
    "the question is best answered as it is, write only the word none.\n\nQuestion: {question}"
)
SOLVE = (
    "{question}\n\nAnswer these questions first, one after the other (#1 stands for the answer to the first "
    "one, and so on), and then the question above:\n{subquestions}"
)
MALFORMED, UNDIVIDED = "malformed", "undivided"
_FULL = 20
"""The most lines; a longer list is a repetition."""


class Dividing(Settings, frozen=True):
    """What a decomposer is asked, and what its reply looks like.

    Args:
        ask: with ``{question}``; empty takes ``ASK``.
        none: the whole reply of one that leaves the question as it is; capitals and a full stop do not
        matter.
        line: regular expression of a sub-question's line, from end to end.
    """

    ask: str = ""
    none: str = "none"
    line: str = r"(?:\d+[.)]|[-*])?\s*\S.*\?"

    def asked(self) -> str:
        """The template of the question."""
        return self.ask or ASK

    def check(self, where: str) -> None:
        """Raise where no reply could be had or read.

        Raises:
            LimbeckError: a template without ``{question}``, no word for none, or ``line`` is no regular
                expression.
        """
        check_fields(self.asked(), ("question",), where)
        if not self.none.strip():
            raise LimbeckError(f"{where}: none={self.none!r}: give the word that leaves a question as it is")
        try:
            re.compile(self.line)
        except re.error as error:
            raise LimbeckError(f"{where}: line={self.line!r} is no regular expression: {error}") from None

    def read(self, reply: str) -> str | None:
        """The sub-questions of a reply, a line each; empty where it leaves the question as it is.

        None for a reply in any other form: one line that is no sub-question, nothing at all, more than 20
        lines, or a thought that never ended. A thought before the lines does not count.
        """
        _, spoken, unended = behind_thought(reply)
        lines = [line.strip() for line in spoken.splitlines() if line.strip()]
        if unended or not 1 <= len(lines) <= _FULL:
            return None
        if len(lines) == 1 and lines[0].rstrip(".").casefold() == self.none.strip().rstrip(".").casefold():
            return ""
        return "\n".join(lines) if all(re.fullmatch(self.line, line) for line in lines) else None

    def read_completion(self, reply: Completion) -> str | None:
        """The same of a completion: one that was cut off or failed is in no form."""
        return self.read(reply.text) if reply.finish in ("stop", "unknown") else None


class Solving(Settings, frozen=True):
    """How a solver is asked.

    Args:
        solve: with ``{question}`` and ``{subquestions}``; empty takes ``SOLVE``.
        direct: with ``{question}``, where there are no sub-questions.
    """

    solve: str = ""
    direct: str = "{question}"

    def check(self, where: str) -> None:
        """Raise for a template without its fields.

        Raises:
            LimbeckError: naming the field.
        """
        check_fields(self.solve or SOLVE, ("question", "subquestions"), where)
        check_fields(self.direct, ("question",), where)

    def put(self, question: str, subquestions: str) -> str:
        """The question as the solver is asked it."""
        if not subquestions:
            return fill(self.direct, question=question)
        return fill(self.solve or SOLVE, question=question, subquestions=subquestions)
