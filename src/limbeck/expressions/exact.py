"""Arithmetic as people write it, cut into numbers, signs and words, and its exact value."""

from __future__ import annotations

import re
from fractions import Fraction

from msgspec import Struct

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])|\d+(?:\.\d+)?|\.\d+"
_TOKEN = re.compile(
    rf"(?P<space>\s+)|(?P<mixed>\d+\s+\d+/\d+(?![\d.]))|(?P<number>{_NUMBER})|(?P<percent>%|\\%|percent\b)"
    r"|(?P<word>/[^\W\d_]{2,}|[^\W\d_]+(?:['’][^\W\d_]+)?)|(?P<op>\*\*|[-+*/^()∗])|(?P<other>.)"
)
_SPELT = (
    (re.compile(r"\\(?:left|right|,|;|!|quad|displaystyle)(?![a-zA-Z])|\\?\$|\\[(\[]|\\[)\]]|[€£¥]"), " "),
    (re.compile(r"\\(?:text|mathrm|textbf|mbox)\s*\{([^{}]*)\}"), r" \1 "),
    (re.compile(r"(?<![\d.,)}])(\d+)\s*\\[dt]?frac\s*\{(\d+)\}\s*\{(\d+)\}(?!\s*[\d.])"), r"\1 \2/\3"),
    (re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}"), r"((\1)/(\2))"),
    (re.compile(r"\^\s*\{([^{}]*)\}"), r"^(\1)"),
    (
        re.compile(
            r"\\(?:times|cdot|ast)(?![a-zA-Z])|[×·∙⋅]|(?<=[\w)])\s[xX]\s(?=\s*[(\d])|(?<=\d)[xX](?=\d)"
        ),
        "*",
    ),
    (re.compile(r"\\div(?![a-zA-Z])|÷|(?<=[\d)])\s+divided by\s+(?=[(\d])"), "/"),
    (re.compile(r"(?<=[\d)])\s+(?:times|multiplied by)\s+(?=[(\d])"), "*"),
    (re.compile(r"(%|\d/\d+)\s+of\s+(?=[\d(])"), r"\1∗"),
    (re.compile(r"(?<=[\d)])\s+plus\s+(?=[(\d])"), "+"),
    (re.compile(r"[−–]|(?<=[\d)])\s+minus\s+(?=[(\d])"), "-"),
    (re.compile(r"(?<![\d)])(?<![\d)] )\*\*|\*\*(?!\s*[-(\d])"), " "),
)
SCALES = {
    "hundred",
    "thousand",
    "million",
    "billion",
    "trillion",
    "dozen",
    "k",
    "remainder",
    "rem",
    "r",
    "mod",
}
LEANING = {
    "of", "plus", "minus", "times", "by", "than", "over", "half", "twice", "double", "triple", "hundred",
    "thousand", "step", "part", "case", "sqrt", "log", "ln", "sin", "cos", "tan", "mod", "gcd", "lcm", "max",
    "min", "base", "x",
}  # fmt: skip
"""Words right before a number that make it part of something that is not read."""
MEASURES = re.compile(
    "s|sec|second|m|min|minute|h|hr|hour|day|week|month|year|decade|century"
    "|in|inch|ft|foot|feet|yd|yard|mi|mile|mm|cm|km|met(?:er|re)|kilomet(?:er|re)"
    "|oz|ounce|lbs?|pound|ton|g|gram|kg|kilogram|mg|cent|dollar|penn(?:y|ie)|nickel|dime|quarter|buck"
    "|cup|pint|quart|gallon|l|ml|lit(?:er|re)|teaspoon|tablespoon|degree|radian|mph|kph"
)
STOPS = {
    "and", "or", "so", "then", "to", "from", "is", "are", "gives", "we", "if", "but", "which", "of", "than",
    "because",
}  # fmt: skip
SAYING = {
    "get",
    "gets",
    "is",
    "are",
    "equals",
    "becomes",
    "have",
    "has",
    "so",
    "then",
    "thus",
    "and",
    "calculate",
    "compute",
}


class Token(Struct):
    kind: str
    text: str
    start: int
    end: int


def tokenised(text: str) -> tuple[str, list[Token]]:
    """The text with one spelling of every sign, and its tokens; spaces are none."""
    for pattern, put in _SPELT:
        # Fractions within fractions are spelt out from the inside.
        for _ in range(3):
            text = pattern.sub(put, text)
    matches = [match for match in _TOKEN.finditer(text) if match.lastgroup != "space"]
    return text, [Token(match.lastgroup or "", match[0], match.start(), match.end()) for match in matches]


class Exact:
    """Exact arithmetic over tokens by the usual precedence; a power binds tighter than the sign before it."""

    def __init__(self, tokens: list[Token], percent: Fraction) -> None:
        self.rest, self.percent = tokens[::-1], percent

    def value(self) -> Fraction:
        total = self._sum()
        if self.rest:
            raise ValueError(f"{self.rest[-1].text!r} is out of place")
        return total

    def _next(self) -> str:
        return self.rest[-1].text if self.rest else ""

    def _sum(self) -> Fraction:
        value = self._product()
        while self._next() in ("+", "-"):
            sign = self.rest.pop().text
            value = value + self._product() if sign == "+" else value - self._product()
        return value

    def _product(self) -> Fraction:
        value = self._signed()
        while self._next() in ("*", "∗", "/", "("):
            sign = self.rest.pop().text if self._next() != "(" else "*"
            right = self._signed()
            value = value / right if sign == "/" else value * right
        return value

    def _signed(self) -> Fraction:
        if self._next() in ("-", "+"):
            return -self._signed() if self.rest.pop().text == "-" else self._signed()
        return self._power()

    def _power(self) -> Fraction:
        base = self._atom()
        if self._next() not in ("^", "**"):
            return base
        self.rest.pop()
        exponent = self._signed()
        if exponent.denominator != 1 or abs(exponent) > 64 or len(str(base)) > 20:
            raise ValueError(f"{base} to the power of {exponent}")
        return base ** int(exponent)

    def _atom(self) -> Fraction:
        if not self.rest:
            raise ValueError("an operand is missing")
        token = self.rest.pop()
        if token.text == "(":
            value = self._sum()
            if self._next() != ")":
                raise ValueError("a bracket is not closed")
            self.rest.pop()
        elif token.kind == "mixed":
            whole, part = token.text.split()
            value = int(whole) + Fraction(part)
        elif token.kind == "number":
            if len(token.text) > 40 or (token.text[0] == "0" and token.text[1:2].isdigit()):
                raise ValueError("a clock's time, or a number of more than 40 digits")
            value = Fraction(token.text.replace(",", ""))
        else:
            raise ValueError(f"{token.text!r} is out of place")
        while self.rest and self.rest[-1].kind == "percent":
            self.rest.pop()
            value *= self.percent
        return value
