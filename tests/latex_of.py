"""LaTeX of the expressions in expressions.py, and pairs of such answers for `verifiers/math`."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction

from expressions import LEAST, LETTERS, Node, changed, differences, expression, letters, num, rewritten

from limbeck.records import Problem, Trace

LONGEST = 240
"""Characters; `verifiers/math` reads answers of up to 300."""


def latex(node: Node, rng: random.Random) -> str:
    """An expression in LaTeX, in one of several manners."""
    kind = node[0]
    if kind == "num":
        return _number(node[1])
    if kind == "var":
        return str(node[1])
    if kind == "add":
        return _sum(node, rng)
    if kind == "mul":
        return _product(node, rng)
    if kind == "div":
        command = rng.choice(("\\frac", "\\dfrac"))
        return f"{command}{{{latex(node[1], rng)}}}{{{latex(node[2], rng)}}}"
    if kind == "pow":
        base = latex(node[1], rng)
        return f"{base if node[1][0] == 'var' else _bracketed(base, rng)}^{{{node[2]}}}"
    inner = latex(node[1], rng)
    if kind == "root":
        return rf"\sqrt{{{inner}}}" if node[2] == 2 else rf"\sqrt[{node[2]}]{{{inner}}}"
    if kind == "exp":
        return f"e^{{{inner}}}"
    return (rf"\log_{{{node[2]}}}" if kind == "log" else f"\\{kind}") + _bracketed(inner, rng)


def _number(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    return f"{'-' if value < 0 else ''}\\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def _bracketed(text: str, rng: random.Random) -> str:
    return rng.choice((f"({text})", rf"\left({text}\right)"))


def _sum(node: Node, rng: random.Random) -> str:
    text = ""
    for term in node[1:]:
        negative = term[0] == "mul" and term[1] == num(-1) and len(term) > 2
        shown = latex(
            ("mul", *term[2:]) if negative and len(term) > 3 else term[2] if negative else term, rng
        )
        if negative and (term[2][0] == "add" or shown.startswith("-")):
            shown = _bracketed(shown, rng)
        text += f"-{shown}" if negative else shown if not text or shown.startswith("-") else f"+{shown}"
    return text


def _product(node: Node, rng: random.Random) -> str:
    """Factors side by side where nothing else can be read, with a dot before a number."""
    text = ""
    for factor in node[1:]:
        shown = latex(factor, rng)
        if factor[0] in ("add", "mul") or (shown.startswith("-") and text):
            shown = _bracketed(shown, rng)
        apart = text and (shown[0].isdigit() or shown.startswith((r"\frac", r"\dfrac", r"\sqrt", "e^")))
        sign = rng.choice((r" \cdot ", r" \times ")) if apart else " " if text.endswith((")", "}")) else ""
        text += sign + shown
    return text


def _kept(rng: random.Random) -> tuple[Node, str]:
    names = "".join(rng.sample(LETTERS, rng.choice((0, 1, 1, 2))))
    node = expression(rng, rng.choice((1, 2, 2, 3)), names)
    return node, latex(node, rng)


Pair = tuple[Problem, Trace]


def asked(reference: str, response: str, name: str) -> Pair:
    """A problem with the reference, and a trace that boxes the response."""
    problem = Problem(id=name, question="", answer=reference)
    return problem, Trace(id=name, problem_id=name, answer=f"So we find $\\boxed{{{response}}}$.")


def equal_pairs(seed: int, count: int) -> Iterator[Pair]:
    """Expressions beside what identities make of them, alone, as functions with another letter, in tuples."""
    rng = random.Random(seed)
    made = 0
    while made < count:
        node, text = _kept(rng)
        other = rewritten(node, rng, rng.randrange(1, 4))
        points = differences(node, other, rng)
        assert not any(points), f"an identity is none: {node} and {other}"
        names = letters(node)
        shown = latex(other, rng)
        if len(points) < (LEAST if names else 1) or max(len(text), len(shown)) > LONGEST or text == shown:
            continue
        made += 1
        shape = rng.random()
        if shape < 0.1 and len(names) == 1:
            old = names.pop()
            renamed = latex(_renamed(other, old, "t"), rng)
            yield asked(f"f({old})={text}", f"f(t)={renamed}", f"e{made}")
        elif shape < 0.2:
            yield asked(f"({text}, 7)", f"({shown}, 7)", f"e{made}")
        elif shape < 0.25:
            yield asked(rf"\{{{text}, 7\}}", rf"\{{7, {shown}\}}", f"e{made}")
        else:
            yield asked(text, shown, f"e{made}")


def different_pairs(seed: int, count: int) -> Iterator[Pair]:
    """Expressions beside others, which differ at a point where both are real, rewritten or not."""
    rng = random.Random(seed)
    made = 0
    while made < count:
        node, text = _kept(rng)
        other = changed(node, rng)
        if rng.random() < 0.5:
            other = rewritten(other, rng, rng.randrange(1, 3))
        shown = latex(other, rng)
        if max(len(text), len(shown)) > LONGEST or not any(differences(node, other, rng)):
            continue
        made += 1
        if rng.random() < 0.15:
            yield asked(f"({text}, 7)", f"({shown}, 7)", f"d{made}")
        else:
            yield asked(text, shown, f"d{made}")


def _renamed(node: Node, old: str, new: str) -> Node:
    if node[0] == "var":
        return ("var", new if node[1] == old else node[1])
    return tuple(_renamed(part, old, new) if isinstance(part, tuple) else part for part in node)
