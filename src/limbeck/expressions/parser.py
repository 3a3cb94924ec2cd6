"""The grammar of expressions: sums, products, powers, functions and their arguments."""

from __future__ import annotations

import re
from fractions import Fraction

from limbeck.expressions.tokens import (
    FUNCTIONS,
    GREEK,
    NAMES,
    NUMERALS,
    Cursor,
    Node,
    Unfit,
    negative,
    number,
    numeral,
)

_APPLIED = frozenset("fghFGOPQ")
_COUNTED = frozenset(re.findall(r"\w+", "varphi phi sigma tau mu Gamma zeta Theta Omega"))
_INVERSE = {"sin": "arcsin", "cos": "arccos", "tan": "arctan"}
_PAIRS = {"(": ")", "{": "}", "[": "]", "\\lfloor": "\\rfloor", "\\lceil": "\\rceil", "\\{": "\\}"}
_DEEPEST = 40


class Parser(Cursor):
    """Reads sums of products of powers by recursive descent; ``way`` says how where there are two."""

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
            if minus and value[:2] == ("call", "mod"):
                self.ways.add("inner")
                if not self.way.inner:
                    return ("call", "mod", negative(value[2]), value[3])  # -3 mod 5 is 2
            return negative(value) if minus else value
        return self.product()

    def product(self) -> Node:
        value = self.factors()
        while True:
            sign = self.next()
            if sign in ("*", "/"):
                self.rest.pop()
                minus = self.next() == "-" and bool(self.rest.pop())
                right = self.divisor() if sign == "/" else self.factors()
                right = negative(right) if minus else right
                value = ("/", value, right) if sign == "/" else ("*", value, right)
            elif sign in ("\\bmod", "\\mod", "mod"):
                self.rest.pop()
                value = ("call", "mod", value, self.factors())
            elif not self.goes_on():
                return value
            else:
                value = ("*", value, self.factors())

    def divisor(self) -> Node:
        """What stands under a slash: one factor, or the whole product where that is asked for."""
        value = self.power()
        if self.goes_on() and value[0] in ("num", "sym", "const", "^"):
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
        return self.postfixed(("^", value, self.exponent()))

    def exponent(self) -> Node:
        if self.next() == "-":
            self.rest.pop()
            return negative(self.exponent())
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
        kind, text = self.rest.pop()
        if kind in NUMERALS:
            return self.numeral(kind, text)
        if kind == "choose":
            numbers = [int(each) for each in re.findall(r"\d+", text)]
            return ("call", "perm" if "P" in text else "binom", number(numbers[0]), number(numbers[1]))
        if kind == "word":
            return self.call(NAMES.get(text, text))
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
        if kind == "bracketed":
            self.ways.add("product")
            if self.way.product:
                left, _, right = text[:-1].partition("(")
                return ("*", number(Fraction(left + "0")), number(int(right)))
        value = numeral(kind, text)
        if self.rest and self.rest[-1][0] == "exponent":
            power = int(self.rest.pop()[1][1:])
            return ("*", value, ("^", number(10), number(power)))
        if text.isdigit() and self.next() == "\\frac":
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

    def command(self, name: str) -> Node:
        name = NAMES.get(name, name)
        if name == "frac":
            return self.fraction()
        if name == "binom":
            _, top, bottom = self.fraction()
            return ("call", "binom", top, bottom)
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
        if name not in GREEK:
            raise Unfit
        if (
            name in _COUNTED
            and self.next() == "("
            and (name in ("Theta", "Omega") or self.rest[-2][0] == "number")
        ):
            self.rest.pop()
            return ("of", f"\\{name}", *self.listed(")"))
        symbol = f"\\{name}" + (self.subscript() if self.next() == "_" else "")
        self.letters.add(symbol)
        return ("sym", symbol)

    def root(self, degree: str) -> Node:
        if self.next() == "[":
            self.rest.pop()
            degree = self.rest.pop()[1]
            self.take("]")
        opening = self.rest.pop()[1]
        if opening not in ("{", "(") or not degree.isdigit() or not 2 <= int(degree) <= 60:
            raise Unfit
        return ("root", self.group(opening), int(degree))

    def listed(self, closing: str) -> list[Node]:
        parts = [self.sum()]
        while self.next() in (",", ";"):
            self.rest.pop()
            parts.append(self.sum())
        self.take(closing)
        return parts

    def call(self, name: str) -> Node:
        if name in ("sqrt", "cbrt"):
            return self.root("2" if name == "sqrt" else "3")
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
                self.ways.add("inner")
                if self.way.inner and len(arguments) == 1:
                    self.rest.pop()
                    arguments = [("^", arguments[0], self.exponent())]
        else:
            arguments = [self.bare()]
        if name == "cis":
            return ("+", ("call", "cos", *arguments), ("*", ("const", "i"), ("call", "sin", *arguments)))
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
