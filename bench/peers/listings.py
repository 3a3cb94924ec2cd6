"""Families of several values: lists, boxes, names, sets, matrices, points, and choices."""

from __future__ import annotations

import random
from fractions import Fraction

from peers.formulas import NO, OPEN, YES, Drawn, frac, term


def _several(rng: random.Random, count: int) -> list[int]:
    return rng.sample([n for n in range(-12, 13) if n], count)


def roots_in_any_order(rng: random.Random) -> Drawn:
    """The roots of a polynomial shuffled, one missing, one with another sign."""
    roots = _several(rng, rng.randrange(2, 4))
    shuffled = roots[::-1]
    question = "Find all roots of $" + "".join(f"(x{term(-r, '')})" for r in roots) + "$."
    wanted, joined = "{" + ",".join(map(str, roots)) + "}", ", ".join(map(str, roots))
    yield (
        question,
        joined,
        ", ".join(map(str, shuffled)),
        YES,
        f"{wanted} ≡ {{{','.join(map(str, shuffled))}}}",
    )
    boxes = " and ".join(f"$\\boxed{{{r}}}$" for r in shuffled)
    yield question, joined, f"¶The roots are {boxes}.", YES, f"{wanted} ≡ {wanted}"
    yield (
        question,
        joined,
        "x = " + " \\text{ or } x = ".join(map(str, shuffled)),
        YES,
        f"{wanted} ≡ {wanted}",
    )
    lines = "\n".join(f"- $x = \\boxed{{{r}}}$" for r in shuffled)
    yield question, joined, f"¶The solutions are\n{lines}", YES, f"{wanted} ≡ {wanted}"
    yield (
        question,
        joined,
        ", ".join(map(str, roots[1:])),
        NO,
        f"{wanted} ≠ {{{','.join(map(str, roots[1:]))}}}",
    )
    turned = [-roots[0], *roots[1:]]
    if set(turned) != set(roots):
        yield (
            question,
            joined,
            ", ".join(map(str, turned)),
            NO,
            f"{wanted} ≠ {{{','.join(map(str, turned))}}}",
        )
    yield "", joined, ", ".join(map(str, shuffled)), OPEN, f"{wanted} ≡ {wanted}"


def pairs_in_any_order(rng: random.Random) -> Drawn:
    """Ordered pairs listed in another order, and with one pair turned round."""
    a, b, c, d = _several(rng, 4)
    question, gold = "Find all ordered pairs $(x, y)$ of integers.", f"({a}, {b}), ({c}, {d})"
    wanted = f"{{({a},{b}),({c},{d})}}"
    yield question, gold, f"({c},{d}), ({a},{b})", YES, f"{wanted} ≡ {{({c},{d}),({a},{b})}}"
    yield question, gold, f"\\{{({c},{d}), ({a},{b})\\}}", YES, f"{wanted} ≡ {wanted}"
    yield (
        question,
        gold,
        f"¶1. $\\boxed{{({c},{d})}}$\n2. $\\boxed{{({a},{b})}}$",
        YES,
        f"{wanted} ≡ {wanted}",
    )
    yield question, gold, f"({b},{a}), ({c},{d})", NO, f"{wanted} ≠ {{({b},{a}),({c},{d})}}"


def named_unknowns(rng: random.Random) -> Drawn:
    """A solution of a system, its names in any order, as a tuple, with the values swapped."""
    x, y = rng.sample(range(-9, 10), 2)
    gold, wanted = f"x={x}, y={y}", f"({x},{y})"
    yield "", gold, f"y={y}, x={x}", YES, f"{wanted} ≡ {wanted}"
    yield "", gold, f"(x,y)=({x},{y})", YES, f"{wanted} ≡ {wanted}"
    yield "", gold, f"({x}, {y})", YES, f"{wanted} ≡ {wanted}"
    yield "", gold, f"x={y}, y={x}", NO, f"{wanted} ≠ ({y},{x})"
    yield "", gold, f"\\begin{{cases}}x={x}\\\\y={y}\\end{{cases}}", YES, f"{wanted} ≡ {wanted}"
    yield "", gold, f"¶$x = \\boxed{{{x}}}$ and $y = \\boxed{{{y}}}$", YES, f"{wanted} ≡ {wanted}"
    yield "", gold, f"¶$x = \\boxed{{{y}}}$ and $y = \\boxed{{{x}}}$", NO, f"{wanted} ≠ ({y},{x})"


def parts(rng: random.Random) -> Drawn:
    """A question of two parts, a box for each, the last box alone, boxes exchanged."""
    a, b = rng.sample(range(2, 99), 2)
    question, gold = "(a) Find the perimeter. (b) Find the area.", f"(a) {a} (b) {b}"
    yield (
        question,
        gold,
        f"¶(a) The perimeter is $\\boxed{{{a}}}$.\n\n(b) The area is $\\boxed{{{b}}}$.",
        YES,
        f"({a},{b}) ≡ ({a},{b})",
    )
    yield (
        question,
        gold,
        f"¶**Part (a)** $\\boxed{{{b}}}$\n\n**Part (b)** $\\boxed{{{a}}}$",
        NO,
        f"({a},{b}) ≠ ({b},{a})",
    )
    yield (
        question,
        f"{a}, {b}",
        f"¶**(a)** $\\boxed{{{a}}}$\n**(b)** $\\boxed{{{b}}}$",
        YES,
        f"({a},{b}) ≡ ({a},{b})",
    )
    yield question, f"{a}, {b}", f"¶So the area is $\\boxed{{{b}}}$.", OPEN, ""


