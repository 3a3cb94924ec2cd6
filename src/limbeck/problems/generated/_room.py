"""A grammar of sentences on people in a room, each in English, in first-order logic and in TPTP."""

from __future__ import annotations

import random
from collections.abc import Sequence

from limbeck.problems.generated._grammar import Grammar, Rule, Tree, rule

NAMES = ("Ann", "Bob", "Cleo", "Dan", "Eve", "Fay", "Gus", "Hal")
QUALITIES = ("tall", "kind", "quiet", "funny", "curious", "busy", "cold", "hungry")
"""No two of them bear on each other: who is tall may be kind or not."""


def _differ(parts: Sequence[Tree]) -> bool:
    """No two parts say the same, and none the other's contrary: ``Ann is tall or Ann is not tall``."""
    return len({part.text("fol").replace("¬", "") for part in parts}) == len(parts)


def _affirmed(parts: Sequence[Tree]) -> bool:
    """The last part denies nothing: whom "everyone is not tall" leaves out depends on the reader."""
    return not parts[-1].text("fol").startswith("¬") and _differ(parts)


RULES = [
    # What somebody is or does, of an unnamed x: "is tall", "who is tall", "they are tall".
    rule("trait(quality)", 4, fol="{0}(x)", tptp="{0}(X)", english="is {0}", english__they="are {0}"),
    rule(
        "trait(quality)", 2, fol="¬{0}(x)", tptp="~{0}(X)", english="is not {0}", english__they="are not {0}"
    ),
    rule(
        "trait(person)", 2, fol="Likes(x, {0})", tptp="likes(X,{0})", english="likes {0}",
        english__they="like {0}",
    ),
    rule(
        "trait(quality, quality)", 1, _differ, fol="({0}(x) ∧ {1}(x))", tptp="({0}(X) & {1}(X))",
        english="is both {0} and {1}", english__they="are both {0} and {1}",
    ),
    rule(
        "trait(quality, quality)", 1, _differ, fol="({0}(x) ∨ {1}(x))", tptp="({0}(X) | {1}(X))",
        english="is {0}, {1} or both", english__they="are {0}, {1} or both",
    ),
    # Facts on people with names.
    rule("fact(person, quality)", 4, fol="{1}({0})", tptp="{1}({0})", english="{0} is {1}"),
    rule("fact(person, quality)", 3, fol="¬{1}({0})", tptp="~{1}({0})", english="{0} is not {1}"),
    rule(
        "fact(person, person)", 2, _differ, fol="Likes({0}, {1})", tptp="likes({0},{1})",
        english="{0} likes {1}",
    ),
    rule(
        "fact(person, person)", 1, _differ, fol="¬Likes({0}, {1})", tptp="~likes({0},{1})",
        english="{0} does not like {1}",
    ),
    # Sentences.
    rule("sentence(fact)", 3, all_="{0}"),
    rule(
        "sentence(fact, fact)", 1, _differ, fol="{0} ∨ {1}", tptp="({0} | {1})", english="{0} or {1}, or both"
    ),
    rule(
        "sentence(fact, fact)", 1, _differ, fol="{0} ⊕ {1}", tptp="({0} <~> {1})",
        english="either {0} or {1}, but not both",
    ),
    rule(
        "sentence(fact, fact)", 2, _differ, fol="{0} → {1}", tptp="({0} => {1})",
        english="if {0}, then {1}",
    ),
    rule(
        "sentence(fact, fact)", 1, _differ, fol="{0} ↔ {1}", tptp="({0} <=> {1})",
        english="{0} if and only if {1}",
    ),
    rule(
        "sentence(trait)", 1, _affirmed, fol="∀x (Room(x) → {0})", tptp="(![X]: (room(X) => {0}))",
        english="everyone in the room {0}",
    ),
    rule(
        "sentence(trait, trait)", 3, _affirmed, fol="∀x ((Room(x) ∧ {0}) → {1})",
        tptp="(![X]: ((room(X) & {0}) => {1}))", english="everyone in the room who {0} {1}",
    ),
    rule(
        "sentence(trait, trait)", 1, _differ, fol="∀x (Room(x) → ({0} → {1}))",
        tptp="(![X]: (room(X) => ({0} => {1})))", english="people in the room {1:they} if they {0:they}",
    ),
    rule(
        "sentence(trait)", 1, fol="∃x (Room(x) ∧ {0})", tptp="(?[X]: (room(X) & {0}))",
        english="someone in the room {0}",
    ),
    rule(
        "sentence(trait, trait)", 1, _differ, fol="¬∃x ((Room(x) ∧ {0}) ∧ {1})",
        tptp="(~(?[X]: ((room(X) & {0}) & {1})))", english="no one in the room who {0} {1}",
    ),
    rule("sentence(denied)", 1, fol="¬({0})", tptp="(~{0})", english="it is not the case that “{0}”"),
    # What is denied in quotes: no conditional, for people read "not (if a, then b)" as "if a, then not b".
    rule(
        "denied(fact, fact)", 1, _differ, fol="{0} ∧ {1}", tptp="({0} & {1})", english="{0} and {1}"
    ),
    rule(
        "denied(trait)", 1, _affirmed, fol="∀x (Room(x) → {0})", tptp="(![X]: (room(X) => {0}))",
        english="everyone in the room {0}",
    ),
    rule("denied(implied)", 1, all_="{0}"),
    rule(
        "implied(fact, fact)", 1, lambda parts: False, fol="({0} → {1})", tptp="({0} => {1})",
        english="if {0}, then {1}",
    ),
]  # fmt: skip


def grammar(people: Sequence[str], qualities: Sequence[str]) -> Grammar:
    """The grammar over these people, who are all in the room, and these qualities."""
    words = [
        *(rule("person", fol=name.lower(), tptp=name.lower(), english=name) for name in people),
        *(rule("quality", fol=word.title(), tptp=word, english=word) for word in qualities),
    ]
    return Grammar([*RULES, *words])


def domain(people: Sequence[str]) -> Tree:
    """The premise that says who is in the room: they, who are all different, and nobody else."""
    low = [name.lower() for name in people]
    pairs = [(left, right) for at, left in enumerate(low) for right in low[at + 1 :]]
    texts = {
        "fol": " ∧ ".join(
            ["∀x (Room(x) ↔ (" + " ∨ ".join(f"x = {name}" for name in low) + "))"]
            + [f"¬({left} = {right})" for left, right in pairs]
        ),
        "tptp": " & ".join(
            ["(![X]: (room(X) <=> (" + " | ".join(f"X = {name}" for name in low) + ")))"]
            + [f"({left} != {right})" for left, right in pairs]
        ),
        "english": f"{', '.join(people[:-1])} and {people[-1]} are in the room, and nobody else is",
    }
    return Tree(Rule("sentence", (), texts))


def draw_sentence(source: Grammar, rng: random.Random, constrained: bool) -> Tree:
    """A sentence that the constraints let through."""
    while True:
        if tree := source.draw("sentence", rng, constrained=constrained):
            return tree
