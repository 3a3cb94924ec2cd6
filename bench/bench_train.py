"""Training against TRL on the same model, data, batch and precision, and the loss's memory at a large
vocabulary.

Every measurement is a fresh process. ``python bench/bench_train.py`` prints ratios and writes
``bench/results/train.md``; ``--quick`` takes fewer steps.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

from train_data import LARGE, SCALES, WARM, data, make_student, measure, rss

from limbeck.pipeline.context import Context
from limbeck.pipeline.registry import Bound, method
from limbeck.pipeline.store import MemoryShards
from limbeck.records import Data

RESULTS = Path(__file__).parent / "results" / "train.md"
OBJECTIVES = {"sft": {}, "dpo": {"beta": 0.1}, "simpo": {"beta": 2.0, "gamma": 1.0}}


def ours(name: str, student: str, rows: Data, steps: int, batch: int, folder: Path) -> dict[str, float]:
    import pyarrow.parquet as pq

    from limbeck.training import loop  # noqa: F401  imported before the baseline of memory is taken
    from limbeck.training.fit import fit

    clock: dict[float, float] = {}

    def heard(event: dict) -> None:
        # A step takes longer than the tenth of a second between reports, so every one is heard.
        if event["kind"] == "progress" and event["total"] == steps:
            clock.setdefault(event["done"], time.process_time())

    before = rss()
    bound = Bound(name, method(f"objectives/{name}").load(), OBJECTIVES[name])
    fit(
        MemoryShards([rows]), student=student, objective=bound, ctx=Context(folder, report=heard),
        steps=steps,
        batch=batch, lr=1e-4, precision="fp32", save_every=0,
    )  # fmt: skip
    curve = pq.read_table(folder / "curve.parquet").to_pylist()
    speed = (curve[-1]["tokens"] - curve[WARM - 1]["tokens"]) / (clock[steps] - clock[WARM])
    return {"tokens_per_s": speed, "peak_mb": rss(peak=True), "own_mb": rss(peak=True) - before}


def theirs(name: str, student: str, rows: Data, steps: int, batch: int, folder: Path) -> dict[str, float]:
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback

    from limbeck.networks.template import prompt_text

    tokenizer = AutoTokenizer.from_pretrained(student)
    trainer_class, config_class, more = _peer(name)
    before = rss()
    model = AutoModelForCausalLM.from_pretrained(student, dtype=torch.float32)
    traces = rows.trace_by_id()
    table, lengths = [], []
    for problem, pair in zip(rows.problems, rows.pairs, strict=True):
        prompt = prompt_text(tokenizer, problem.question)
        sides = [traces[key].reasoning + traces[key].answer for key in (pair.chosen, pair.rejected)]
        row = {"chosen": sides[0], "rejected": sides[1]} if name != "sft" else {"completion": sides[0]}
        table.append({"prompt": prompt, **row})
        ids = tokenizer([prompt, *row.values()], add_special_tokens=False)["input_ids"]
        lengths.append(len(row) * (len(ids[0]) + 1) + sum(len(part) for part in ids[1:]))
    args = config_class(
        output_dir=str(folder), per_device_train_batch_size=batch, max_steps=steps, learning_rate=1e-4,
        bf16=False,
        gradient_checkpointing=False, max_length=4096, report_to=[], save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True, use_cpu=True, dataloader_num_workers=0, **more,
    )  # fmt: skip
    marks: list[float] = []

    class Clock(TrainerCallback):
        def on_step_end(self, *args, **kwargs):
            marks.append(time.process_time())

    trainer = trainer_class(
        model=model,
        args=args,
        train_dataset=Dataset.from_list(table),
        processing_class=tokenizer,
        callbacks=[Clock()],
    )
    trainer.train()
    # Steps draw without repeating until the data is used up, so tokens are counted as the mean per row.
    tokens = sum(lengths) / len(lengths) * batch * (steps - WARM)
    return {
        "tokens_per_s": tokens / (marks[-1] - marks[WARM - 1]), "peak_mb": rss(peak=True),
        "own_mb": rss(peak=True) - before,
    }  # fmt: skip


def _peer(name: str):
    """TRL's trainer and configuration for an objective, and what makes it the same computation as ours."""
    if name == "sft":
        from trl import SFTConfig, SFTTrainer

        return SFTTrainer, SFTConfig, {"packing": False, "completion_only_loss": True}
    if name == "dpo":
        from trl import DPOConfig, DPOTrainer

        return DPOTrainer, DPOConfig, {"beta": 0.1, "precompute_ref_log_probs": True}
    from trl.experimental.cpo import CPOConfig, CPOTrainer

    more = {
        "beta": 2.0,
        "simpo_gamma": 1.0,
        "loss_type": "simpo",
        "cpo_alpha": 0.0,
        "max_completion_length": 4096,
    }
    return CPOTrainer, CPOConfig, more


