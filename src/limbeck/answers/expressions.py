r"""Reads an expression of letters, numbers and functions into a tree.

A node is a tuple, its kind first: ``("num", value, unit of the last digit)``, ``("sym", name)``,
``("const", "pi")``, ``("+", …)``, ``("*", …)``, ``("/", a, b)``, ``("^", a, b)``, ``("root", a, n)``,
``("call", function, …)`` and ``("of", letter, …)`` for a function that has only a name. What can be read in
two ways (``1/2x``, ``\log x``) is read in the way that is asked for, and said. Reading is linear in the text.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import Any

from msgspec import Struct

Node = tuple[Any, ...]


class Unfit(Exception):
    """The text is no such expression, or one too large for what was asked."""


class Way(Struct, frozen=True):
    r"""How to read what has two readings.

    ``tight``: ``1/2x`` is 1/(2x) and not x/2, ``\sin(x)^2`` the sine of a square, ``2\frac12x`` a product.
    ``natural``: ``\log`` has the base e and not 10. ``product``: ``0.1(6)`` is 0.1 * 6 and not 1/6.
    """

    tight: bool = False
    natural: bool = False
    product: bool = False


class Reading(Struct, frozen=True):
    """A tree, the letters in it, and which of the ways would have made another one."""

    tree: Node
    letters: frozenset[str]
    ways: frozenset[str]


FUNCTIONS = frozenset(
    [
        "sin",
        "cos",
        "tan",
        "cot",
        "sec",
        "csc",
        "arcsin",
        "arccos",
        "arctan",
        "sinh",
        "cosh",
        "tanh",
        "ln",
        "log",
        "lg",
        "exp",
        "gcd",
        "lcm",
        "min",
        "max",
        "mod",
        "sqrt",
        "floor",
        "ceil",
        "abs",
        "binom",
        "perm",
    ]
)
_NAMES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "cosec": "csc", "tg": "tan", "arctg": "arctan",
          "ctg": "cot", "HCF": "gcd", "GCD": "gcd", "LCM": "lcm", "ceiling": "ceil"}  # fmt: skip
_GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "varepsilon",
        "zeta",
        "eta",
        "theta",
        "vartheta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "rho",
        "sigma",
        "tau",
        "upsilon",
        "phi",
        "varphi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Xi",
        "Sigma",
        "Phi",
        "Psi",
        "Omega",
        "ell",
        "hbar",
    ]
)
_APPLIED = frozenset("fghFGPQ")
_INVERSE = {"sin": "arcsin", "cos": "arccos", "tan": "arctan"}
_PAIRS = {"(": ")", "{": "}", "[": "]", "\\lfloor": "\\rfloor", "\\lceil": "\\rceil", "\\{": "\\}"}
_WORD = "|".join(sorted([*FUNCTIONS, *_NAMES, "degrees"], key=len, reverse=True))
_TOKEN = re.compile(
    r"\s*(?:(?P<repeat>\d*\.\d*(?:\\(?:overline|bar|overbar)\s*\{\d+\}|\\dot\s*\{?\d\}?(?:\d*\\dot\s*\{?\d\}?)?))"
    r"|(?P<bracketed>\d*\.\d*\(\d+\))|(?P<hex>0[xX][\dA-Fa-f]+(?![A-Za-z]))"
    r"|(?P<number>(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d*)?|\.\d+)(?P<more>\s*(?:\\[cl]?dots|\.\.\.|…))?"
    r"|(?P<exponent>[eE][-+]?\d+(?![A-Za-z\d]))"
    r"|(?P<choose>\{\}\s*[\^_]\s*\{?\s*\d+\s*\}?\s*[CP]\s*_\s*\{?\s*\d+\s*\}?|C_\d+\s*\^\d+)"
    rf"|(?P<word>(?<![A-Za-z\\])(?:{_WORD})(?![A-Za-z]))"
    r"|(?P<command>\\[A-Za-z]+|\\[{}])|(?P<letter>[A-Za-z\u0370-\u03ff])|(?P<sign>[-+*/^_(){}\[\],;|!%']))"
)
_PRIMES = re.compile(r"\^\s*\{?\s*(?:\\prime\s*)+\}?")
_RUN = re.compile(r"(?<![A-Za-z\\])[A-Za-z]{4,}")
_LONGEST, _DEEPEST = 300, 40


@lru_cache(maxsize=32768)
def read(text: str, way: Way = Way()) -> Reading | None:
    """A tidy text as a tree, or None where it is none."""
    if len(text) > _LONGEST:
        return None
    if "\\prime" in text:
        text = _PRIMES.sub(lambda marks: "'" * marks[0].count("prime"), text)
    try:
        parser = _Parser(text, way)
        tree = parser.whole()
    except (Unfit, IndexError, RecursionError):
        return None
    return Reading(tree, frozenset(parser.letters), frozenset(parser.ways))


def number(value: Fraction | int, last: Fraction | int = 0) -> Node:
    return ("num", Fraction(value), Fraction(last))


def _minus(value: Node) -> Node:
    return number(-value[1], value[2]) if value[0] == "num" else ("*", number(-1), value)


class _Parser:
    def __init__(self, text: str, way: Way) -> None:
        self.way, self.ways, self.letters = way, set[str](), set[str]()
        self.bars = self.depth = 0
        self.rest: list[tuple[str, str, bool]] = []
        end = 0
        while match := _TOKEN.match(text, end):
            kind = match.lastgroup or ""
            if kind == "more":
                kind = "number"
            glued = match.start() == match.start(kind)
            if kind == "exponent" and not (glued and self.rest and self.rest[-1][0] == "number"):
                kind, stop = "letter", match.start(kind) + 1
                self.rest.append((kind, text[stop - 1], glued))
                end = stop
                continue
            self.rest.append((kind, match[kind].strip() + ("…" if match["more"] else ""), glued))
            end = match.end()
        if text[end:].strip() or not self.rest:
            raise Unfit
        for run in _RUN.finditer(text):
            if run[0] not in FUNCTIONS and run[0] not in _NAMES and run[0] != "degrees":
                raise Unfit
        self.rest.reverse()

    def whole(self) -> Node:
        tree = self.sum()
        if self.rest:
            raise Unfit
        return tree

    def next(self) -> str:
        return self.rest[-1][1] if self.rest else ""

    def take(self, wanted: str) -> None:
        if self.next() != wanted:
            raise Unfit
        self.rest.pop()

    def sum(self) -> Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Unfit
        parts = [self.signed()]
        while self.next() in ("+", "-"):
            parts.append(self.signed() if self.next() == "-" else (self.rest.pop(), self.product())[1])
        self.depth -= 1
        return parts[0] if len(parts) == 1 else ("+", *parts)

    def signed(self) -> Node:
        if self.next() in ("+", "-"):
            minus = self.rest.pop()[1] == "-"
            value = self.signed() if self.next() in ("+", "-") else self.product()
            return _minus(value) if minus else value
        return self.product()

    def product(self) -> Node:
        value = self.factors()
        while True:
            sign = self.next()
            if sign in ("*", "/"):
                self.rest.pop()
                minus = self.next() == "-" and bool(self.rest.pop())
                right = self.divisor() if sign == "/" else self.factors()
                right = _minus(right) if minus else right
                value = ("/", value, right) if sign == "/" else ("*", value, right)
            elif sign in ("\\bmod", "\\mod", "mod"):
                self.rest.pop()
                value = ("call", "mod", value, self.factors())
            elif self.goes_on():
                value = ("*", value, self.factors())
            else:
                return value

    def goes_on(self) -> bool:
        """Whether another factor follows without a sign."""
        if not self.rest or self.rest[-1][0] in ("number", "repeat", "hex", "bracketed", "exponent"):
            return False
        kind, text, _ = self.rest[-1]
        if text in ("\\bmod", "\\mod", "mod", "\\rfloor", "\\rceil", "\\}"):
            return False
        return kind != "sign" or text in "({[" or (text == "|" and not self.bars)

    def divisor(self) -> Node:
        """What stands under a slash: one factor, or the whole product where that is asked for."""
        value = self.power()
        if (self.goes_on() and value[0] in ("num", "sym", "const")) or (self.goes_on() and value[0] == "^"):
            self.ways.add("tight")
            while self.way.tight and self.goes_on():
                value = ("*", value, self.power())
        return value

    def factors(self) -> Node:
        value = self.power()
        while self.goes_on():
            value = ("*", value, self.power())
        return value

    def power(self) -> Node:
        value = self.postfixed(self.atom())
        if self.next() != "^":
            return value
        self.rest.pop()
        exponent = self.exponent()
        if exponent == "degrees":
            return ("*", value, ("/", ("const", "pi"), number(180)))
        return self.postfixed(("^", value, exponent))

    def exponent(self) -> Any:
        if self.next() == "-":
            self.rest.pop()
            return _minus(self.exponent())
        if self.next() in ("\\circ", "*", "\\prime"):
            raise Unfit
        value = self.postfixed(self.atom())
        if self.next() == "^":
            self.rest.pop()
            return ("^", value, self.exponent())
        return value

    def postfixed(self, value: Node) -> Node:
        while self.next() in ("!", "%", "degrees"):
            sign = self.rest.pop()[1]
            if sign == "!":
                double = self.next() == "!" and bool(self.rest.pop())
                value = ("call", "double factorial" if double else "factorial", value)
            elif sign == "%":
                value = ("/", value, number(100))
            else:
                value = ("*", value, ("/", ("const", "pi"), number(180)))
        return value

    def atom(self) -> Node:
        kind, text, glued = self.rest.pop()
        if kind in ("number", "repeat", "bracketed", "hex"):
            return self.numeral(kind, text)
        if kind == "choose":
            numbers = [int(each) for each in re.findall(r"\d+", text)]
            return ("call", "perm" if "P" in text else "binom", number(numbers[0]), number(numbers[1]))
        if kind == "word":
            return self.call(_NAMES.get(text, text))
        if kind == "command":
            return self.command(text[1:])
        if kind == "letter":
            return self.letter(text)
        if text == "|":
            self.bars += 1
            value = self.sum()
            self.take("|")
            self.bars -= 1
            return ("call", "abs", value)
        if text not in _PAIRS:
            raise Unfit
        return self.group(text)

    def group(self, opening: str) -> Node:
        bars, self.bars = self.bars, 0
        value = self.sum()
        self.take(_PAIRS[opening])
        self.bars = bars
        return value

    def numeral(self, kind: str, text: str) -> Node:
        if kind == "hex":
            return number(int(text, 16))
        if kind == "bracketed":
            self.ways.add("product")
            if self.way.product:
                left, _, right = text[:-1].partition("(")
                return ("*", number(Fraction(left + "0")), number(int(right)))
        if kind != "number":
            return number(repeating(text))
        endless = text.endswith("…")
        plain = text.rstrip("…").replace(",", "")
        places = len(plain.partition(".")[2])
        value = number(Fraction(plain + "0") if "." in plain else int(plain),
                       Fraction(1, 10**places) if places and (endless or _digits(plain) > 2) else 0)  # fmt: skip
        if self.rest and self.rest[-1][0] == "exponent":
            power = int(self.rest.pop()[1][1:])
            return ("*", value, ("^", number(10), number(power)))
        if "." not in plain and self.next() == "\\frac":
            return self.mixed(value)
        return value

    def mixed(self, whole: Node) -> Node:
        """``2\\frac{1}{2}``, which is 2 + 1/2, and may be a product where more follows."""
        self.rest.pop()
        part = self.fraction()
        if part[1][0] != "num" or part[2][0] != "num":
            return ("*", whole, part)
        if self.goes_on():
            self.ways.add("tight")
            if self.way.tight:
                return ("*", whole, part)
        return ("+", whole, part)

    def fraction(self) -> Node:
        return ("/", self.atom(), self.atom())

    def letter(self, text: str) -> Node:
        name = text + self.primes()
        if self.next() == "_":
            name += self.subscript()
        elif name in ("e", "i"):
            return ("const", name)
        if text in _APPLIED and self.next() == "(":
            self.rest.pop()
            return ("of", name, *self.listed(")"))
        self.letters.add(name)
        return ("sym", name)

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
        parts, depth = [], 0
        while True:
            text = self.rest.pop()[1]
            depth += (text == "{") - (text == "}")
            if depth == 0:
                return "_" + "".join(parts[1:])
            parts.append(text)

    def command(self, name: str) -> Node:
        name = _NAMES.get(name, name)
        if name == "frac":
            return self.fraction()
        if name == "binom":
            _, top, bottom = self.fraction()
            return ("call", "binom", top, bottom)
        if name == "sqrt":
            return self.root()
        if name in FUNCTIONS:
            return self.call(name)
        if name == "pi":
            return ("const", "pi")
        if name in ("lfloor", "lceil"):
            return ("call", "floor" if name == "lfloor" else "ceil", self.group("\\" + name))
        if name in ("vert", "lvert"):
            value = self.sum()
            self.take("\\vert" if name == "vert" else "\\rvert")
            return ("call", "abs", value)
        if name not in _GREEK:
            raise Unfit
        symbol = f"\\{name}" + (self.subscript() if self.next() == "_" else "")
        self.letters.add(symbol)
        return ("sym", symbol)

    def root(self) -> Node:
        degree = 2
        if self.next() == "[":
            self.rest.pop()
            written = self.rest.pop()[1]
            self.take("]")
            if not written.isdigit() or not 2 <= int(written) <= 60:
                raise Unfit
            degree = int(written)
        opening = self.rest.pop()[1]
        if opening not in ("{", "("):
            raise Unfit
        return ("root", self.group(opening), degree)

    def listed(self, closing: str) -> list[Node]:
        parts = [self.sum()]
        while self.next() in (",", ";"):
            self.rest.pop()
            parts.append(self.sum())
        self.take(closing)
        return parts

    def call(self, name: str) -> Node:
        if name == "sqrt":
            return self.root()
        power: Node | None = None
        base: Node | None = None
        for _ in range(2):
            if self.next() == "_" and name == "log":
                self.rest.pop()
                base = self.atom()
            elif self.next() == "^" and power is None:
                self.rest.pop()
                power = self.exponent()
        if power == number(-1):
            name, power = _INVERSE.get(name, ""), None
            if not name:
                raise Unfit
        value = self.applied(name, base)
        return value if power is None else ("^", value, power)

    def applied(self, name: str, base: Node | None) -> Node:
        opening = self.next()
        if opening in ("(", "{", "[", "\\{"):
            self.rest.pop()
            arguments = self.listed(_PAIRS[opening])
            if self.next() == "^":
                self.ways.add("tight")
                if self.way.tight and len(arguments) == 1:
                    self.rest.pop()
                    arguments = [("^", arguments[0], self.exponent())]
        else:
            arguments = [self.bare()]
        if name in ("ln", "lg") or (name == "log" and base is None):
            if name == "log":
                self.ways.add("natural")
            natural = name == "ln" or (name == "log" and self.way.natural)
            base = ("const", "e") if natural else number(10)
        return ("call", "log", *arguments, base) if base is not None else ("call", name, *arguments)

    def bare(self) -> Node:
        """An argument without brackets: the factors up to the next sign or function."""
        value = self.power()
        while self.goes_on() and self.rest[-1][0] != "word" and self.next()[1:] not in FUNCTIONS:
            # \sin x e^x and \sin x \sqrt{y} are products.
            if self.next() in ("(", "|") or (value[0] != "num" and self.next() in ("e", "\\frac", "\\sqrt")):
                break
            value = ("*", value, self.power())
        if self.next() == "/":
            self.ways.add("tight")
            if self.way.tight:
                self.rest.pop()
                value = ("/", value, self.power())
        return value


def _digits(plain: str) -> int:
    return len(plain.replace(".", "").lstrip("0"))


def repeating(text: str) -> Fraction:
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
