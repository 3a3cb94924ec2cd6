"""SVAMP: one- and two-step word problems told in several ways (Patel et al., arXiv 2103.07191)."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from typing import Literal

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.problems.ops import convert, plain_answer, report_bad, rows_of, text_of, unique
from limbeck.records import Data, Problem, Trace
from limbeck.tables import BadRows, Row
from limbeck.texts.questions import problem_id
from limbeck.types import InputFile

COLUMNS = ("Question", "Numbers", "Equation", "Answer")
STORY_WORDS = 4
"""First words, numbers left open, by which variations of one story are known."""


def svamp(
    *,
    path: InputFile,
    low: int = 0,
    high: int = 100,
    split: str = "test",
    solve: Literal["", "steps", "equation"] = "",
    ctx: Context | None = None,
) -> Data:
    """SVAMP: 1,000 arithmetic word problems of one or two steps, with or without their worked solutions.

    SVAMP tells each story in several variations. ``low`` and ``high`` cut the set by story, so that parts
    which do not overlap share no story either.

    Args:
        path: ``dev.csv`` of ``data/mawps-asdiv-a_svamp`` in github.com/arkilpatel/SVAMP, whose questions have
            ``number0`` for the first of ``Numbers``, and ``Equation`` in prefix notation.
        low: per cent of the stories, by a digest of each, that lie before the part taken.
        high: per cent at which the part ends.
        split: what the problems' split is called.
        solve: give each problem a trace of the model ``gold``. ``steps`` has an operation a line,
            ``3 * 4 = 12``, ``12 - 2 = 10`` and ``#### 10``; ``equation`` only says what is to be computed,
            ``(3 * 4) - 2``, and leaves that to the verifier: what is wrong then is what was understood, not
            what was computed.

    Returns:
        Problems for `math`; traces of format ``plain``.

    Raises:
        LimbeckError: the file or a column is missing, or no story lies in that part. Bad rows are counted.
    """
    if not 0 <= low < high <= 100:
        raise LimbeckError(f"svamp: low={low}, high={high}; 0 <= low < high <= 100 is wanted")
    bad = BadRows()
    built = convert(rows_of(path, "", bad), [*COLUMNS], lambda _, row: _problem(row, split), path, bad)
    problems = [problem for problem in unique(built, bad) if low <= _place(problem) < high]
    if not problems:
        raise LimbeckError(f"{path}: no story lies between {low} and {high} per cent")
    report_bad(bad, ctx)
    return Data(problems, [_gold(problem, solve) for problem in problems] if solve else [])


def _place(problem: Problem) -> int:
    """0 to 99, the same for all variations of a story."""
    return int.from_bytes(hashlib.sha256(problem.meta["story"].encode()).digest()[:4], "big") % 100


def _problem(row: Row, split: str) -> Problem:
    numbers = text_of(row, "Numbers").split()
    named = {f"number{place}": number for place, number in enumerate(numbers)}
    words = text_of(row, "Question").split()
    question = " ".join(named.get(word, word) for word in words)
    lines, infix, value = _worked(text_of(row, "Equation").split(), named)
    answer, _ = plain_answer(float(row["Answer"]))
    if abs(value - Fraction(answer)) > Fraction(1, 100):
        raise ValueError(f"the equation gives {_shown(value)}, the answer is {answer}")
    story = " ".join(words[:STORY_WORDS])
    meta = {"solution": "\n".join(lines), "equation": infix, "type": row.get("Type"), "story": story}
    return Problem(
        id=problem_id(question),
        question=question,
        answer=answer,
        verifier="math",
        source="svamp",
        split=split,
        meta=meta,
    )


def _worked(equation: list[str], named: dict[str, str]) -> tuple[list[str], str, Fraction]:
    """An equation in prefix notation: worked out, an operation a line; in infix notation; its value.

    Raises:
        ValueError: it is none.
    """
    lines: list[str] = []
    stack: list[tuple[str, Fraction]] = []
    for word in reversed(equation):
        if word not in ("+", "-", "*", "/"):
            number = Fraction(named.get(word, word))
            stack.append((_shown(number), number))
            continue
        if len(stack) < 2 or (word == "/" and not stack[-2][1]):
            raise ValueError(f"{' '.join(equation)!r} is no equation")
        (first, left), (second, right) = stack.pop(), stack.pop()
        value = {"+": left + right, "-": left - right, "*": left * right, "/": right and left / right}[word]
        lines.append(f"{_shown(left)} {word} {_shown(right)} = {_shown(value)}")
        stack.append((f"{_inner(first)} {word} {_inner(second)}", value))
    if len(stack) != 1:
        raise ValueError(f"{' '.join(equation)!r} is no equation")
    return lines, *stack[0]


def _inner(text: str) -> str:
    return f"({text})" if " " in text else text


def _shown(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.6g}"


def _gold(problem: Problem, solve: str) -> Trace:
    steps = solve == "steps"
    return Trace(
        id=f"{problem.id}#gold-0",
        problem_id=problem.id,
        reasoning=f"{problem.meta['solution']}\n#### " if steps else "",
        answer=str(problem.answer if steps else problem.meta["equation"]),
        format="plain",
        model="gold",
        finish="stop",
    )
