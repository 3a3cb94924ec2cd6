"""A world small enough to train in: sums of two digits, right and wrong traces, a student of a few thousand
weights.

Run as a program it trains in a folder, ``python small_world.py FOLDER START STEPS OBJECTIVE``, and with one
more number kills itself within that step.
"""

from __future__ import annotations

import os
import signal as signals
import sys
from pathlib import Path

from flat import flat, with_settings

from limbeck.pipeline.context import Context
from limbeck.pipeline.registry import Bound
from limbeck.pipeline.store import MemoryShards
from limbeck.records import Data, Pair, Problem, Trace, Verdict


def world(n: int = 60) -> Data:
    """``n`` problems with a right and a wrong trace of ragged lengths each, paired."""
    data = Data()
    for index in range(n):
        a, b = index % 10, index // 10 % 10
        name = f"p{index}"
        steps = "+".join(["1"] * (index % 7))
        data.problems.append(Problem(id=name, question=f"{a}+{b}", answer=str(a + b)))
        data.traces.append(trace(f"{name}/right", name, f"{a} and {b} {steps} make ", str(a + b)))
        data.traces.append(trace(f"{name}/wrong", name, f"{a} and {b} make ", str(a + b + 1), ["wrong"]))
        data.pairs.append(Pair(problem_id=name, chosen=f"{name}/right", rejected=f"{name}/wrong"))
    return data


def judged(n: int = 12) -> Data:
    """The same with the verdicts that are due."""
    data = world(n)
    for made in data.traces:
        made.verdicts = [Verdict("exact", "wrong" if made.id.endswith("wrong") else "correct")]
    return data


def trace(
    name: str, problem: str, reasoning: str, answer: str, marks: list[str] | None = None, **more
) -> Trace:
    return Trace(id=name, problem_id=problem, reasoning=reasoning, answer=answer, marks=marks or [], **more)


def objective(name: str, **params) -> Bound:
    """An objective as the pipeline hands it over."""
    return with_settings(f"objectives/{name}", **params)


def student(folder: Path, data: Data | None = None, **config) -> str:
    """A fresh student in ``folder``."""
    config = {"layers": 1, "width": 16, "heads": 2, "tokenizer": "char", **config}
    folder.mkdir(parents=True, exist_ok=True)
    return flat("students/from_config")(MemoryShards([data or world()]), ctx=Context(folder), **config)


def signal(folder: Path, data: Data, **more) -> str:
    """What a fresh student says of each trace, stored in ``folder``."""
    path = student(folder / "student", data)
    return flat("teachers/score")(MemoryShards([data]), model=path, ctx=Context(folder), **more)


def train(
    folder: Path,
    start: str,
    data: Data | None = None,
    use: Bound | None = None,
    log: list | None = None,
    **more,
):
    """Train in ``folder`` and return the checkpoint; what the run says goes to ``log``.

    ``more`` are settings by the names they have in a recipe. In float32, unless they say otherwise, so that
    no machine computes otherwise than another.
    """

    def heard(event):
        if log is not None and event["kind"] == "log":
            log.append(event["message"])

    given = {
        "student": start,
        "objective": use or objective("sft"),
        "batch": 8,
        "lr": 1e-2,
        "precision": "fp32",
    } | more
    context = Context(folder, report=heard)
    return flat("training/fit")(MemoryShards([data or world()]), ctx=context, **given)


def curve(folder: Path) -> list[dict[str, float]]:
    """The curve without the clock."""
    import pyarrow.parquet as pq

    rows = pq.read_table(folder / "curve.parquet").to_pylist()
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def die_within(use: str, step: int) -> None:
    """Have this process killed where an objective is asked for the first time in a step, counted from 1."""
    module = objective(use).module
    true = getattr(module, use)

    def deadly(batch, policy, signal, **params):
        # Steps are counted by the share of the training that is done, which every step of a run changes.
        seen.add(signal.progress)
        if len(seen) == step:
            os.kill(os.getpid(), signals.SIGKILL)
        return true(batch, policy, signal, **params)

    seen: set[float] = set()
    setattr(module, use, deadly)


if __name__ == "__main__":
    folder, start, steps, use = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
    if len(sys.argv) > 5:
        die_within(use, int(sys.argv[5]))
    train(folder, start, judged(60), objective(use), steps=steps, save_every=5)
