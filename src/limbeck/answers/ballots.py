"""When two answers are one vote, where there is no reference to compare them with."""

from __future__ import annotations

from collections.abc import Hashable

from limbeck.answers.extract import find_answer
from limbeck.answers.normal import quantity, squeeze, tidy


def ballot(text: str) -> Hashable | None:
    """What the answer that a text states counts as: equal ballots are one answer. None: it states none.

    A number counts by its value, whatever is around it (``$1,000``, ``1000.0`` and ``1000 dollars`` are one
    vote; so are ``50%`` and ``50``), any other answer as tidy text without case and blanks.
    """
    answer = find_answer(text)
    if answer is None:
        return None
    tidied = tidy(answer)
    number = quantity(tidied)
    return number.value if number else squeeze(tidied).casefold()
