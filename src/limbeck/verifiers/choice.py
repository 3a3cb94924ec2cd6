"""Multiple choice."""

from __future__ import annotations

import re

from limbeck.errors import LimbeckError
from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers._extract import find_answer

_CHOSEN = re.compile(r"\W*(?:\\text\w*\W*)?(?:option|choice)?\W*([A-Z])(?![A-Za-z'])", re.I)


def choice(problem: Problem, trace: Trace, *, letters: str = "ABCDE") -> Verdict:
    r"""The letter of the chosen option is the reference.

    Reads ``(B)``, ``B) 12``, ``\boxed{\text{B}}``, ``The answer is option B.``, ``{"answer": "B"}``. An answer that
    names no letter, or several (``A or B``), is ``unparsed``; a reference that is no letter is ``unknown``.

    Args:
        letters: the options there are, as one string.

    Raises:
        LimbeckError: when ``letters`` are not different letters.
    """
    if not letters.isalpha() or len(set(letters.upper())) != len(letters):
        raise LimbeckError(f"verifiers/choice: letters must be different letters such as ABCDE, not {letters!r}")
    reference = _letter(problem.answer or "", letters)
    if reference is None:
        return Verdict(
            "choice", "unknown", reason=f"the reference {(problem.answer or '')[:80]!r} is none of {letters}"
        )
    answer = _letter(trace.answer, letters)
    if answer is None:
        return Verdict("choice", "unparsed", reason=f"none of {letters} is named alone")
    if answer == reference:
        return Verdict("choice", "correct", answer, f"{answer} = {reference}")
    return Verdict("choice", "wrong", answer, f"{answer} is not {reference}")


def _letter(text: str, letters: str) -> str | None:
    found = find_answer(text)
    chosen = _CHOSEN.match(found) if found else None
    if found is None or chosen is None:
        return None
    letter, rest = chosen.group(1).upper(), found[chosen.end() :]
    another = re.match(rf"\W*(?:or|and|,|/|&)\W*[{letters}](?![A-Za-z])", rest, re.I)
    # "A man" begins with an article, not with option A.
    article = letter == "A" and re.match(r"\s+[a-z]", rest) is not None
    return None if letter not in letters.upper() or another or article else letter
