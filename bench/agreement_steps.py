"""Measures checks of steps and questions that need no model on real data and writes
claims/agreement-steps.md.

Run: python bench/agreement_steps.py [FOLDER], where FOLDER holds the public data (default: ../shared/data).
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from step_rules import RULES

from limbeck.answers.equations import equations
from limbeck.curation.mark.disputed import disputed
from limbeck.curation.mark.unanswerable import refuses
from limbeck.evaluation.ops import wilson
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace
from limbeck.texts.steps import Cutting
from limbeck.verifiers.answers.math import math
from limbeck.verifiers.ops import verify
from limbeck.verifiers.steps.arithmetic import arithmetic

REPO = Path(__file__).resolve().parents[1]
SHARED = REPO.parent / "shared" / "data"


def _lines(path: Path) -> Iterator[Any]:
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as file
    ):
        for line in file:
            yield json.loads(line)


def share(hits: int, n: int) -> str:
    """``231 of 238, 97.1% [94.1, 98.6]`` with Wilson's 95% interval."""
    if not n:
        return "–"
    low, high = wilson(hits, n)
    return f"{hits:,} of {n:,}, {hits / n:.1%} [{100 * low:.1f}, {100 * high:.1f}]"


def mistakes(folder: Path) -> list[str]:
    """First wrong steps of BIG-Bench-Mistake, by a rule for each task."""
    rows = [
        "| task | steps with a mistake: exact place | no mistake: none named | F1 | abstained |",
        "|---|---|---|---:|---:|",
    ]
    for task, rule in RULES.items():
        counts: Counter[str] = Counter()
        for row in _lines(folder / f"steps/bigbench_mistake_{task}.jsonl"):
            truth = -1 if row["mistake_index"] is None else row["mistake_index"]
            found = rule(row["input"], row["steps"])
            kind = "none" if truth < 0 else "mistake"
            counts[kind] += 1
            counts["abstained"] += found is None
            counts[f"{kind} right"] += found == truth
        a, b = (counts[f"{kind} right"] / max(counts[kind], 1) for kind in ("mistake", "none"))
        f1 = f"{200 * a * b / (a + b):.1f}" if a + b else "0"
        rows.append(
            f"| {task} | {share(counts['mistake right'], counts['mistake'])} "
            f"| {share(counts['none right'], counts['none'])} | {f1} | {counts['abstained']} |"
        )
    return [*rows, "", *_missed(folder)]


def _missed(folder: Path) -> list[str]:
    """Every disagreement over multistep_arithmetic in which a sum is called wrong, with the sum."""
    rows = [
        "Sums that `verifiers/arithmetic` calls wrong before the labelled step, or where no step is "
        "labelled:", "",
        "| labelled | found | answer, target |", "|---|---|---|",
    ]  # fmt: skip
    for row in _lines(folder / "steps/bigbench_mistake_multistep_arithmetic.jsonl"):
        text = "\n".join(" ".join(step.split()) for step in row["steps"])
        found = arithmetic(
            Problem(id="p", question=""),
            Trace(id="t", problem_id="p", reasoning=text),
            cutting=Cutting(by="lines"),
        )
        truth = "none" if row["mistake_index"] is None else str(row["mistake_index"])
        if found.outcome == "wrong" and found.extracted != truth:
            rows.append(f"| {truth} | {found.reason} | {row['answer']}, {row['target']} |")
    return rows


def chains(folder: Path) -> list[str]:
    """`verifiers/arithmetic` against people's labels of whole chains."""
    rows = [
        "| file | chains | called wrong: precision | called wrong: recall | `correct` of chains in order | "
        "abstained |",
        "|---|---:|---|---|---|---:|",
    ]
    for name in ("gsm8k", "MATH"):
        counts: Counter[tuple[bool, str]] = Counter()
        for row in json.loads((folder / f"steps/verify_cot_{name}_100.json").read_text(encoding="utf-8")):
            trace = Trace(id="t", problem_id="p", reasoning=row["answer"])
            counts[
                bool(row["flag"]), arithmetic(Problem(id="p", question=row["question"]), trace).outcome
            ] += 1
        wrong = counts[False, "wrong"]
        good = sum(number for (right, _), number in counts.items() if right)
        rows.append(
            f"| verify_cot_{name}_100.json | {counts.total()} | "
            f"{share(wrong, wrong + counts[True, 'wrong'])} "
            f"| {share(wrong, counts.total() - good)} | {share(counts[True, 'correct'], good)} "
            f"| {sum(number for (_, outcome), number in counts.items() if outcome == 'unknown')} |"
        )
    return rows


