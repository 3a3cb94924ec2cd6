"""What of facts and rules bears on a statement, in the order in which a proof needs it.

After Concise and Organized Perception (arXiv 2310.03309, section 4): from the statement backwards over the
rules that conclude what is needed, of which those stay that something supports; facts first, then rules along
the chain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from limbeck.checkers.theories import ANY, Rule, literal, read
from limbeck.checkers.theories import Literal as Atom
from limbeck.errors import LimbeckError
from limbeck.types import Settings

Form = Literal["english", "signs"]
"""Regular English of ProofWriter and ProntoQA, a sentence a statement; or signs between commas, ``a``,
``~a``, ``a&b>~c``, all about one thing."""
_SENTENCES = re.compile(r"(?<=\.)\s+")


ENGLISH = r"(?P<context>.*?)\n\n(?:[^\n]*\? )?(?P<statement>[^\n]+)(?:\n.*)?"
SIGNS = r"(?P<context>[^:]*):(?P<statement>[^:]+)"
JOINTS = {"english": " ", "signs": ","}


class Perceiving(Settings, frozen=True):
    """How a question is perceived.

    Args:
        form: how its statements are written: ``english``, regular as in ProofWriter and ProntoQA, or
            ``signs``, ``a&b>~c``.
        shape: regular expression of the whole question with groups ``context`` and ``statement``; empty takes
            that of `problems/proofwriter` or of `problems/theories` in signs.
        keep: ``relevant`` statements alone, or ``all``.
        order: ``proof``, or ``given``, as they came; statements that bear on nothing come last.
    """

    form: Form = "english"
    shape: str = ""
    keep: Literal["relevant", "all"] = "relevant"
    order: Literal["proof", "given"] = "proof"

    def check(self, where: str) -> None:
        """Raise for a shape that holds no context and no statement.

        Raises:
            LimbeckError: naming it.
        """
        try:
            groups = re.compile(self._shape).groupindex
        except re.error as error:
            raise LimbeckError(f"{where}: shape={self.shape!r} is no regular expression: {error}") from None
        if not {"context", "statement"} <= {*groups}:
            raise LimbeckError(f"{where}: shape={self.shape!r} has no groups named context and statement")

    @property
    def _shape(self) -> str:
        return self.shape or {"english": ENGLISH, "signs": SIGNS}[self.form]

    def perceived(self, question: str) -> tuple[str, list[str]] | None:
        """The question with its context made concise and organised, and that as texts.

        None where it has another shape or its statement cannot be read: such a question is asked as it is.
        """
        match = re.fullmatch(self._shape, question, re.S)
        if match is None:
            return None
        try:
            goal = asked(match["statement"], self.form)
        except ValueError:
            return None
        context = statements(match["context"], self.form)
        kept = bearing(context, goal)
        if self.keep == "all":
            kept += [each for each in context if each not in kept]
        if self.order == "given":
            kept = [each for each in context if each in kept]
        texts = [each.text for each in kept]
        start, end = match.span("context")
        return f"{question[:start]}{JOINTS[self.form].join(texts)}{question[end:]}", texts


class Statement(Struct, frozen=True):
    """A statement as it is written, and what it says: a fact, or a rule; nothing where it cannot be read."""

    text: str
    facts: tuple[Atom, ...] = ()
    rules: tuple[Rule, ...] = ()

    @property
    def legible(self) -> bool:
        return bool(self.facts or self.rules)


def statements(text: str, form: Form = "english") -> list[Statement]:
    """A context cut into statements, each read by itself."""
    cut = text.split(",") if form == "signs" else _SENTENCES.split(text.strip())
    return [_statement(part.strip(), form) for part in cut if part.strip()]


def _statement(text: str, form: Form) -> Statement:
    if form == "signs":
        conditions, arrow, conclusion = text.rpartition(">")
        if not arrow:
            return Statement(text, facts=(sign(text),))
        parts = tuple(sign(part) for part in conditions.split("&"))
        return Statement(text, rules=(Rule(parts, sign(conclusion)),))
    try:
        theory = read(text)
    except ValueError:
        return Statement(text)
    return Statement(text, tuple(theory.facts), tuple(theory.rules))


def sign(text: str) -> Atom:
    """``~a`` as a literal."""
    return Atom("it", "is", text.removeprefix("~"), not text.startswith("~"))


def asked(text: str, form: Form = "english") -> Atom:
    """The statement that is asked about.

    Raises:
        ValueError: a sentence of another form.
    """
    text = text.strip().rstrip("?. ")
    return sign(text) if form == "signs" else literal(text[:1].lower() + text[1:])


def bearing(context: Sequence[Statement], goal: Atom) -> list[Statement]:
    """The statements that bear on a goal or on its contrary, in proof order.

    What nobody can read stays, in front: nothing is dropped that was not understood.
    """
    rules = [(rule, place) for place, each in enumerate(context) for rule in each.rules]
    facts = {fact: place for place, each in enumerate(context) for fact in each.facts}
    wanted = _wanted(goal, [rule for rule, _ in rules])
    known = {fact for fact in facts if any(_meets(fact, each) for each in wanted)}
    fired: dict[int, None] = {}
    supports: dict[Atom, list[tuple[int, list[Atom]]]] = {}
    grew = True
    while grew:
        grew = False
        for rule, place in rules:
            for conditions, conclusion in _grounded(rule, known, wanted):
                way = place, conditions
                if conclusion in known and way in supports.get(conclusion, []):
                    continue
                if conclusion in facts:
                    continue
                supports.setdefault(conclusion, []).append(way)
                known.add(conclusion)
                fired.setdefault(place)
                grew = True
    used = _used(goal, supports, facts)
    unread = [each for each in context if not each.legible]
    first = [each for place, each in enumerate(context) if place in used and each.facts]
    return [*unread, *first, *(context[place] for place in fired if place in used and context[place].rules)]


def _wanted(goal: Atom, rules: Iterable[Rule]) -> set[Atom]:
    """Goal, contrary and every condition that leads to them, in both polarities: what is connected."""
    listed, wanted, turn = list(rules), set[Atom](), [goal]
    while turn:
        need = turn.pop()._replace(holds=True)
        if need in wanted:
            continue
        wanted.add(need)
        for rule in listed:
            if _meets(rule.conclusion, need):
                bound = need.subject if rule.conclusion.subject == ANY else ANY
                turn += [_about(part, bound) for part in rule.conditions]
    return wanted


def _meets(each: Atom, need: Atom) -> bool:
    """Whether two literals may speak of the same, whichever of them holds."""
    alike = each.subject == need.subject or ANY in (each.subject, need.subject)
    same = each.object == need.object or (each.relation != "is" and ANY in (each.object, need.object))
    return alike and same and each.relation == need.relation


def _about(part: Atom, thing: str) -> Atom:
    subject = thing if part.subject == ANY else part.subject
    return part._replace(subject=subject, object=thing if part.object == ANY else part.object)


def _grounded(rule: Rule, known: set[Atom], wanted: set[Atom]) -> list[tuple[list[Atom], Atom]]:
    """The rule about each thing of which all conditions are known and the conclusion is wanted."""
    things = {each.subject for each in known} | {each.object for each in known if each.relation != "is"}
    about_any = any(ANY in (part.subject, part.object) for part in (*rule.conditions, rule.conclusion))
    made = []
    for thing in sorted(things - {ANY}) if about_any else [ANY]:
        conditions = [_about(part, thing) for part in rule.conditions]
        conclusion = _about(rule.conclusion, thing)
        if known.issuperset(conditions) and any(_meets(conclusion, need) for need in wanted):
            made.append((conditions, conclusion))
    return made


def _used(goal: Atom, supports: dict[Atom, list[tuple[int, list[Atom]]]], facts: dict[Atom, int]) -> set[int]:
    """Places of the statements in trees whose root is the goal or its contrary."""
    used, seen = set[int](), set[Atom]()
    turn = [each for each in {*supports, *facts} if _meets(each, goal)]
    while turn:
        each = turn.pop()
        if each in seen:
            continue
        seen.add(each)
        if each in facts:
            used.add(facts[each])
        for place, conditions in supports.get(each, []):
            used.add(place)
            turn += conditions
    return used
