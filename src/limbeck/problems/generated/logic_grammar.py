"""Logic problems drawn from one grammar that writes each sentence in English, in first-order logic and in
TPTP."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from limbeck.checkers.fol import parse
from limbeck.checkers.grounding import MOST_ATOMS, Atom, Tables, atoms
from limbeck.errors import LimbeckError
from limbeck.problems.generated._grammar import Tree
from limbeck.problems.generated._room import NAMES, QUALITIES, domain, draw_sentence, grammar
from limbeck.problems.generated._stream import Drawn, solved, stream
from limbeck.problems.worlds._worlds import ask, check_bounds
from limbeck.records import Data, Problem
from limbeck.types import Settings

LABELS = ("entailment", "contradiction", "neutral")
OPTIONS = [f"{letter}) {label}" for letter, label in zip("ABC", LABELS, strict=True)]
TASK = (
    "Do the premises entail the hypothesis, contradict it, or neither (neutral)?\n"
    "(A) entailment\n(B) contradiction\n(C) neutral"
)
HYPOTHESES = 40
"""Drawn for each set of premises before another set is."""
SENTENCES = 4
"""Drawn for each premise: some contradict the others, or say nothing more than they do."""


class Premises(Settings, frozen=True):
    """How many sentences there are, and of what.

    Args:
        low: fewest premises besides the first.
        high: most of them; all counts are equally likely.
        people: how many there are to speak of: with more of them, fewer sentences meet.
        qualities: how many are spoken of.
        constrained: whether the grammar's constraints hold and each premise must say more than those before
            it; what is left always is that premises can be true together.
        used: fewest premises, besides the first, that an entailment or a contradiction must rest on.
    """

    low: int = 4
    high: int = 16
    people: int = 3
    qualities: int = 4
    constrained: bool = True
    used: int = 1

    def check(self) -> None:
        """Raise a LimbeckError for impossible bounds."""
        check_bounds(self.low, self.high, 1, 32)
        check_bounds(self.people, self.people, 2, len(NAMES))
        check_bounds(self.qualities, self.qualities, 1, len(QUALITIES))
        if not 0 <= self.used <= self.low:
            raise LimbeckError(f"problems/logic_grammar: used={self.used}: 0 to low={self.low}")


def logic_grammar(
    *,
    n: int = 1000,
    premises: Premises = Premises(),
    balanced: bool = True,
    language: Literal["english", "fol", "tptp"] = "english",
    form: Literal["full", "bare"] = "full",
    solve: Literal["", "premises"] = "",
    seed: int = 0,
    split: str = "train",
) -> Iterator[Data]:
    """Premises on the people in a room and a hypothesis: entailment, contradiction or neutral (arXiv
    2406.11035).

    Sentences come from a declarative grammar (`limbeck.problems.generated._room`): each rule binds an
    English, a first-order and a TPTP rendering, with a weight and a constraint. The first premise says who is
    in the room, so the label is decided by a truth table over all cases; sentences that would make more than
    2 ** 21 of them are left out. The paper asks Vampire.

    Args:
        balanced: whether the labels take turns; else each problem has its first hypothesis's.
        language: of the question.
        form: ``full`` asks for the letter of an option, ``bare`` puts sentences and ``?`` alone, answered by
            ``e``, ``c`` or ``n``.
        solve: ``premises`` adds a trace: the premises that the label rests on, then the label.

    Returns:
        Problems of verifier ``choice`` (``bare``: ``exact``); ``meta`` has the ``label``, ``premises`` and
        ``hypothesis`` in English, the same with ``-FOL`` and ``-TPTP`` behind, and ``used``, the places of
        the first premise and of others none of which can be spared, counted from 0; empty for neutral.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different questions.
    """
    premises.check()
    rng = random.Random(f"logic_grammar/{seed}/{split}")

    def draw(number: int) -> Drawn | None:
        item = _draw(rng.randint(premises.low, premises.high), premises, rng)
        wanted = LABELS[number % len(LABELS)] if balanced else ""
        if item is None or not item.settle(wanted, premises, rng):
            return None
        problem = _problem(item, language, form)
        return problem, [solved(problem, _reasoning(item, language), "prover")] if solve else []

    return stream(n, split, draw)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned."""
    Premises.of(given).check()