def golds(folder: Path) -> list[str]:
    """Equations of GSM8K's worked answers, which are nearly all right, and every one that is called wrong."""
    counts: Counter[bool | None] = Counter()
    odd, size, started = [], 0, time.perf_counter()
    for split in ("train", "test"):
        for row in _lines(folder / f"gsm8k/{split}.jsonl"):
            text = re.sub(r"<<.*?>>", "", row["answer"])
            size += len(text)
            for found in equations(text):
                counts[found.holds] += 1
                if found.holds is False:
                    odd.append(
                        f"| `{' '.join(text[found.start : found.end].split())[:110]}` | {found.left} is "
                        f"{found.value} |"
                    )
    speed = size / 1e6 / (time.perf_counter() - started)
    return [
        f"{counts[True]:,} equations hold, {counts[None]} can be read in two ways, {counts[False]} are "
        "called wrong: "
        f"{share(counts[False], counts.total())}; {speed:.1f} million characters a second on one core.",
        "",
        "| as it stands | found |",
        "|---|---|",
        *(line.replace("|  |", "| |") for line in odd),
    ]


def missing(folder: Path) -> list[str]:
    """`curation/unanswerable`, trace by trace."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in _lines(folder / "traces/mip_reasoning_models.jsonl.gz"):
        text = next(
            (text for key, text in row.items() if key == "model_answer" or key.endswith("question)")), None
        )
        if not text:
            continue
        own = counts[row["dataset"], row["model"]]
        own[row["kind"]] += 1
        own[f"{row['kind']} said"] += refuses(Trace(id="t", problem_id="p", answer=text))
    rows = [
        "| questions | model | premise missing: said so | nothing missing: said so all the same |",
        "|---|---|---|---|",
    ]
    for (dataset, model), own in sorted(counts.items()):
        told = [share(own[f"{kind} said"], own[kind]) for kind in ("MiP", "normal")]
        rows.append(f"| {dataset} | {model} | {told[0]} | {told[1]} |")
    total = sum(counts.values(), Counter())
    rows.append(
        f"| all | all | {share(total['MiP said'], total['MiP'])} | "
        f"{share(total['normal said'], total['normal'])} |"
    )
    return rows


def references(folder: Path) -> list[str]:
    """`curation/disputed` over eight models' answers to GSM8K test."""
    data, known = Data(), {}
    for number, row in enumerate(_lines(folder / "traces/zeroeval_gsm8k.jsonl.gz")):
        known.setdefault(
            row["id"], Problem(id=row["id"], question=row["question"], answer=row["gold"].lstrip("# "))
        )
        data.traces.append(
            Trace(id=str(number), problem_id=row["id"], answer=row["output"], model=row["model"])
        )
    data.problems = list(known.values())
    data.traces = list(verify(math, data.problem_by_id(), data.traces))
    found = [one for one in disputed(data, share=0.5, least=5, ctx=Context(Path())).problems if one.marks]
    rows = [
        f"{len(found)} of {len(data.problems):,} problems are disputed.",
        "",
        "| question | reference | most answer | share |",
    ]
    rows.append("|---|---|---|---:|")
    for one in sorted(found, key=lambda one: -one.meta["disputed"]["share"]):
        said = one.meta["disputed"]
        text = " ".join(one.question.split())[:160].replace("|", "/")
        rows.append(f"| {text} | {one.answer} | {said['answer'][:30]} | {said['share']:.0%} |")
    return rows


def main(folder: Path) -> None:
    """Measure and write."""
    sections = {
        "First wrong steps of BIG-Bench-Mistake, by rule": mistakes(folder),
        "`verifiers/arithmetic` against people's labels of chains": chains(folder),
        "Equations of GSM8K's worked answers": golds(folder),
        "`curation/unanswerable` on questions with a missing premise": missing(folder),
        "`curation/disputed` on GSM8K test": references(folder),
    }
    lines = [
        "# Agreement of step and question checks",
        "",
        "Written by `python bench/agreement_steps.py`. No model is asked.",
    ]
    for title, body in sections.items():
        lines += ["", f"## {title}", "", *NOTES.get(title, []), *body]
    (REPO / "claims/agreement-steps.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


NOTES = {
    "First wrong steps of BIG-Bench-Mistake, by rule": [
        "Arithmetic is `verifiers/arithmetic` itself; the other rules, in `bench/step_rules.py`, were "
        "written while",
        "looking at these files. logical_deduction has no short rule: abstaining is right in neither column.",
        "",
    ],
    "`verifiers/arithmetic` against people's labels of chains": [
        "The labels say whether a whole chain reasons soundly. Most faults are no slips of arithmetic, so "
        "recall is",
        "low by nature; what matters for a negative is precision. `correct` says only that every sum holds.",
        "",
    ],
    "Equations of GSM8K's worked answers": [
        "Calculator annotations `<<…>>` are taken out. Many of those called wrong are slips of the worked "
        "answers.",
        "",
    ],
    "`curation/unanswerable` on questions with a missing premise": [
        "Traces that end by saying that something is missing. The expression was written while looking at "
        "them.",
        "",
    ],
    "`curation/disputed` on GSM8K test": [
        "More than half of at least five models give the same answer, and it is not the reference.",
        "",
    ],
}

if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED)