def head(chunked: bool, tokens: int = 2048, width: int = 512) -> dict[str, float]:
    """Forward and backward of the loss alone at the large vocabulary: time and memory above the operands'."""
    import torch

    from limbeck.networks.logp import Head, token_logp

    torch.manual_seed(0)
    hidden = torch.randn(tokens, width, requires_grad=True)
    weight = torch.randn(LARGE, width).mul_(0.02).requires_grad_()
    target = torch.randint(0, LARGE, (tokens,))
    before, started = rss(), time.process_time()
    if chunked:
        logp = token_logp(Head(hidden, weight), target)
    else:
        logp = torch.log_softmax(hidden @ weight.T, -1).gather(-1, target[:, None])[:, 0]
    logp.mean().backward()
    return {
        "seconds": time.process_time() - started,
        "own_mb": rss(peak=True) - before,
        "value": float(logp.mean()),
    }


def job(spec: dict) -> dict[str, float]:
    """One measurement, in this process."""
    if spec["kind"] == "head":
        return head(spec["chunked"])
    rows = data(spec["rows"])
    run = ours if spec["who"] == "limbeck" else theirs
    with tempfile.TemporaryDirectory() as folder:
        return run(spec["objective"], spec["student"], rows, spec["steps"], spec["batch"], Path(folder))


def table(scale: str, steps: int, folder: Path) -> list[str]:
    """Rows of the results for one scale."""
    student, size = make_student(folder / scale, scale), SCALES[scale]["traces"]
    lines = []
    for name in OBJECTIVES:
        batch = size if name == "sft" else size // 2
        spec = {"kind": "train", "objective": name, "student": student, "steps": steps, "batch": batch}
        spec["rows"] = batch * steps
        a, b = measure(__file__, who="limbeck", **spec), measure(__file__, who="trl", **spec)
        line = (
            f"| {name} | {a['tokens_per_s']:,.0f} | {b['tokens_per_s']:,.0f} | "
            f"{a['tokens_per_s'] / b['tokens_per_s']:.2f} | {a['peak_mb']:,.0f} | {b['peak_mb']:,.0f} | "
            f"{a['own_mb']:,.0f} | {b['own_mb']:,.0f} | {a['own_mb'] / b['own_mb']:.2f} |"
        )
        print(scale, line, flush=True)
        lines.append(line)
    return lines


HEADER = (
    "| objective | tokens/s | TRL tokens/s | ratio | peak MB | TRL peak MB | own MB | TRL own MB | ratio |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def main(quick: bool) -> None:
    steps = 5 if quick else 8
    with tempfile.TemporaryDirectory() as folder:
        small, large = (table(scale, steps if scale == "small" else 3, Path(folder)) for scale in SCALES)
    chunked, naive = (measure(__file__, kind="head", chunked=value) for value in (True, False))
    assert abs(chunked["value"] - naive["value"]) < 1e-4, (chunked, naive)
    ratio = chunked["own_mb"] / naive["own_mb"]
    names = ("torch", "transformers", "accelerate", "trl")
    page = [
        "# Training against TRL", "",
        f"{date.today()}, 2-core CPU, one thread, {', '.join(f'{name} {version(name)}' for name in names)}.",
        "Made by `python bench/bench_train.py`; every measurement is a fresh process. Same Qwen3, same rows "
        "of",
        "log-normal length (600 tokens in the mean), same rows per step, float32. Tokens are real ones, "
        "prompts",
        "included, per second of CPU time; the first two steps are not timed. DPO has its reference "
        "precomputed on",
        "both sides, outside the timing. *Own*",
        "is peak resident memory above that after the imports, before the model is loaded. Each side runs as "
        "it comes:",
        "ours cuts a step into micro-batches of 4,096 padded tokens, rows of like length together, TRL runs "
        "it whole.",
        "",
        "## Vocabulary 512, 4 layers, width 128, 8 traces or 4 pairs per step", "", HEADER, *small, "",
        f"## Vocabulary {LARGE:,}, 2 layers, width 64, 2 traces or 1 pair per step", "", HEADER, *large, "",
        f"## The loss alone: 2,048 tokens, width 512, vocabulary {LARGE:,}, forward and backward", "",
        "| | peak MB above the operands | CPU seconds |", "|---|---|---|",
        f"| in chunks | {chunked['own_mb']:,.0f} | {chunked['seconds']:.1f} |",
        f"| whole logits | {naive['own_mb']:,.0f} | {naive['seconds']:.1f} |",
        f"| ratio | {ratio:.2f} | {chunked['seconds'] / naive['seconds']:.2f} |", "",
    ]  # fmt: skip
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text("\n".join(page))
    print("\n".join(page))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument(
        "--job", type=json.loads, help="one measurement, as JSON (used by this script itself)"
    )
    arguments = parser.parse_args()
    if arguments.job:
        print(json.dumps(job(arguments.job)))
    else:
        main(arguments.quick)
