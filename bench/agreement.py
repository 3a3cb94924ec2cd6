"""Measures the verifiers of answers on real data and writes claims/agreement.md.

Run: python bench/agreement.py [FOLDER], where FOLDER holds the public data (default: ../shared/data).
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import time
from collections import Counter, defaultdict
from importlib.metadata import version
from pathlib import Path

from agreement_more import sections
from references import OUTCOMES, SHARED, golds

from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.answers.math import math
from limbeck.verifiers.ops import judge

REPO = Path(__file__).resolve().parents[1]


def _problem(question: str, answer: str | None) -> Problem:
    return Problem(id="p", question=question, answer=answer)


def _trace(text: str) -> Trace:
    return Trace(id="t", problem_id="p", answer=text)


def wrapped(answer: str) -> dict[str, str]:
    """A gold answer in the dresses models give it."""
    bare = answer.rsplit("####", 1)[-1].rsplit("\nA: ", 1)[-1].strip()
    inner = bare[1:-1] if bare.startswith("$") and bare.endswith("$") else bare
    return {
        "as it stands": answer,
        "boxed": f"So we get\n\\boxed{{{inner}}}",
        "stated": f"The final answer is ${inner}$.",
        "JSON": "```json\n" + json.dumps({"reasoning": "Let us see.", "answer": bare}) + "\n```",
    }


def gold_table(folder: Path) -> tuple[list[str], list[str]]:
    """Accepted golds per file and dress, and every exception."""
    items = (
        ((file, dress, answer), _problem(question, answer), _trace(text))
        for file, question, answer in golds(folder)
        for dress, text in wrapped(answer or "").items()
    )  # fmt: skip
    accepted: dict[str, Counter[str]] = defaultdict(Counter)
    total: Counter[str] = Counter()
    exceptions = []
    for (file, dress, answer), verdict in judge(math, items):
        accepted[file][dress] += verdict.outcome == "correct"
        total[file] += dress == "as it stands"
        if verdict.outcome != "correct":
            shown = repr(answer).replace("|", "\\|")
            exceptions.append(
                f"| {file} | {dress} | `{shown}` | {verdict.outcome} | {verdict.reason[:120]} |"
            )
    dresses = list(wrapped(""))
    lines = [f"| file | golds | {' | '.join(dresses)} |", "|---|---:|" + "---:|" * len(dresses)]
    lines += [
        f"| {f} | {total[f]:,} | " + " | ".join(f"{accepted[f][d]:,}" for d in dresses) + " |" for f in total
    ]
    return lines, exceptions


def labelled(folder: Path) -> tuple[list[str], list[str], float]:
    """Agreement with the published labels of the GPT-3 solutions, every disagreement, and the share that
    agrees."""
    items = []
    for index, line in enumerate((folder / "gsm8k/model_solutions.jsonl").open(encoding="utf-8")):
        row = json.loads(line)
        for model, entry in row.items():
            if isinstance(entry, dict):
                problem = _problem(row["question"], row["ground_truth"])
                items.append(((index, model, entry), problem, _trace(entry["solution"])))
    table: dict[tuple[str, bool], Counter[str]] = defaultdict(Counter)
    odd: list[str] = []
    agree = 0
    for (index, model, entry), verdict in judge(math, items):
        label = entry["is_correct"]
        table[model, label][verdict.outcome] += 1
        agree += label == (verdict.outcome == "correct")
        if label != (verdict.outcome == "correct"):
            odd.append(f"| {index} | {model} | {label} | {_shown(verdict)} |")
    lines = [
        "| model | published label | " + " | ".join(OUTCOMES) + " |",
        "|---|---|" + "---:|" * len(OUTCOMES),
    ]
    for (model, label), counts in sorted(table.items()):
        cells = " | ".join(f"{counts[outcome]:,}" for outcome in OUTCOMES)
        lines.append(f"| {model} | {'correct' if label else 'not correct'} | {cells} |")
    if odd:
        odd = [
            "",
            "| problem | model | label | outcome | extracted | reason |",
            "|---|---|---|---|---|---|",
            *odd,
        ]
    return lines, odd, agree / len(items)


def unlabelled(folder: Path) -> tuple[list[str], list[str]]:
    """Pass rate and outcomes per modern model, and every answer that was neither right nor wrong."""
    with gzip.open(folder / "traces/zeroeval_gsm8k.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    items = (
        (row, _problem(row["question"], row["gold"]), _trace(row["output"])) for row in rows
    )  # fmt: skip
    table: dict[str, Counter[str]] = defaultdict(Counter)
    odd = []
    for row, verdict in judge(math, items):
        table[row["model"]][verdict.outcome] += 1
        if verdict.outcome not in ("correct", "wrong"):
            odd.append(f"| {row['model']} | {row['gold'].lstrip('# ')} | {_shown(verdict)} |")
    lines = ["| model | pass rate | " + " | ".join(OUTCOMES) + " |", "|---|---:|" + "---:|" * len(OUTCOMES)]
    for model, counts in table.items():
        cells = " | ".join(f"{counts[outcome]:,}" for outcome in OUTCOMES)
        lines.append(f"| {model} | {100 * counts['correct'] / counts.total():.2f}% | {cells} |")
    return lines, odd


def _shown(verdict: Verdict) -> str:
    extracted = (verdict.extracted or "(none)").replace("|", "\\|").replace("\n", " ")
    return f"{verdict.outcome} | {extracted[:80]} | {verdict.reason[:90].replace('|', chr(92) + '|')}"


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED
    started = time.time()
    lines = measured(folder)
    versions = ", ".join(f"{name} {version(name)}" for name in ("limbeck", "math-verify", "sympy", "pebble"))
    head = [
        "# The verifiers of answers against real data",
        "",
        f"Written by `bench/agreement.py` on {time.strftime('%Y-%m-%d')}; {versions}; {os.cpu_count()} "
        "cores, CPU;",
        f"{time.time() - started:.0f} s in all.",
        "",
    ]
    (REPO / "claims").mkdir(exist_ok=True)
    (REPO / "claims/agreement.md").write_text("\n".join([*head, *lines]), encoding="utf-8")
    print("\n".join(lines))


def measured(folder: Path) -> list[str]:
    """The page but for its head."""
    gold_lines, exceptions = gold_table(folder)
    label_lines, disagreements, share = labelled(folder)
    model_lines, odd = unlabelled(folder)
    return [
        "## It accepts its own gold answers",
        "",
        "Each reference given back as the answer, in four dresses; several accepted answers of a problem "
        "count apart.",
        "",
        "verifiers/math:",
        "",
        *gold_lines,
        "",
        "Exceptions (a row of math_train.json whose answer is null or empty has no reference, hence "
        "`unknown`):",
        "",
        "| file | dress | gold | outcome | reason |",
        "|---|---|---|---|---|",
        *exceptions,
        "",
        "## It agrees with published labels",
        "",
        f"3,600 solutions of four GPT-3 models (gsm8k/model_solutions.jsonl): **{100 * share:.2f}%** agree, "
        "where",
        "anything but `correct` is not correct. `unparsed` solutions never reach an answer (cut off, or "
        "looping).",
        "",
        *label_lines,
        "",
        f"Disagreements: {max(0, len(disagreements) - 3) or 'none'}.",
        *disagreements,
        "",
        "## Modern models on GSM8K test",
        "",
        "traces/zeroeval_gsm8k.jsonl.gz, 1,319 problems each; no published labels to compare with.",
        "",
        *model_lines,
        "",
        "Neither right nor wrong, so never a negative:",
        "",
        "| model | gold | outcome | extracted | reason |",
        "|---|---|---|---|---|",
        *odd,
        "",
        *sections(folder, list(golds(folder))),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
