"""Formulas said in English, each way of saying a form drawn from several, and none that could be read
otherwise."""

from __future__ import annotations

import random

from limbeck.checkers.fol import Formula

NOUNS = (
    "kettle", "falcon", "ladder", "violin", "pebble", "anchor", "walrus", "lantern", "cactus", "saddle",
    "turnip", "compass", "magpie", "blanket", "harbor", "pumpkin",
)  # fmt: skip
ADJECTIVES = (
    "round", "bitter", "rusty", "gentle", "hollow", "purple", "sleepy", "modern", "salty", "brittle",
    "famous", "wooden", "polite", "foggy", "narrow", "ancient", "silent", "clumsy", "yellow", "frozen",
)  # fmt: skip
_WAYS = {
    "not": ("it is not the case that {0}", "it is false that {0}"),
    "and": ("{0} and {1}", "both {0} and {1}"),
    "or": ("{0} or {1}, or both",),
    "implies": ("if {0}, then {1}", "{0} implies {1}"),
}


def said(formula: Formula, rng: random.Random) -> str:
    """The formula as a clause, without a capital and a full stop; clauses of its compound parts in quotes."""
    kind = formula[0]
    if kind == "pred":
        return f"{_thing(formula)} is {formula[1]}"
    if kind == "not" and formula[1][0] == "pred":
        return f"{_thing(formula[1])} is not {formula[1][1]}"
    if kind in ("all", "any"):
        return _quantified(kind, formula[2], rng)
    ways = _WAYS[kind]
    # Only what is quoted implies something.
    way = rng.choice(ways) if kind != "implies" or _compound(formula[1]) else ways[0]
    return way.format(*(_quoted(part, rng) for part in formula[1:]))


def _compound(formula: Formula) -> bool:
    return formula[0] != "pred" and not (formula[0] == "not" and formula[1][0] == "pred")


def _quoted(formula: Formula, rng: random.Random) -> str:
    return f"“{said(formula, rng)}”" if _compound(formula) else said(formula, rng)


def _thing(atom: Formula) -> str:
    if not atom[2]:
        return "it"
    term = atom[2][0]
    return "it" if term[0] == "var" else f"the {term[1]}"


def _quantified(kind: str, body: Formula, rng: random.Random) -> str:
    if kind == "any":
        if body[0] == "pred":
            return rng.choice((f"something is {body[1]}", f"there is something {body[1]}"))
        return f"of something this holds: “{said(body, rng)}”"
    if body[0] == "pred":
        return f"everything is {body[1]}"
    if body[0] == "implies" and all(part[0] == "pred" and part[2][0][0] == "var" for part in body[1:]):
        first, second = body[1][1], body[2][1]
        return rng.choice(
            (f"if something is {first}, then it is {second}", f"everything that is {first} is {second}")
        )
    return f"of everything this holds: “{said(body, rng)}”"
