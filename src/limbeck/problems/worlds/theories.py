"""Facts and rules with one chain that decides a statement, among rules that have nothing to do with it."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.checkers.perception import sign
from limbeck.checkers.theories import Rule, Theory, closure
from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct, told
from limbeck.records import Data
from limbeck.types import Fraction

LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = [
    "big", "red", "kind", "cold", "blue", "nice", "calm", "dark", "slow", "tall", "bold", "soft", "loud",
    "warm", "weak", "fair", "pale", "wise", "rude", "vast", "dull", "keen", "sore", "numb", "glad", "rich",
]  # fmt: skip
"""What a letter is called in English."""
Drawn = tuple[str, list[str], list[str], int]
"""The label, what the chain derives one after the other, its statements, and how many rules it has."""


def theories(
    *,
    n: int = 1000,
    low: int = 1,
    high: int = 4,
    distractors: Fraction = 0.8,
    letters: int = 20,
    form: Literal["signs", "english"] = "signs",
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "proof"] = "",
) -> Data:
    """``c>~d,x&a>f,a,b,a&b>c:d`` asks whether d holds: T, F or U; as ProofWriter does (arXiv 2012.13048).

    All is about one thing. A chain of rules decides the statement; where the label is U it lacks its first
    fact. Of the other rules some conclude what the chain needs, from what nothing supports.

    Args:
        n: different questions, a third of them of each label but for chance.
        low, high: fewest and most rules of the chain.
        distractors: share of the rules that are not of the chain; beside them stand as many facts as the
            chain has.
        letters: how many qualities there are.
        form: ``english`` says it as ProofWriter does and asks for True, False or Unknown.
        solve: ``proof`` adds a trace: what the chain derives, ``;c;~d;F``, nothing for U.

    Returns:
        Problems of verifier ``exact`` with ``meta["hops"]``, ``meta["label"]`` and ``meta["proof"]``, the
        statements of the chain, none for U.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different questions.
    """
    check_bounds(low, high, 1, 6)
    check(high * 2 + 4, len(LETTERS), letters=letters)
    rng = random.Random(f"theories/{seed}/{split}")

    def draw() -> tuple[str, Drawn] | None:
        return _drawn(rng, rng.randint(low, high), distractors, LETTERS[:letters], form)

    data = Data()
    for question, (label, derived, proof, hops) in distinct(n, split, draw).items():
        meta = {"hops": hops, "label": label, "proof": proof}
        answer = {"T": "True", "F": "False", "U": "Unknown"}[label] if form == "english" else label
        problem = ask(question, answer, "theories", split, meta)
        data.problems.append(problem)
        if solve:
            lines = "".join(f";{each}" for each in derived) if label != "U" else ""
            data.traces.append(told(problem, f"{lines};{answer}", solve))
    return data


def _drawn(
    rng: random.Random, hops: int, distractors: float, letters: str, form: str
) -> tuple[str, Drawn] | None:
    free = rng.sample(letters, len(letters))
    label = rng.choice("TFU")
    start, chain = free.pop(), [free.pop() for _ in range(hops)]
    rules, facts, reached = [], [start], start
    for place, letter in enumerate(chain):
        side = [free.pop()] if rng.random() < 0.4 else []
        facts += side
        last = place == hops - 1
        conclusion = ("~" if rng.random() < 0.3 else "") + letter
        if last:
            conclusion = ("~" if label == "F" else "") + letter
        rules.append(f"{'&'.join(rng.sample([reached, *side], 1 + len(side)))}>{conclusion}")
        reached = conclusion
    derived, proof = [each.rpartition(">")[2] for each in rules], [*facts, *rules]
    spare = round(hops * distractors / (1 - distractors))
    others = [_distractor(rng, free, chain) for _ in range(spare)]
    idle = rng.sample(free, min(len(facts), len(free)))
    given = [*rules, *others, *(facts[1:] if label == "U" else facts), *idle]
    if len({*given}) < len(given) or _decided(given, chain[-1]) != label:
        return None
    rng.shuffle(given)
    drawn: Drawn = (label, derived, [] if label == "U" else proof, hops)
    if form == "english":
        drawn = (label, [_quality(each) for each in derived], [_said(each) for each in drawn[2]], hops)
        return f"{' '.join(map(_said, given))}\n\nTrue, False or Unknown? {_said(chain[-1])}", drawn
    return f"{','.join(given)}:{chain[-1]}", drawn


def _distractor(rng: random.Random, free: list[str], chain: list[str]) -> str:
    """A rule from letters off the chain; to one on it in one case of four."""
    *conditions, other = rng.sample(free, rng.choice((2, 2, 3)))
    conclusion = rng.choice(chain) if rng.random() < 0.25 else other
    return f"{'&'.join(conditions)}>{'~' if rng.random() < 0.3 else ''}{conclusion}"


def _decided(given: list[str], goal: str) -> str:
    """The label that all statements together lead to; empty where both polarities follow."""
    facts = [sign(each) for each in given if ">" not in each]
    rules = []
    for each in given:
        conditions, arrow, conclusion = each.rpartition(">")
        if arrow:
            rules.append(Rule(tuple(map(sign, conditions.split("&"))), sign(conclusion)))
    known = closure(Theory(facts, rules))
    holds, contrary = sign(goal) in known, sign(f"~{goal}") in known
    return "" if holds and contrary else "T" if holds else "F" if contrary else "U"


def _said(text: str) -> str:
    """A statement in ProofWriter's English, about Bob."""
    conditions, arrow, conclusion = text.rpartition(">")
    if not arrow:
        return f"Bob is {_quality(text)}."
    parts = " and ".join(_quality(part) for part in conditions.split("&"))
    return f"If someone is {parts} then they are {_quality(conclusion)}."


def _quality(text: str) -> str:
    word = WORDS[LETTERS.index(text.removeprefix("~"))]
    return f"not {word}" if text.startswith("~") else word