def sets_of_numbers(rng: random.Random) -> Drawn:
    """Sets in another order, with repetitions, nested, without a member."""
    a, b, c = _several(rng, 3)
    gold, wanted = f"\\{{{a},{b},{c}\\}}", f"{{{a},{b},{c}}}"
    yield "", gold, f"\\left\\{{{c}, {a}, {b}\\right\\}}", YES, f"{wanted} ≡ {{{c},{a},{b}}}"
    yield "", gold, f"\\{{{a},{b},{b},{c}\\}}", YES, f"{wanted} ≡ {{{a},{b},{b},{c}}}"
    yield "", gold, f"\\{{{a},{b}\\}}", NO, f"{wanted} ≠ {{{a},{b}}}"
    yield "", gold, f"\\{{\\{{{a}\\}},{b},{c}\\}}", NO, f"{wanted} ≠ {{fs({{{a}}}),{b},{c}}}"
    yield "", f"\\{{{a},{b}\\}}\\cup\\{{{c}\\}}", gold, YES, f"{wanted} ≡ {wanted}"


def matrices(rng: random.Random) -> Drawn:
    """A matrix with a factor in front, transposed, with other brackets."""
    a, b, c, d = _several(rng, 4)
    k = rng.randrange(2, 5)
    gold = f"\\begin{{pmatrix}}{a}&{b}\\\\{c}&{d}\\end{{pmatrix}}"
    wanted = f"(({a},{b}),({c},{d}))"
    yield (
        "",
        gold,
        f"\\begin{{bmatrix}} {a} & {b} \\\\ {c} & {d} \\end{{bmatrix}}",
        YES,
        f"{wanted} ≡ {wanted}",
    )
    yield (
        "",
        gold,
        f"\\begin{{pmatrix}}{a}&{c}\\\\{b}&{d}\\end{{pmatrix}}",
        NO,
        f"{wanted} ≠ (({a},{c}),({b},{d}))",
    )
    cells = [frac(Fraction(n, k)) for n in (a, b, c, d)]
    divided = f"\\begin{{pmatrix}}{cells[0]}&{cells[1]}\\\\{cells[2]}&{cells[3]}\\end{{pmatrix}}"
    yield (
        "",
        divided,
        f"\\frac{{1}}{{{k}}}{gold}",
        YES,
        f"(({a}/{k},{b}/{k}),({c}/{k},{d}/{k})) ≡ (({a}/{k},{b}/{k}),({c}/{k},{d}/{k}))",
    )
    yield "", divided, gold, NO, f"(({a}/{k},{b}/{k}),({c}/{k},{d}/{k})) ≠ {wanted}"


def points(rng: random.Random) -> Drawn:
    """Points with a letter, in a sentence, with coordinates exchanged, and ratios."""
    x, y = rng.sample(range(-9, 10), 2)
    yield "", f"({x}, {y})", f"{rng.choice('ABPQ')}({x},{y})", YES, f"({x},{y}) ≡ ({x},{y})"
    yield "", f"({x}, {y})", f"¶The vertex is at $({x}, {y})$.", YES, f"({x},{y}) ≡ ({x},{y})"
    yield "", f"({x}, {y})", f"({y}, {x})", NO, f"({x},{y}) ≠ ({y},{x})"
    a, b = rng.sample(range(2, 30), 2)
    yield "", f"{a}:{b}", f"{a}\\text{{ to }}{b}", YES, f"{a}/{b} ≡ {a}/{b}"
    yield "", f"{a}:{b}", f"{b}:{a}", NO, f"{a}/{b} ≠ {b}/{a}"


ANSWERS = (
    "The answer is ({0}).", "The correct answer is **{0}**.", "**Answer: {0}**", "Option {0} is correct.",
    "\\boxed{{\\textbf{{({0})}}}}", "答案是{0}。", "因此选{0}。", "正解は{0}です。", "정답은 {0}입니다.",
    "Ответ: {0}", "Правильный ответ: **{0}**", "La bonne réponse est {0}.", "Die richtige Antwort ist {0}.",
    "{0}",
    "La respuesta correcta es **{0}**.", "الإجابة الصحيحة هي {0}.", "**{0}.** {1}", "{0}) {1}",
    "It follows that {1} is the sum, so the correct choice is **({0})**.", "<answer>{0}</answer>",
)  # fmt: skip


def choice(rng: random.Random) -> Drawn:
    """A question of four numbers; the letter in words of several languages, and another letter so."""
    values = rng.sample(range(12, 99), 4)
    right, other = rng.sample(range(4), 2)
    first = rng.randrange(2, 11)
    sum_asked = f"{first}+{values[right] - first}"
    options = "\n".join(f"{letter}) {value}" for letter, value in zip("ABCD", values, strict=True))
    question = f"What is {sum_asked}?\n{options}"
    for wording in rng.sample(ANSWERS, 2):
        text = wording.format("ABCD"[right], values[right])
        yield question, "ABCD"[right], "¶" + text, YES, f"{sum_asked} ≡ {values[right]}"
        text = wording.format("ABCD"[other], values[other])
        yield question, "ABCD"[right], "¶" + text, NO, f"{sum_asked} ≠ {values[other]}"


FAMILIES = (
    roots_in_any_order, pairs_in_any_order, named_unknowns, parts, sets_of_numbers, matrices, points, choice,
)  # fmt: skip
