"""Behaviours of real reasoning traces by model, and what was first seen in them held against a count.

    python bench/behaviours.py DATA

DATA holds ``traces/mip_reasoning_models.jsonl.gz`` (tianyi-lab/MiP-Overthinking, MIT),
``traces/zeroeval_gsm8k.jsonl.gz`` (WildEval/ZeroEval, Apache-2.0), ``steps/bigbench_mistake_*.jsonl``
(WHGTyen/BIG-Bench-Mistake, Apache-2.0) and ``science/medqa_predictions.jsonl.gz``
(gersteinlab/medagents-benchmark, Apache-2.0). No model is asked. Writes bench/results/behaviours.md.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from limbeck.curation.mark.unanswerable import refuses
from limbeck.evaluation.ops import bootstrap, wilson
from limbeck.pipeline import metrics
from limbeck.ranks import ranks
from limbeck.records import Problem, Trace
from limbeck.texts.behaviours import counted, phrases_of, word_count
from limbeck.texts.premises import first_suspicion
from limbeck.texts.traces import told_parts
from limbeck.verifiers.answers.math import math
from limbeck.verifiers.steps.arithmetic import arithmetic

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

Case = tuple[Problem, Trace]


def lines(path: Path) -> Iterator[dict]:
    yield from map(json.loads, gzip.decompress(path.read_bytes()).decode().rstrip("\n").split("\n"))


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
            trace = replace(trace, verdicts=[math(problem, trace)])
        # Where a text has no tags all of it stands in the answer; it is thought all the same.
        trace = trace if reasoning else replace(trace, reasoning=answer)
        cases[row["dataset"], row["kind"], row["model"]].setdefault(text, (problem, trace))
    return {place: list(each.values()) for place, each in cases.items()}


def whole(trace: Trace) -> str:
    return trace.reasoning if trace.reasoning == trace.answer else f"{trace.reasoning}\n{trace.answer}"


def right(case: Case) -> bool:
    return case[1].outcome == "correct"


def of(values: list[float], scale: float = 1, digits: int = 1) -> str:
    """A mean with its 95% interval over traces."""
    if len(values) < 5:
        return f"– ({len(values)})"
    low, high = bootstrap(np.array(values))
    return " ".join(
        [f"{scale * np.mean(values):.{digits}f}", f"[{scale * low:.{digits}f}, {scale * high:.{digits}f}]"]
    )


def share(part: int, total: int) -> str:
    if not total:
        return "–"
    low, high = wilson(part, total)
    return f"{part:,} of {total:,}: {100 * part / total:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def table(cases: dict[tuple[str, str, str], list[Case]]) -> list[str]:
    told = [
        "| set | question | model | traces | right | " + " | ".join(SHOWN) + " |",
        "|---" * (5 + len(SHOWN)) + "|",
    ]
    for dataset, kind in (("gsm8k", "normal"), ("math", "normal"), ("math", "MiP"), ("svamp", "MiP")):
        for model in MODELS:
            some = cases.get((dataset, kind, model), [])
            if not some:
                continue
            row = [dataset, "whole" if kind == "normal" else "premise missing", model, f"{len(some):,}"]
            row.append(f"{100 * np.mean([right(case) for case in some]):.1f} %" if kind == "normal" else "–")
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


def by_doubt(cases: dict[tuple[str, str, str], list[Case]]) -> list[str]:
    told = ["| model | " + " | ".join(f"{a} to {b}" if b < 10**6 else f"{a} or more" for a, b in BINS) + " |"]
    told.append("|---" * (1 + len(BINS)) + "|")
    phrases = phrases_of("doubt")
    for model in MODELS:
        some = [case for name in ("gsm8k", "math") for case in cases.get((name, "normal", model), [])]
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
        for problem, trace in cases.get(("gsm8k", "normal", model), []):
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
    told = ["| model | right | words, right | words, wrong | wrong less right |", "|---|---|---|---|---|"]
    points = []
    for model in MODELS:
        some = cases.get(("gsm8k", "normal", model), [])
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


def along(points: list[tuple[float, float]]) -> str:
    a, b = (ranks(np.array(each)) for each in zip(*points, strict=True))
    return f"Rank correlation of accuracy and mean length over these models: {np.corrcoef(a, b)[0, 1]:.2f}."


def zeroeval(folder: Path) -> list[str]:
    """Equations of wrong answers, and lengths of right and wrong ones, model by model."""
    told = [
        "| model | right | wrong answers with an equation that does not hold | words, right | words, wrong |"
    ]
    told.append("|---|---|---|---|---|")
    by: dict[str, list[Case]] = defaultdict(list)
    for row in lines(folder / "traces/zeroeval_gsm8k.jsonl.gz"):
        problem = Problem(id=row["id"], question=row["question"], answer=row["gold"].lstrip("# "))
        try:
            read = json.loads(re.sub(r"^```json|```$", "", row["output"].strip()), strict=False)
            text, answer = str(read["reasoning"]), str(read["answer"])
        except (ValueError, KeyError, TypeError):
            text, answer = row["output"], row["output"]
        trace = Trace(id="t", problem_id=problem.id, reasoning=text, answer=answer)
        by[row["model"]].append((problem, replace(trace, verdicts=[math(problem, trace)])))
    points, totals = [], [0, 0]
    for model, some in sorted(by.items(), key=lambda each: -sum(map(right, each[1]))):
        lost = [case for case in some if case[1].outcome == "wrong"]
        false = sum(arithmetic(*case).outcome == "wrong" for case in lost)
        totals = [totals[0] + false, totals[1] + len(lost)]
        words = {name: [float(word_count(case[1].reasoning)) for case in some if right(case) == name]
                 for name in (True, False)}  # fmt: skip
        points.append((sum(map(right, some)) / len(some), np.mean(words[True] + words[False])))
        row = [model, f"{100 * points[-1][0]:.1f} %", share(false, len(lost))]
        told.append(f"| {' | '.join([*row, of(words[True], digits=0), of(words[False], digits=0)])} |")
    told.append(f"| all | | {share(*totals)} | | |")
    return [*told, "", along(points)]


def mistakes(folder: Path) -> list[str]:
    told = ["| task | right answers | of them with a marked mistake |", "|---|---|---|"]
    for path in sorted((folder / "steps").glob("bigbench_mistake_*.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
        good = [row for row in rows if str(row["answer"]).strip() == str(row["target"]).strip()]
        marked = sum(row["mistake_index"] is not None for row in good)
        told.append(f"| {path.stem.removeprefix('bigbench_mistake_')} | {len(good)} of {len(rows)} | "
                    f"{share(marked, len(good))} |")  # fmt: skip
    return told


def votes(folder: Path) -> list[str]:
    rows = [*lines(folder / "science/medqa_predictions.jsonl.gz")]
    models = sorted(rows[0]["predicted"])
    singles = {model: sum(row["predicted"].get(model) == row["answer"] for row in rows) for model in models}
    won = 0.0
    for row in rows:
        tally = Counter(row["predicted"].get(model) for model in models)
        best = [option for option, count in tally.items() if count == max(tally.values())]
        won += (row["answer"] in best) / len(best)  # a tie is drawn
    above = [model for model in models if singles[model] > won]
    told = ["| who | right |", "|---|---|"]
    told += [
        f"| {model} | {share(singles[model], len(rows))} |" for model in sorted(models, key=singles.get)[::-1]
    ]
    told.append(
        f"| majority of all ten, ties drawn | {won:.1f} of {len(rows):,}: {100 * won / len(rows):.1f} % |"
    )
    return [*told, "", f"The vote is below {len(above)} of its members: {', '.join(above) or 'none'}."]


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
