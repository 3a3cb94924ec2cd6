"""One spelling for what is written in many ways, and exact numbers where an answer is one.

``tidy`` undoes typography (``\\dfrac``, ``\\left``, ``\\text``, thin spaces, unicode signs); ``quantity`` reads a
number with its sign of percent and its unit as an exact fraction. Nothing here evaluates anything: cost is
linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

_SIGNS = str.maketrans(
    {
        "−": "-", "–": "-", "—": "-", "×": "*", "⋅": "*", "·": "*", "÷": "/", "π": r"\pi ",
        "∞": r"\infty ", "√": r"\sqrt ",
        "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ", "∪": r"\cup ", "∈": r"\in ", "∅": r"\emptyset ", "±": r"\pm ",
        "°": r"^\circ ", "²": "^2", "³": "^3", "€": "", "£": "", "⁄": "/", "θ": r"\theta ",
    }
)  # fmt: skip
_STEPS = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"(?<=\d),\s*\\!\s*(?=\d{3})", ","),
        (r"\\[!,;:]\s*|\\(?:left|right|displaystyle|textstyle|limits|big[lr]?|Big[lr]?|quad|qquad)(?![a-zA-Z])|~", " "),
        (r"(?<!\\)\\\s", " "),
        (r"\{,\}", ","),
        (
            r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mathbb|mathcal|mbox|operatorname|emph)\s*\{([^{}]*)\}",
            r" \1 ",
        ),
        (r"\\[dtc]frac", r"\\frac"),
        (r"\\frac\s*(\d)\s*(\d)", r"\\frac{\1}{\2}"),
        (r"\\frac\s*(\d)\s*\{", r"\\frac{\1}{"),
        (r"(\\frac\s*\{[^{}]*\})\s*(\w)", r"\1{\2}"),
        (r"\\sqrt\s*(\w)", r"\\sqrt{\1}"),
        (r"(?<![\\a-zA-Z])sqrt\s*\(([^()]*)\)", r"\\sqrt{\1}"),
        (r"(?<![\\a-zA-Z])pi(?![a-zA-Z])", r"\\pi "),
        (r"\\(?:cdot|times|ast)(?![a-zA-Z])|\*\*?(?=\s*[\w\\(])", "*"),
        (r"\\leqslant|\\leq(?![a-zA-Z])|<=", r"\\le "),
        (r"\\geqslant|\\geq(?![a-zA-Z])|>=", r"\\ge "),
        (r"\\(?:lbrace|\{)", r"\\{"),
        (r"\\rbrace", r"\\}"),
        (r"\\(?:varnothing)", r"\\emptyset"),
        (r"\\%", "%"),
        (r"\\?\$", ""),
        (r"\{(?:[bB]|small)?matrix\}", "{pmatrix}"),
        (r"([\^_])\s*\{\s*(\w|\\[a-zA-Z]+)\s*\}", r"\1\2 "),
        (r"\s*\^\s*\\(?:circ|degree)(?![a-zA-Z])\s*|\\degree(?![a-zA-Z])", " degrees "),
        (r"\s+", " "),
    )
]
_EMPTY = re.compile(
    r"(?:there (?:are|is) )?(?:no (?:real )?(?:solution|root)s?|none|(?:the )?empty set)|\\{ ?\\}", re.I
)
_SMALL = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen",
)
_WORDS = {word: value for value, word in enumerate(_SMALL)}
_TENS = {
    word: 10 * value
    for value, word in enumerate(re.findall(r"\w+", "twenty thirty forty fifty sixty seventy eighty ninety"), 2)
}


@lru_cache(maxsize=65536)
def tidy(text: str) -> str:
    """One spelling of an answer, still valid LaTeX; spaces collapsed, control and direction marks gone."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_SIGNS))
        text = "".join(char for char in text if unicodedata.category(char)[0] != "C")
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "", text)
    for pattern, replacement in _STEPS:
        text = pattern.sub(replacement, text)
    text = text.strip().rstrip(".,;").strip()
    if _EMPTY.fullmatch(text):
        return r"\emptyset"
    return str(value) if (value := _spelled(text.lower())) is not None else text


def squeeze(text: str) -> str:
    """A tidy text without spaces, for comparing as a string."""
    return text.replace(" ", "")


def _spelled(words: str) -> int | None:
    """``twenty-five`` is 25."""
    if words in _WORDS:
        return _WORDS[words]
    tens, _, unit = words.replace("-", " ").partition(" ")
    if tens not in _TENS or (unit and _WORDS.get(unit, 10) > 9):
        return None
    return _TENS[tens] + _WORDS.get(unit, 0)


