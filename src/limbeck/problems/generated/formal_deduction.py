"""Formal logic deduction: facts, a hypothesis, and a proof from the axioms, among distractors."""

from __future__ import annotations

import random
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, Literal, NamedTuple

from limbeck.checkers.fol import Formula, decide
from limbeck.checkers.natural_deduction import LABELS, constants, contrary, written
from limbeck.errors import LimbeckError, missing_extra
from limbeck.problems.generated._proof_trees import (
    Node,
    OutOfWords,
    Words,
    derived,
    extend,
    growing,
    leaf,
    steps,
)
from limbeck.problems.generated._stream import Drawn, solved, stream
from limbeck.problems.generated._verbal import ADJECTIVES, NOUNS, said
from limbeck.problems.worlds._worlds import ask, check_bounds
from limbeck.records import Data, Problem
from limbeck.types import CountOrNone, Settings, Share

SECONDS = 2.0
SPOKEN = 10
"""Predicates of an item."""
TRUTH = {"proved": "True", "disproved": "False", "unknown": "Uncertain"}
NEITHER = "Nothing proves it, nothing disproves it."
TASK = (
    "Prove or disprove the hypothesis from the facts, or say that it is unknown.\n"
    "Write the proof one step a line, as `fact1 & fact3 -> int1: FORMULA`; suppose something with "
    "`void -> assump1: FORMULA` and discharge it with `[assump1] & int2 -> int3: FORMULA`. "
    "Each step uses one rule of natural deduction. Formulas are written round(kettle), ~A, A & B, A | B, "
    "A -> B, ∀x A, ∃x A. The last line is one word: proved, disproved or unknown."
)


class Growth(Settings, frozen=True):
    """How a proof tree grows.

    Args:
        rules: ``axioms``, all introductions and eliminations; ``modus_ponens`` that rule alone; ``derived``
            hypotheses by a rule that is none of them (syllogism, contraposition, modus tollens), proved by
            the axioms.
        low: fewest steps of the stem.
        high: most steps of it; all lengths are equally likely.
        branches: most steps beyond it.
        distractors: most facts that are not needed.
        things: things spoken of; 0 makes facts bare propositions, in ``formal`` only.
        compound: chance that a fresh formula is a compound one.
        quantifiers: chance of a quantifier's rule where one fits.
    """

    rules: Literal["axioms", "modus_ponens", "derived"] = "axioms"
    low: int = 1
    high: int = 3
    branches: int = 2
    distractors: CountOrNone = 5
    things: int = 3
    compound: Share = 0.5
    quantifiers: Share = 0.2

    def check(self, language: str) -> None:
        """Raise a LimbeckError where nothing could grow so."""
        check_bounds(self.low, self.high, 1, 8)
        check_bounds(self.branches, self.branches, 0, 10)
        check_bounds(self.things, self.things, 0, 5)
        if not self.things and language != "formal":
            raise LimbeckError(
                f"problems/formal_deduction: things=0, language={language!r}: bare propositions are formal"
            )


