"""A million stored samples scored by ten metrics, and what lm-eval and lighteval take for the same samples in
the same run. Writes bench/results/score.md.

    python bench/bench_score.py [--problems 62500] [--peer lm-eval=PYTHON] [--peer lighteval=PYTHON]

PYTHON is an interpreter that has the tool (lm-eval 0.4.13, lighteval 0.13.0).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from limbeck.evaluation import scoring
from limbeck.evaluation.samples import find, like, rows
from limbeck.pipeline import metrics
from limbeck.pipeline.parameters import ready
from limbeck.pipeline.store import read_results, write_results
from limbeck.records import Data, Problem, Results, Trace, Verdict

HERE = Path(__file__).resolve().parent
N = 16
TEN = (
    "pass@1", "pass@4", "pass@16", "maj@16", "best@4", "mean_tokens", "tokens_per_correct", "ece", "auroc",
    {"pass_where": {"field": "level", "value": 1}},
)  # fmt: skip
PEERS = 1_250
"""Problems that the peers score; what is told of them is per million samples."""
SHARED = ("pass@1", "pass@4", "pass@16", "maj@16")
Made = TypeVar("Made")


def drawn(problems: int, judged: bool) -> Data:
    """Problems whose pass rates are spread evenly, each with `N` samples that bear a confidence."""
    rng, data = random.Random(0), Data()
    for number in range(problems):
        name, gold, rate = f"p{number}", str(rng.randrange(1000)), rng.random()
        level = {"level": 1 + int(3 * rate)}
        data.problems.append(
            Problem(id=name, question=f"How many are {name}?", answer=gold, source="drawn", meta=level)
        )
        for sample in range(N):
            right = rng.random() < rate
            answer = gold if right else str(rng.randrange(1000, 1010))
            outcome = "correct" if right else "wrong"
            data.traces.append(
                Trace(
                    id=f"{name}#{sample}",
                    problem_id=name,
                    reasoning=f"We add {sample} and {number}, then look again at what is left over. " * 4,
                    answer=answer,
                    model="drawn",
                    params={"temperature": 0.6, "sample": sample},
                    finish="stop",
                    tokens=rng.randrange(50, 400),
                    verdicts=[Verdict("exact", outcome, answer)] if judged else [],
                    scores={"confidence": rng.randrange(101) / 100},
                )
            )
    return data


def timed(work: Callable[[], Made]) -> tuple[Made, float, float]:
    """What it gives, processor seconds and seconds of the clock."""
    cpu, wall = time.process_time(), time.perf_counter()
    made = work()
    return made, time.process_time() - cpu, time.perf_counter() - wall


def scored(data: Data, names: tuple[Any, ...]) -> list[Any]:
    """A row with its interval for each metric."""
    chosen = [metrics.read(name) for name in names]
    return list(rows(find(data), chosen, like("drawn", [])))


def whole(problems: int) -> list[str]:
    """Lines of the table: reading from the disk, and ten metrics."""
    with tempfile.TemporaryDirectory() as folder:
        write_results(Path(folder), Results([], drawn(problems, True)))
        back, cpu_read, wall_read = timed(lambda: read_results(Path(folder)))
    made, cpu, wall = timed(lambda: scored(back.data, TEN))
    assert len(made) == len(TEN)
    print(cpu_read, wall_read, cpu, wall, flush=True)
    head = f"{problems * N:,} samples of {problems:,} problems"
    return [
        f"| {head}, read from a stage's folder | {cpu_read:.1f} | {wall_read:.1f} |",
        f"| ten metrics, each with its interval | {cpu:.1f} | {wall:.1f} |",
        f"| both | {cpu_read + cpu:.1f} | {wall_read + wall:.1f} |",
    ]


def against(peers: dict[str, str]) -> list[str]:
    """Lines of the other table: the same samples without verdicts, at equal numbers."""
    data = drawn(PEERS, False)
    exact = ready("verifiers/exact")
    judged, cpu_judged, _ = timed(lambda: scoring.judged(data, exact).data)
    made, cpu, _ = timed(lambda: scored(judged, SHARED))
    ours = {row.metric: row.value for row in made}
    per = 1e6 / (PEERS * N)
    lines = [f"| limbeck | exact, {', '.join(SHARED)}, with intervals | {(cpu_judged + cpu) * per:.1f} | 1 |"]
    groups = data.by_problem()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        texts = ([trace.answer for trace in groups[problem.id]] for problem in data.problems)
        told = [{"gold": p.answer, "texts": each} for p, each in zip(data.problems, texts, strict=True)]
        path.write_text("".join(json.dumps(row) + "\n" for row in told), encoding="utf-8")
        for tool, python in peers.items():
            command = [python, str(HERE / "score_peers.py"), tool, str(path)]
            reply = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            peer = json.loads(reply.splitlines()[-1])
            apart = {name: abs(value - ours[name]) for name, value in peer["means"].items()}
            same = [name for name, gap in apart.items() if gap < 1e-9]
            other = [f"{name} differs by {gap:.4f}" for name, gap in apart.items() if gap >= 1e-9]
            ratio = peer["seconds"] / (cpu_judged + cpu)
            told_apart = f"; {', '.join(other)}" if other else ""
            lines.append(
                f"| {tool} {peer['version']} | exact, {', '.join(peer['means'])} (equal: {', '.join(same)}"
                f"{told_apart}) | {peer['seconds'] * per:.1f} | {ratio:.1f} |"
            )
            print(lines[-1], flush=True)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--problems", type=int, default=62_500)
    parser.add_argument("--peer", action="append", default=[])
    given = parser.parse_args()
    names = [name if isinstance(name, str) else metrics.read(name).label for name in TEN]
    lines = [
        "# A million stored samples",
        "",
        f"By `python bench/bench_score.py` on {time.strftime('%Y-%m-%d')}, {os.cpu_count()} CPU cores, which "
        f"other work shared; one process; Python {platform.python_version()}, numpy {np.__version__}. "
        f"The ten metrics: {', '.join(names)}.",
        "",
        "| | processor seconds | seconds by the clock |",
        "|---|---|---|",
        *whole(given.problems),
    ]
    peers = dict(each.split("=", 1) for each in given.peer)
    lines += [
        "",
        "## Against others",
        "",
        f"The same {PEERS * N:,} samples in memory, without verdicts: each is compared with the reference "
        "and counted. Imports and reading are not in it. lm-eval has one metric and its filter there, each "
        "sample a document; lighteval compares all samples anew for each metric, gives no interval here, and "
        "breaks ties of a majority otherwise.",
        "",
        "| | what it does | processor seconds per million samples | of ours |",
        "|---|---|---|---|",
        *against(peers),
    ]
    (HERE / "results/score.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