# Length, time, mass and money in units of the first; what is not listed is a name ("apples"), which decides nothing.
_SIZES = {
    "length": {"1": "m metre meter", "1/100": "cm centimetre centimeter", "1/1000": "mm millimetre millimeter",
               "1000": "km kilometre kilometer", "127/5000": "inch inche", "381/1250": "ft foot feet",
               "1143/1250": "yd yard", "201168/125": "mi mile"},
    "time": {"1": "s sec second", "60": "min minute", "3600": "h hr hour", "86400": "day", "604800": "week"},
    "mass": {"1": "g gram", "1000": "kg kilogram", "1/1000": "mg milligram"},
    "money": {"1": "dollar", "1/100": "cent"},
    "volume": {"1": "liter litre", "1/1000": "ml milliliter millilitre"},
}  # fmt: skip
_UNITS = {
    name: (dimension, Fraction(size))
    for dimension, sizes in _SIZES.items()
    for size, names in sizes.items()
    for name in names.split()
}

_DECIMAL = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+"
_NUMBER = re.compile(
    rf"(?P<sign>[-+]?)\s*(?:\\?\$)?\s*(?P<minus>-?)\s*(?:"
    rf"(?:(?P<whole>\d+)\s*)?\\frac\s*\{{\s*(?P<fsign>-?)\s*(?P<top>\d+)\s*\}}\s*\{{\s*(?P<bottom>\d+)\s*\}}"
    rf"|(?:(?P<mixed>\d+)\s+)?(?P<over>\d+)\s*/\s*(?P<under>\d+)"
    rf"|(?P<decimal>{_DECIMAL})(?:\s*\*\s*10\s*\^\s*\{{?\s*(?P<power>[-+]?\d{{1,3}})\s*\}}?|[eE](?P<exp>[-+]?\d{{1,3}}))?"
    rf")(?:\s*(?P<percent>%|percent))?(?P<unit>\s*+(?:[A-Za-z]++(?:\s?\^\s?\d)?[ ./-]*+)*+)"
)
_NOT_UNITS = frozenset(
    ["or", "and", "i", "e", "x", "y", "z", "n", "t", "k", "pi", "sin", "cos", "tan", "log", "ln", "exp", "mod", "times"]
)
_LETTER_UNITS = frozenset("mshg")


@dataclass(frozen=True)
class Quantity:
    """An exact number. ``digits`` counts decimals after the point (None: written without a point)."""

    value: Fraction
    percent: bool = False
    unit: str = ""
    digits: int | None = None
    significant: int = 0

    def is_rounding_of(self, other: Fraction) -> bool:
        """Whether this is ``other`` cut to three or more significant digits: neither equal nor plainly wrong."""
        if self.digits is None or self.significant < 3:
            return False
        return 0 < abs(self.value - other) <= Fraction(1, 10**self.digits)


@lru_cache(maxsize=65536)
def quantity(text: str) -> Quantity | None:
    """The number a tidy text is (integer, decimal, fraction, mixed or scientific; percent; unit), or None."""
    found = _NUMBER.fullmatch(text)
    if not found or len(text) > 2000:
        return None
    group = found.groupdict()
    unit = (group["unit"] or "").strip().rstrip(".")
    spaced = (group["unit"] or "").startswith(" ")
    first = re.split(r"[ ^/]", unit, maxsplit=1)[0]
    if " and " in unit or " or " in unit:
        return None
    if unit and (first in _NOT_UNITS or (len(first) == 1 and not (spaced and first in _LETTER_UNITS))):
        return None
    digits = None
    if group["top"]:
        value = _ratio(group["whole"], group["top"], group["bottom"])
    elif group["over"]:
        value = _ratio(group["mixed"], group["over"], group["under"])
    else:
        decimal = group["decimal"].replace(",", "")
        if "." in decimal:
            digits = len(decimal) - decimal.index(".") - 1
        power = int(group["power"] or group["exp"] or 0)
        value = Fraction(decimal) * Fraction(10) ** power if power else Fraction(decimal)
        digits = None if power else digits
    if value is None:
        return None
    negative = [group["sign"], group["minus"], group["fsign"]].count("-") % 2
    significant = len((group["decimal"] or "").replace(".", "").replace(",", "").lstrip("0"))
    return Quantity(-value if negative else value, bool(group["percent"]), unit.lower(), digits, significant)


def _ratio(whole: str | None, top: str, bottom: str) -> Fraction | None:
    return int(whole or 0) + Fraction(int(top), int(bottom)) if int(bottom) else None


def unit(name: str) -> tuple[str, Fraction] | None:
    """Dimension and size of a known unit (``cm`` → length, 1/100), or None."""
    return _UNITS.get(name) or _UNITS.get(name.removesuffix("s"))
