"""Small tables of named digits (`problems/ledgers`): asked about, worked out, and traces looked through for
flaws."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

NAMES = "abcdefgh"
ASPECTS = {
    "internal_consistency": "no step contradicts another, or itself",
    "term_overlap": "the terms are those of the question and its data",
    "steps": "the reasoning has the steps that the question needs",
    "coherence": "each step follows from those before it",
    "diversity": "no step is repeated",
    "relevance": "every step serves the question",
    "instruction": "the form asked for is kept, and nothing else is written",
}
"""The seven aspects on which Fin-R1's second gate scores reasoning (arXiv 2503.16252), by our own words;
each flaw
that `flawed` plants is one of them."""
TOP = 9
"""The largest number, and the largest total on the way."""
_STEP = re.compile(r"([a-h]?)(\d)([+-])([a-h])(\d)=(-?\d+)", re.I)


def draw(low: int, high: int, size: int, rng: random.Random) -> str:
    """A table of ``size`` names and a chain of ``low`` to ``high`` operations on them, no total outside 0
    to `TOP`."""
    while True:
        names = rng.sample(NAMES, size)
        table = {name: rng.randint(0, TOP) for name in names}
        asked = rng.sample(names, rng.randint(low, high) + 1)
        total, chain = table[asked[0]], asked[0]
        for name in asked[1:]:
            able = [sign for sign in "+-" if 0 <= total + int(f"{sign}{table[name]}") <= TOP]
            if not able:
                break
            sign = rng.choice(able)
            total += int(f"{sign}{table[name]}")
            chain += sign + name
        else:
            return "".join(f"{name}{value}" for name, value in table.items()) + f"?{chain}"


def worked(question: str) -> list[str]:
    """The steps: ``b3+d2=5``, ``5-a3=2``."""
    table, _, chain = question.partition("?")
    values = dict(zip(table[::2], map(int, table[1::2]), strict=True))
    left, total, steps = f"{chain[0]}{values[chain[0]]}", values[chain[0]], []
    for sign, name in zip(chain[1::2], chain[2::2], strict=True):
        total += int(f"{sign}{values[name]}")
        steps.append(f"{left}{sign}{name}{values[name]}={total}")
        left = str(total)
    return steps


def written(steps: Iterable[str], answer: str) -> str:
    """A trace's text: each step, then the answer, between them ``;``."""
    return "".join(f"{step};" for step in steps) + answer


def flawed(question: str, flaw: str, rng: random.Random) -> str:
    """A trace with the right answer and one flaw, or with a ``wrong`` answer that follows from a wrong
    step."""
    steps = worked(question)
    answer, at = steps[-1].rpartition("=")[2], rng.randrange(len(steps))
    if flaw == "wrong":
        steps[-1] = (
            f"{steps[-1].rpartition('=')[0]}={(answer := str((int(answer) + rng.randint(1, TOP)) % 10))}"
        )
    elif flaw == "internal_consistency":
        head, _, total = steps[at].rpartition("=")
        steps[at] = f"{head}={(int(total) + rng.randint(1, TOP)) % 10}"
    elif flaw == "term_overlap":
        steps = [step.upper() for step in steps]
    elif flaw == "steps":
        del steps[at:]
    elif flaw == "coherence":
        steps.reverse()
    elif flaw == "diversity":
        steps[at : at + 1] = [steps[at]] * 3
    elif flaw == "relevance":
        name, value = question[0], question[1]
        steps.insert(at, f"{name}{value}-{name}{value}=0")
    elif flaw == "instruction":
        steps.insert(0, "ok")
    return written(steps, answer)


def flaws(question: str, text: str) -> set[str]:
    """Which of `ASPECTS` a trace is poor in, found from its text alone."""
    *lines, answer = text.split(";")
    right, poor = worked(question), set[str]()
    steps = [line for line in lines if _STEP.fullmatch(line)]
    if len(steps) < len(lines):
        poor.add("instruction")
    if any(step != step.lower() for step in steps):
        poor.add("term_overlap")
    steps = [step.lower() for step in steps]
    if len({*steps}) < len(steps):
        poor.add("diversity")
    steps = list(dict.fromkeys(steps))
    heads = [step.rpartition("=")[0] for step in steps]
    asked = [step.rpartition("=")[0] for step in right]
    if any(head not in asked for head in heads):
        poor.add("relevance")
    if {*heads} < {*asked} or not steps:
        poor.add("steps")
    kept = [head for head in heads if head in asked]
    if kept != [head for head in asked if head in kept]:
        poor.add("coherence")
    totals = dict(step.rpartition("=")[::2] for step in right)
    shown = [step.rpartition("=")[::2] for step in steps]
    contradicts = any(totals.get(head, total) != total for head, total in shown)
    # An answer that is not the last step's contradicts it, unless steps are missing or in another order.
    if contradicts or (shown and not poor and shown[-1][1] != answer):
        poor.add("internal_consistency")
    return poor
