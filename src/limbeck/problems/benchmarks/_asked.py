"""Rows of a file as questions, where more than one column makes the question."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.problems.ops import convert, report_bad, rows_of, unique
from limbeck.records import Data, Problem
from limbeck.tables import BadRows, Row
from limbeck.texts.questions import problem_id

_LABEL = re.compile(r"\s*\(?([A-Z])\s*[).:]\s*")


class Asked(NamedTuple):
    """What a row asks, the reference, what else is kept, and why it should not be used."""

    question: str
    answer: str
    meta: dict[str, Any]
    marks: list[str] = []  # noqa: RUF012 copied, never changed


def asked(
    name: str,
    path: str,
    columns: list[str],
    make: Callable[[Row], Asked],
    *,
    verifier: str,
    split: str,
    ctx: Context | None,
    hub: str = "",
    config: str = "",
    hub_split: str = "",
) -> Data:
    """A problem for each row; columns that ``make`` does not name in ``meta`` are kept there too.

    Args:
        columns: what a row must have; ``make`` raises ValueError for a row that cannot be used.
        hub: the data set that is read without a path, with its ``config`` and ``hub_split``.

    Raises:
        LimbeckError: no path where there is no data set on the Hub; the file or a column is missing, or
            nothing in it can be read. Bad rows are counted.
    """
    if not path and not hub:
        raise LimbeckError(f"problems/{name} needs a file: parameter 'path' is empty")

    def build(number: int, row: Row) -> Problem:
        made = make(row)
        if not made.question.strip() or not made.answer.strip():
            raise ValueError("no question or no answer")
        kept = {key: value for key, value in row.items() if key not in columns}
        return Problem(
            id=problem_id(made.question),
            question=made.question,
            answer=made.answer,
            verifier=verifier,
            source=name,
            split=split,
            meta={**kept, **made.meta, "row": number},
            marks=list(made.marks),
        )

    bad = BadRows()
    rows = rows_of(path, hub, bad, config=config, split=hub_split or split)
    data = Data(unique(convert(rows, columns, build, path or hub, bad), bad))
    report_bad(bad, ctx)
    return data


def lettered(options: Any, answer: Any) -> tuple[str, str, list[str]]:
    """Lines ``(A) …`` of options, the letter of the right one, and the options as ``A) …``.

    Raises:
        ValueError: fewer than two options, or an answer that is none of their letters.
    """
    if (
        not isinstance(options, list)
        or len(options) < 2
        or not all(isinstance(option, str) for option in options)
    ):
        raise ValueError(f"options are a list of texts, not {options!r:.60}")
    letters = [chr(ord("A") + place) for place in range(len(options))]
    texts = []
    for letter, text in zip(letters, options, strict=True):
        label = _LABEL.match(text)
        texts.append(text[label.end() :].strip() if label and label[1] == letter else text.strip())
    if answer not in letters:
        raise ValueError(f"the answer {answer!r:.40} is none of {''.join(letters)}")
    lines = "\n".join(f"({letter}) {text}" for letter, text in zip(letters, texts, strict=True))
    return lines, str(answer), [f"{letter}) {text}" for letter, text in zip(letters, texts, strict=True)]
