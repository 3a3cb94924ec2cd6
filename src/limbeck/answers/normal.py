"""One spelling for what is written in many ways, and exact numbers where an answer is one.

``tidy`` undoes typography (``\\dfrac``, ``\\left``, ``\\text``, thin spaces, unicode signs); ``quantity``
reads a number with its sign of percent and its unit as an exact fraction. Nothing here evaluates anything:
cost is linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial

from limbeck.answers.labels import labelled
from limbeck.answers.marks import listed_marks, plain_marks
from limbeck.answers.names import names_thing
from limbeck.answers.units import scaled, unit

_SIGNS = str.maketrans(
    {
        **dict.fromkeys("−–—‐‑‒", "-"),
        **dict.fromkeys("×⋅·", "*"),
        **dict.fromkeys("÷⁄", "/"),
        "¢": " cents",
        "∎": " ",
        "π": r"\pi ",
        "∞": r"\infty ",
        "√": r"\sqrt ",
        "≤": r"\le ",
        "≥": r"\ge ",
        "≠": r"\ne ",
        "∪": r"\cup ",
        "∈": r"\in ",
        "∅": r"\emptyset ",
        "±": r"\pm ",
        "°": r"^\circ ",
        "θ": r"\theta ",
        "⟨": "(",
        "⟩": ")",
        "ℝ": " R ",
        "∨": r"\lor ",
        "∧": r"\land ",
    }
)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_ROOT = re.compile(r"([√∛∜])\s*(\d+(?:\.\d+)?|\([^()]*\)|[A-Za-zπ])")
_VULGAR = re.compile("(\\d)([¼½¾⅐-⅞])")
_ROOTS = {"√": "", "∛": "[3]", "∜": "[4]"}
_POWER = re.compile("[⁻⁰¹²³⁴-⁹]+")
_PRICE = re.compile(r"([€£¥₹₽₩])\s*(-?\d[\d.,]*)")
_PRICED = {"€": "euros", "£": "gbp", "¥": "yen", "₹": "rupees", "₽": "rubles", "₩": "won"}
_REWRITES = (
    (r"(?<=\d)(?:\s*\\!\s*,\s*(?:\\!)?|,\s*\\!)\s*(?=\d{3})", ","),
    (r"\\color\s*\{[^{}]*\}|\\textcolor\s*\{[^{}]*\}|\\(?:blacksquare|square|qed)(?![a-zA-Z])", ""),
    (
        r"\\[!,;:]\s*"
        r"|\\(?:left|right|displaystyle|textstyle|limits|big[lr]?|Big[lr]?|quad|qquad)(?![a-zA-Z])|~",
        " ",
    ),
    (r"(?<!\\)\\\s", " "),
    (r"\{,\}", ","),
    (
        r"\\(?:text(?:bf|it|rm|sf|tt|sc|md|up|normal)?|math(?:rm|bf|bb|cal|sf|it|tt)|mbox|operatorname\*?|emph"
        r"|boldsymbol|bm|underline|mathop)"
        r"\s*\{((?:[^{}]++|\{[^{}]*+\})*+)\}",
        r" \1 ",
    ),
    (r"\\mathbb\s*([A-Z])(?![a-zA-Z])", r" \1 "),
    (r"\^\s*\{?\\prime(?![a-zA-Z])\}?|′", "'"),
    (r"\\[dtc]frac", r"\\frac"),
    (r"\\frac\s*(\d)\s*(\d)", r"\\frac{\1}{\2}"),
    (r"\\frac\s*(\d)\s*\{", r"\\frac{\1}{"),
    (r"(\\frac\s*\{[^{}]*\})\s*(\w)", r"\1{\2}"),
    (r"\\sqrt\s*(\d+|\w)", r"\\sqrt{\1}"),
    (r"(?<![\\a-zA-Z])sqrt\s*\(([^()]*)\)", r"\\sqrt{\1}"),
    (r"(?<![\\a-zA-Z])pi(?![a-zA-Z])", r"\\pi "),
    (r"\\(?:cdot|times|ast)(?![a-zA-Z])|\*\*?(?=\s*[\w\\(])", "*"),
    (r"\\leqslant|\\leq(?![a-zA-Z])|<=", r"\\le "),
    (r"\\geqslant|\\geq(?![a-zA-Z])|>=", r"\\ge "),
    (r"\\langle(?![a-zA-Z])", "("),
    (r"\\rangle(?![a-zA-Z])", ")"),
    (r"(?<=\d)\s?[xX]\s?(?=10\s*\^)", "*"),
    (r"(?<![\\a-zA-Z])(?:infinity|inf|oo)(?![a-zA-Z])|\+\s*\\infty(?![a-zA-Z])", r"\\infty "),
    (r"\\neq(?![a-zA-Z])|(?<![\d)!])!=", r"\\ne "),
    (r"\\(?:lbrace|\{)", r"\\{"),
    (r"\\rbrace", r"\\}"),
    (r"\\(?:varnothing)", r"\\emptyset"),
    (r"\\%", "%"),
    (
        r"^\\?\$ ?((?:\d|,\d)+(?:\.\d+)?(?: (?:hundred|thousand|million|billion|trillion))?)$",
        r"\1 dollars",
    ),
    (r"^(?:US|CA|AU|HK|NZ|SG)\s*\\?\$\s*(?=\d)(.*\d)$", r"\1 dollars"),
    (r"^(?:Rs\.?|INR|USD|EUR|GBP|CNY|RMB|JPY|CHF)\s*(?=\d)(.*\d)$", r"\1"),
    (r"(?<=\d)\s{0,3}([a-zA-Z]{1,3})\s?[ *]\s?([a-z]{1,3}) ?\^ ?\{-1\}\s*$", r" \1/\2"),
    (r"(?<=\d)\s{0,3}([a-zA-Z]{1,3})\s?[ *]\s?([a-z]{1,3}) ?\^ ?\{-([23])\}\s*$", r" \1/\2^\3"),
    (r"(?<=\d)\s{0,3}([kMm]?)\s?\\Omega\s*$", r" \1ohm"),
    (r"\\?\$", ""),
    (r"\{(?:[bB]|small)?matrix\}", "{pmatrix}"),
    (r"([\^_])\s*\{\s*(\w|\\[a-zA-Z]+)\s*\}", r"\1\2 "),
    (r"\s*\^\s*\\(?:circ|degree)(?![a-zA-Z])\s*|\\degree(?![a-zA-Z])", " degrees "),
    (r"\s+", " "),
)
"""Spellings and what they are read as, in this order: what one makes a later one may read."""
_STEPS = [(re.compile(pattern), partial(re.Match.expand, template=to)) for pattern, to in _REWRITES]
"""A template would be read at every call, a function is called where something matches."""
_SPACE = re.compile(r"(?<!\d) | (?!\d)")
_UNSAID = frozenset(["Cc", "Cf", "Cs", "Co", "Cn", "So"])
"""Kinds of characters that say nothing: control and direction marks, pictures."""
_ALL_IN_BRACES = re.compile(r"\{ ?([^{}]*(?:\{[^{}]*\}[^{}]*)*) ?\}")
_CASES = re.compile(
    r"(?:\\?\{ ?)?\\begin\{(?:cases|array)\}(?:\{[clr| ]*\})?((?:(?!&|\\begin|\\end|\bif\b|\bfor\b).)+)"
    r"\\end\{(?:cases|array)\}(?: ?\.)?",
    re.S,
)
_MANY = re.compile(r"(?:there are |an )?infinite(?:ly many)?(?: number of)?(?: solutions?| values?)?", re.I)
_ENCLOSED = re.compile(r"\{(?!\d{1,3}(?:,\d{3})+\})[^{}]*,[^{}]*\}")
_BRACKETED_MATRIX = re.compile(
    r"[\[(]\s*(\\begin\{(array|pmatrix)\}(?:(?!\\begin|\\end).)*\\end\{\2\})\s*[\])]", re.S
)
_EMPTY = re.compile(
    r"(?:there (?:are|is) )?(?:no (?:real )?(?:solution|root)s?|none|(?:the )?empty set)|\\{ ?\\}", re.I
)
_REALS = re.compile(
    r"(?:x is )?(?:all|every|any|the set of(?: all)?|the) real(?:s| numbers?)(?: line)?|R(?:eals)?(?= *$)",
    re.I,
)
_SMALL = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen",
)
_WORDS = {word: value for value, word in enumerate(_SMALL)}
_OVER_TEN = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_TENS = {word: 10 * value for value, word in enumerate(_OVER_TEN, 2)}


@lru_cache(maxsize=65536)
def tidy(text: str) -> str:
    """One spelling of an answer, still valid LaTeX; spaces collapsed, control and direction marks gone."""
    text = plain_marks(text)
    if not text.isascii():
        text = _ROOT.sub(lambda root: rf"\sqrt{_ROOTS[root[1]]}{{{root[2].strip('()')}}}", text)
        text = _POWER.sub(lambda power: f"^{{{power[0].translate(_RAISED)}}}", text)
        text = _PRICE.sub(lambda price: f"{price[2]} {_PRICED[price[1]]}", text)
        text = "".join(f" {_PRICED[char]} " if char in _PRICED else char for char in text)
        text = _VULGAR.sub(r"\1 \2", text)
        text = unicodedata.normalize("NFKC", text.translate(_SIGNS)).replace("⁄", "/")
        text = "".join(char for char in text if unicodedata.category(char) not in _UNSAID)
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "", text)
    for pattern, replacement in _STEPS:
        text = pattern.sub(replacement, text)
    text = text.strip().rstrip(".,;").strip()
    if _EMPTY.fullmatch(text):
        return r"\emptyset"
    if _REALS.fullmatch(text):
        return "R"
    if _MANY.fullmatch(text):
        return "infinitely many"
    if (cases := _CASES.fullmatch(text)) and "=" in cases[1]:
        text = re.sub(r"\s*,?\s*\\\\\s*", ", ", cases[1].strip().removesuffix("\\\\").strip())
    if (whole := _ALL_IN_BRACES.fullmatch(text)) and "," not in text:
        text = whole[1].strip()
    text = labelled(text)
    if matrix := _BRACKETED_MATRIX.fullmatch(text):
        text = matrix[1]
    text = listed_marks(text)
    if _ENCLOSED.fullmatch(text):
        return rf"\{text[:-1]}\}}"  # {1, 2} is a set
    return str(value) if (value := _spelled(text.lower())) is not None else text


def squeeze(text: str) -> str:
    """A tidy text without spaces, to compare; between two digits a space stays: ``1 2`` is not 12."""
    return _SPACE.sub("", text) if " " in text else text


def _spelled(words: str) -> int | None:
    """``twenty-five`` is 25."""
    if words in _WORDS:
        return _WORDS[words]
    tens, _, unit = words.replace("-", " ").partition(" ")
    if tens not in _TENS or (unit and _WORDS.get(unit, 10) > 9):
        return None
    return _TENS[tens] + _WORDS.get(unit, 0)


_DECIMAL = r"(?:[1-9]\d{0,2}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+"
_NUMBER = re.compile(
    rf"(?P<sign>[-+]?)\s*(?:\\?\$)?\s*(?P<minus>-?)\s*(?:"
    rf"(?:(?P<whole>\d+)\s*)?\\frac\s*\{{\s*(?P<fsign>-?)\s*(?P<top>\d+)\s*\}}\s*\{{\s*(?P<bottom>\d+)\s*\}}"
    rf"|(?:(?P<mixed>\d+)\s+)?(?P<over>\d+)\s*/\s*(?P<under>\d+)"
    rf"|(?P<decimal>{_DECIMAL})"
    rf"(?:\s*\*\s*10\s*\^\s*\{{?\s*(?P<power>[-+]?\d{{1,3}})\s*\}}?|[eE](?P<exp>[-+]?\d{{1,3}}))?"
    rf")(?:\s*(?P<percent>%|per ?cent|pct\b))?(?P<unit>\s*+(?:[^\W\d_]++(?:\s?\^\s?\d)?[ ./-]*+)*+)"
)
_SUM_UP = re.compile(r"(?:in (?:total|all|sum)|altogether|each|all together|total|left|remaining)")
_ADDEND = re.compile(r"(\d{1,15}(?:\.\d{1,15})?) ([A-Za-z]{1,12})")
_ADDED = re.compile(rf"{_ADDEND.pattern}(?:(?:,| and|, and)? {_ADDEND.pattern}){{1,3}}")


@dataclass(frozen=True)
class Quantity:
    """An exact number. ``digits`` counts decimals after the point (None: written without a point).

    ``scale`` is the size of a word such as million, which ``value`` has in it. ``letter`` says that the unit
    is one letter that touches the number, ``10m``, which may be a product too.
    """

    value: Fraction
    percent: bool = False
    unit: str = ""
    digits: int | None = None
    significant: int = 0
    scale: int | Fraction = 1
    letter: bool = False

    def is_rounding_of(self, other: Fraction) -> bool:
        """Whether this is ``other`` cut to three or more digits: neither equal nor plainly wrong."""
        if self.digits is None or self.significant < 3:
            return False
        return 0 < abs(self.value - other) <= Fraction(1, 10**self.digits)


@lru_cache(maxsize=65536)
def quantity(text: str) -> Quantity | None:
    """The number a tidy text is (integer, decimal, fraction, mixed or scientific; percent; unit), or None."""
    if len(text) > 2000:
        return None
    number = _NUMBER.fullmatch(text)
    if not number:
        return _added(text)
    group = number.groupdict()
    name = (group["unit"] or "").strip().rstrip(".")
    spaced = (group["unit"] or "").startswith(" ")
    if name and not names_thing(name, spaced):
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
        # Fraction reads a text ten times as slowly as an integer.
        value = Fraction(decimal) if "." in decimal else Fraction(int(decimal))
        value = value * Fraction(10) ** power if power else value
        digits = None if power else digits
    if value is None:
        return None
    negative = [group["sign"], group["minus"], group["fsign"]].count("-") % 2
    significant = len((group["decimal"] or "").replace(".", "").replace(",", "").lstrip("0"))
    scale, name = scaled(name) if name else (1, name)
    if _SUM_UP.fullmatch(name):
        name = ""  # 5 in total
    if scale != 1:
        value, digits = value * scale, None
    letter = len(name) == 1 and not spaced
    name = name if len(name) <= 3 else name.lower()  # mHz is no MHz
    value = -value if negative else value
    return Quantity(value, bool(group["percent"]), name, digits, significant, scale, letter)


def _added(text: str) -> Quantity | None:
    """``2 hours and 30 minutes`` is 2.5 hours."""
    if not _ADDED.fullmatch(text):
        return None
    parts = [(Fraction(number), name) for number, name in _ADDEND.findall(text)]
    known = [unit(name) for _, name in parts]
    first = known[0]
    if first is None or any(each is None or each[0] != first[0] for each in known):
        return None
    measured = zip(parts, known, strict=True)
    value = sum(number * measure[1] for (number, _), measure in measured if measure)
    return Quantity(value / first[1], unit=parts[0][1].lower())


def _ratio(whole: str | None, top: str, bottom: str) -> Fraction | None:
    return int(whole or 0) + Fraction(int(top), int(bottom)) if int(bottom) else None
