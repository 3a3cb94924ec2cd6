"""First-order logic: reads formulas as FOLIO writes them, and asks z3 what follows from what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from limbeck.errors import missing_extra

Formula = tuple[Any, ...]
"""``("and", f, g)``, ``("not", f)``, ``("all", name, f)``, ``("pred", name, terms)``, ``("eq", term, term)``;
a term is ``("var", name)`` or ``("fun", name, terms)``."""

_LATEX = {
    "forall": "∀",
    "exists": "∃",
    **dict.fromkeys(("land", "wedge"), "∧"),
    **dict.fromkeys(("lor", "vee"), "∨"),
    **dict.fromkeys(("neg", "lnot"), "¬"),
    **dict.fromkeys(("to", "rightarrow", "implies", "Rightarrow"), "→"),
    **dict.fromkeys(("leftrightarrow", "iff"), "↔"),
    "oplus": "⊕",
    "neq": "≠",
}
_SPELLINGS = {
    **dict.fromkeys(("forall", "all"), "∀"),
    "exists": "∃",
    **dict.fromkeys(("and", "&", "&&"), "∧"),
    **dict.fromkeys(("or", "|", "||"), "∨"),
    **dict.fromkeys(("not", "~", "!", "-"), "¬"),
    **dict.fromkeys(("implies", "->", "=>", "⇒", "⟶"), "→"),
    **dict.fromkeys(("iff", "<->", "<=>", "⟷", "⇔", "≡"), "↔"),
    **dict.fromkeys(("xor", "⊻", "^"), "⊕"),
    "!=": "≠",
    "[": "(",
    "]": ")",
}
_TOKEN = re.compile(
    r"\s*(?:(\w+(?:(?:[’'](?=\w)|(?<=\d)\.(?=\d))\w+)*)"  # a name, also O'Neil, or a number
    r"|\\([a-zA-Z]+)"  # a command of LaTeX
    r"|(<->|<=>|->|=>|!=|&&|\|\||[∀∃∧∨→↔⊕¬≠=()\[\],.:&|~!^⇒⟶⟷⇔≡⊻-]))"
)
_WORDS = {"forall", "all", "exists", "and", "or", "not", "implies", "iff", "xor"}
_LEVELS = (("↔", "iff"), ("→", "implies"), ("⊕", "xor"), ("∨", "or"), ("∧", "and"))
_LONGEST = 4000
_DEEPEST = 40
_VARIABLE = re.compile(r"[u-z]\d?")


class BadFormula(ValueError):
    """A text that is no formula: where, and what was found there."""


def parse(text: str) -> Formula:
    """A formula from its text.

    From loose to tight: ``↔``, ``→`` (to the right), ``⊕``, ``∨``, ``∧``, ``¬``. A quantifier binds what
    comes next, as ``¬`` does, or everything up to the closing parenthesis when a dot or a colon follows its
    variable. ASCII and LaTeX spellings are read too.

    Raises:
        BadFormula: it breaks the grammar, is too long or too deep, or uses a variable that no quantifier
            binds.
    """
    if len(text) > _LONGEST:
        raise BadFormula(f"a formula longer than {_LONGEST:,} characters")
    parser = _Parser(_tokens(text), text)
    formula = parser.level(0)
    parser.end()
    return formula


def _tokens(text: str) -> list[tuple[str, int]]:
    tokens, place, end = [], 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if not match:
            raise BadFormula(
                f"{text[place:].strip()[:12]!r} at character {place + 1} is no part of a formula"
            )
        word, latex, sign = match.groups()
        if latex and latex not in _LATEX:
            raise BadFormula(f"'\\{latex}' at character {place + 1} is no part of a formula")
        token = _LATEX[latex] if latex else word or sign
        if sign or word in _WORDS:
            token = _SPELLINGS.get(token, token)
        tokens.append((token, match.start(match.lastindex or 0) + 1))
        place = match.end()
    return tokens


class _Parser:
    """Recursive descent over tokens; `bound` are the variables of the quantifiers around the present
    place."""

    def __init__(self, tokens: list[tuple[str, int]], text: str) -> None:
        self.tokens, self.at, self.depth, self.bound, self.length = tokens, 0, 0, list[str](), len(text)

    def peek(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise self.wrong(f"{wanted!r} is wanted" if wanted else "something is missing")
        self.at += 1
        return token

    def wrong(self, why: str) -> BadFormula:
        if self.at < len(self.tokens):
            token, place = self.tokens[self.at]
            return BadFormula(f"{why} at character {place}, not {token!r}")
        return BadFormula(f"{why} at the end")

    def end(self) -> None:
        if self.at < len(self.tokens):
            raise self.wrong("the end is wanted")

    def level(self, tightness: int) -> Formula:
        if tightness == len(_LEVELS):
            return self.unary()
        sign, name = _LEVELS[tightness]
        left = self.level(tightness + 1)
        if sign == "→":
            if self.peek() == sign:
                self.take()
                return (name, left, self.deeper(tightness))
            return left
        while self.peek() == sign:
            self.take()
            left = (name, left, self.level(tightness + 1))
        return left

    def deeper(self, tightness: int) -> Formula:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise BadFormula(f"a formula nested deeper than {_DEEPEST}")
        formula = self.level(tightness)
        self.depth -= 1
        return formula

    def unary(self) -> Formula:
        token = self.peek()
        if token == "¬":
            self.take()
            return ("not", self.deeper(len(_LEVELS)))
        if token in ("∀", "∃"):
            self.take()
            return self.quantified("all" if token == "∀" else "any")
        if token == "(":
            self.take()
            formula = self.deeper(0)
            self.take(")")
            return formula
        return self.atom()

    def quantified(self, kind: str) -> Formula:
        names = [self.name()]
        while self.peek() == ",":
            self.take()
            names.append(self.name())
        wide = self.peek() in (".", ":")
        if wide:
            self.take()
        self.bound += names
        formula = self.deeper(0 if wide else len(_LEVELS))
        del self.bound[-len(names) :]
        for name in reversed(names):
            formula = (kind, name, formula)
        return formula

    def name(self) -> str:
        if not re.match(r"\w", self.peek()):
            raise self.wrong("a name is wanted")
        return self.take()

    def atom(self) -> Formula:
        start = self.at
        name = self.name()
        arguments = self.arguments()
        if self.peek() in ("=", "≠"):
            self.at = start
            left, sign, right = self.term(), self.take(), self.term()
            return ("eq", left, right) if sign == "=" else ("not", ("eq", left, right))
        return ("pred", name, arguments)

    def arguments(self) -> tuple[Formula, ...]:
        if self.peek() != "(":
            return ()
        self.take()
        terms = [self.term()]
        while self.peek() == ",":
            self.take()
            terms.append(self.term())
        self.take(")")
        return tuple(terms)

    def term(self) -> Formula:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise BadFormula(f"a formula nested deeper than {_DEEPEST}")
        name = self.name()
        arguments = self.arguments()
        self.depth -= 1
        if name in self.bound and not arguments:
            return ("var", name)
        if _VARIABLE.fullmatch(name) and not arguments:
            raise BadFormula(f"no quantifier binds {name!r} at character {self.tokens[self.at - 1][1]}")
        return ("fun", name, arguments)


def decide(premises: Sequence[Formula], conclusion: Formula, seconds: float) -> tuple[str, str]:
    """``True`` when the conclusion follows, ``False`` when its contrary does, ``Uncertain`` when neither, and
    why.

    ``""`` stands for no answer: the premises contradict each other, or z3 cannot tell within the time. Every
    thing is of one kind, of which there is at least one; differently named things may be the same.

    Raises:
        LimbeckError: z3 is not installed.
    """
    try:
        import z3
    except ImportError:
        raise missing_extra("z3-solver", "verify", "first-order logic") from None
    build = _Builder(z3)
    facts, goal = [build(formula, {}) for formula in premises], build(conclusion, {})
    answers = []
    for claim in (z3.Not(goal), goal):
        solver = z3.Solver()
        solver.set("timeout", max(1, int(500 * seconds)))
        solver.add(*facts, claim)
        answers.append(str(solver.check()))
    without, with_it = answers
    if (without, with_it) == ("unsat", "unsat"):
        return "", "the premises contradict each other"
    if without == "unsat":
        return "True", "the conclusion follows from the premises"
    if with_it == "unsat":
        return "False", "the contrary of the conclusion follows from the premises"
    if (without, with_it) == ("sat", "sat"):
        return "Uncertain", "neither the conclusion nor its contrary follows"
    return "", f"z3 could not tell within {seconds:g} s"


class _Builder:
    """Turns formulas into z3's; equal names with equally many arguments are the same symbol."""

    def __init__(self, z3: Any) -> None:
        self.z3, self.sort = z3, z3.DeclareSort("thing")

    def __call__(self, formula: Formula, bound: dict[str, Any]) -> Any:
        z3, kind = self.z3, formula[0]
        if kind in ("all", "any"):
            variable = z3.Const(f"{formula[1]}!{len(bound)}", self.sort)
            inner = self(formula[2], {**bound, formula[1]: variable})
            return z3.ForAll([variable], inner) if kind == "all" else z3.Exists([variable], inner)
        if kind == "pred":
            terms = [self.term(term, bound) for term in formula[2]]
            symbol = z3.Function(f"{formula[1]}/{len(terms)}", *[self.sort] * len(terms), z3.BoolSort())
            return symbol(*terms) if terms else z3.Bool(f"{formula[1]}/0")
        if kind == "eq":
            return self.term(formula[1], bound) == self.term(formula[2], bound)
        parts = [self(part, bound) for part in formula[1:]]
        make = {"and": z3.And, "or": z3.Or, "not": z3.Not, "implies": z3.Implies, "xor": z3.Xor}
        return parts[0] == parts[1] if kind == "iff" else make[kind](*parts)

    def term(self, term: Formula, bound: dict[str, Any]) -> Any:
        if term[0] == "var":
            return bound[term[1]]
        terms = [self.term(inner, bound) for inner in term[2]]
        if not terms:
            return self.z3.Const(f"{term[1]}'", self.sort)
        return self.z3.Function(f"{term[1]}'/{len(terms)}", *[self.sort] * len(terms), self.sort)(*terms)
