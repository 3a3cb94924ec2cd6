"""The other verifiers of answers on real data, and references that must not pass for each other.

`bench/agreement.py` writes these sections into claims/agreement.md; alone, this file prints them.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from references import OUTCOMES, SHARED, Gold, golds

from limbeck.answers.options import options
from limbeck.records import Problem, Trace
from limbeck.verifiers.answers.choice import choice
from limbeck.verifiers.answers.math import math
from limbeck.verifiers.answers.yes_no import yes_no
from limbeck.verifiers.ops import judge

CHOSEN: dict[str, Callable[[str, str], str]] = {
    "B": lambda letter, text: letter,
    "(b)": lambda letter, text: f"({letter.lower()})",
    "B) text": lambda letter, text: f"{letter}) {text}",
    "text": lambda letter, text: text,
    "boxed": lambda letter, text: f"Hence\n\\boxed{{\\text{{{letter}}}}}",
    "The answer is (B).": lambda letter, text: f"A is out.\nThe answer is ({letter}).",
    "The answer is B: text": lambda letter, text: f"A is out.\nThe answer is {letter}: {text}",
    "option B": lambda letter, text: f"The correct option is {letter}.",
    "**Answer: B**": lambda letter, text: f"Let us see.\n**Answer: {letter}**",
    "JSON": lambda letter, text: json.dumps({"reasoning": "Option A or B?", "answer": letter}),
}
SAID: dict[str, Callable[[str], str]] = {
    "yes": lambda word: word,
    "The answer is yes.": lambda word: f"We know why.\nThe answer is {word}.",
    "Yes, because": lambda word: f"{word.capitalize()}, because all of it follows.",
    "boxed": lambda word: f"So\n\\boxed{{\\text{{{word}}}}}",
    "JSON": lambda word: json.dumps({"reasoning": "True or false?", "answer": word}),
}


def chosen(folder: Path) -> Iterator[tuple[str, Problem]]:
    """Multiple-choice problems with their options in ``meta``."""
    for name in ("mcq/aqua_dev", "mcq/aqua_test", "mcq/agieval_lsat_ar"):
        for line in (folder / f"{name}.jsonl").open(encoding="utf-8"):
            row = json.loads(line)
            gold = row.get("correct") or row["label"]
            yield (
                f"{name}.jsonl",
                Problem(id="p", question=row["question"], answer=gold, meta={"options": row["options"]}),
            )
    for name in ("logic/prontoqa_dev", "logic/proofwriter_test"):
        for row in json.loads((folder / f"{name}.json").read_text(encoding="utf-8")):
            meta = {"options": row["options"]}
            yield f"{name}.json", Problem(id="p", question=row["question"], answer=row["answer"], meta=meta)


def choice_table(folder: Path) -> list[str]:
    """References in ten dresses, the next option in the same dresses, and every exception."""
    accepted: dict[str, Counter[str]] = defaultdict(Counter)
    total: Counter[str] = Counter()
    refused: dict[str, Counter[str]] = defaultdict(Counter)
    odd = []
    for file, problem in chosen(folder):
        texts = options(problem)
        total[file] += 1
        letters = list(texts)
        other = letters[(letters.index(problem.answer or "") + 1) % len(letters)]
        for dress, wear in CHOSEN.items():
            for letter, counts, wanted in (
                (problem.answer or "", accepted, "correct"),
                (other, refused, "wrong"),
            ):
                text = wear(letter, texts[letter])
                found = choice(problem, Trace(id="t", problem_id="p", answer=text))
                counts[file][dress] += found.outcome == wanted
                if found.outcome != wanted and (
                    dress != "text" or found.outcome != "unparsed" or wanted == "correct"
                ):
                    shown = text[:60].replace("|", "\\|")
                    odd.append(
                        f"| {file} | {dress} | `{shown}` | {wanted} | {found.outcome} | {found.reason[:80]} |"
                    )
    lines = [f"| file | problems | {' | '.join(CHOSEN)} |", "|---|---:|" + "---:|" * len(CHOSEN)]
    lines += [
        f"| {f} | {total[f]:,} | " + " | ".join(f"{accepted[f][d]:,}" for d in CHOSEN) + " |" for f in total
    ]
    falsely = sum(total[f] * len(CHOSEN) - sum(refused[f].values()) for f in total)
    lines += [
        "",
        f"The next option in the same dresses is `wrong` but for {falsely} of "
        f"{total.total() * len(CHOSEN):,}.",
    ]
    if odd:
        lines += [
            "",
            "| file | dress | text | wanted | outcome | reason |",
            "|---|---|---|---|---|---|",
            *odd,
        ]
    return lines


def stances(folder: Path) -> Iterator[tuple[str, str]]:
    for row in json.loads((folder / "qa/strategyqa_dev.json").read_text(encoding="utf-8")):
        yield "qa/strategyqa_dev.json", "yes" if row["answer"] else "no"
    for line in (folder / "logic/folio_validation.jsonl").open(encoding="utf-8"):
        yield "logic/folio_validation.jsonl", json.loads(line)["label"]


def yes_no_table(folder: Path) -> list[str]:
    """References in five dresses, and those of another problem."""
    rows = list(stances(folder))
    accepted: dict[str, Counter[str]] = defaultdict(Counter)
    total: Counter[str] = Counter()
    mixed: Counter[str] = Counter()
    for index, (file, gold) in enumerate(rows):
        total[file] += 1
        problem = Problem(id="p", question="", answer=gold)
        for dress, wear in SAID.items():
            accepted[file][dress] += (
                yes_no(problem, Trace(id="t", problem_id="p", answer=wear(gold))).outcome == "correct"
            )
        other = rows[(index + 1) % len(rows)][1]
        if _stance(other) != _stance(gold):
            mixed[yes_no(problem, Trace(id="t", problem_id="p", answer=other)).outcome] += 1
    lines = [f"| file | problems | {' | '.join(SAID)} |", "|---|---:|" + "---:|" * len(SAID)]
    lines += [
        f"| {f} | {total[f]:,} | " + " | ".join(f"{accepted[f][d]:,}" for d in SAID) + " |" for f in total
    ]
    return [*lines, "", f"Another stance is {', '.join(f'`{o}` {n:,} times' for o, n in mixed.items())}."]


def _stance(word: str) -> str:
    return {"true": "yes", "false": "no"}.get(word.lower(), word.lower())


def crossed(rows: list[Gold]) -> list[str]:
    """Every reference against three others' of the benchmarks, drawn at random; what passes is listed."""
    rows = [row for row in rows if row[2] and row[0].startswith("math/") and "svamp" not in row[0]]
    items = []
    for seed in range(3):
        others = rows[:]
        random.Random(seed).shuffle(others)
        for (_, question, gold), (_, _, other) in zip(rows, others, strict=True):
            if (gold or "").strip() != (other or "").strip():
                trace = Trace(id="t", problem_id="p", answer=other or "")
                items.append(((gold, other), Problem(id="p", question=question, answer=gold), trace))
    seen: Counter[str] = Counter()
    passed: Counter[tuple[str, str]] = Counter()
    for (gold, other), verdict in judge(math, items):
        seen[verdict.outcome] += 1
        if verdict.outcome == "correct":
            passed[str(gold), str(other)] += 1
    counts = ", ".join(f"{seen[outcome]:,} {outcome}" for outcome in OUTCOMES)
    shown = "; ".join(f"`{gold}` by `{other}`" for gold, other in sorted(passed)).replace("|", "\\|")
    return [
        f"{len(items):,} pairs: {counts}.",
        "",
        f"Accepted, each time because the two are equal: {shown}.",
    ]


def sections(folder: Path, rows: list[Gold]) -> list[str]:
    """Markdown for claims/agreement.md."""
    return [
        "## A reference does not pass for another's",
        "",
        "verifiers/math, given the reference of another problem of the same files that is spelled otherwise.",
        "",
        *crossed(rows),
        "",
        "## The multiple-choice verifier accepts its own references",
        "",
        "verifiers/choice; the options stand in `meta`. Two options with one text cannot be told apart by "
        "it.",
        "",
        *choice_table(folder),
        "",
        "## The yes-no verifier accepts its own references",
        "",
        *yes_no_table(folder),
        "",
    ]


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED
    print("\n".join(sections(place, list(golds(place)))))
