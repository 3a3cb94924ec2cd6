"""What letters behind a number are: a unit, the name of a thing (``5 apples``), or algebra (``5ab``).

A unit may touch its number (``5kg``); a word is a name only where it stands apart from the number or is too
long for a product of letters. What is neither is left to algebra.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from limbeck.answers.units import scaled, unit

_NO_NAMES = frozenset(
    re.findall(r"\S+", "or and pi sin cos tan log ln exp mod times sqrt to cot sec csc max min lim")
)
_APART = frozenset("mshgLKNJWVACFT")
"""Letters that are units where they stand apart from the number."""
_TOUCHING = frozenset("mshgLNJWV")
_SYMBOLS = frozenset(
    re.findall(
        r"\S+",
        "mV kV mA Hz eV kN kJ kW pm nm um μm dm ha oz lbs hrs mins secs yrs wks mos pcs rpm fps mph kph kmh "
        "kmph bpm "
        "deg dB cc cl dl Rs INR USD EUR GBP CNY JPY KRW RUB CHF CAD AUD "
        "HKD kB KB MB GB TB Mb kb Gb kcal cal atm sq "
        "pm am hp Nm min sec st nd rd th",
    )
)
"""Symbols of units that are no words; their sizes decide nothing."""
_PREFIXED = re.compile(
    "[pnumμµcdhkMGT]?(?:Hz|Pa|W|Wh|V|A|J|N|eV|mol|bar|cal|rad|Ω|F|T|H|K|B|bps|L|l|g|m|s|Bq|Gy|Sv)"
)
_SHORT_WORDS = frozenset(
    re.findall(r"\S+", "in of at on by per as is if us tv pc pt qt ct pg ng kn ly gr ea dz fl")
)
_ASCENDING = frozenset(
    re.findall(r"\S+", "ant box boy bit art act opt ail aim air ins how buy hop lot for dry cry dip tip hip")
)
_WORD = re.compile(r"[A-Za-z]?[a-z]{2,}|[A-Z]{4,}")
_FOREIGN = re.compile(
    r"[\u0400-\u052f\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)
_FOREIGN_TWIST = re.compile(
    "^(?:多|半)|一半|半分|以上|以下|以内|倍|分之|未満|超|ではあり|ではな|じゃな|이상|이하|미만|초과|배$|아닙|아니|않|보다|절반"
)


@lru_cache(maxsize=16384)
def names_thing(name: str, apart: bool) -> bool:
    """Whether letters behind a number name a unit or a thing.

    Args:
        name: the letters, with what joins them: ``km/h``, ``apples per day``.
        apart: whether a space stands between them and the number.
    """
    if " and " in name or " or " in name:
        return False
    first = re.split(r"[ ^/.-]", name, maxsplit=1)[0]
    if first in _NO_NAMES and not (first == "min" and name in ("min", "min.")):
        return False
    if _FOREIGN.match(first):
        return not _FOREIGN_TWIST.search(name)
    if len(first) == 1:
        if first not in (_APART if apart else _TOUCHING):
            return False
        if name == first or (_joined(name, apart) and unit(name) is not None):
            return True
        return apart and bool(re.match(r" [a-z]{3}", name[1:]))  # 5 m tall
    if apart and re.match(r"(?:it|we|he|so|to|be|do|no|up|an) [a-z]", name):
        return True
    if scaled(name)[0] != 1:
        return True
    if (
        name in _SYMBOLS
        or (_PREFIXED.fullmatch(name) and (apart or len(name) > 2))
        or (unit(name) is not None and _joined(name, apart))
    ):
        return True
    if first in _SYMBOLS or unit(first) is not None:
        return bool(re.search(r"[a-z]{3}|/", name[len(first) :])) and "^" not in first
    return _is_word(first) if apart else len(first) > 4 and _is_word(first)


def _joined(name: str, apart: bool) -> bool:
    """Whether what joins the parts of a unit joins no letters of algebra: ``N-m`` apart, never ``3m-s``."""
    if "^" in name and name[0] != "m" and len(re.split(r"[ ^/.-]", name, maxsplit=1)[0]) == 1:
        return False
    return "-" not in name or (apart and "- " not in name) or len(name.split("-")[0]) > 3


def _is_word(first: str) -> bool:
    """Whether letters look like a word rather than a product: with a vowel, and not in alphabetical order."""
    if first.lower() in _SHORT_WORDS:
        return True
    if not first.isascii():
        return len(first) > 2
    if not _WORD.fullmatch(first) or not re.search("[aeiouy]", first.lower()):
        return False
    ascending = all(left < right for left, right in pairwise(first))
    return not ascending or first in _ASCENDING or len(first) > 4