def formal_deduction(
    *,
    n: int = 1000,
    growth: Growth = Growth(),
    seed: int = 0,
    split: str = "train",
    language: Literal["english", "formal", "both"] = "english",
) -> Iterator[Data]:
    """Facts and a hypothesis to prove, to disprove, or to call unknown (FLD, arXiv 2308.07336).

    A proof tree grows from the hypothesis: a stem of ``low`` to ``high`` steps, then ``branches`` more
    anywhere. Its leaves are the facts. A disproved hypothesis is the contrary of a tree's root; an unknown
    one's tree lacks a leaf that it needs. Distractors are random formulas, and leaves of a tree for the
    contrary that lacks one: they begin wrong proofs. An item is dropped where z3 finds another label than the
    construction gives, or facts that contradict each other. The words are drawn at random, so that knowing
    the world does not help. The three labels take turns.

    Args:
        language: of the facts: sentences, formulas, or both; ``formal`` asks without instructions, for small
            students.

    Returns:
        Problems of verifier ``natural_deduction`` whose answer is the proof and the label, each with a trace;
        ``meta`` has ``label``, ``facts`` by name and ``hypothesis`` as formulas, ``depth``, and ``needed``,
        the facts of the proof; ``removed`` is the leaf that an unknown one lacks.

    Raises:
        LimbeckError: an unknown split, impossible bounds, too few different questions; z3 is missing.
    """
    growth.check(language)
    rng = random.Random(f"formal_deduction/{seed}/{split}")
    formal = language == "formal"
    predicates, names = (tuple("ABCDEFGHIJKLMNOPQR"), tuple("abcde")) if formal else (ADJECTIVES, NOUNS)

    def draw(number: int) -> Drawn | None:
        spoken = tuple(rng.sample(predicates, SPOKEN))
        things = tuple(rng.sample(names, growth.things))
        words = Words(rng, spoken, things, growth.compound, growth.quantifiers)
        try:
            item = _draw(LABELS[number % 3], words, growth)
        except OutOfWords:
            return None
        if item is None:
            return None
        problem = _problem(item, language, rng)
        proof = (problem.answer or "").removesuffix(item.label).strip() or NEITHER
        return problem, [solved(problem, proof, "prover", item.label)]

    return stream(n, split, draw)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what is drawn is checked by z3."""
    Growth.of(given).check(given["language"])
    if find_spec("z3") is None:
        raise missing_extra("z3-solver", "verify", "problems/formal_deduction")


class Item(NamedTuple):
    """Facts in their order, what is asked, and its proof."""

    facts: list[Formula]
    hypothesis: Formula
    label: str
    tree: Node
    removed: Formula | None


def _draw(label: str, words: Words, growth: Growth) -> Item | None:
    """An item that z3 agrees with; None where it does not."""
    rng = words.rng
    tree = _grown(words, growth)
    leaves = list(dict.fromkeys(node.formula for node in tree.leaves()))
    removed = rng.choice(leaves) if label == "unknown" else None
    facts = [each for each in leaves if each != removed]
    facts += _distracting(tree.formula, words, growth, set(leaves))
    rng.shuffle(facts)
    flipped = label == "disproved" or (label == "unknown" and rng.random() < 0.5)
    hypothesis = contrary(tree.formula) if flipped else tree.formula
    if not facts or hypothesis in facts or any(map(_unfit, [*facts, hypothesis])):
        return None
    decided, _ = decide(facts, hypothesis, SECONDS)
    return Item(facts, hypothesis, label, tree, removed) if decided == TRUTH[label] else None


def _unfit(formula: Formula) -> bool:
    """A fact that names the arbitrary thing, or has ``A -> A`` in it."""
    if formula[0] == "pred":
        return "anything" in constants(formula)
    if formula[0] == "implies" and formula[1] == formula[2]:
        return True
    return any(_unfit(part) for part in formula[1:] if isinstance(part, tuple))


def _grown(words: Words, growth: Growth) -> Node:
    if growth.rules == "derived":
        return derived(words)
    rng = words.rng
    root = leaf(words.fresh() if growth.rules == "axioms" else words.atom())
    if words.things and growth.rules == "axioms" and rng.random() < words.quantifiers:
        root = leaf(_quantified(words))
    at = root
    for _ in range(rng.randint(growth.low, growth.high)):
        extend(at, words, growth.rules)
        at = rng.choice(growing(at))
    for _ in range(rng.randint(0, growth.branches)):
        extend(rng.choice(growing(root)), words, growth.rules)
    return root


def _quantified(words: Words) -> Formula:
    """``∃x F(x)`` or ``∀x (F(x) -> G(x))``."""
    first, second = (("pred", words.atom()[1], (("var", "x"),)) for _ in range(2))
    if words.rng.random() < 0.5 or first == second:
        return ("any", "x", first)
    return ("all", "x", ("implies", first, second))


def _distracting(goal: Formula, words: Words, growth: Growth, leaves: set[Formula]) -> list[Formula]:
    """Facts that the proof does not need, half of them from a tree for the contrary that lacks a leaf."""
    count = words.rng.randint(0, growth.distractors)
    tree = leaf(contrary(goal))
    for _ in range(growth.low):
        extend(
            words.rng.choice(growing(tree)), words, "axioms" if growth.rules == "axioms" else "modus_ponens"
        )
    wrong = [node.formula for node in tree.leaves()]
    wrong.pop(words.rng.randrange(len(wrong)))
    facts = wrong[: (count + 1) // 2]
    while len(facts) < count:
        facts.append(words.fresh() if words.rng.random() < 0.5 else ("implies", words.atom(), words.atom()))
    return list(dict.fromkeys(each for each in facts if each not in leaves))


def _problem(item: Item, language: str, rng: random.Random) -> Problem:
    names = {formula: f"fact{number}" for number, formula in enumerate(item.facts, 1)}
    unknown = item.label == "unknown"
    proof = [] if unknown else steps(item.tree, names)
    facts = {name: written(formula) for formula, name in names.items()}
    meta = {
        "label": item.label,
        "facts": facts,
        "hypothesis": written(item.hypothesis),
        "depth": item.tree.depth(),
        "needed": [] if unknown else sorted({names[node.formula] for node in item.tree.leaves()}),
        "removed": "" if item.removed is None else written(item.removed),
    }
    if language == "formal":
        told = [f"{name}: {text}" for name, text in facts.items()]
        question = "\n".join([*told, f"hypothesis: {meta['hypothesis']}"])
    else:
        told = [_told(name, formula, language, rng) for formula, name in names.items()]
        asked = _told("hypothesis", item.hypothesis, language, rng)
        question = "\n".join([TASK, "", *told, "", asked])
    answer = "\n".join([*proof, item.label])
    return ask(question, answer, "formal_deduction", "", meta, verifier="natural_deduction")


def _told(name: str, formula: Formula, language: str, rng: random.Random) -> str:
    clause = said(formula, rng)
    sentence = f"{name}: {clause[0].upper()}{clause[1:]}."
    return f"{sentence} [{written(formula)}]" if language == "both" else sentence
