"""Proof trees grown at random from the rules of natural deduction, and written out as steps."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from limbeck.checkers.fol import Formula
from limbeck.checkers.natural_deduction import constants, put, written

TRIES = 100


class OutOfWords(Exception):
    """A tree has grown so large that no further formula differs from what is in it."""


@dataclass
class Node:
    """A formula and how it is reached: a leaf (a fact), an assumption, or a step from its children."""

    formula: Formula
    children: list[Node] = field(default_factory=list)
    assumes: Formula | None = None
    """What this step discharges."""
    assumed: bool = False
    major: bool = False
    """It is what its parent eliminates a sign from: to introduce that sign first would be a detour."""

    def leaves(self) -> list[Node]:
        """Facts, from left to right."""
        if not self.children:
            return [] if self.assumed else [self]
        return [leaf for child in self.children for leaf in child.leaves()]

    def depth(self) -> int:
        return 1 + max(child.depth() for child in self.children) if self.children else 0


@dataclass
class Words:
    """Predicates and things to make formulas of.

    Attributes:
        complex: chance that a fresh formula is compound.
        quantifiers: chance that a step uses a quantifier's rule where one fits.
    """

    rng: random.Random
    predicates: tuple[str, ...]
    things: tuple[str, ...]
    complex: float
    quantifiers: float

    def atom(self, thing: str = "") -> Formula:
        """A predicate of a thing, or a bare proposition where there are no things."""
        name = self.rng.choice(self.predicates)
        if not self.things:
            return ("pred", name, ())
        return ("pred", name, (("fun", thing or self.rng.choice(self.things), ()),))

    def fresh(self, *unlike: Formula) -> Formula:
        """A formula, compound by chance, that shares no atom with the others.

        Raises:
            OutOfWords: the others have them all.
        """
        texts = [written(each) for each in unlike]
        for _ in range(TRIES):
            atoms = [self.atom(), self.atom()]
            told = [written(atom) for atom in atoms]
            if told[0] == told[1] or any(name in text for name in told for text in texts):
                continue
            if self.rng.random() >= self.complex:
                return self.rng.choice((atoms[0], atoms[0], ("not", atoms[0])))
            return (self.rng.choice(("and", "or", "implies")), *atoms)
        raise OutOfWords


def leaf(formula: Formula) -> Node:
    return Node(formula)


def major(formula: Formula) -> Node:
    return Node(formula, major=True)


def growing(root: Node) -> list[Node]:
    """Leaves that a rule may conclude; all of them where none may."""
    return [each for each in root.leaves() if not each.major or _size(each.formula) < 3] or root.leaves()


def supposed(formula: Formula) -> Node:
    return Node(formula, assumed=True)


def modus_ponens(goal: Formula, words: Words) -> list[Node]:
    """``A`` and ``A -> goal``."""
    before = words.fresh(goal)
    return [leaf(before), major(("implies", before, goal))]


def extend(node: Node, words: Words, rules: str) -> None:
    """Reach a leaf's formula by a rule that concludes it, in place."""
    goal, kind, rng = node.formula, node.formula[0], words.rng
    if rules == "modus_ponens":
        node.children = modus_ponens(goal, words)
        return
    options: list[Callable[[Formula, Words], list[Node]]] = [modus_ponens, _taken_out, _cases]
    introduction = _INTRODUCED.get(kind)
    if introduction is not None and not node.major:
        # A formula of many parts is taken apart, not made part of a larger one.
        options = [introduction] if _size(goal) > 2 else [*options, introduction]
    quantifying = words.things and rng.random() < words.quantifiers
    if quantifying and kind not in ("all", "any") and _size(goal) < 3:
        options = [_of_all, _of_some] if constants(goal) else [_of_some]
    rule = rng.choice(options)
    children = rule(goal, words)
    node.children = children
    node.assumes = goal[1] if rule in (_under, _absurd) else None


def _taken_out(goal: Formula, words: Words) -> list[Node]:
    pair = [goal, words.fresh(goal)]
    words.rng.shuffle(pair)
    return [major(("and", *pair))]


def _cases(goal: Formula, words: Words) -> list[Node]:
    first = words.fresh(goal)
    second = words.fresh(goal, first)
    return [major(("or", first, second)), leaf(("implies", first, goal)), leaf(("implies", second, goal))]


def _joined(goal: Formula, words: Words) -> list[Node]:
    return [leaf(goal[1]), leaf(goal[2])]


def _either(goal: Formula, words: Words) -> list[Node]:
    return [leaf(words.rng.choice(goal[1:]))]


def _under(goal: Formula, words: Words) -> list[Node]:
    """The consequent, from the antecedent and a fact, or through a formula between."""
    before, after = goal[1], goal[2]
    between = words.fresh(before, after)
    if words.rng.random() < 0.5:
        step = Node(between, [supposed(before), major(("implies", before, between))])
        return [Node(after, [step, major(("implies", between, after))])]
    both: Formula = ("and", before, between)
    joined = Node(both, [supposed(before), leaf(between)])
    return [Node(after, [joined, major(("implies", both, after))])]


