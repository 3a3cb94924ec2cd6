"""Two parts of answers compared in this process: strings, times, numbers with units, words, expressions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from msgspec import Struct

from limbeck.answers import polynomials, witness
from limbeck.answers.limits import too_big
from limbeck.answers.measures import same_measure
from limbeck.answers.normal import Quantity, quantity, squeeze
from limbeck.answers.times import same_ratio, same_time
from limbeck.answers.units import explains, unit, unlike

_FUNCTIONS = r"(?:sqrt|sin|cos|tan|log|exp|arc\w+|max|min|mod|gcd|lcm|degrees)\b"
PROSE = re.compile(rf"(?<![\w\\{{^_])(?!{_FUNCTIONS})[A-Za-z]{{3,}}(?![\w(^_}}])")
_WORD_ANSWER = re.compile(r"\(?([A-Za-z][A-Za-z' -]*)\)?")
_BASE = re.compile(r"\(?((?=[A-F]*\d)[\dA-F]+)\)?_\{?(\d+)\}?")
_SHORT = frozenset(
    re.findall(
        r"\w+",
        "yes no odd all one two six ten red sun mon tue wed thu fri sat jan feb mar apr may jun jul aug sep "
        "oct nov dec",
    )
)
_POWER_OF_TEN = re.compile(r"10\s*\^|\d[eE]")
_INFINITE = re.compile(r"[-+]?\\infty")


class NeedsAlgebra(Exception):
    """The parts can be compared only by an algebra system."""


class Unsure(Exception):
    """Neither equal nor plainly different; the text says why. ``outcome`` is the verdict that follows."""

    def __init__(self, reason: str, outcome: str = "unknown") -> None:
        super().__init__(reason)
        self.reason, self.outcome = reason, outcome

    def __reduce__(self) -> tuple[type[Unsure], tuple[str, str]]:
        return Unsure, (self.reason, self.outcome)


@dataclass(frozen=True)
class Rules:
    """How strictly answers are compared.

    ``free``: a bare list may come in any order; ``counted``: so may values whose names only count, x_1 and
    x_2. ``percent``: the question may want a percentage, so that 50
    is 50%. ``tolerance``: how far a number may be from the reference, as a share of the reference.
    """

    free: bool = False
    percent: bool = True
    tolerance: float = 0.0
    counted: bool = False

    def near(self, gold: Fraction, value: Fraction) -> bool:
        """Whether a number is within the tolerance."""
        return abs(value - gold) <= Fraction(self.tolerance) * abs(gold)


STRICT = Rules()


def cheap(gold: str, answer: str, rules: Rules = STRICT) -> Equality:
    """Compare two parts without algebra: as strings, numbers or words.

    Raises:
        Unsure: for a rounded number, or words where a number is wanted.
        NeedsAlgebra: for everything else.
    """
    if squeeze(gold) == squeeze(answer):
        return True
    gold, answer = same_measure(gold, answer)
    left, right = quantity(gold), quantity(answer)
    if left and right and {left.unit, right.unit}.isdisjoint(_HALVES):
        return quantities(left, right, gold, answer, rules)
    if (colons := _with_colons(gold, answer)) is not None:
        return colons
    left_word, right_word = _WORD_ANSWER.fullmatch(gold), _WORD_ANSWER.fullmatch(answer)
    # Both are words: names, yes and no, or letters that stand for a product.
    if left_word and right_word:
        words, others = left_word[1], right_word[1]
        word = len(words) > 3 or words.casefold() in _SHORT  # AA and aa are genotypes, or lengths
        if words == others or (word and words.casefold() == others.casefold()):
            return True
        if 1 < max(len(words), len(others)) <= 3 and words.islower() and others.islower():
            # With a vowel two or three letters may be a word ("it"), without one they are a product.
            if re.search(r"[eiou]|a.|.a", words) and len(words) > 2 - bool(re.search("[eiou]", words)):
                raise Unsure(f"{answer} may be another word than {gold}, or the same product")
            return expressed(gold, answer, rules)  # xyz is zyx
        if len(bare := _bare(words)) > 3 and bare == _bare(others):
            return True
        if " " in others and re.search(rf"(?<!\w){re.escape(bare)}(?!\w)", others.casefold()):
            raise Unsure(f"{answer!r} has the words of the reference among others")
        if len(left_word[1].split()) > 4:
            raise Unsure(f"the reference {gold!r} is a sentence")
        return False
    # From here on one side is no word, and a difference in kind is no witness that the answer is wrong.
    if left_word and len(left_word[1]) > 1 and right:
        raise Unsure(f"the reference {gold!r} is not a number")
    if PROSE.search(answer):
        if squeeze(answer).casefold() == squeeze(gold).casefold():
            return True
        raise Unsure("the answer is words, not one number", "unparsed")
    if r"\emptyset" in (gold, answer):
        return False
    if PROSE.search(gold):
        raise Unsure(f"the reference {gold!r} is a sentence")
    if (based := _in_bases(squeeze(gold), squeeze(answer))) is not None:
        return based
    if _INFINITE.fullmatch(gold) and (right or _INFINITE.fullmatch(answer)):
        return False
    if (literal := _literal(squeeze(gold), squeeze(answer))) is not None:
        return literal
    return expressed(gold, answer, rules)


class Difference(Struct, frozen=True):
    """False, and the point at which two expressions differ."""

    witness: str

    def __bool__(self) -> bool:
        return False


Equality = bool | Difference


def told(equal: Equality, gold: str, answer: str) -> tuple[str, str]:
    """Outcome and reason of a comparison; a witness is named."""
    if equal:
        return "correct", f"{answer} = {gold}"
    point = f": {equal.witness}" if isinstance(equal, Difference) and equal.witness else ""
    return "wrong", f"{answer} is not {gold}{point}"


def expressed(gold: str, answer: str, rules: Rules) -> Equality:
    """Compare two expressions.

    Raises:
        Unsure: one of them can be read in two ways, or rounds the other.
        NeedsAlgebra: they are not read here, or equal at every point and not proved to be.
    """
    if polynomials.equal(gold, answer):
        return True
    if too_big(gold) or too_big(answer):
        raise NeedsAlgebra
    finding = witness.compare(gold, answer, rules.tolerance)
    if finding is None or finding.kind == "open":
        raise NeedsAlgebra
    if finding.kind in ("ambiguous", "rounded"):
        raise Unsure(
            finding.reason if finding.kind == "ambiguous" else f"{answer} and {gold} agree up to rounding"
        )
    if finding.kind == "different" and _OPTION.fullmatch(answer) and answer.strip("()") not in gold:
        raise Unsure(f"{answer} may be the letter of an option")
    if finding.kind == "different" and witness.same_but_for_unit(gold, answer):
        raise Unsure(f"the last letter of {answer} or {gold} may be a unit or a factor")
    if finding.kind == "different" and witness.renamed(gold, answer):
        raise Unsure(f"{answer} and {gold} are the same but for the name of a letter")
    return finding.kind == "equal" or Difference(finding.reason)


_OPTION = re.compile(r"\([A-H]\)")


def _bare(words: str) -> str:
    """Without a word that says nothing before it, and one spelling of what does not exist."""
    bare = re.sub(r"^(?:an?|the|on|in|at|it is|is)\s+", "", words.casefold())
    return "does not exist" if bare in ("dne", "undefined") else bare


_SCORE = re.compile(r"\d+-\d+")
_DATED = re.compile(r"\d+([-/.])\d+\1\d+(?:\1\d+)*")
_NAME = re.compile(
    r"(?!sqrt|sin|cos|tan|log|ln|exp|pi)(?:[A-Z]{2,}|[A-Za-z]+\d+(?:[A-Za-z]+\d+)*|\d+[A-Za-z]+\d+)(?:'|_\w)?"
)


def _literal(gold: str, answer: str) -> bool | None:
    """Scores, ranges, dates and names of points, which compute nothing; None for what may.

    ``3-1`` as a reference is no 2, ``BAC`` is not ``CAB``, ``A2`` no ``2A``.
    """
    if _SCORE.fullmatch(gold) or _DATED.fullmatch(gold) or _NAME.fullmatch(gold):
        return gold == answer
    if _DATED.fullmatch(answer) or _NAME.fullmatch(answer):
        return False if quantity(gold) or _NAME.fullmatch(answer) else None
    return None


_HALVES = frozenset(["am", "pm", "a.m", "p.m"])


def _with_colons(gold: str, answer: str) -> bool | None:
    """Times of day and ratios; None where neither has a colon or half of the day."""
    if (same := same_time(gold, answer)) is not None:
        return same
    if ":" not in gold + answer:
        return None
    if ":" in gold and ":" in answer and (same := same_ratio(gold, answer)) is not None:
        return same
    if not re.fullmatch(r"[\d:., /apmAPM]+", gold + answer):
        return None
    raise Unsure("a time or ratio, which may be the same said otherwise")


def _in_bases(gold: str, answer: str) -> bool | None:
    """``4343_6`` against ``(4343)_6`` or ``4343``, where the question named the base; else None."""
    based, other = _BASE.fullmatch(gold), _BASE.fullmatch(answer)
    if based and other:
        return based.groups() == other.groups()
    if based:
        return based[1] == answer if answer.isalnum() else None
    if other is None or not gold.isalnum():
        return None
    if other[1] == gold:
        raise Unsure(f"{answer} names a base and the reference {gold} does not")
    return False


def quantities(gold: Quantity, answer: Quantity, gold_text: str, answer_text: str, rules: Rules) -> Equality:
    """Compare two numbers with their units and signs of percent.

    Raises:
        Unsure: they agree up to rounding, or may be the same in a unit or as a percentage that is not
            written.
    """
    left, right = unit(gold.unit), unit(answer.unit)
    if left and right and gold.unit != answer.unit:
        if left[0] != right[0]:
            if gold.value == answer.value:
                raise Unsure(f"{answer_text} and {gold_text} are the same number of different things")
            return False
        if rules.near(gold.value * left[1], answer.value * right[1]):
            return True
        converted = answer.value * right[1] / left[1]
        if left[1] != right[1] and gold.is_rounding_of(converted):
            raise Unsure(f"{answer_text} and {gold_text} agree up to rounding")
        return False
    if gold.percent != answer.percent:
        return _percent(gold, answer, gold_text, answer_text, rules)
    if rules.near(gold.value, answer.value):
        # 5 apples against "5 km": one of them answers another question, but which cannot be told.
        if gold.unit and answer.unit and unlike(gold.unit, answer.unit):
            raise Unsure(f"{answer_text} and {gold_text} are the same number of different things")
        return True
    if gold.scale != answer.scale and gold.value * answer.scale == answer.value * gold.scale:
        raise Unsure(f"{answer_text} and {gold_text} may count the same in units of another size")
    if answer.is_rounding_of(gold.value) or gold.is_rounding_of(answer.value):
        raise Unsure(f"{answer_text} and {gold_text} agree up to rounding")
    if _POWER_OF_TEN.search(answer_text + gold_text) and gold.unit == answer.unit == "":
        return expressed(gold_text, answer_text, rules)
    # 180 against "3 hours": the question may have asked for minutes.
    if bool(gold.unit) != bool(answer.unit) and gold.value and answer.value:
        named, factor = (
            (gold.unit, gold.value / answer.value) if gold.unit else (answer.unit, answer.value / gold.value)
        )
        if explains(factor, named):
            raise Unsure(f"{answer_text} and {gold_text} may be the same in different units")
    return False


def _percent(gold: Quantity, answer: Quantity, gold_text: str, answer_text: str, rules: Rules) -> bool:
    """50% is 0.5, and is 50 where the question may want a percentage."""
    parts = gold.value / (100 if gold.percent else 1), answer.value / (100 if answer.percent else 1)
    if rules.near(*parts):
        return True
    if rules.near(gold.value, answer.value):
        if rules.percent and max(abs(gold.value), abs(answer.value)) > 1:  # 0.5% is not 0.5
            return True
        raise Unsure(
            f"{answer_text} and {gold_text} differ by a sign of percent, which the question does not mention"
        )
    if any(side.is_rounding_of(other.value) for side, other in ((answer, gold), (gold, answer))):
        raise Unsure(f"{answer_text} and {gold_text} agree up to rounding")
    for side, other in ((answer, gold), (gold, answer)):
        last = Fraction(1, 10 ** (side.digits or 0))
        if side.percent and abs(side.value) >= 10 * last and abs(side.value - 100 * other.value) <= last / 2:
            raise Unsure(f"{answer_text} and {gold_text} agree up to rounding")
    return False
