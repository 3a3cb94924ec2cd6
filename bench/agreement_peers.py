"""Pairs of answers with the mathematics as witness: verifiers/math and choice beside Math-Verify in one run.

Run: python bench/agreement_peers.py            writes bench/results/agreement_peers.md
     … --failures                               lists the pairs that Limbeck does not decide as wanted
     … --kind units --kind money                only these kinds

The pairs are bench/peers/*.tsv (written by hand; ``⏎`` is a line break) and those of bench/peers/families.py
(drawn from a seed). ``correct`` and ``not correct`` mean what they say; ``not wrong`` is for what mathematics
does not settle: a rounding, a convention, an unsaid unit. Every witness is checked before anything is run.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import logging
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from peers.families import drawn
from peers.witness import holds

from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.answers.choice import choice
from limbeck.verifiers.answers.math import math

HERE = Path(__file__).resolve().parent
EXPECTED = {"correct": "≡", "not correct": "≠", "not wrong": "≡≈"}
"""What a pair may want, and the signs its witness may have."""
DELIMITED = re.compile(r"[$\n]|\\(?:boxed|fbox|[(\[])|(?<![\\{A-Za-z])[^\W\d_]{3,}")
"""Texts that are not one bare formula: with delimiters, lines, or words."""
COUNTS = ("false acceptances", "poisoned negatives", "undecided", "left open")


@dataclass(frozen=True)
class Pair:
    """A response, the reference, and what a verifier may say of them."""

    kind: str
    question: str
    reference: str
    response: str
    expected: str
    witness: str

    @property
    def id(self) -> str:
        """The kind and a hash of the texts: a pair keeps its name wherever it stands."""
        texts = "\0".join((self.question, self.reference, self.response))
        return f"{self.kind}-{hashlib.sha1(texts.encode()).hexdigest()[:6]}".replace(" ", "-")

    @property
    def shown_otherwise(self) -> bool:
        """Whether the witness says more than that a number is itself."""
        return len({side.strip() for side in re.split("[≡≠≈]", self.witness)}) == 2

    @property
    def chosen(self) -> bool:
        """Whether a letter is to be chosen."""
        return self.kind in ("choice", "drawn choice")


def written() -> Iterator[Pair]:
    """The pairs in bench/peers/*.tsv."""
    for path in sorted((HERE / "peers").glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                if len(row) != 6:
                    raise SystemExit(f"{path.name}: six columns wanted, not {row}")
                yield Pair(*[cell.replace("⏎", "\n") for cell in row])


def pairs() -> list[Pair]:
    """All pairs, once each, their labels checked against their witnesses."""
    every = list(dict.fromkeys([*written(), *(Pair(*row) for row in drawn())]))
    twice = [name for name, count in Counter(pair.id for pair in every).items() if count > 1]
    errors = [f"{name}: twice, with different labels" for name in twice]
    for pair in every:
        if pair.expected not in EXPECTED:
            errors.append(f"{pair.id}: expected is one of {list(EXPECTED)}, not {pair.expected!r}")
        elif pair.witness and not any(sign in pair.witness for sign in EXPECTED[pair.expected]):
            errors.append(f"{pair.id}: {pair.expected} cannot follow from {pair.witness}")
        elif pair.witness:
            try:
                if not holds(pair.witness):
                    errors.append(f"{pair.id}: not true: {pair.witness}")
            except Exception as error:
                errors.append(f"{pair.id}: {pair.witness}: {type(error).__name__}: {error}")
    if errors:
        raise SystemExit("\n".join(errors))
    return every


def limbeck(every: list[Pair]) -> list[Verdict]:
    """Limbeck's verdicts; what needs algebra runs in its workers meanwhile."""
    verdicts: list[Verdict | Future[Verdict]] = []
    for pair in every:
        problem = Problem(id=pair.id, question=pair.question, answer=pair.reference)
        trace = Trace(id="t", problem_id=pair.id, answer=pair.response)
        verdicts.append((choice if pair.chosen else math)(problem, trace))
    return [verdict.result() if isinstance(verdict, Future) else verdict for verdict in verdicts]


def math_verify() -> Callable[[Pair], str]:
    """Math-Verify as its users call it: a reference is its last line without the marker; a formula without
    delimiters gets dollars; letters are looked for where a letter is wanted."""
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, StringExtractionConfig, parse, verify

    logging.getLogger("math_verify").setLevel(logging.CRITICAL)
    formula = [LatexExtractionConfig(), ExprExtractionConfig()]
    letter = [StringExtractionConfig(strings=tuple("ABCDEFGH"))]

    def read(text: str, chosen: bool) -> list[object]:
        if chosen:
            return list(parse(text, extraction_config=letter))
        forms = [f"${text}$", text] if not DELIMITED.search(text) else [text]
        return next((list(read) for form in forms if (read := parse(form, extraction_config=formula))), [])

    def outcome(pair: Pair) -> str:
        gold = read(pair.reference.rpartition("####")[2].strip(), pair.chosen)
        answer = read(pair.response, pair.chosen)
        if not gold or not answer:
            return "unparsed"
        return "correct" if verify(gold, answer) else "wrong"

    return outcome


def judged(pair: Pair, outcome: str) -> str:
    """Which of COUNTS an outcome is, empty for none: a wrong answer that stays undecided is ``left open``."""
    if outcome == "correct":
        return "false acceptances" if pair.expected == "not correct" else ""
    if outcome == "wrong":
        return "" if pair.expected == "not correct" else "poisoned negatives"
    if pair.expected == "correct":
        return "undecided"
    return "left open" if pair.expected == "not correct" and pair.witness else ""


def table(every: list[Pair], tools: dict[str, list[str]]) -> list[str]:
    """Counts of each kind for each tool, and in all."""
    counts: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    total = Counter(pair.kind for pair in every)
    for tool, outcomes in tools.items():
        for pair, outcome in zip(every, outcomes, strict=True):
            counts[pair.kind][tool, judged(pair, outcome)] += 1
    lines = [
        "| kind | pairs | " + " | ".join(f"{tool}: {name}" for tool in tools for name in COUNTS) + " |",
        "|---|---:|" + "---:|" * (len(tools) * len(COUNTS)),
    ]
    for kind in sorted(total):
        cells = " | ".join(f"{counts[kind][tool, name]}" for tool in tools for name in COUNTS)
        lines.append(f"| {kind} | {total[kind]} | {cells} |")
    sums = [sum(each[tool, name] for each in counts.values()) for tool in tools for name in COUNTS]
    lines.append(f"| **in all** | **{len(every):,}** | " + " | ".join(f"**{n}**" for n in sums) + " |")
    return lines


def page(every: list[Pair], tools: dict[str, list[str]]) -> str:
    """The report."""
    names = ("limbeck", "math-verify", "sympy", "mpmath")
    wanted = Counter(pair.expected for pair in every)
    right = wanted["correct"]
    lines = [
        "# Pairs of answers, with the mathematics as witness",
        "",
        f"Written by `bench/agreement_peers.py` on {time.strftime('%Y-%m-%d')}; "
        + ", ".join(f"{name} {version(name)}" for name in names)
        + ".",
        "",
        f"{len(every):,} pairs: {right:,} equal, {wanted['not correct']:,} not equal, "
        f"{wanted['not wrong']:,} that the mathematics does not settle.",
        f"{sum(bool(pair.witness) for pair in every):,} carry a witness that the run checks, "
        f"{sum(pair.shown_otherwise for pair in every):,} of them between sides that are written otherwise.",
        "",
        "A false acceptance is `correct` on an unequal pair, a poisoned negative `wrong` on any other.",
        "Equal and neither: undecided; unequal with a witness and neither: left open. Math-Verify says yes",
        "or no, so that it poisons most of what is not settled; equal pairs among the poisoned are told.",
        "",
    ]
    for tool, outcomes in tools.items():
        judgements = Counter(judged(p, o) for p, o in zip(every, outcomes, strict=True))
        told = ", ".join(f"{judgements[name]} {name}" for name in COUNTS)
        poisoned = sum(o == "wrong" and p.expected == "correct" for p, o in zip(every, outcomes, strict=True))
        share = f"{judgements['undecided'] / right:.1%} of the equal undecided"
        lines.append(f"* **{tool}**: {told}; {poisoned} of the poisoned are equal; {share}.")
    return "\n".join([*lines, "", *table(every, tools), ""])


def failures(every: list[Pair], verdicts: list[Verdict]) -> Iterator[str]:
    """One line for each pair that is not decided as wanted, worst first."""
    rows = [
        (judged(pair, verdict.outcome), pair, verdict) for pair, verdict in zip(every, verdicts, strict=True)
    ]
    for name in COUNTS:
        for judgement, pair, verdict in rows:
            if judgement == name:
                texts = f"{pair.reference!r} | {pair.response[-160:]!r}"
                asked = f" | asked {pair.question[:60]!r}" if pair.question else ""
                told = f"want {pair.expected}, {verdict.outcome}: {verdict.reason[:110]!r}"
                yield f"{name} | {pair.id} | {texts}{asked} | {told}"


def main(words: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--failures", action="store_true", help="list what Limbeck does not decide as wanted")
    parser.add_argument("--kind", action="append", help="only this kind; may be repeated")
    options = parser.parse_args(None if words is None else list(words))
    every = [pair for pair in pairs() if not options.kind or pair.kind in options.kind]
    if not every:
        raise SystemExit(f"no pairs of kind {options.kind}; there are {sorted({p.kind for p in pairs()})}")
    verdicts = limbeck(every)
    ours = {"Limbeck": [verdict.outcome for verdict in verdicts]}
    if options.failures:
        print("\n".join([*failures(every, verdicts), *table(every, ours)]))
        return
    peer = math_verify()
    text = page(every, {**ours, "Math-Verify": [peer(pair) for pair in every]})
    if not options.kind:
        (HERE / "results/agreement_peers.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
