"""Cuts an expression into numbers, names, letters and signs."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from msgspec import Struct

Node = tuple[Any, ...]


class Unfit(Exception):
    """The text is no such expression, or one too large for what was asked."""


class Way(Struct, frozen=True):
    r"""How to read what has two readings.

    ``tight``: ``1/2x`` is 1/(2x) and not x/2, ``2\frac12x`` a product. Usual, and yet no more than that, is
    the other reading of these: ``natural``: ``\log`` has the base e and not 10. ``product``: ``0.1(6)`` is
    0.1 * 6 and not 1/6. ``inner``: ``\ln(x)^2`` is the logarithm of a square, -3 mod 5 is -(3 mod 5).
    """

    tight: bool = False
    natural: bool = False
    product: bool = False
    inner: bool = False


class Reading(Struct, frozen=True):
    """A tree, the letters in it, and which of the ways would have made another one."""

    tree: Node
    letters: frozenset[str]
    ways: frozenset[str]


FUNCTIONS = frozenset(
    re.findall(
        r"\w+",
        "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh ln log lg exp gcd lcm min max mod sqrt "
        "floor ceil abs binom perm cis cbrt",
    )
)
NAMES = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "cosec": "csc", "tg": "tan", "arctg": "arctan",
    "ctg": "cot", "HCF": "gcd", "GCD": "gcd", "LCM": "lcm", "ceiling": "ceil",
}  # fmt: skip
"""Other names of functions."""
GREEK = frozenset(
    re.findall(
        r"\w+",
        "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho "
        "sigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Sigma Phi Psi Omega ell hbar",
    )
)
_WORD = "|".join(sorted([*FUNCTIONS, *NAMES, "degrees"], key=len, reverse=True))
_DOTTED = r"\\dot\s*\{?\d\}?"
_TOKEN = re.compile(
    rf"\s*(?:(?P<repeat>\d*\.\d*(?:\\(?:overline|bar|overbar)\s*\{{\d+\}}|{_DOTTED}(?:\d*{_DOTTED})?))"
    r"|(?P<bracketed>\d*\.\d*\(\d+\))|(?P<hex>0[xX][\dA-Fa-f]+(?![A-Za-z]))"
    r"|(?P<number>(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d*)?|\.\d+)(?P<more>\s*(?:\\[cl]?dots|\.\.\.|…))?"
    r"|(?P<exponent>[eE][-+]?\d+(?![A-Za-z\d]))"
    r"|(?P<choose>\{\}\s*[\^_]\s*\{?\s*\d+\s*\}?\s*[CP]\s*_\s*\{?\s*\d+\s*\}?|C_\d+\s*\^\d+)"
    rf"|(?P<word>(?<![A-Za-z\\])(?:{_WORD})(?![A-Za-z]))"
    r"|(?P<command>\\[A-Za-z]+|\\[{}])|(?P<letter>[A-Za-z\u0370-\u03ff])|(?P<sign>[-+*/^_(){}\[\],;|!%']))"
)
_RECURRING = re.compile(r"(?<=[\d.])(\d)\1\1$|(?<=[\d.])(\d{2,6}?)\2+$")
"""The end of 0.1666…, and of 0.142857142857…"""
_RUN = re.compile(r"(?<![A-Za-z\\])[A-Za-z]{4,}")
NUMERALS = ("number", "repeat", "hex", "bracketed", "exponent")
"""Kinds of tokens that are a number, or a part of one."""


def number(value: Fraction | int, last: Fraction | int = 0) -> Node:
    """The node of a number; ``last`` is the unit of its last digit where it may be a rounded one."""
    return ("num", Fraction(value), Fraction(last))


def negative(value: Node) -> Node:
    """The node of minus a value."""
    return number(-value[1], value[2]) if value[0] == "num" else ("*", number(-1), value)


class Cursor:
    """What is left of a text, as kinds and texts of tokens; the letters and ambiguities met so far."""

    def __init__(self, text: str, way: Way) -> None:
        self.way, self.ways, self.letters = way, set[str](), set[str]()
        self.bars = self.depth = end = 0
        self.rest: list[tuple[str, str]] = []
        while match := _TOKEN.match(text, end):
            kind = "number" if match["more"] else match.lastgroup or ""
            glued = match.start() == match.start(kind)
            end = match.end()
            if kind == "exponent" and not (glued and self.rest and self.rest[-1][0] == "number"):
                end = match.start(kind) + 1
                self.rest.append(("letter", text[end - 1]))
            else:
                self.rest.append((kind, match[kind].strip() + ("…" if match["more"] else "")))
        if text[end:].strip() or not self.rest:
            raise Unfit
        for run in _RUN.finditer(text):
            if run[0] not in FUNCTIONS and run[0] not in NAMES and run[0] != "degrees":
                raise Unfit
        self.rest.reverse()

    def next(self) -> str:
        return self.rest[-1][1] if self.rest else ""

    def take(self, wanted: str) -> None:
        if self.next() != wanted:
            raise Unfit
        self.rest.pop()

    def goes_on(self) -> bool:
        """Whether another factor follows without a sign."""
        if not self.rest or self.rest[-1][0] in NUMERALS:
            return False
        kind, text = self.rest[-1]
        if text in ("\\bmod", "\\mod", "mod", "\\rfloor", "\\rceil", "\\}"):
            return False
        return kind != "sign" or text in "({[" or (text == "|" and not self.bars)

    def primes(self) -> str:
        count = 0
        while self.next() == "'":
            self.rest.pop()
            count += 1
        return "'" * count

    def subscript(self) -> str:
        self.rest.pop()
        if self.next() != "{":
            return "_" + self.rest.pop()[1]
        depth, parts = 0, list[str]()
        while True:
            text = self.rest.pop()[1]
            depth += (text == "{") - (text == "}")
            if depth == 0:
                return "_" + "".join(parts[1:])
            parts.append(text)


def numeral(kind: str, text: str) -> Node:
    """The node of a token that is a number: 0x1F, 0.1(6), 1,000 or 0.333…"""
    if kind == "hex":
        return number(int(text, 16))
    if kind != "number":
        return number(_repeating(text))
    plain = text.rstrip("…").replace(",", "")
    if "." not in plain:
        return number(int(plain))
    # Three digits or more may be a rounded number.
    rounded = text.endswith("…") or len(plain.replace(".", "").lstrip("0")) > 2
    places = len(plain.partition(".")[2])
    if text.endswith("…") and (period := _RECURRING.search(plain)):
        return number(_repeating(f"{plain[: period.start()]}({period[1] or period[2]})"))
    last = Fraction(1, 10**places) if rounded else Fraction(1, 2 * 10**places) if places > 1 else 0
    return number(Fraction(plain + "0"), last if places and plain.strip("0.") else 0)


def _repeating(text: str) -> Fraction:
    r"""The value of ``0.1\overline{6}``, ``0.1\dot{6}`` or ``0.1(6)``: 1/6."""
    head, _, tail = text.partition(".")
    start = re.search(r"[\\(]", tail)
    if start is None:
        raise Unfit
    fixed = tail[: start.start()]
    period = "".join(re.findall(r"\d", tail[start.start() :]))
    if len(fixed) + len(period) > 40:
        raise Unfit
    whole = Fraction(int(head + fixed or "0"), 10 ** len(fixed))
    return whole + Fraction(int(period), (10 ** len(period) - 1) * 10 ** len(fixed))
