"""Families of amounts: rounding, marks, units, money, bases, and short worked solutions."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction

from peers.formulas import NO, OPEN, YES, Drawn, frac

NAMES = ("Mia", "Omar", "Lena", "Raj", "Sofia", "Ken")
THINGS = ("apples", "tickets", "pages", "coins", "eggs", "stickers")
LAST = ("#### %s", "The answer is %s.", "Answer: %s", "\\boxed{%s}", "**%s**", "= %s", "Total: %s", "%s")


def rounding_of_fractions(rng: random.Random) -> Drawn:
    """A fraction rounded to two to four digits, one digit off, its percentage, as an exact number."""
    value = Fraction(rng.randrange(1, 40), rng.choice([3, 7, 9, 11, 13, 17, 19]))
    while value.denominator == 1:
        value += Fraction(1, 7)
    places = rng.randrange(2, 5)
    rounded = f"{float(value):.{places}f}"
    yield "", frac(value), rounded, OPEN, f"{value} ≈ {rounded}"
    yield "", rounded, frac(value), OPEN, f"{rounded} ≈ {value}"
    far = f"{float(value) * 1.07 + 0.02:.{places}f}"
    yield "", frac(value), far, NO, f"{value} ≠ {far}"
    percent = f"{float(100 * value):.1f}"
    yield "", frac(value), f"{percent}\\%", OPEN, f"{value} ≈ {percent}/100"


def rounding_of_roots(rng: random.Random) -> Drawn:
    """A multiple of a root or of π rounded, beside what it is not."""
    k, m = rng.randrange(2, 9), rng.choice([2, 3, 5, 6, 7])
    size = k * m**0.5
    yield "", f"{k}\\sqrt{{{m}}}", f"{size:.3f}", OPEN, f"{k}*sqrt({m}) ≈ {size:.3f}"
    yield "", f"{k}\\sqrt{{{m}}}", f"{size * 1.1:.3f}", NO, f"{k}*sqrt({m}) ≠ {size * 1.1:.3f}"
    shown = f"{k * 3.14159265:.2f}"
    yield "", f"{k}\\pi", f"{k}\\pi \\approx {shown}", YES, f"{k}*pi ≡ {k}*pi"
    yield "", f"{k}\\pi", f"{shown}", OPEN, f"{k}*pi ≈ {shown}"
    yield "", f"x+{k}\\sqrt{{{m}}}", f"x+{size:.3f}", OPEN, f"{k}*sqrt({m}) ≈ {size:.3f}"
    yield (
        "",
        f"({k}\\sqrt{{{m}}}, {k})",
        f"({size:.3f}, {k})",
        OPEN,
        f"({k}*sqrt({m}),{k}) ≈ ({size:.3f},{k})",
    )
    yield (
        "",
        f"({k}\\sqrt{{{m}}}, {k})",
        f"({size:.3f}, {k + 1})",
        NO,
        f"({k}*sqrt({m}),{k}) ≠ ({size:.3f},{k + 1})",
    )


def scientific(rng: random.Random) -> Drawn:
    """Powers of ten in several notations, and another exponent."""
    digits, power = rng.randrange(11, 99), rng.choice([-6, -4, -3, 3, 5, 8, 12])
    lead = f"{digits // 10}.{digits % 10}"
    value = f"{lead}*10**{power}"
    yield "", f"{lead}\\times 10^{{{power}}}", f"{lead}e{power}", YES, f"{value} ≡ {digits}*10**{power - 1}"
    yield (
        "",
        f"{lead}\\times 10^{{{power}}}",
        f"{digits}\\times 10^{{{power - 1}}}",
        YES,
        (f"{value} ≡ {digits}*10**{power - 1}"),
    )
    plain = f"{Fraction(digits) * Fraction(10) ** (power - 1)}"
    yield "", f"{lead}\\times 10^{{{power}}}", plain, YES, f"{value} ≡ {plain}"
    yield (
        "",
        f"{lead}\\times 10^{{{power}}}",
        f"{lead}\\times 10^{{{power + 1}}}",
        NO,
        (f"{value} ≠ {lead}*10**{power + 1}"),
    )


def thousands(rng: random.Random) -> Drawn:
    """Numbers beyond 999,999 with the marks of several countries, alone and inside a tuple."""
    number, other = rng.randrange(10**6, 10**9), rng.randrange(1000, 10**6)
    groups = f"{number:,}"
    for mark in (",", ".", " ", "\\,", "{,}", "'"):
        yield "", f"{number}", groups.replace(",", mark), YES, f"{number} ≡ {number}"
    yield "", f"{number}", f"{number + 10:,}", NO, f"{number} ≠ {number + 10}"
    yield (
        "",
        f"({number}, {other})",
        f"({number:,}, {other:,})",
        YES,
        f"({number},{other}) ≡ ({number},{other})",
    )
    yield (
        "",
        f"({number}, {other})",
        f"({other:,}, {number:,})",
        NO,
        f"({number},{other}) ≠ ({other},{number})",
    )


def decimal_commas(rng: random.Random) -> Drawn:
    """A decimal with a comma, whose digits no thousands can be, and with thousands beside it."""
    whole, part, digits = rng.randrange(1, 900), rng.randrange(1, 100), 2
    value = f"{whole}.{part:0{digits}d}"
    yield "", value, f"{whole},{part:0{digits}d}", YES, f"{value} ≡ {value}"
    yield "", value, f"{whole}{{,}}{part:0{digits}d}", YES, f"{value} ≡ {value}"
    yield "", f"{whole},{part:0{digits}d}", value, YES, f"{value} ≡ {value}"
    yield (
        "",
        f"{whole}{part:0{digits}d}",
        f"{whole},{part:0{digits}d}",
        NO,
        f"{whole}{part:0{digits}d} ≠ {value}",
    )
    yield (
        "",
        f"{whole}234.{part:0{digits}d}",
        f"{whole}.234,{part:0{digits}d}",
        YES,
        f"{whole}234 ≡ {whole}234",
    )


UNITS = (
    ("km", "m", 1000), ("m", "cm", 100), ("kg", "g", 1000), ("hours", "minutes", 60), ("L", "mL", 1000),
    ("minutes", "seconds", 60), ("cm", "mm", 10), ("dollars", "cents", 100), ("days", "hours", 24),
    ("feet", "inches", 12),
)  # fmt: skip


def conversions(rng: random.Random) -> Drawn:
    """A length, mass, time or sum in a smaller unit, the same number in it, and no unit at all."""
    big, small, ratio = rng.choice(UNITS)
    value = rng.randrange(2, 40)
    yield (
        "",
        f"{value}\\text{{ {big}}}",
        f"{value * ratio}\\text{{ {small}}}",
        YES,
        f"{value}*{ratio} ≡ {value * ratio}",
    )
    yield "", f"{value}\\text{{ {big}}}", f"{value}\\text{{ {small}}}", NO, f"{value}*{ratio} ≠ {value}"
    yield "", f"{value}\\text{{ {big}}}", f"{value}", YES, f"{value} ≡ {value}"
    yield "", f"{value}", f"{value}\\ \\mathrm{{{big}}}", YES, f"{value} ≡ {value}"
    yield "", f"{value}\\text{{ {big}}}", f"{value + 1}\\text{{ {big}}}", NO, f"{value} ≠ {value + 1}"


def letters_are_no_units(rng: random.Random) -> Drawn:
    """A number beside a product of letters with that number in front."""
    n, pair = rng.randrange(2, 90), "".join(rng.sample("abcpqrxyz", 2))
    yield "", f"{n}", f"{n}{pair}", NO, f"{n} ≠ {n}*a*b"
    yield "", f"{n}{pair}", f"{n}", NO, f"{n}*a*b ≠ {n}"
    yield "", f"{n}{pair}", f"{n}{pair[::-1]}", YES, f"{n}*a*b ≡ {n}*b*a"
    yield "", f"{n}{pair[0]}", f"{n + 2}{pair[0]}-2{pair[0]}", YES, f"{n}*a ≡ {n + 2}*a-2*a"
    yield "", f"{n}", f"{n}{pair[0]}-{pair[1]}", NO, f"{n} ≠ {n}*a-b"


def stars(rng: random.Random) -> Drawn:
    """Python's power and product."""
    a, k = rng.randrange(2, 9), rng.randrange(2, 6)
    yield "", f"{a**k}", f"¶The answer is {a}**{k}.", YES, f"{a}**{k} ≡ {a**k}"
    yield "", f"{a}**{k}", f"{a}^{{{k}}}", YES, f"{a}**{k} ≡ {a**k}"
    yield (
        "",
        f"{a * k}",
        f"¶\\boxed{{{a}**{k}}}",
        NO if a * k != a**k else YES,
        (f"{a}**{k} {'≠' if a * k != a**k else '≡'} {a * k}"),
    )
    yield "", f"{a}x^{k}", f"¶**Answer:** {a}*x**{k}", YES, f"{a}*x**{k} ≡ {a}*x**{k}"
    yield "", f"{a}x^{k}", f"¶**Answer:** {a}*x*{k}", NO, f"{a}*x**{k} ≠ {a}*x*{k}"
    yield "", f"{a * k}", f"¶So **{a}** boxes of **{k}** make **{a * k}**.", YES, f"{a}*{k} ≡ {a * k}"


