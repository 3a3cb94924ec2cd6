"""Two parts of answers compared in this process: strings, times, numbers with units, words, expressions."""

from __future__ import annotations

import re
from fractions import Fraction

from limbeck.answers.expressed import are_products, expressed
from limbeck.answers.measures import same_measure
from limbeck.answers.normal import Quantity, quantity, squeeze
from limbeck.answers.rules import STRICT, Equality, Rules, Unsure
from limbeck.answers.times import same_ratio, same_time
from limbeck.answers.units import explains, prefixed, unit, unlike

_FUNCTIONS = (
    r"(?:sqrt|cbrt|cis|floor|ceil|cot|sec|csc|det|sin|cos|tan|log|exp|arc\w+|max|min|mod|gcd|lcm|degrees)\b"
)
_EAST = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
PROSE = re.compile(rf"(?<![\w\\{{^_])(?!{_FUNCTIONS})[^\W\d_α-ωΑ-Ω]{{3,}}(?![\w(^_}}])|[{_EAST}]")
_WORD_ANSWER = re.compile(r"\(?([A-Za-z][A-Za-z' -]*)\)?")
_BASE = re.compile(r"\(?((?=[A-F]*\d|.*_\{?16)[\dA-F]+)\)?_\{?(\d+)\}?")
_HEXADECIMAL = re.compile(r"(-?)0[xX]([\dA-Fa-f]+)")
_SHORT = frozenset(
    re.findall(
        r"\w+",
        "yes no odd all one two six ten red sun mon tue wed thu fri sat jan feb mar apr may jun jul aug sep "
        "oct nov dec",
    )
)
_POWER_OF_TEN = re.compile(r"10\s*\^|\d[eE]")
_INFINITE = re.compile(r"[-+]?\\infty")


def cheap(gold: str, answer: str, rules: Rules = STRICT) -> Equality:
    """Compare two parts without algebra: as strings, numbers or words.

    Raises:
        Unsure: for a rounded number, or words where a number is wanted.
        NeedsAlgebra: for everything else.
    """
    if squeeze(gold) == squeeze(answer):
        return True
    gold, answer = same_measure(gold, answer)
    if "0x" in (gold + answer).lower():
        gold, answer = (_HEXADECIMAL.sub(_decimal, text) for text in (gold, answer))
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
        if _alike(words.casefold(), others.casefold()):
            raise Unsure(f"{answer!r} and {gold!r} may say the same")
        if " " in others and re.search(rf"(?<!\w){re.escape(bare)}(?!\w)", others.casefold()):
            raise Unsure(f"{answer!r} has the words of the reference among others")
        if len(left_word[1].split()) > 4:
            raise Unsure(f"the reference {gold!r} is a sentence")
        return False
    # From here on one side is no word, and a difference in kind is no witness that the answer is wrong.
    if left_word and len(left_word[1]) > 1 and right:
        raise Unsure(f"the reference {gold!r} is not a number")
    if (PROSE.search(answer) or PROSE.search(gold)) and are_products(gold, answer):
        return expressed(gold, answer, rules)
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


_STANCES = ({"true", "yes"}, {"false", "no"})


def _alike(words: str, others: str) -> bool:
    """The same words in another order, a part of the reference's, or yes where that is true."""
    if any({words, others} == stance for stance in _STANCES):
        return True
    if " " not in words:
        return False
    return sorted(words.split()) == sorted(others.split()) or (len(others) > 3 and others in words.split())


def _bare(words: str) -> str:
    """Without a word that says nothing before it, and one spelling of what does not exist."""
    bare = re.sub(r"^(?:an?|the|on|in|at|it is|is)\s+", "", words.casefold())
    return "does not exist" if bare in ("dne", "undefined") else bare


_SCORE = re.compile(r"(\d+)-(\d+)")
_BETWEEN = re.compile(r"(\d+) ?(?:-|:|to|and) ?(\d+)")
_DATED = re.compile(r"\d+([-/.])\d+\1\d+(?:\1\d+)*")
_SHORT_DATE = re.compile(r"[1-9]\d?(?:-[1-9]\d?){2}")
_NAME = re.compile(
    r"(?!sqrt|sin|cos|tan|log|ln|exp|pi)(?:[A-Z]{2,}|[A-Za-z]+\d+(?:[A-Za-z]+\d+)*|\d+[A-Za-z]+\d+)(?:'|_\w)?"
)


def _literal(gold: str, answer: str) -> bool | None:
    """Scores, ranges, dates and names of points, which compute nothing; None for what may.

    ``BAC`` is not ``CAB``, ``A2`` no ``2A``.

    Raises:
        Unsure: ``3-1`` as a reference may be a score, a range or 2, ``9-4-3`` a date or 2; ``a1`` may be
            ``a_1``.
    """
    if score := _SCORE.fullmatch(gold):
        other = _BETWEEN.fullmatch(answer)
        same = bool(other and other.groups() == score.groups())
        if gold != answer and (same or expressed(gold, answer, STRICT)):
            raise Unsure(f"{gold} may be a score, a range or a difference")
        return gold == answer
    if gold != answer and _SHORT_DATE.fullmatch(gold) and expressed(gold, answer, STRICT):
        raise Unsure(f"{gold} may be a date or a difference")
    if gold != answer and _NAME.fullmatch(answer) and gold.replace("_", "") == answer:
        raise Unsure(f"{answer} may be {gold}")
    if _DATED.fullmatch(gold) or _NAME.fullmatch(gold):
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
    if 2 <= int(other[2]) <= 36 and gold.isdigit() and _worth(*other.groups()) == int(gold):
        return True
    if other[1] == gold:
        raise Unsure(f"{answer} names a base and the reference {gold} does not")
    return False


def _worth(digits: str, base: str) -> int:
    """What digits are worth in a base, -1 where they are none of it."""
    try:
        return int(digits, int(base))
    except ValueError:
        return -1


def _decimal(hexadecimal: re.Match[str]) -> str:
    return f"{hexadecimal[1]}{int(hexadecimal[2], 16)}"


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
    if gold.unit != answer.unit and (times := prefixed(answer.unit, gold.unit)):
        if rules.near(gold.value, answer.value * times):
            return True
        raise Unsure(f"{answer_text} and {gold_text} are in units of another size")
    if gold.percent or answer.percent:
        return _percent(gold, answer, gold_text, answer_text, rules)
    if rules.near(gold.value, answer.value):
        if gold.letter and not answer.unit:
            raise Unsure(f"the letter of {gold_text} may be a unit or a factor")
        # 5 apples against "5 km": one of them answers another question, but which cannot be told.
        if gold.unit and answer.unit and unlike(gold.unit, answer.unit):
            raise Unsure(f"{answer_text} and {gold_text} are the same number of different things")
        return True
    if gold.scale != answer.scale and gold.value * answer.scale == answer.value * gold.scale:
        raise Unsure(f"{answer_text} and {gold_text} may count the same in units of another size")
    if _rounds(answer, gold.value) or _rounds(gold, answer.value):
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


def _rounds(side: Quantity, other: Fraction) -> bool:
    """Whether a decimal is another number cut to three or more digits, or rounded to two."""
    two = side.significant == 2 and side.digits is not None and side.digits >= 2
    return side.is_rounding_of(other) or (two and 2 * abs(side.value - other) * 10 ** (side.digits or 0) <= 1)


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
        wanted = other.value * (1 if other.percent else 100)
        if side.percent and abs(side.value) >= 10 * last and abs(side.value - wanted) <= last / 2:
            raise Unsure(f"{answer_text} and {gold_text} agree up to rounding")
    return False
