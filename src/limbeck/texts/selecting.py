"""Statements with labels, and the four questions that a chain of selection and inference asks about them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from limbeck.errors import LimbeckError
from limbeck.texts.templates import check_fields, fill
from limbeck.types import Settings


class Selecting(Settings, frozen=True):
    r"""How a question is taken apart and shown to the four (Faithful Reasoning, arXiv 2208.14271, section 3).

    Args:
        between: stands between statements.
        asks: stands between the statements and what is asked; the last one in the question counts.
        label: a statement as it is shown, with ``{statement}`` and ``{number}`` (from 1) or ``{letter}``.
        cite: how a selection names a statement, with the same fields. What it writes beside the label is not
            read.
        reference: regular expression of that; its group is the number or the letter.
        select: what the selection sees, with ``{asked}`` and ``{statements}``.
        infer: what the inference sees, with ``{selected}`` alone: the question is not shown.
        halt: what the halter sees, with ``{asked}`` and ``{concluded}``, all conclusions, or ``{last}``.
        weigh: what the value sees, with ``{asked}``, ``{statements}`` and the ``{last}`` of them, which is
            looked at.
        unknown: what the halter writes where nothing can be said yet.
        right, wrong: the value's two words.
    """

    between: str = "\n"
    asks: str = "\n\n"
    label: str = "sent {number}: {statement}"
    cite: str = "sent {number}. "
    reference: str = r"sent (\d+)"
    select: str = "{statements}\n\n{asked}\nWhich statements give the next step?"
    infer: str = "{selected}\nTherefore:"
    halt: str = "{concluded}\n\n{asked}\nAnswer, or say Unknown."
    weigh: str = "{statements}\n\n{asked}\nIs the last statement a step of the proof?"
    unknown: str = "Unknown"
    right: str = "correct"
    wrong: str = "incorrect"

    def check(self, where: str) -> None:
        """Refuse what cannot be read.

        Raises:
            LimbeckError: a template without its field, a reference that is no regular expression with one
                group, or two words that are the same.
        """
        fields = {"label": "statement", "select": "statements", "infer": "selected", "weigh": "statements"}
        for name, wanted in fields.items():
            check_fields(getattr(self, name), (wanted,), where)
        try:
            groups = re.compile(self.reference).groups
        except re.error as error:
            raise LimbeckError(
                f"{where}: reference={self.reference!r} is no regular expression: {error}"
            ) from None
        if groups != 1 or not self.between or not self.asks:
            raise LimbeckError(
                f"{where}: reference={self.reference!r}, between={self.between!r}, asks={self.asks!r}: a "
                "group that reads a label, and what parts statements and question"
            )
        if self.right == self.wrong:
            raise LimbeckError(f"{where}: right={self.right!r} and wrong={self.wrong!r} are one word")

    def apart(self, question: str) -> tuple[list[str], str]:
        """The statements and what is asked; none where the question is in another form."""
        context, mark, asked = question.rpartition(self.asks)
        return (context.split(self.between), asked) if mark else ([], question)

    def shown(self, statements: Sequence[str]) -> str:
        """All statements with their labels."""
        return self.between.join(self._named(self.label, at, each) for at, each in enumerate(statements))

    def _named(self, template: str, at: int, statement: str) -> str:
        return fill(template, statement=statement, number=str(at + 1), letter=chr(65 + at))

    def cited(self, places: Sequence[int], statements: Sequence[str]) -> str:
        """What a selection of these statements writes: how they are named, one behind the other."""
        return "".join(self._named(self.cite, at, statements[at]) for at in places).strip()

    def places(self, reply: str, statements: Sequence[str]) -> list[int] | None:
        """Which statements a selection names; None where it names none, or one twice, or one not there."""
        names = re.findall(self.reference, reply)
        at = [int(name) - 1 if name.isdecimal() else ord(name) - 65 for name in names if name]
        fits = at and len({*at}) == len(at) and all(0 <= each < len(statements) for each in at)
        return at if fits else None

    def selection(self, asked: str, statements: Sequence[str]) -> str:
        return fill(self.select, asked=asked, statements=self.shown(statements))

    def inference(self, chosen: Sequence[str]) -> str:
        return fill(self.infer, selected=self.between.join(chosen))

    def halting(self, asked: str, concluded: Sequence[str]) -> str:
        return fill(self.halt, asked=asked, concluded=self.between.join(concluded), last=concluded[-1])

    def weighing(self, asked: str, statements: Sequence[str]) -> str:
        return fill(self.weigh, asked=asked, statements=self.shown(statements), last=statements[-1])
