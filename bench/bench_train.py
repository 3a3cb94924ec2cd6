"""Training against TRL on the same model, rows, steps and precision, in alternating rounds; bfloat16 against
float32; and the loss's memory at a large vocabulary.

Every measurement is a fresh process. ``python bench/bench_train.py`` prints ratios and writes
``bench/results/train.md``; ``--quick`` takes fewer steps and the middle scale alone and writes no page.
"""

from __future__ import annotations

import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

from train_data import (
    HEADER,
    LARGE,
    ROUNDS,
    SCALES,
    WARM,
    Clock,
    counted,
    data,
    in_our_order,
    line,
    make_student,
    measure,
    rounds,
    rss,
    start,
)

from limbeck.pipeline.context import Context
from limbeck.pipeline.registry import Bound, method
from limbeck.pipeline.store import MemoryShards
from limbeck.records import Data

RESULTS = Path(__file__).parent / "results" / "train.md"
OBJECTIVES = {"sft": {}, "dpo": {"beta": 0.1}, "simpo": {"beta": 2.0, "gamma": 1.0}}
LONG = 990  # about 866 tokens here


def ours(spec: dict, rows: Data, folder: Path) -> dict[str, float]:
    import pyarrow.parquet as pq

    from limbeck.training import loop  # noqa: F401  imported before the baseline of memory is taken
    from limbeck.training.fit import fit
    from limbeck.training.settings import Running, Stepping

    clock, steps, name = Clock(), spec["steps"], spec["objective"]

    def heard(event: dict) -> None:
        # A step takes longer than the tenth of a second between reports, so every one is heard.
        if event["kind"] == "progress" and event["total"] == steps:
            clock.mark(event["done"])

    before = rss()
    bound = Bound(name, method(f"objectives/{name}").load(), OBJECTIVES[name])
    fit(
        MemoryShards([rows]), student=spec["student"], objective=bound, ctx=Context(folder, report=heard),
        stepping=Stepping(steps=steps, batch=spec["batch"], lr=1e-4),
        running=Running(precision=spec["precision"], save_every=0),
    )  # fmt: skip
    curve = pq.read_table(folder / "curve.parquet").to_pylist()
    seen = clock.result(steps, before, curve[-1]["tokens"] - curve[WARM - 1]["tokens"])
    return {**seen, "loss": sum(row["loss"] for row in curve[-3:]) / 3}


def theirs(spec: dict, rows: Data, folder: Path) -> dict[str, float]:
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback

    from limbeck.networks.template import prompt_text
    from limbeck.texts.messages import as_messages

    name, steps, batch = spec["objective"], spec["steps"], spec["batch"]
    tokenizer = AutoTokenizer.from_pretrained(spec["student"])
    trainer_class, config_class, more = _peer(name)
    before = rss()
    model = AutoModelForCausalLM.from_pretrained(spec["student"], dtype=torch.float32)
    traces, table = rows.trace_by_id(), []
    for problem, pair in zip(rows.problems, rows.pairs, strict=True):
        sides = [traces[key].reasoning + traces[key].answer for key in (pair.chosen, pair.rejected)]
        row = {"chosen": sides[0], "rejected": sides[1]} if name != "sft" else {"completion": sides[0]}
        table.append({"prompt": prompt_text(tokenizer, as_messages(problem)), **row})
    args = config_class(
        output_dir=str(folder), per_device_train_batch_size=batch, max_steps=steps, learning_rate=1e-4,
        bf16=spec["precision"] == "bf16", train_sampling_strategy="sequential",
        gradient_checkpointing=False, max_length=4096, report_to=[], save_strategy="no",
        logging_strategy="no", disable_tqdm=True, use_cpu=True, dataloader_num_workers=0, **more,
    )  # fmt: skip
    clock, total = Clock(), counted(model)

    class Steps(TrainerCallback):
        def on_step_end(self, args, state, control, **rest):
            clock.mark(state.global_step, total[0])

    trainer = trainer_class(
        model=model, args=args, train_dataset=Dataset.from_list(in_our_order(table, steps, batch)),
        processing_class=tokenizer, callbacks=[Steps()],
    )  # fmt: skip
    trainer.train()
    return clock.result(steps, before)


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
    rows = data(spec["batch"] * spec["steps"], spec.get("length", 0))
    with tempfile.TemporaryDirectory() as folder:
        return (ours if spec["who"] == "limbeck" else theirs)(spec, rows, Path(folder))


