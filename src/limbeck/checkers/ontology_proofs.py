"""Proofs over `limbeck.checkers.ontologies`, each step put into one of seven classes (Saparov et al., arXiv
2305.15269)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from limbeck.checkers.ontologies import Expression, Form, Statement, sentences, statement

Class = Literal["valid", "redundant", "skip", "non_atomic", "wrong_branch", "invalid", "unparsed"]
CLASSES = ("valid", "redundant", "skip", "non_atomic", "wrong_branch", "invalid", "unparsed")
ROUNDS = 8
"""How many steps may be left out before a step counts as invalid."""


def denied(what: Expression) -> Expression:
    """The contrary of a kind or of a denied one; what is joined has none here."""
    if not isinstance(what, str):
        return None
    return what[1:] if what.startswith("~") else f"~{what}"


@dataclass
class Proof:
    """What is known while a proof goes on: facts and rules, the supposition that is open with what was
    derived from it, and those that were left."""

    facts: set[Expression]
    rules: list[tuple[Expression, Expression]]
    open: list[Expression] = field(default_factory=list)
    left: list[list[Expression]] = field(default_factory=list)

    def known(self) -> set[Expression]:
        return self.facts | {*self.open}

    def discharges(self, what: Expression) -> bool:
        """Whether it follows by cases, or because its contrary led to a contradiction."""
        boxes = [*self.left, *([self.open] if self.open else [])]
        for case in self.facts:
            ways = case[1] if case[0] == "or" else ()
            if ways and all(any(box[0] == way and what in box for box in boxes) for way in ways):
                return True
        supposed = [box for box in boxes if box[0] == denied(what)]
        return any(denied(each) in self.facts | {*box} for box in supposed for each in box)

    def follows(self, what: Expression, known: set[Expression]) -> bool:
        """Whether one rule leads to it: implication, or what joins and parts."""
        if any(then == what and given in known for given, then in self.rules):
            return True
        if what[0] == "and" and known.issuperset(what[1]):
            return True
        if what[0] == "or" and not known.isdisjoint(what[1]):
            return True
        return any(each[0] == "and" and what in each[1] for each in known)


def _chained(proof: Proof) -> set[Expression]:
    """All that implications alone lead to."""
    known = proof.known()
    for _ in range(ROUNDS):
        known |= {then for given, then in proof.rules if given in known}
    return known


def _closed(proof: Proof) -> set[Expression]:
    """All that the rules for joining and parting lead to as well."""
    known = proof.known()
    antecedents = [given for given, _ in proof.rules if given[0] in ("and", "or")]
    for _ in range(ROUNDS):
        known |= {then for given, then in proof.rules if given in known}
        known |= {part for each in list(known) if each[0] == "and" for part in each[1]}
        known |= {each for each in antecedents if proof.follows(each, known)}
    return known


def classes(
    premises: Iterable[Statement], gold: Iterable[Statement], text: str, form: Form
) -> tuple[list[Class], set[Expression]]:
    """The class of each step of a proof, and what was shown without a supposition by valid steps, strictly;
    steps left out are forgiven.

    * ``valid``: one rule, and in the reference proof; suppositions that it makes, and premises said again.
    * ``redundant``: was there already. ``wrong_branch``: one rule, but not in the reference.
    * ``skip``: follows by implications alone, one or more of them left out. ``non_atomic``: by several rules
      at once.
    * ``invalid``: follows not at all, and is not built upon. ``unparsed``: no statement.
    """
    given = list(premises)
    proof = Proof(
        {each[1] for each in given if each[0] == "is"},
        [(each[1], each[2]) for each in given if each[0] == "every"],
    )
    wanted = {*gold}
    before: set[Statement] = set()
    made: list[Class] = []
    for sentence in sentences(text, form):
        try:
            step = statement(sentence, form)
        except ValueError:
            made.append("unparsed")
            continue
        if step in given and step not in before:
            made.append("valid" if step[0] == "every" or step in wanted else "redundant")
        else:
            made.append(_class(proof, step, wanted))
        before.add(step)
    return made, proof.facts


def _class(proof: Proof, step: Statement, wanted: set[Statement]) -> Class:
    """A step's class; what follows is known from then on."""
    if step[0] == "every":
        return "invalid"
    what = step[1]
    if step[0] == "suppose":
        if proof.open:
            proof.left.append(proof.open)
        proof.open = [what]
        return "valid" if step in wanted else "wrong_branch"
    if proof.discharges(what) and what not in proof.facts:
        proof.facts.add(what)
        proof.open, proof.left = [], []
        return "valid" if step in wanted else "wrong_branch"
    known = proof.known()
    if what in known:
        return "redundant"
    tests: Sequence[tuple[Class, Callable[[], bool]]] = (
        ("valid", lambda: proof.follows(what, known)),
        ("skip", lambda: what in _chained(proof)),
        ("non_atomic", lambda: _follows_closed(proof, what)),
    )
    name: Class = next((name for name, test in tests if test()), "invalid")
    if name != "invalid":
        proof.open.append(what) if proof.open else proof.facts.add(what)
    return "wrong_branch" if name == "valid" and step not in wanted else name


def _follows_closed(proof: Proof, what: Expression) -> bool:
    known = _closed(proof)
    return what in known or proof.follows(what, known)
