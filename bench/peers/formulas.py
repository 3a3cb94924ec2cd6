"""Families of formulas: polynomials, fractions, surds, logarithms, angles, regions, congruences."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from fractions import Fraction

Drawn = Iterator[tuple[str, str, str, str, str]]
YES, NO, OPEN = "correct", "not correct", "not wrong"


def term(coefficient: int, letters: str, first: bool = False) -> str:
    """A term of a sum with its sign, empty for 0: ``-x^2``, ``+3``."""
    if coefficient == 0:
        return ""
    sign = "-" if coefficient < 0 else "" if first else "+"
    size = abs(coefficient)
    return sign + (letters if size == 1 and letters else f"{size}{letters}")


def frac(value: Fraction) -> str:
    """LaTeX of a fraction."""
    sign = "-" if value < 0 else ""
    if value.denominator == 1:
        return f"{value.numerator}"
    return f"{sign}\\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def nonzero(rng: random.Random, size: int = 9) -> int:
    return rng.choice([-1, 1]) * rng.randrange(1, size + 1)


def polynomials(rng: random.Random) -> Drawn:
    """A product of two lines, expanded; a wrong coefficient; the factors turned round."""
    a, b, c, d = rng.randrange(1, 5), nonzero(rng), rng.randrange(1, 5), nonzero(rng)
    x = rng.choice("xytn")
    product = f"({term(a, x, True)}{term(b, '')})({term(c, x, True)}{term(d, '')})"
    turned = f"({term(d, '', True)}{term(c, x)})({term(b, '', True)}{term(a, x)})"
    quad, line, rest = a * c, a * d + b * c, b * d
    expanded = term(quad, f"{x}^2", True) + term(line, x) + term(rest, "")
    other = line + nonzero(rng, 2)
    near = term(quad, f"{x}^2", True) + term(other, x) + term(rest, "")
    witness = f"({a}*x+{b})*({c}*x+{d})"
    yield "", expanded, product, YES, f"{witness} ≡ {quad}*x**2+{line}*x+{rest}"
    yield "", product, turned, YES, f"{witness} ≡ ({d}+{c}*x)*({b}+{a}*x)"
    yield "", product, near, NO, f"{witness} ≠ {quad}*x**2+{other}*x+{rest}"


def fractions(rng: random.Random) -> Drawn:
    """A fraction unreduced, as a mixed number, as an exact decimal, upside down."""
    value = Fraction(rng.randrange(1, 60), rng.choice([2, 4, 5, 8, 16, 20, 25, 40])) * rng.choice([1, 1, -1])
    while value.denominator == 1:
        value += Fraction(1, 4)
    k = rng.randrange(2, 8)
    unreduced = f"\\dfrac{{{value.numerator * k}}}{{{value.denominator * k}}}"
    yield "", frac(value), unreduced, YES, f"({value}) ≡ {value.numerator * k}/{value.denominator * k}"
    decimal = f"{float(value):.6f}".rstrip("0")
    yield "", frac(value), decimal, YES, f"{value} ≡ {decimal}"
    yield "", frac(value), frac(1 / value), NO, f"{value} ≠ {1 / value}"
    whole, rest = divmod(abs(value), 1)
    if whole and rest:
        mixed = ("-" if value < 0 else "") + f"{whole}" + frac(rest)
        yield "", mixed, frac(value), YES, f"{'-' if value < 0 else ''}({whole}+{rest}) ≡ {value}"


def surds(rng: random.Random) -> Drawn:
    """Squares taken out of a root, denominators made rational, a sum of roots taken for the root of a sum."""
    m, k = rng.choice([2, 3, 5, 6, 7, 10, 11]), rng.randrange(2, 8)
    yield "", f"\\sqrt{{{m * k * k}}}", f"{k}\\sqrt{{{m}}}", YES, f"sqrt({m * k * k}) ≡ {k}*sqrt({m})"
    yield "", f"\\sqrt{{{m * k * k}}}", f"{m}\\sqrt{{{k}}}", NO, f"sqrt({m * k * k}) ≠ {m}*sqrt({k})"
    ratio = f"\\frac{{{k}}}{{\\sqrt{{{m}}}}}"
    yield "", ratio, f"\\frac{{{k}\\sqrt{{{m}}}}}{{{m}}}", YES, f"{k}/sqrt({m}) ≡ {k}*sqrt({m})/{m}"
    n = m + rng.randrange(1, 6)
    inverse, conjugate = f"\\frac{{1}}{{\\sqrt{{{n}}}-\\sqrt{{{m}}}}}", f"\\sqrt{{{n}}}+\\sqrt{{{m}}}"
    witness = f"1/(sqrt({n})-sqrt({m}))"
    yield "", inverse, f"\\frac{{{conjugate}}}{{{n - m}}}", YES, f"{witness} ≡ (sqrt({n})+sqrt({m}))/{n - m}"
    yield "", conjugate, f"\\sqrt{{{n + m}}}", NO, f"sqrt({n})+sqrt({m}) ≠ sqrt({n + m})"


def logarithms(rng: random.Random) -> Drawn:
    """Products, powers and changes of base."""
    a, b, k = rng.randrange(2, 12), rng.randrange(2, 12), rng.randrange(2, 5)
    yield "", f"\\ln {a * b}", f"\\ln {a}+\\ln {b}", YES, f"log({a * b}) ≡ log({a})+log({b})"
    yield (
        "",
        f"\\ln {a + b}",
        f"\\ln {a}+\\ln {b}",
        NO if a + b != a * b else YES,
        (f"log({a + b}) {'≠' if a + b != a * b else '≡'} log({a})+log({b})"),
    )
    yield (
        "",
        f"{k}\\log_{{{a}}} x",
        f"\\frac{{{k}\\ln x}}{{\\ln {a}}}",
        YES,
        f"{k}*log(x,{a}) ≡ {k}*log(x)/log({a})",
    )
    yield (
        "",
        f"\\log_{{{a**k}}} x",
        f"\\frac{{1}}{{{k}}}\\log_{{{a}}} x",
        YES,
        f"log(x,{a**k}) ≡ log(x,{a})/{k}",
    )
    yield "", f"\\log_{{{a**k}}} x", f"{k}\\log_{{{a}}} x", NO, f"log(x,{a**k}) ≠ {k}*log(x,{a})"


def trigonometry(rng: random.Random) -> Drawn:
    """Double angles, products and shifts with drawn frequencies."""
    k, c, x = rng.randrange(2, 6), rng.randrange(1, 9), rng.choice(["x", "t", "\\theta"])
    yield (
        "",
        f"{c}\\sin({2 * k}{x})",
        f"{2 * c}\\sin({k}{x})\\cos({k}{x})",
        YES,
        (f"{c}*sin({2 * k}*x) ≡ {2 * c}*sin({k}*x)*cos({k}*x)"),
    )
    yield "", f"\\cos({2 * k}{x})", f"1-2\\sin^2({k}{x})", YES, f"cos({2 * k}*x) ≡ 1-2*sin({k}*x)**2"
    yield "", f"\\cos({2 * k}{x})", f"1-\\sin^2({k}{x})", NO, f"cos({2 * k}*x) ≠ 1-sin({k}*x)**2"
    angle = rng.choice([15, 30, 45, 60, 75, 105, 120, 135, 150])
    yield (
        "",
        f"\\sin {angle}^\\circ",
        f"\\cos {90 - angle}^\\circ",
        YES,
        (f"sin({angle}*deg) ≡ cos({90 - angle}*deg)"),
    )


def repeating_decimals(rng: random.Random) -> Drawn:
    """Fractions with a period after a start."""
    start, digits = rng.randrange(0, 100), rng.randrange(1, 4)
    period = rng.randrange(1, 10**digits - 1)
    lead, cycle = rng.choice(["", f"{start % 10}"]), f"{period:0{digits}d}"
    scale = 10 ** len(lead)
    value = Fraction(int(lead or 0), scale) + Fraction(period, scale * (10**digits - 1))
    witness = f"{int(lead or 0)}/{scale}+{period}/{scale * (10**digits - 1)}"
    yield "", frac(value), f"0.{lead}\\overline{{{cycle}}}", YES, f"{value} ≡ {witness}"
    yield "", f"0.{lead}\\overline{{{cycle}}}", frac(value), YES, f"{witness} ≡ {value}"
    yield (
        "",
        f"0.{lead}\\overline{{{cycle}}}",
        frac(value + Fraction(1, 9 * scale)),
        NO,
        (f"{witness} ≠ {value + Fraction(1, 9 * scale)}"),
    )


def scaled_regions(rng: random.Random) -> Drawn:
    """Inequalities multiplied, turned round and written as intervals."""
    a, b, k = nonzero(rng), rng.randrange(1, 9), rng.randrange(2, 6)
    low, high = a, a + b
    yield "", f"x>{a}", f"{k}x>{k * a}", YES, f"(x>{a}) ≡ ({k}*x>{k * a})"
    yield "", f"x>{a}", f"-{k}x<{-k * a}", YES, f"(x>{a}) ≡ (-{k}*x<{-k * a})"
    yield "", f"x>{a}", f"-{k}x>{-k * a}", NO, f"(x>{a}) ≠ (-{k}*x>{-k * a})"
    yield "", f"{low}\\le x<{high}", f"[{low}, {high})", YES, f"({low}<=x<{high}) ≡ (x>={low} and x<{high})"
    yield "", f"[{low}, {high})", f"({low}, {high}]", NO, f"({low}<=x<{high}) ≠ ({low}<x<={high})"
    yield "", f"({low}, {high})", f"{high}>x>{low}", YES, f"({low}<x<{high}) ≡ ({high}>x>{low})"


def residues(rng: random.Random) -> Drawn:
    """A class of residues as a family of numbers, with another letter and another representative."""
    m = rng.randrange(3, 12)
    r = rng.randrange(1, m)
    members, letter = f"[{m}*k+{r} for k in Z]", rng.choice("mntj")
    yield (
        "",
        f"{m}k+{r}, k\\in\\mathbb{{Z}}",
        f"{m}{letter}-{m - r},\\ {letter}\\in\\mathbb{{Z}}",
        YES,
        (f"{members} ≡ [{m}*k-{m - r} for k in Z]"),
    )
    yield (
        f"Which integers leave remainder {r} when divided by {m}?",
        f"{m}k+{r}",
        f"x\\equiv {r}\\pmod{{{m}}}",
        YES,
        (f"{members} ≡ [k for k in range(-40,41) if k % {m} == {r}]"),
    )
    yield (
        "",
        f"n\\equiv {r}\\pmod{{{m}}}",
        f"n\\equiv {r - m}\\pmod{{{m}}}",
        YES,
        f"{members} ≡ [{m}*k+{r - m} for k in Z]",
    )
    yield (
        "",
        f"n\\equiv {r}\\pmod{{{m}}}",
        f"n\\equiv {r}\\pmod{{{m + 1}}}",
        NO,
        f"{members} ≠ [{m + 1}*k+{r} for k in Z]",
    )


def angle_families(rng: random.Random) -> Drawn:
    """Solutions of trigonometric equations with other letters and another first member."""
    q, k, n = rng.choice([2, 3, 4, 6]), "k\\pi", "n\\pi"
    first = f"[pi/{q}+k*pi for k in Z]"
    yield (
        "",
        f"x=\\frac{{\\pi}}{{{q}}}+{k}, k\\in\\mathbb{{Z}}",
        f"\\frac{{\\pi}}{{{q}}}+{n},\\ n\\in\\mathbb{{Z}}",
        YES,
        (f"{first} ≡ {first}"),
    )
    yield (
        "",
        f"\\frac{{\\pi}}{{{q}}}+{k}, k\\in\\mathbb{{Z}}",
        f"x=\\frac{{{q + 1}\\pi}}{{{q}}}+{n},\\ n\\in\\mathbb{{Z}}",
        YES,
        (f"{first} ≡ [{q + 1}*pi/{q}+k*pi for k in Z]"),
    )
    yield (
        "",
        f"\\frac{{\\pi}}{{{q}}}+{k}, k\\in\\mathbb{{Z}}",
        f"\\frac{{\\pi}}{{{q}}}+2{n},\\ n\\in\\mathbb{{Z}}",
        NO,
        (f"{first} ≠ [pi/{q}+2*k*pi for k in Z]"),
    )


def complex_numbers(rng: random.Random) -> Drawn:
    """Quotients of complex numbers, conjugates, parts swapped."""
    a, b = nonzero(rng, 5), nonzero(rng, 5)
    value = f"{a}{term(b, 'i')}"
    yield "", value, f"{term(b, 'i', True)}{term(a, '')}", YES, f"{a}+{b}*1j ≡ {b}*1j+{a}"
    yield "", value, f"{a}{term(-b, 'i')}", NO, f"{a}+{b}*1j ≠ {a}-{b}*1j"
    size = a * a + b * b
    inverse = f"\\frac{{{a}{term(-b, 'i')}}}{{{size}}}"
    yield "", f"\\frac{{1}}{{{value}}}", inverse, YES, f"1/({a}+{b}*1j) ≡ ({a}-{b}*1j)/{size}"
    if abs(a) != abs(b):
        yield "", value, f"{b}{term(a, 'i')}", NO, f"{a}+{b}*1j ≠ {b}+{a}*1j"


def lines_and_circles(rng: random.Random) -> Drawn:
    """Equations multiplied, solved for y, with a sign changed."""
    m, c, k = nonzero(rng, 6), nonzero(rng), rng.randrange(2, 5)
    line = f"y={term(m, 'x', True)}{term(c, '')}"
    yield (
        "",
        line,
        f"{term(k * m, 'x', True)}-{k}y{term(k * c, '')}=0",
        YES,
        f"{m}*x+{c}-y ≡ ({k * m}*x-{k}*y+{k * c})/{k}",
    )
    yield "", line, f"y={term(m, 'x', True)}{term(-c, '')}", NO, f"{m}*x+{c} ≠ {m}*x-{c}"
    h, r = nonzero(rng, 5), rng.randrange(2, 8)
    circle = f"(x{term(-h, '')})^2+y^2={r * r}"
    expanded = f"x^2{term(-2 * h, 'x')}+y^2{term(h * h - r * r, '')}=0"
    yield "", circle, expanded, YES, f"(x-{h})**2+y**2-{r * r} ≡ x**2-2*{h}*x+y**2+{h * h - r * r}"
    yield "", circle, f"(x{term(h, '')})^2+y^2={r * r}", NO, f"(x-{h})**2+y**2 ≠ (x+{h})**2+y**2"


def whole_functions(rng: random.Random) -> Drawn:
    """Greatest divisors, binomials, factorials, remainders."""
    a, b = rng.randrange(6, 60), rng.randrange(6, 60)
    yield "", f"{math.gcd(a, b)}", f"\\gcd({a},{b})", YES, f"{math.gcd(a, b)} ≡ gcd({a},{b})"
    yield "", f"{math.lcm(a, b)}", f"\\operatorname{{lcm}}({a}, {b})", YES, f"{math.lcm(a, b)} ≡ lcm({a},{b})"
    n, k = rng.randrange(5, 11), rng.randrange(2, 4)
    yield "", f"{math.comb(n, k)}", f"\\binom{{{n}}}{{{k}}}", YES, f"{math.comb(n, k)} ≡ comb({n},{k})"
    yield "", f"\\binom{{{n}}}{{{k}}}", f"{math.perm(n, k)}", NO, f"comb({n},{k}) ≠ {math.perm(n, k)}"
    yield "", f"{a % k}", f"{a} \\bmod {k}", YES, f"{a % k} ≡ {a} % {k}"
    yield (
        "",
        f"{math.prod(range(n, 0, -2))}",
        f"{n}!!",
        YES,
        f"double_factorial({n}) ≡ {math.prod(range(n, 0, -2))}",
    )
    yield "", f"{math.factorial(n)}", f"{n}!!", NO, f"factorial({n}) ≠ double_factorial({n})"


FAMILIES = (
    polynomials, fractions, surds, logarithms, trigonometry, repeating_decimals, scaled_regions, residues,
    angle_families, complex_numbers, lines_and_circles, whole_functions,
)  # fmt: skip