@dataclass
class _Item:
    """Premises with their truth tables and, once it is settled, a hypothesis."""

    people: list[str]
    words: list[str]
    premises: list[Tree]
    tables: Tables
    hypothesis: Tree | None = None
    label: str = ""
    used: tuple[int, ...] = ()

    def settle(self, wanted: str, asked: Premises, rng: random.Random) -> bool:
        """Draw hypotheses until one has the label that is wanted, or any where none is."""
        source, things = grammar(self.people, self.words), [name.lower() for name in self.people]
        spoken = {premise.text("fol") for premise in self.premises}
        formulas = [parse(text) for text in spoken]
        # What no premise speaks of is neutral, and for a reason that gives it away.
        known = set().union(*(atoms(formula, things) for formula in formulas))
        tables = [self.tables.of(parse(premise.text("fol"))) for premise in self.premises]
        for _ in range(HYPOTHESES):
            tree = draw_sentence(source, rng, asked.constrained)
            formula = parse(tree.text("fol"))
            if tree.text("fol") in spoken or not atoms(formula, things) <= known:
                continue
            holds = self.tables.of(formula)
            label = _label(tables, holds, self.tables.all)
            if wanted not in ("", label):
                continue
            needed = _needed(tables, holds, label, self.tables.all)
            if label == "neutral" or len(needed) > asked.used:
                self.hypothesis, self.label, self.used = tree, label, needed
                return True
        return False


def _draw(count: int, asked: Premises, rng: random.Random) -> _Item | None:
    """Premises that can be true together; None where those drawn are too few."""
    names, words = rng.sample(NAMES, asked.people), rng.sample(QUALITIES, asked.qualities)
    source, low = grammar(names, words), [name.lower() for name in names]
    given = {("Room", name) for name in low}
    first = domain(names)
    pool, cases = [(first, parse(first.text("fol")))], set[Atom]()
    for _ in range(SENTENCES * count):
        tree = draw_sentence(source, rng, asked.constrained)
        formula = parse(tree.text("fol"))
        more = cases | atoms(formula, low, given)
        if len(more) <= MOST_ATOMS:
            cases = more
            pool.append((tree, formula))
    tables = Tables([formula for _, formula in pool], low, given)
    premises, left = [first], tables.all
    for tree, formula in pool[1:]:
        after = left & tables.of(formula)
        # A premise must leave a case, and say more than those before it.
        if after and len(premises) <= count and not (asked.constrained and after == left):
            premises.append(tree)
            left = after
    return _Item(names, words, premises, tables) if len(premises) > count else None


def _label(tables: list[int], holds: int, every: int) -> str:
    left = every
    for table in tables:
        left &= table
    return "entailment" if not left & ~holds else "contradiction" if not left & holds else "neutral"


def _needed(tables: list[int], holds: int, label: str, every: int) -> tuple[int, ...]:
    """Places of premises that give the label and none of which can be spared, later ones tried first."""
    if label == "neutral":
        return ()
    kept = list(range(len(tables)))
    # The first, who is in the room, is in every table already.
    for place in reversed(range(1, len(tables))):
        fewer = [at for at in kept if at != place]
        if _label([tables[at] for at in fewer], holds, every) == label:
            kept = fewer
    return tuple(kept)


def _problem(item: _Item, language: str, form: str) -> Problem:
    assert item.hypothesis is not None, "settled"
    told = [premise.text(language) for premise in item.premises]
    asked = item.hypothesis.text(language)
    meta = {"label": item.label, "used": list(item.used), "source_language": language}
    for name, ending in (("english", ""), ("fol", "-FOL"), ("tptp", "-TPTP")):
        meta[f"premises{ending}"] = [premise.text(name) for premise in item.premises]
        meta[f"hypothesis{ending}"] = item.hypothesis.text(name)
    if form == "bare":
        # Who is in the room is left out: it is the same in all that a small student reads.
        return ask(f"{'. '.join(told[1:])}? {asked}", item.label[0], "logic_grammar", "", meta)
    lines = [f"{number}. {_sentence(text, language)}" for number, text in enumerate(told, 1)]
    question = "\n".join(["Premises:", *lines, "", f"Hypothesis: {_sentence(asked, language)}", "", TASK])
    answer = "ABC"[LABELS.index(item.label)]
    return ask(question, answer, "logic_grammar", "", {**meta, "options": OPTIONS}, verifier="choice")


def _sentence(text: str, language: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if language == "english" else text


def _reasoning(item: _Item, language: str) -> str:
    """The premises that the label rests on."""
    if not item.used:
        return (
            "The premises leave it open: with all of them true, the hypothesis can be true and can be false."
        )
    lines = [f"{at + 1}. {_sentence(item.premises[at].text(language), language)}" for at in item.used]
    verb = "give the hypothesis" if item.label == "entailment" else "exclude the hypothesis"
    return "\n".join(["These premises are enough:", *lines, f"Together they {verb}."])