def bases(rng: random.Random) -> Drawn:
    """Numbers in base two and sixteen."""
    value = rng.randrange(17, 250)
    yield (
        "",
        f"{value}",
        f"{value:b}_2",
        YES,
        f"{value} ≡ {'+'.join(f'{int(d)}*2**{i}' for i, d in enumerate(f'{value:b}'[::-1]))}",
    )
    yield "", f"{value}", f"¶\\boxed{{0x{value:X}}}", YES, f"{value} ≡ {value // 16}*16+{value % 16}"
    yield "", f"{value:b}_2", f"{value + 2:b}_2", NO, f"{value} ≠ {value + 2}"
    yield f"Write {value} in base 2.", f"{value:b}_2", f"{value:b}", YES, f"{value} ≡ {value}"


def money(rng: random.Random) -> Drawn:
    """Sums of dollars and cents."""
    dollars, cents = rng.randrange(1, 90), rng.randrange(1, 20) * 5
    value = f"{dollars}.{cents:02d}"
    yield (
        "",
        f"\\${value}",
        f"{dollars * 100 + cents}\\text{{ cents}}",
        YES,
        f"{value} ≡ {dollars * 100 + cents}/100",
    )
    yield "How many dollars?", value, f"¶It costs ${value}.", YES, f"{value} ≡ {value}"
    yield "", f"\\${value}", f"\\${dollars + 1}.{cents:02d}", NO, f"{value} ≠ {dollars + 1}.{cents:02d}"
    yield "", f"\\${dollars}", f"{dollars}\\text{{ cents}}", NO, f"{dollars} ≠ {dollars}/100"


