"""What the benchmarks of training share: rows, students, memory, and measurements in fresh processes."""

from __future__ import annotations

import json
import math
import os
import random
import resource
import subprocess
import sys
from pathlib import Path

from limbeck.pipeline.context import Context
from limbeck.pipeline.store import MemoryShards
from limbeck.records import Data, Pair, Problem, Trace

WARM, SPREAD = 2, 0.7
LARGE = 151_936
SCALES = {
    # The usual case in miniature, and one in which the vocabulary is everything.
    "small": {"layers": 4, "width": 128, "vocab": 512, "traces": 8},
    "large": {"layers": 2, "width": 64, "vocab": LARGE, "traces": 2},
}


def words(rng: random.Random, count: int) -> str:
    return " ".join(str(rng.randrange(1000)) for _ in range(count))


def data(problems: int) -> Data:
    """Pairs of traces of ragged lengths: log-normal, 600 tokens in the mean, a tenth beyond 1,150."""
    rng, made = random.Random(0), Data()
    for index in range(problems):
        made.problems.append(Problem(id=f"p{index}", question=words(rng, 10)))
        for side in ("right", "wrong"):
            # A number and its space are 2.07 tokens here.
            text = words(rng, max(8, round(rng.lognormvariate(math.log(600) - SPREAD**2 / 2, SPREAD) / 2.07)))
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
