"""What `bench/behaviours.py` says of other traces, and how it writes numbers."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from limbeck.evaluation.ops import bootstrap, wilson
from limbeck.ranks import ranks
from limbeck.records import Problem, Trace, Verdict
from limbeck.texts.behaviours import word_count
from limbeck.verifiers.answers.math import math
from limbeck.verifiers.steps.arithmetic import arithmetic

Case = tuple[Problem, Trace]


def lines(path: Path) -> Iterator[dict]:
    yield from map(json.loads, gzip.decompress(path.read_bytes()).decode().rstrip("\n").split("\n"))


def judged(problem: Problem, trace: Trace) -> Verdict:
    verdict = math(problem, trace)
    return verdict if isinstance(verdict, Verdict) else verdict.result()


def right(case: Case) -> bool:
    return case[1].outcome == "correct"


def decided(some: list[Case]) -> list[Case]:
    """Those whose answer could be read and told right or wrong; prose such as ``he has 8 left`` cannot."""
    return [case for case in some if case[1].outcome in ("correct", "wrong")]


def of(values: list[float], scale: float = 1, digits: int = 1) -> str:
    """A mean with its 95% interval over traces."""
    if len(values) < 5:
        return f"– ({len(values)})"
    mean, low, high = (
        f"{scale * each:.{digits}f}" for each in (np.mean(values), *bootstrap(np.array(values)))
    )
    return f"{mean} [{low}, {high}]"


def share(part: int, total: int) -> str:
    if not total:
        return "–"
    low, high = wilson(part, total)
    return f"{part:,} of {total:,}: {100 * part / total:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


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
        by[row["model"]] += decided([(problem, replace(trace, verdicts=[judged(problem, trace)]))])
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
    told = ["| task | right answers | of them with a marked mistake |", "|---" * 3 + "|"]
    for path in sorted((folder / "steps").glob("bigbench_mistake_*.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
        good = [row for row in rows if str(row["answer"]).strip() == str(row["target"]).strip()]
        marked = sum(row["mistake_index"] is not None for row in good)
        told.append(f"| {path.stem.removeprefix('bigbench_mistake_')} | {len(good)} of {len(rows)} | "
                    f"{share(marked, len(good))} |")  # fmt: skip
    return told


def votes(folder: Path) -> list[str]:
    rows = [*lines(folder / "science/medqa_predictions.jsonl.gz")]
    right_of = {
        name: sum(row["predicted"].get(name) == row["answer"] for row in rows)
        for name in rows[0]["predicted"]
    }
    won = 0.0
    for row in rows:
        tally = Counter(row["predicted"].get(name) for name in right_of)
        best = [option for option, count in tally.items() if count == max(tally.values())]
        won += (row["answer"] in best) / len(best)  # a tie is drawn
    told = ["| who | right |", "|---|---|"]
    told += [
        f"| {name} | {share(count, len(rows))} |"
        for name, count in sorted(right_of.items(), key=lambda e: -e[1])
    ]
    told.append(
        f"| majority of all ten, ties drawn | {won:.1f} of {len(rows):,}: {100 * won / len(rows):.1f} % |"
    )
    above = [name for name, count in right_of.items() if count > won]
    return [*told, "", f"The vote is below {len(above)} of its members: {', '.join(above) or 'none'}."]