def worked(rng: random.Random) -> Iterator[tuple[str, str, str, str, str]]:
    """A story's solution in three lines with the total last; the reference with its work, as in GSM8K."""
    name, thing = rng.choice(NAMES), rng.choice(THINGS)
    a, b, c = rng.randrange(3, 40), rng.randrange(3, 40), rng.randrange(2, 9)
    total = (a + b) * c
    work = (
        f"{name} has {a} + {b} = {a + b} {thing} a week.\nIn {c} weeks that makes {a + b} * {c} = {total}.\n"
    )
    gold = f"{name} gets {a} + {b} = <<{a}+{b}={a + b}>>{a + b} a week.\n"
    gold += f"That makes {a + b}*{c} = <<{a + b}*{c}={total}>>{total}.\n#### {total}"
    question = f"{name} gets {a} and {b} {thing} a week. How many {thing} is that in {c} weeks?"
    last = rng.choice((*LAST, f"So there are %s {thing}.", f"Therefore, {name} has %s {thing} in total."))
    witness = f"({a}+{b})*{c}"
    yield question, gold, "¶" + work + last % f"{total:,}", YES, f"{witness} ≡ {total}"
    yield question, gold, "¶" + work + last % f"{total + c}", NO, f"{witness} ≠ {total + c}"
    yield question, f"{total}", "¶" + work.rstrip(), YES, f"{witness} ≡ {total}"
    yield question, f"{a + b}", "¶" + work + last % f"{total}", NO, f"{a + b} ≠ {witness}"


FAMILIES = (
    rounding_of_fractions, rounding_of_roots, scientific, thousands, decimal_commas, conversions,
    letters_are_no_units, stars, bases, money, worked,
)  # fmt: skip