def _absurd(goal: Formula, words: Words) -> list[Node]:
    """What is denied leads to something and a fact denies that."""
    other = words.fresh(goal)
    step = Node(other, [supposed(goal[1]), major(("implies", goal[1], other))])
    return [step, leaf(("not", other))]


def _of_all(goal: Formula, words: Words) -> list[Node]:
    """From what holds of everything, said of one thing."""
    thing = words.rng.choice(sorted(constants(goal)))
    return [major(("all", "x", _open(goal, thing)))]


def _of_some(goal: Formula, words: Words) -> list[Node]:
    """Something has a quality, and from whatever has it the goal follows."""
    thing = words.rng.choice(words.things)
    quality = _open(words.atom(thing), thing)
    return [major(("any", "x", quality)), leaf(("all", "x", ("implies", quality, goal)))]


def _shown(goal: Formula, words: Words) -> list[Node]:
    return [leaf(put(goal[2], goal[1], ("fun", words.rng.choice(words.things), ())))]


def _arbitrary(goal: Formula, words: Words) -> list[Node]:
    """What is shown of a thing that no fact names holds of all."""
    body = put(goal[2], goal[1], ("fun", "anything", ()))
    step = Node(body, [major(("all", goal[1], goal[2]))])
    if body[0] == "implies":
        between = words.atom("anything")
        chain = [("implies", body[1], between), ("implies", between, body[2])]
        instances = [Node(each, [major(("all", "x", _open(each, "anything")))]) for each in chain]
        first = Node(between, [supposed(body[1]), instances[0]])
        step = Node(body, [Node(body[2], [first, instances[1]])], assumes=body[1])
    return [step]


def _open(formula: Formula, thing: str) -> Formula:
    """The formula with ``x`` in place of a thing; what is quantified already stays."""
    if formula[0] in ("all", "any"):
        return formula
    if formula[0] == "pred":
        terms = tuple(("var", "x") if term == ("fun", thing, ()) else term for term in formula[2])
        return ("pred", formula[1], terms)
    return (formula[0], *(_open(part, thing) for part in formula[1:]))


_INTRODUCED: dict[str, Callable[[Formula, Words], list[Node]]] = {
    "and": _joined, "or": _either, "implies": _under, "not": _absurd, "all": _arbitrary, "any": _shown,
}  # fmt: skip
"""The rule that introduces each sign."""


def _size(formula: Formula) -> int:
    """Atoms in a formula."""
    if formula[0] == "pred":
        return 1
    return sum(_size(part) for part in formula[1:] if isinstance(part, tuple))


def derived(words: Words) -> Node:
    """A derived rule as the axioms prove it: syllogism, contraposition, modus tollens or a chain of three."""
    a = words.atom()
    b, c, d = _others(words, a)
    kind = words.rng.choice(("syllogism", "contraposition", "modus tollens", "long syllogism"))
    if kind == "modus tollens":
        inner = Node(b, [supposed(a), leaf(("implies", a, b))])
        return Node(("not", a), [inner, leaf(("not", b))], assumes=a)
    if kind == "contraposition":
        inner = Node(b, [supposed(a), leaf(("implies", a, b))])
        denied = Node(("not", a), [inner, supposed(("not", b))], assumes=a)
        return Node(("implies", ("not", b), ("not", a)), [denied], assumes=("not", b))
    step = Node(b, [supposed(a), leaf(("implies", a, b))])
    step = Node(c, [step, leaf(("implies", b, c))])
    if kind == "long syllogism":
        step, c = Node(d, [step, leaf(("implies", c, d))]), d
    return Node(("implies", a, c), [step], assumes=a)


def _others(words: Words, first: Formula) -> tuple[Formula, Formula, Formula]:
    """Three more atoms, all different."""
    atoms = [first]
    for _ in range(TRIES):
        atom = words.atom()
        if atom not in atoms:
            atoms.append(atom)
        if len(atoms) == 4:
            return atoms[1], atoms[2], atoms[3]
    raise OutOfWords


def steps(root: Node, names: dict[Formula, str]) -> list[str]:
    """The proof, a line a step: ``fact1 & fact3 -> int1: G(a)``.

    Args:
        names: of the facts.
    """
    lines: list[str] = []
    # The same may be supposed again inside of what supposes it: the innermost counts.
    assumptions: dict[Formula, list[str]] = {}
    counts = {"int": 0, "assump": 0}

    def name(node: Node) -> str:
        if not node.children and not node.assumed:
            return names[node.formula]
        if node.assumed:
            return assumptions[node.formula][-1]
        cited: list[str] = []
        if node.assumes is not None:
            counts["assump"] += 1
            supposition = f"assump{counts['assump']}"
            lines.append(f"void -> {supposition}: {written(node.assumes)}")
            assumptions.setdefault(node.assumes, []).append(supposition)
            cited.append(f"[{supposition}]")
        cited += [name(child) for child in node.children]
        if node.assumes is not None:
            assumptions[node.assumes].pop()
        counts["int"] += 1
        lines.append(f"{' & '.join(cited)} -> int{counts['int']}: {written(node.formula)}")
        return f"int{counts['int']}"

    name(root)
    return lines
