"""Behaviours of real reasoning traces by model, and what was first seen in them held against a count.

    python bench/behaviours.py DATA

DATA holds ``traces/mip_reasoning_models.jsonl.gz`` (tianyi-lab/MiP-Overthinking, MIT),
``traces/zeroeval_gsm8k.jsonl.gz`` (WildEval/ZeroEval, Apache-2.0), ``steps/bigbench_mistake_*.jsonl``
(WHGTyen/BIG-Bench-Mistake, Apache-2.0) and ``science/medqa_predictions.jsonl.gz``
(gersteinlab/medagents-benchmark, Apache-2.0). No model is asked. Writes bench/results/behaviours.md.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from behaviours_more import Case, along, decided, judged, lines, mistakes, of, right, share, votes, zeroeval
from msgspec.structs import replace

from limbeck.curation.mark.unanswerable import refuses
from limbeck.pipeline import metrics
from limbeck.records import Problem, Trace
from limbeck.texts.behaviours import counted, phrases_of, word_count
from limbeck.texts.premises import first_suspicion
from limbeck.texts.traces import told_parts

OUT = Path(__file__).resolve().parent / "results/behaviours.md"
MODELS = ("deepseekR1", "QwQ", "s1.1", "DSQ", "gpt4o")
BINS = ((0, 2), (3, 9), (10, 29), (30, 10**6))
"""Numbers of doubt words, set before anything was counted."""
SHOWN = {
    "words": "",
    "doubt / 1,000": "markers@doubt",
    "pivots / 1,000": "markers@pivots",
    "connectors / 1,000": "markers@connectors",
    "steps that check": "step_share@check",
    "repeated steps": "repeated_steps",
    "approaches left": "abandoned",
    "behind the first right step": "wasted@correct",
}
_NAMED = re.compile(
    r"(?i)\banswer(?: is|:| would be| should be)\D{0,25}?\$?(\d[\d,]*(?:\.\d+)?)|boxed\{(\d[\d,.]*)\}"
)


def real(folder: Path) -> dict[tuple[str, str, str], list[Case]]:
    """Traces by set, kind and model, each text once, those on whole questions judged by `verifiers/math`."""
    cases: dict[tuple[str, str, str], dict[str, Case]] = defaultdict(dict)
    for row in lines(folder / "traces/mip_reasoning_models.jsonl.gz"):
        keys = [key for key in row if key == "model_answer" or key.endswith("question)")]
        text = next((row[key] for key in keys if isinstance(row[key], str)), "")
        question = row.get("question" if row["kind"] == "normal" else "insufficient_question") or ""
        problem = Problem(id=question, question=question, answer=str(row["answer"]).rpartition("#### ")[2])
        [(form, reasoning, answer)] = told_parts([text])
        trace = Trace(id=text[:40], problem_id="p", reasoning=reasoning, answer=answer, format=form)
        if row["kind"] == "normal":
            trace = replace(trace, verdicts=[judged(problem, trace)])
        # Where a text has no tags all of it stands in the answer; it is thought all the same.
        trace = trace if reasoning else replace(trace, reasoning=answer)
        cases[row["dataset"], row["kind"], row["model"]].setdefault(text, (problem, trace))
    return {place: list(each.values()) for place, each in cases.items()}


def table(cases: dict[tuple[str, str, str], list[Case]]) -> list[str]:
    told = [
        "| set | question | model | traces | right of those read | " + " | ".join(SHOWN) + " |",
        "|---" * (5 + len(SHOWN)) + "|",
    ]
    for dataset, kind in (("gsm8k", "normal"), ("math", "normal"), ("math", "MiP"), ("svamp", "MiP")):
        for model in MODELS:
            some = cases.get((dataset, kind, model), [])
            if not some:
                continue
            row = [dataset, "whole" if kind == "normal" else "premise missing", model, f"{len(some):,}"]
            read = decided(some)
            row.append(share(sum(map(right, read)), len(read)) if kind == "normal" else "–")
            for name in SHOWN.values():
                row.append(column(name, some, kind))
            told.append(f"| {' | '.join(row)} |")
    return told


def column(name: str, some: list[Case], kind: str) -> str:
    if not name:
        return of([float(word_count(whole(trace))) for _, trace in some], digits=0)
    if name.startswith("wasted") and kind != "normal":
        return "–"
    metric = metrics.read(name)
    numbers = [metric.function(problem, [trace]) for problem, trace in some]
    percent = metric.unit == "share"
    return of([number for number in numbers if number is not None], 100 if percent else 1) + " %" * percent


def whole(trace: Trace) -> str:
    return trace.reasoning if trace.reasoning == trace.answer else f"{trace.reasoning}\n{trace.answer}"


def by_doubt(cases: dict[tuple[str, str, str], list[Case]]) -> list[str]:
    told = ["| model | " + " | ".join(f"{a} to {b}" if b < 10**6 else f"{a} or more" for a, b in BINS) + " |"]
    told.append("|---" * (1 + len(BINS)) + "|")
    phrases = phrases_of("doubt")
    for model in MODELS:
        some = [
            case for name in ("gsm8k", "math") for case in decided(cases.get((name, "normal", model), []))
        ]
        counts = [counted(whole(trace), phrases).total() for _, trace in some]
        row = []
        for low, high in BINS:
            inside = [case for case, count in zip(some, counts, strict=True) if low <= count <= high]
            row.append(share(sum(map(right, inside)), len(inside)))
        told.append(f"| {model} | {' | '.join(row)} |")
    return told


def two_answers(cases: dict[tuple[str, str, str], list[Case]]) -> list[str]:
    told = [
        "| model | traces naming two answers | first right, ends wrong | first wrong, ends right | neither |"
    ]
    told.append("|---|---|---|---|---|")
    total: Counter[str] = Counter()
    for model in MODELS:
        counts: Counter[str] = Counter()
        for problem, trace in decided(cases.get(("gsm8k", "normal", model), [])):
            named = [a or b for a, b in _NAMED.findall(whole(trace))]
            values = [
                each.replace(",", "").rstrip(".").removesuffix(".00").removesuffix(".0") for each in named
            ]
            if len({*values}) < 2:
                continue
            first, last = values[0] == problem.answer.replace(",", ""), trace.outcome == "correct"
            counts["all"] += 1
            counts["lost" if first and not last else "won" if last and not first else "other"] += 1
        total += counts
        told.append(f"| {model} | {counts['all']} | {counts['lost']} | {counts['won']} | {counts['other']} |")
    told.append(f"| all | {total['all']} | {total['lost']} | {total['won']} | {total['other']} |")
    return told


def lengths(cases: dict[tuple[str, str, str], list[Case]]) -> list[str]:
    told, points = (
        ["| model | right | words, right | words, wrong | wrong less right |", "|---" * 5 + "|"],
        [],
    )
    for model in MODELS:
        some = decided(cases.get(("gsm8k", "normal", model), []))
        words = np.array([float(word_count(whole(trace))) for _, trace in some])
        good = np.array([*map(right, some)])
        points.append((good.mean(), words.mean()))
        rng = np.random.default_rng(0)
        draws = [rng.choice(words[~good], (~good).sum()).mean() - rng.choice(words[good], good.sum()).mean()
                 for _ in range(2000)]  # fmt: skip
        low, high = np.quantile(draws, [0.025, 0.975])
        gap = words[~good].mean() - words[good].mean()
        row = [
            model,
            f"{100 * good.mean():.1f} %",
            of(list(words[good]), digits=0),
            of(list(words[~good]), digits=0),
        ]
        told.append(f"| {' | '.join(row)} | {gap:+.0f} [{low:+.0f}, {high:+.0f}] |")
    return [*told, "", along(points)]


def missing(cases: dict[tuple[str, str, str], list[Case]]) -> list[str]:
    """Length with and without the premise, and the first suspicion against how a trace ends."""
    told = ["| set | model | words, as a multiple of whole questions | says at its end that something "
            "is missing | suspects at all | median paragraph of it | suspects, yet answers |"]  # fmt: skip
    told.append("|---" * 7 + "|")
    for dataset, kind, model in sorted(cases):
        if kind != "MiP":
            continue
        some = cases[dataset, kind, model]
        normal = cases.get((dataset, "normal", model), [])
        mean = [np.mean([word_count(whole(trace)) for _, trace in each]) for each in (some, normal) if each]
        times = f"{mean[0] / mean[1]:.1f}" if len(mean) == 2 else "–"
        ends = [refuses(trace) for _, trace in some]
        first = [first_suspicion(re.split(r"\n\s*\n", whole(trace))) for _, trace in some]
        places = [place for place in first if place is not None]
        both = sum(place is not None and not end for place, end in zip(first, ends, strict=True))
        row = [dataset, model, times, share(sum(ends), len(some)), share(len(places), len(some))]
        told.append(f"| {' | '.join([*row, f'{1 + np.median(places):.0f}' if places else '–', str(both)])} |")
    return told


def main(folder: Path) -> None:
    cases = real(folder)
    sections = {
        "Behaviours by model": table(cases),
        "Accuracy by number of doubt words": by_doubt(cases),
        "Traces that name two different answers (GSM8K)": two_answers(cases),
        "Lengths of right and wrong traces (GSM8K)": lengths(cases),
        "Equations and lengths of eight models' answers to GSM8K test": zeroeval(folder),
        "Right answers behind a marked mistake (BIG-Bench-Mistake)": mistakes(folder),
        "A vote of ten models (MedQA)": votes(folder),
        "Questions with a premise missing": missing(cases),
    }
    tables = "\n\n".join("\n".join([f"## {title}", "", *body]) for title, body in sections.items())
    # What stands above the first table is written by hand and stays.
    head = OUT.read_text(encoding="utf-8").partition("\n## ")[0] if OUT.exists() else "# Behaviours of traces"
    OUT.write_text(f"{head.rstrip()}\n\n{tables}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
