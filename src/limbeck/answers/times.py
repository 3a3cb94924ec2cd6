"""Times of day and ratios: what is written with a colon."""

from __future__ import annotations

import re
from fractions import Fraction

_CLOCK = re.compile(r"(?:at )?(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?\s*(?:([ap])\.?\s?m\.?)?", re.I)
_RATIO = re.compile(r"(\d{1,9})\s*:\s*(\d{1,9})")
_NAMED = {"noon": "12:00 pm", "12 noon": "12:00 pm", "midnight": "12:00 am", "12 midnight": "12:00 am"}
_HALF_DAY = 12 * 3600


def clock(text: str) -> tuple[int, bool] | None:
    """Seconds since midnight, and whether the half of the day is known; None where it is no time of day.

    ``3:30 PM`` and ``15:30`` are known, ``3:30`` is not and is taken for the morning.
    """
    text = _NAMED.get(text.lower().strip(), text.strip())
    text = re.sub(
        r"^(12:00) (noon|midnight)$", lambda time: time[1] + (" pm" if time[2] == "noon" else " am"), text
    )
    time = _CLOCK.fullmatch(text)
    if not time or not (time[2] or time[4]):
        return None
    hour, minute, second = int(time[1]), int(time[2] or 0), int(time[3] or 0)
    if minute > 59 or second > 59 or hour > (12 if time[4] else 24) or (time[4] and not hour):
        return None
    rest = minute * 60 + second
    if time[4]:
        return (hour % 12) * 3600 + rest + (_HALF_DAY if time[4].lower() == "p" else 0), True
    return hour % 24 * 3600 + rest, not 1 <= hour <= 12


def same_time(gold: str, answer: str) -> bool | None:
    """Whether two times of day are the same; None where one is none, or its half of the day is unsaid."""
    left, right = clock(gold), clock(answer)
    if left is None or right is None:
        return None
    if left[0] % _HALF_DAY != right[0] % _HALF_DAY:
        return False
    if left[1] == right[1]:
        return left[0] == right[0] or (not left[1])
    return None


def same_ratio(gold: str, answer: str) -> bool | None:
    """Whether two ratios have the same terms; None where one is no ratio, or they are equal in other
    terms."""
    left, right = _RATIO.fullmatch(gold.strip()), _RATIO.fullmatch(answer.strip())
    if not left or not right or not int(left[2]) or not int(right[2]):
        return None
    if (int(left[1]), int(left[2])) == (int(right[1]), int(right[2])):
        return True
    return None if Fraction(int(left[1]), int(left[2])) == Fraction(int(right[1]), int(right[2])) else False