def against_trl(scale: str, steps: int, count: int, folder: Path, precision: str = "fp32") -> list[str]:
    """Rows of the results for one scale."""
    student, size = make_student(folder / f"{scale}-{precision}", scale), SCALES[scale]["traces"]
    lines = []
    for name in OBJECTIVES if scale != "middle" else ["sft"]:
        spec = {
            "kind": "train", "objective": name, "student": student, "steps": steps, "precision": precision,
            "batch": size if name == "sft" else size // 2,
        }  # fmt: skip
        lines.append(
            line(f"{name}, {precision}", rounds(__file__, count, {"who": "limbeck"}, {"who": "trl"}, **spec))
        )
        print(scale, lines[-1], flush=True)
    return lines


def precisions(steps: int, count: int, folder: Path) -> list[str]:
    """bfloat16 against float32, both ours, on rows of one length and on ragged ones; and both last losses."""
    student, lines = make_student(folder / "precisions", "middle"), []
    for length in (LONG, 0):
        spec = {
            "kind": "train", "objective": "sft", "student": student, "steps": steps, "batch": 4,
            "who": "limbeck", "length": length,
        }  # fmt: skip
        pairs = rounds(__file__, count, {"precision": "bf16"}, {"precision": "fp32"}, **spec)
        mean = pairs[0][0]["tokens"] / ((steps - WARM) * spec["batch"])
        name = f"{'equal' if length else 'ragged'} rows, {mean:,.0f} tokens in the mean"
        losses = " and ".join(f"{side['loss']:.3f}" for side in pairs[0])
        lines.append(line(f"{name}, last losses {losses}", pairs))
        print(lines[-1], flush=True)
    return lines


def main(quick: bool) -> None:
    steps, count = (8, 2) if quick else (WARM + 20, ROUNDS)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        lower = precisions(steps, count, folder)
        middle = [
            row for each in ("fp32", "bf16") for row in against_trl("middle", steps, count, folder, each)
        ]
        if quick:
            return
        small = against_trl("small", steps, count, folder)
        large = against_trl("large", WARM + 4, count, folder)
    chunked, naive = (measure(__file__, kind="head", chunked=value) for value in (True, False))
    assert abs(chunked["value"] - naive["value"]) < 1e-4, (chunked, naive)
    ratio = chunked["own_mb"] / naive["own_mb"]
    names = ("torch", "transformers", "accelerate", "trl")
    page = [
        "# Training against TRL", "",
        f"{date.today()}, 2-core CPU, one thread, {', '.join(f'{name} {version(name)}' for name in names)}.",
        "Made by `python bench/bench_train.py`; every measurement is a fresh process. Same Qwen3, the same",
        "rows of log-normal length (600 tokens in the mean) in the same steps. Tokens are real ones, prompts",
        "included, counted on both sides (ours by the loop, TRL's by the masks that its model is given), per",
        f"second of user and system time. Of {WARM + 20} steps, at the large vocabulary of {WARM + 4}, the",
        f"first {WARM} are not timed. The sides take turns, {ROUNDS} rounds; what is shown is the median",
        "and the range. DPO has its reference precomputed on both sides, outside the timing. *Own* is peak",
        "resident memory above that after the imports, before the model is loaded. Each side runs as it",
        "comes: ours cuts a step into micro-batches of 4,096 padded tokens, rows of like length together,",
        "TRL runs it whole.", "",
        "## Vocabulary 512, 4 layers, width 256 (3.3 million weights), 8 traces per step", "",
        HEADER, *middle, "",
        "## The same student: ours in bfloat16 against ours in float32, 4 traces per step", "",
        HEADER, *lower, "",
        "## Vocabulary 512, 4 layers, width 128, 8 traces or 4 pairs per step", "", HEADER, *small, "",
        f"## Vocabulary {LARGE:,}, 2 layers, width 64, 2 traces or 1 pair per step", "", HEADER, *large, "",
        f"## The loss alone: 2,048 tokens, width 512, vocabulary {LARGE:,}, forward and backward", "",
        "| | peak MB above the operands | CPU seconds |", "|---|---|---|",
        f"| in chunks | {chunked['own_mb']:,.0f} | {chunked['seconds']:.1f} |",
        f"| whole logits | {naive['own_mb']:,.0f} | {naive['seconds']:.1f} |",
        f"| ratio | {ratio:.2f} | {chunked['seconds'] / naive['seconds']:.2f} |", "",
    ]  # fmt: skip
    RESULTS.write_text("\n".join(page))
    print("\n".join(page))


if __name__ == "__main__":
    start(__doc__, job, main)
