"""The regular English of ProofWriter and ProntoQA as facts and Horn rules, and what follows from them."""

from __future__ import annotations

import re
from typing import NamedTuple

ANY = "?"
"""Stands for whatever a rule is about."""
_ANYTHING = {"something", "someone", "it", "they"}


class Literal(NamedTuple):
    """``("bear", "is", "big", True)``: the bear is big; ``("bear", "see", "ox", False)``: it does not see the
    ox."""

    subject: str
    relation: str
    object: str
    holds: bool


class Rule(NamedTuple):
    """All conditions hold of one thing (of none in particular without `ANY`), therefore so does the
    conclusion."""

    conditions: tuple[Literal, ...]
    conclusion: Literal


class Theory(NamedTuple):
    facts: list[Literal]
    rules: list[Rule]


def read(text: str) -> Theory:
    """Facts and rules of a text, one a sentence.

    Raises:
        ValueError: a sentence of another form.
    """
    theory = Theory([], [])
    for sentence in re.split(r"(?<=\.)\s+", text.strip()):
        sentence = sentence.strip().rstrip(".").strip()
        if sentence:
            _add(sentence[0].lower() + sentence[1:], theory)
    return theory


def _add(sentence: str, theory: Theory) -> None:
    if match := re.fullmatch(r"if (.+) then (.+)", sentence):
        conditions = match[1].split(" and ")
        read_conditions = [literal(conditions[0])]
        for condition in conditions[1:]:
            read_conditions.append(literal(condition, read_conditions[-1]))
        theory.rules.append(Rule(tuple(read_conditions), literal(match[2])))
    elif match := re.fullmatch(r"(?:all )?([\w, ]+?) (?:things|people) are (not )?(\w+)", sentence):
        kinds = re.split(r",\s*|\s+and\s+|\s+", match[1])
        conditions_of = tuple(Literal(ANY, "is", kind, True) for kind in kinds if kind)
        theory.rules.append(Rule(conditions_of, Literal(ANY, "is", match[3], not match[2])))
    elif match := re.fullmatch(r"(?:every|each) (\w+) is (not )?(?:an? )?(\w+)", sentence):
        kind = Literal(ANY, "is", match[1], True)
        theory.rules.append(Rule((kind,), Literal(ANY, "is", match[3], not match[2])))
    elif match := re.fullmatch(r"(\w+s) are (not )?(\w+)", sentence):
        kind = Literal(ANY, "is", _singular(match[1]), True)
        theory.rules.append(Rule((kind,), Literal(ANY, "is", _singular(match[3]), not match[2])))
    else:
        theory.facts.append(literal(sentence))


def literal(clause: str, before: Literal | None = None) -> Literal:
    """A clause such as ``the bear does not see the lion`` or, behind another clause, ``not big``.

    Raises:
        ValueError: a clause of another form.
    """
    clause = clause.strip().rstrip(".")
    if before and (match := re.fullmatch(r"(not )?(\w+)", clause)):
        return Literal(before.subject, "is", match[2], not match[1])
    if match := re.fullmatch(r"(?:the )?([\w ]+?) (?:is|are) (not )?(?:an? )?(\w+)", clause, re.I):
        return Literal(_thing(match[1]), "is", match[3], not match[2])
    if match := re.fullmatch(r"(?:the )?([\w ]+?) (?:does|do) (not) (\w+) (?:the )?([\w ]+)", clause, re.I):
        return Literal(_thing(match[1]), _stem(match[3]), _thing(match[4]), False)
    if match := re.fullmatch(r"the ([\w ]+?) (\w+) the ([\w ]+)|(\w+) (\w+) (?:the )?([\w ]+)", clause, re.I):
        subject, verb, other = (match[1], match[2], match[3]) if match[1] else (match[4], match[5], match[6])
        return Literal(_thing(subject), _stem(verb), _thing(other), True)
    raise ValueError(f"no sentence of a theory: {clause!r:.60}")


def _thing(name: str) -> str:
    name = name.lower().removeprefix("the ").strip()
    return ANY if name in _ANYTHING else name


def _stem(verb: str) -> str:
    return verb.lower().removesuffix("s")


def _singular(noun: str) -> str:
    return noun.removesuffix("es") if noun.endswith("uses") else noun


def closure(theory: Theory) -> set[Literal]:
    """Every literal that chains of rules lead to. Nothing is assumed false because it cannot be shown."""
    known = set(theory.facts)
    everything = list(theory.facts)
    for rule in theory.rules:
        everything += [*rule.conditions, rule.conclusion]
    # Of "is" the object is a quality, not a thing.
    things = {part.subject for part in everything}
    things |= {part.object for part in everything if part.relation != "is"}
    grounded = []
    for rule in theory.rules:
        for thing in things - {ANY}:
            conditions = [_about(part, thing) for part in rule.conditions]
            grounded.append((conditions, _about(rule.conclusion, thing)))
    grew = True
    while grew:
        new = {goal for parts, goal in grounded if goal not in known and known.issuperset(parts)}
        known |= new
        grew = bool(new)
    return known


def _about(part: Literal, thing: str) -> Literal:
    return part._replace(
        subject=thing if part.subject == ANY else part.subject,
        object=thing if part.object == ANY else part.object,
    )


def decide(context: str, statement: str) -> str:
    """``True``, ``False`` or ``Unknown``: what chains of rules make of a statement.

    Raises:
        ValueError: a sentence of another form, or both the statement and its contrary follow.
    """
    known = closure(read(context))
    asked = literal(statement[0].lower() + statement[1:] if statement else statement)
    holds, contrary = asked in known, asked._replace(holds=not asked.holds) in known
    if holds and contrary:
        raise ValueError(f"the statement and its contrary follow: {statement!r:.60}")
    return "True" if holds else "False" if contrary else "Unknown"
