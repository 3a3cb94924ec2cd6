"""Proofs over made-up kinds, grown backwards from what shall be shown, and faults planted in them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise

from limbeck.checkers.ontologies import Expression, Form, Statement, written


class OutOfKinds(Exception):
    """More kinds were wanted than there are names."""


@dataclass
class Growing:
    """Premises and steps of one proof.

    Attributes:
        free: kinds that nothing speaks of yet.
        width: how many premises a conjunction joins.
        how: of each step, by ``rule``, a ``join`` of what is known, a ``part`` of it, in a ``box`` under a
            supposition, or what comes ``out`` of one.
        used: the rules, one on top of the other.
        wrong: what distractors that can be applied lead to, and behind how many steps they can.
    """

    rng: random.Random
    free: list[str]
    width: int = 2
    used: list[str] = field(default_factory=list)
    premises: list[Statement] = field(default_factory=list)
    steps: list[Statement] = field(default_factory=list)
    how: list[str] = field(default_factory=list)
    wrong: list[tuple[str, int]] = field(default_factory=list)

    def kind(self) -> str:
        if not self.free:
            raise OutOfKinds
        return self.free.pop()

    def given(self, what: Expression) -> None:
        self.premises.append(("is", what))

    def rule(self, before: Expression, behind: Expression) -> None:
        self.premises.append(("every", before, behind))

    def step(self, what: Expression, how: str) -> None:
        self.steps.append(("is", what))
        self.how.append(how)

    def supposed(self, what: Expression, then: Expression) -> None:
        """A box: a supposition and what follows from it."""
        self.steps += [("suppose", what), ("is", then)]
        self.how += ["box", "box"]

    def prove(self, goal: Expression, rules: list[str]) -> None:
        """Show a goal by these rules, the last of them first used; a premise where none is left."""
        if not rules:
            self.given(goal)
            return
        *before, last = rules
        if last == "implication":
            kind = self.kind()
            self.rule(kind, goal)
            self.prove(kind, before)
            self.step(goal, "rule")
        elif last == "conjunction":
            parts = sorted(self.kind() for _ in range(self.width))
            self.rule(("and", tuple(parts)), goal)
            self.prove(parts[0], before)
            for part in parts[1:]:
                self.given(part)
            self.step(("and", tuple(parts)), "join")
            self.step(goal, "rule")
        else:
            self._further(goal, before, last)

    def _further(self, goal: Expression, before: list[str], last: str) -> None:
        first, second = sorted((self.kind(), self.kind()))
        if last == "elimination":
            both = ("and", tuple(sorted((goal, first))))
            self.rule(second, both)
            self.prove(second, before)
            self.step(both, "rule")
            self.step(goal, "part")
        elif last == "disjunction":
            either = ("or", (first, second))
            self.rule(either, goal)
            self.prove(first, before)
            self.step(either, "join")
            self.step(goal, "rule")
        elif last == "cases":
            either, source = ("or", (first, second)), self.kind()
            for each in (first, second):
                self.rule(each, goal)
            self.rule(source, either)
            self.prove(source, before)
            self.step(either, "rule")
            self.supposed(first, goal)
            self.supposed(second, goal)
            self.step(goal, "out")
        else:
            # The goal follows from a denial, which is shown by contradiction.
            self.rule(f"~{first}", goal)
            self.rule(first, second)
            self.prove(f"~{second}", before)
            self.supposed(first, second)
            self.step(f"~{first}", "out")
            self.step(goal, "rule")

    def distract(self, count: int, relevant: bool) -> None:
        """Rules that the proof does not need; relevant ones can be applied and lead nowhere."""
        known = [(each[1], 0) for each in self.premises if each[0] == "is"]
        known += [(step[1], at + 1) for at, step in enumerate(self.steps) if self.how[at] != "box"]
        places = [place for place in known if isinstance(place[0], str) and "~" not in place[0]]
        for _ in range(count):
            nowhere = self.kind()
            if relevant and places:
                before, behind = self.rng.choice(places)
                self.rule(before, nowhere)
                self.wrong.append((nowhere, behind))
            else:
                self.rule(self.kind(), nowhere)


def planted(grown: Growing, fault: str, form: Form) -> list[str] | None:
    """The proof's sentences with one fault, put in by how the proof was made and not by what a checker says
    of it; None where the proof offers no place for it.

    ``skip`` leaves out a step by rule in front of another, ``non_atomic`` one that joins, or that the next
    takes a part of; the others insert a sentence.
    """
    lines = [written(step, form) for step in grown.steps]
    how, rng = grown.how, grown.rng
    pairs = list(pairwise(how))
    if fault in ("skip", "non_atomic"):
        wanted = [("rule", "rule")] if fault == "skip" else [("join", "rule"), ("rule", "part")]
        places = [at for at, pair in enumerate(pairs) if pair in wanted]
        at = rng.choice(places) if places else -1
        return lines[:at] + lines[at + 1 :] if places else None
    if fault == "wrong_branch":
        if not grown.wrong:
            return None
        nowhere, behind = rng.choice(grown.wrong)
        return _with(lines, _outside(grown, behind), written(("is", nowhere), form))
    at = _outside(grown, 1)
    if fault == "redundant":
        return _with(lines, at, lines[at - 1])
    if fault == "unparsed":
        return _with(lines, at, f"{lines[-1][:-1]} so so." if form == "text" else f"{lines[-1]}&")
    return _with(lines, at, written(("is", grown.kind()), form)) if grown.free else None


def _with(lines: list[str], at: int, line: str) -> list[str]:
    return [*lines[:at], line, *lines[at:]]


def _outside(grown: Growing, first: int) -> int:
    """A place behind so many steps that lies in no box."""
    places = [at for at in range(first, len(grown.steps) + 1) if not at or grown.how[at - 1] != "box"]
    return grown.rng.choice(places)
