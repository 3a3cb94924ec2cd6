"""Synthetic traces of 2 KB with duplicates, flaws and contamination planted, and what was planted where.

Rows come four to a question, from four writers. Everything is drawn from a seed and the question's number, so
that the first rows of a larger set are those of a smaller one. What is planted is written beside the rows, by
the question's number and the trace's place: `Planted`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WRITERS = ("alpha", "beta", "gamma", "delta")
TRACE_BYTES = 2_000
PHRASES = (
    "so the sum of these is", "we take half of it and add", "let me check that once more with",
    "which leaves us with", "then the rest of them must be", "if we divide this by", "and that is more than",
    "because each of the boxes holds", "the total for the week comes to", "now look at what happens when",
    "this means that there are", "she gives away a third of her", "on the other side we have",
    "wait, that does not agree with", "the remaining part is worth", "multiply both sides by",
    "as the train has gone for", "the second one is twice as long as", "it follows from the first line that",
    "we were told at the start that", "subtract the smaller from the larger to get", "the price of one is",
    "after the first hour they had", "counting from the left there are", "rewrite the whole as a product of",
    "the same holds for the number", "to be sure, compare it with", "of all of them only a few, about",
)  # fmt: skip
"""Eight to ten words with a number behind make every sequence of five words rare."""
NAMES = ("Ann", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana", "Ivo", "Jan", "Kim", "Lea", "Mo", "Nia")
THINGS = ("apples", "boxes", "coins", "pencils", "tickets", "stamps", "books", "marbles", "shells")
LOOP = "and so we look at it once again from the start"
REFUSAL = "I'm sorry, but I can't assist with that request."
ABROAD = "现在我们需要计算所有盒子里的苹果总数，然后把它除以孩子的人数，最后再检查一次结果是否正确。"
SHARES = {
    "exact": 0.02, "near": 0.03, "loop": 0.005, "refusal": 0.005, "abroad": 0.005, "short": 0.005
}  # fmt: skip
"""Of traces, each; a trace has one of them at the most."""
NEAR_QUESTIONS, CONTAMINATED = 0.02, 0.004
"""Of questions: those that say what an earlier one said, and those of a benchmark."""
EDITS = (1, 2, 4, 8)
"""Words that differ in a near duplicate of 350 words."""


@dataclass
class Planted:
    """Ids of rows by what was planted: a trace's is its question's number and its place, ``7-2``."""

    traces: dict[str, set[str]] = field(default_factory=dict)
    questions: dict[str, set[str]] = field(default_factory=dict)

    def note(self, of: dict[str, set[str]], what: str, name: str) -> None:
        of.setdefault(what, set()).add(name)


def _text(rng: random.Random, size: int) -> list[str]:
    """Words of about so many bytes."""
    words: list[str] = []
    length = 0
    while length < size:
        phrase = rng.choice(PHRASES)
        number = str(rng.randrange(10_000))
        end = rng.choice((".", ",", ".\n", " and", ";"))
        words += [*phrase.split(), number + end]
        length += len(phrase) + len(number) + len(end) + 2
    return words


def _edited(words: list[str], edits: int, rng: random.Random) -> list[str]:
    words = words.copy()
    for place in rng.sample(range(len(words)), edits):
        words[place] = f"other{rng.randrange(1000)}"
    return words


def _question(number: int, rng: random.Random) -> str:
    first, second = rng.sample(NAMES, 2)
    thing = rng.choice(THINGS)
    counts = [rng.randrange(2, 9_000) for _ in range(9)]
    return (
        f"{first} has {counts[0]} {thing} in {counts[1]} bags and gives {counts[2]} of them to {second}, who "
        f"already had {counts[3]}. On day {counts[4]} they buy {counts[5]} more for {counts[6]} cents each, "
        f"lose {counts[7]} on the way, and put what is left on {counts[8]} shelves in house {number}. "
        f"How many {thing} does {rng.choice((first, second))} have at the end of the day?"
    )


def benchmark_questions(shared: Path) -> list[str]:
    """The questions of MATH-500 and of GSM8K's test set, in an order of our own."""
    math = [row["problem"] for row in json.loads((shared / "data/math/math.json").read_text("utf-8"))]
    lines = (shared / "data/gsm8k/test.jsonl").read_text("utf-8").splitlines()
    both = math + [json.loads(line)["question"] for line in lines]
    random.Random(0).shuffle(both)
    return both


def rows(count: int, benchmarks: list[str], planted: Planted) -> Iterator[dict[str, Any]]:
    """So many rows, four to a question."""
    last, taken = "", 0
    for number in range(count // len(WRITERS)):
        rng = random.Random(number)
        question = _question(number, rng)
        drawn = rng.random()
        if drawn < NEAR_QUESTIONS and last:
            question = f"{last} Answer in one line." if drawn < NEAR_QUESTIONS / 2 else f"Now {last}"
            planted.note(planted.questions, "near", str(number))
            last = ""
        elif drawn < NEAR_QUESTIONS + CONTAMINATED:
            question = benchmarks[taken % len(benchmarks)]
            taken += 1
            if contained := rng.random() < 0.5:
                question = f"Solve this problem of house {number} with care. {question} Show your work."
            planted.note(planted.questions, "contained" if contained else "verbatim", str(number))
            last = ""
        else:
            last = question
        yield from _attempts(number, question, rng, planted)


def _attempts(number: int, question: str, rng: random.Random, planted: Planted) -> Iterator[dict[str, Any]]:
    answer = str(rng.randrange(1000))
    ability = rng.random()
    before: tuple[list[str], bool] | None = None
    for place, writer in enumerate(WRITERS):
        drawn, right = rng.random(), rng.random() < ability
        words, closing = _text(rng, TRACE_BYTES), ""
        kind = ""
        for name, share in SHARES.items():
            if drawn < share:
                kind = name
                break
            drawn -= share
        if kind in ("exact", "near") and before is None:
            kind = ""
        if kind == "exact":
            words, right = before
        elif kind == "near":
            edits = EDITS[rng.randrange(len(EDITS))]
            words, right = _edited(before[0], edits, rng), before[1]
            kind = f"near, {edits} words"
        elif kind == "loop":
            words = words[:150] + LOOP.split() * 18
        elif kind == "abroad":
            words = [*words[:200], ABROAD, *words[200:]]
        elif kind == "short":
            words = words[:12]
        if kind == "refusal":
            closing = REFUSAL
        elif not kind:
            before = words, right
        if kind:
            planted.note(planted.traces, kind, f"{number}-{place}")
        given = answer if right else str(int(answer) + 1)
        yield {
            "id": f"{number}-{place}",
            "question": question,
            "answer": answer,
            "response": f"<think>{' '.join(words)}</think>\n{closing or f'It is {given}.'}",
            "model": writer,
            "correct": right and not closing,
            "finish_reason": "stop",
        }


def write(path: Path, count: int, shared: Path) -> Planted:
    """A file of JSON lines; returns what was planted."""
    planted = Planted()
    benchmarks = benchmark_questions(shared)
    with path.open("w", encoding="utf-8") as file:
        for row in rows(count, benchmarks, planted):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return planted
