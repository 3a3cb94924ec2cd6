"""The word that an interval of a difference allows: holds, not shown or reversed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from limbeck.errors import LimbeckError

VerdictWord = Literal["holds", "not shown", "reversed"]
LEAST = 6
"""Problems without which nothing is shown: a bootstrap over fewer repeats them too often for its interval to
be one of 95%. If all five of five problems agree, chance alone does that in 1 of 16 cases (2 / 2⁵, the exact
sign test), of six in 1 of 32."""


def verdict_of(low: float, high: float, fewer: bool = False, by: float = 0.0) -> VerdictWord:
    """``holds`` when the interval of the difference lies above ``by``, ``reversed`` when below, else
    ``not shown``.

    Args:
        fewer: the smaller is the better, so the difference is turned round first.
        by: what the difference must exceed; negative: how much worse is still as good.
    """
    if fewer:
        low, high = -high, -low
    if low > by:
        return "holds"
    return "reversed" if high < by else "not shown"


def cautious(spans: Iterable[tuple[float, float]], fewer: bool = False, by: float = 0.0) -> VerdictWord:
    """The word that all of several intervals say; ``not shown`` where they say different ones."""
    words = {verdict_of(low, high, fewer, by) for low, high in spans}
    return words.pop() if len(words) == 1 else "not shown"


def margin(by: float | str, other: float) -> float:
    """``by`` as a number: ``"40%"`` is that share of the other's value.

    Raises:
        LimbeckError: it is neither a number nor a percentage.
    """
    try:
        return (
            float(by.removesuffix("%")) / 100 * other
            if isinstance(by, str) and by.endswith("%")
            else float(by)
        )
    except ValueError:
        raise LimbeckError(f"a margin is a number or a percentage such as 40%, got {by!r}") from None
