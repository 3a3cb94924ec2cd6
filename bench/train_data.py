"""What the benchmarks of training share: rows, students, clocks, and measurements in fresh processes.

Both sides train on the same rows in the same steps: ours draws them, and the other reads them in that order.
Real tokens are counted on both, ours by the loop, the other's by what its model is given.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from limbeck.pipeline.context import Context
from limbeck.pipeline.store import MemoryShards
from limbeck.records import Data, Pair, Problem, Trace

WARM, TIMED, SPREAD, ROUNDS = 1, 3, 0.7, 3
LARGE = 151_936
SCALES = {
    # The usual case in miniature, and one in which the vocabulary is everything.
    "small": {"layers": 4, "width": 128, "vocab": 512, "traces": 8},
    "middle": {"layers": 4, "width": 256, "vocab": 512, "traces": 8},
    "large": {"layers": 2, "width": 64, "vocab": LARGE, "traces": 2},
}


def words(rng: random.Random, count: int) -> str:
    return " ".join(str(rng.randrange(1000)) for _ in range(count))


def data(problems: int, length: int = 0) -> Data:
    """Pairs of traces of ragged lengths: log-normal, 600 tokens in the mean, a tenth beyond 1,150; or all of
    about ``length`` tokens."""
    rng, made = random.Random(0), Data()
    for index in range(problems):
        made.problems.append(Problem(id=f"p{index}", question=words(rng, 10)))
        for side in ("right", "wrong"):
            # A number and its space are 2.07 tokens here.
            tokens = length or rng.lognormvariate(math.log(600) - SPREAD**2 / 2, SPREAD)
            text = words(rng, max(8, round(tokens / 2.07)))
            marks = [] if side == "right" else ["wrong"]
            trace = Trace(
                id=f"p{index}/{side}", problem_id=f"p{index}", reasoning=text, answer=" 1", marks=marks
            )
            made.traces.append(trace)
        made.pairs.append(Pair(problem_id=f"p{index}", chosen=f"p{index}/right", rejected=f"p{index}/wrong"))
    return made


def make_student(folder: Path, scale: str) -> str:
    """A fresh Qwen3; for the large vocabulary, rows of the embedding beyond the tokenizer's are never
    read."""
    from transformers import AutoConfig, AutoModelForCausalLM

    from limbeck.students.new.from_config import Dimensions, from_config

    shape = SCALES[scale]
    folder.mkdir(parents=True)
    sizes = Dimensions(layers=shape["layers"], width=shape["width"])
    path = from_config(MemoryShards([data(64)]), ctx=Context(folder), sizes=sizes, vocab=512)
    if shape["vocab"] > 512:
        config = AutoConfig.from_pretrained(path)
        config.vocab_size = shape["vocab"]
        AutoModelForCausalLM.from_config(config).save_pretrained(path)
    return str(path)


def rss(peak: bool = False) -> float:
    """Resident memory of this process in MB, now or at its peak."""
    if peak:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def measure(script: str, **spec) -> dict[str, float]:
    """One measurement, in a fresh process on one thread."""
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
    }
    command = [sys.executable, script, "--job", json.dumps(spec)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{spec} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


class Clock:
    """Seconds of processor (user and system) and of the wall, and tokens trained, at the end of each step."""

    def __init__(self) -> None:
        self.marks: dict[int, tuple[float, float, int]] = {}

    def mark(self, step: int, tokens: int = 0) -> None:
        self.marks.setdefault(step, (time.process_time(), time.perf_counter(), tokens))

    def result(self, steps: int, before: float, tokens: int | None = None) -> dict[str, float]:
        """From step `WARM` to the last; ``before`` is resident memory before the model was loaded."""
        (cpu, wall, first), (cpu_end, wall_end, last) = self.marks[WARM], self.marks[steps]
        tokens = last - first if tokens is None else tokens
        return {
            "tokens": tokens, "tokens_per_s": tokens / (cpu_end - cpu),
            "per_wall_s": tokens / (wall_end - wall), "peak_mb": rss(peak=True),
            "own_mb": rss(peak=True) - before,
        }  # fmt: skip


def counted(model: Any) -> list[int]:
    """How many real tokens a model is given while it is trained, as a running sum in a list of one."""
    total = [0]

    def look(module: Any, args: tuple, given: dict) -> None:
        mask = given.get("attention_mask")
        ids = given.get("input_ids", args[0] if args else None)
        total[0] += int(mask.sum() if mask is not None else ids.numel()) if module.training else 0

    model.register_forward_pre_hook(look, with_kwargs=True)
    return total


def in_our_order(rows: list, steps: int, batch: int, seed: int = 0) -> list:
    """Rows as our loop draws them, for whoever takes them one after the other."""
    from limbeck.networks.batch import order

    return [rows[index] for index in order(len(rows), seed, 0, steps * batch)]


def rounds(script: str, count: int, *sides: dict, apart: float = 0.01, **spec) -> list[tuple[dict, ...]]:
    """All sides one after the other, ``count`` times: what disturbs one disturbs all. Their counts of tokens
    differ from the first's by a share of at most ``apart``, or the rows were not the same."""
    seen = []
    for _ in range(count):
        each = tuple(measure(script, **{**spec, **side}) for side in sides)
        for other in each[1:]:
            if abs(other["tokens"] / each[0]["tokens"] - 1) > apart:
                counts = [f"{one['tokens']:,}" for one in each]
                raise SystemExit(f"not the same rows: {counts} tokens in {spec}")
        seen.append(each)
    return seen


def spread(values: Iterable[float], form: str = ",.0f") -> str:
    """The median, and from where to where."""
    values = sorted(values)
    return f"{statistics.median(values):{form}} ({values[0]:{form}} to {values[-1]:{form}})"


def line(name: str, seen: list[tuple[dict, ...]], a: int = 0, b: int = 1) -> str:
    """A row of the tables that compare two sides of all."""
    pairs = [(each[a], each[b]) for each in seen]
    sides = [spread(side["tokens_per_s"] for side in each) for each in zip(*pairs, strict=True)]
    by_cpu = spread((x["tokens_per_s"] / y["tokens_per_s"] for x, y in pairs), ".2f")
    by_wall = spread((x["per_wall_s"] / y["per_wall_s"] for x, y in pairs), ".2f")
    memory = [max(side["own_mb"] for side in each) for each in zip(*pairs, strict=True)]
    return (
        f"| {name} | {sides[0]} | {sides[1]} | {by_cpu} | {by_wall} | {memory[0]:,.0f} | {memory[1]:,.0f} |"
    )


HEADER = (
    "| | tokens/s | other tokens/s | ratio by CPU time | by the wall | own MB | other's own MB |\n"
    "|---|---|---|---|---|---|---|"
)


def start(
    about: str, job: Callable[[dict[str, Any]], Any], main: Callable[..., None], more: str = ""
) -> None:
    """A bench's command line: ``--quick``, ``--more`` where there is more, or one measurement of a process
    of its own, as JSON."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true")
    if more:
        parser.add_argument("--more", action="store_true", help=more)
    parser.add_argument("--job", type=json.loads, help="one measurement (used by the script itself)")
    arguments = parser.parse_args()
    if arguments.job:
        print(json.dumps(job(arguments.job)))
    else:
        main(*(value for name, value in vars(arguments).items() if name != "job"))
