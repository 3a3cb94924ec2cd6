"""Structured answers in JSON."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from limbeck.answers import json_text
from limbeck.answers.extract import find_answer
from limbeck.errors import LimbeckError
from limbeck.records import Problem, Trace, Verdict

VERSION = 3


def json_match(
    problem: Problem,
    trace: Trace,
    *,
    path: str = "",
    tolerance: float = 0.0,
    order: bool = True,
    extra: bool = False,
) -> Verdict:
    """The answer's JSON equals the reference's, value by value.

    The answer is the last object or array of the last fenced block, otherwise the last in ``trace.answer`` of
    the reference's type; what is in brackets and no JSON is passed over whole, and text cut off inside JSON
    has none. Numbers are equal by value (1 is 1.0), true is not 1, the order of keys never counts. The reason
    names the first place that differs. An answer without JSON is ``unparsed``, a reference that is no JSON
    ``unknown``; duplicate keys and NaN are no JSON.

    Args:
        path: keys and zero-based positions joined by dots (``result.0.name``): only what is there in the
            answer is compared, with the whole reference; an answer that has nothing there is wrong.
        tolerance: how far a number may be from the reference, as a share of the reference.
        order: whether the order of an array counts.
        extra: whether objects may have keys the reference lacks.

    Raises:
        LimbeckError: for a tolerance outside [0, 1).
    """
    if not 0 <= tolerance < 1:
        raise LimbeckError(
            f"verifiers/json_match: tolerance must be at least 0 and less than 1, not {tolerance}"
        )
    gold = json_text.load(problem.answer or "")
    if gold is json_text.NONE:
        return Verdict(
            "json_match", "unknown", reason=f"the reference {(problem.answer or '')[:80]!r} is not JSON"
        )
    kind = type(gold) if isinstance(gold, dict | list) and not path else None
    value = json_text.last_value(trace.answer, kind)
    if value is json_text.NONE and not path and not isinstance(gold, dict | list):
        value = json_text.load(find_answer(trace.answer) or "")
    if value is json_text.NONE:
        return Verdict("json_match", "unparsed", reason="no JSON found")
    shown = str(value)[:200]
    for key in path.split(".") if path else ():
        value = _at(value, key)
        if value is json_text.NONE:
            return Verdict("json_match", "wrong", shown, f"there is nothing at {path}")
    differs = _difference(gold, value, path or "$", (tolerance, order, extra))
    if differs:
        return Verdict("json_match", "wrong", shown, differs[:300])
    return Verdict("json_match", "correct", shown, "equal in every value")


def _at(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return value.get(key, json_text.NONE)
    if isinstance(value, list) and key.isdecimal() and len(key) < 10 and int(key) < len(value):
        return value[int(key)]
    return json_text.NONE


def _difference(gold: Any, value: Any, where: str, rules: tuple[float, bool, bool]) -> str:
    """The first place at which two values differ and how; empty where they are equal."""
    tolerance, order, extra = rules
    if _is_number(gold) and _is_number(value):
        near = abs(Fraction(value) - Fraction(gold)) <= Fraction(tolerance) * abs(Fraction(gold))
        return "" if near else f"{where}: {_short(value)} is not {_short(gold)}"
    if type(gold) is not type(value):
        return f"{where}: {_short(value)} is not {_short(gold)}"
    if isinstance(gold, dict):
        for key in gold:
            if key not in value:
                return f"{where}: the key {key[:80]!r} is missing"
        for key in value:
            if key not in gold and not extra:
                return f"{where}: the key {key[:80]!r} is not in the reference"
        places = ((f"{where}.{key}", gold[key], value[key]) for key in gold)
    elif isinstance(gold, list):
        if len(gold) != len(value):
            return f"{where}: {len(value)} entries, not {len(gold)}"
        if not order:
            return _as_set(gold, value, where, rules)
        places = ((f"{where}.{i}", a, b) for i, (a, b) in enumerate(zip(gold, value, strict=True)))
    else:
        return "" if gold == value else f"{where}: {_short(value)} is not {_short(gold)}"
    return next(filter(None, (_difference(a, b, place, rules) for place, a, b in places)), "")


def _as_set(gold: list[Any], value: list[Any], where: str, rules: tuple[float, bool, bool]) -> str:
    rest = list(value)
    for index, entry in enumerate(gold):
        match = next((i for i, other in enumerate(rest) if not _difference(entry, other, "", rules)), None)
        if match is None:
            return f"{where}: no entry equals {_short(entry)} (entry {index} of the reference)"
        del rest[match]
    return ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: Any) -> str:
    return repr(value)[:80]
