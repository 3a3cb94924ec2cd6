"""Training in both precisions, and against TRL on the same model, rows and steps, in alternating rounds.

Every measurement is a fresh process. ``python bench/bench_train.py`` writes ``bench/results/train.md``: SFT,
in both precisions. ``--more`` writes ``train_more.md``: preferences, a large vocabulary, the loss's memory.
``--quick`` takes one round and writes no page.
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
    TIMED,
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

RESULTS = Path(__file__).parent / "results"
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
    return {**seen, "loss": sum(row["loss"] for row in curve[-TIMED:]) / TIMED}


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
        gradient_checkpointing=spec.get("checkpointing", False), max_length=4096, report_to=[],
        save_strategy="no", logging_strategy="no", disable_tqdm=True, use_cpu=True,
        dataloader_num_workers=0, **more,
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


def sft(count: int, folder: Path) -> tuple[list[str], list[str]]:
    """Rows of one length, ours in both precisions; and ragged ones, ours and TRL's in both."""
    student = make_student(folder / "middle", "middle")
    spec = {"kind": "train", "objective": "sft", "student": student, "steps": WARM + TIMED}
    ours = [{"who": "limbeck", "precision": each} for each in ("bf16", "fp32")]
    theirs = [{"who": "trl", "precision": each} for each in ("bf16", "fp32")]
    theirs.append({"who": "trl", "precision": "bf16", "checkpointing": True})
    equal = rounds(__file__, count, *ours, **spec, batch=4, length=LONG)
    mean = equal[0][0]["tokens"] / (TIMED * 4)
    first = [line(f"bf16 against fp32, {mean:,.0f} tokens a row", equal)]
    print(first[0], flush=True)
    ragged = rounds(__file__, count, *ours, *theirs, **spec, batch=8)
    second = [
        line("ours in bf16 against ours in fp32", ragged, 0, 1),
        line("bf16 on both sides", ragged, 0, 2),
        line("fp32 on both sides", ragged, 1, 3),
        line("ours in bf16 against TRL in fp32", ragged, 0, 3),
        line("both at their defaults here", ragged, 0, 4),
    ]
    print("\n".join(second), flush=True)
    losses = [f"{side['loss']:.4f}" for each in (equal, ragged) for side in each[0][:2]]
    told = "{} and {} on rows of one length, {} and {} on ragged ones".format(*losses)
    return first, [*second, "", f"Our mean losses of the timed steps, in bf16 and in fp32: {told}."]


def preferences(scale: str, count: int, folder: Path) -> list[str]:
    """Each objective against TRL at one scale, in float32."""
    student, size, lines = make_student(folder / scale, scale), SCALES[scale]["traces"], []
    for name in OBJECTIVES:
        spec = {
            "kind": "train", "objective": name, "student": student, "steps": WARM + TIMED,
            "precision": "fp32", "batch": size if name == "sft" else size // 2,
        }  # fmt: skip
        lines.append(line(name, rounds(__file__, count, {"who": "limbeck"}, {"who": "trl"}, **spec)))
        print(scale, lines[-1], flush=True)
    return lines


def about(title: str, command: str) -> list[str]:
    """How a page begins."""
    names = ("torch", "transformers", "accelerate", "trl")
    return [
        f"# {title}", "",
        f"{date.today()}, 2-core CPU, one thread, {', '.join(f'{name} {version(name)}' for name in names)}.",
        f"Made by `python bench/bench_train.py{command}`; every measurement is a fresh process. Same Qwen3,",
        "the same rows in the same steps; ragged ones are of log-normal length, 600 tokens in the mean.",
        "Tokens are real ones, prompts included, counted on both sides (ours by the loop, TRL's by the",
        "masks that its model is given), per second of user and system time. The sides take turns,",
        f"{ROUNDS} rounds of {WARM} step that is not timed and {TIMED} that are; shown are median and range.",
        "*Own* is peak resident memory above that after the imports, before the model is loaded. Each",
        "side cuts a step as it comes: ours into micro-batches of rows alike of at most 4,096 padded tokens,",
        "TRL's is one. TRL's gradient checkpointing, which costs it time, is off, but where both are at",
        "their defaults: TRL's are bfloat16 and checkpointed, ours on this CPU bfloat16 and not.", "",
    ]  # fmt: skip


def main(quick: bool, more: bool) -> None:
    count = 1 if quick else ROUNDS
    with tempfile.TemporaryDirectory() as place:
        page = (second if more else first)(count, Path(place))
    if not quick:
        (RESULTS / ("train_more.md" if more else "train.md")).write_text("\n".join(page))
    print("\n".join(page))


def first(count: int, folder: Path) -> list[str]:
    equal, ragged = sft(count, folder)
    return [
        *about("Training, and against TRL", ""),
        "Vocabulary 512, 4 layers, width 256: 3.3 million weights.", "",
        "## Rows of one length, 4 a step", "", HEADER, *equal, "",
        "## Ragged rows, 8 a step", "", HEADER, *ragged, "",
    ]  # fmt: skip


def second(count: int, folder: Path) -> list[str]:
    small, large = (preferences(scale, count, folder) for scale in ("small", "large"))
    chunked, naive = (measure(__file__, kind="head", chunked=value) for value in (True, False))
    assert abs(chunked["value"] - naive["value"]) < 1e-4, (chunked, naive)
    ratio = chunked["own_mb"] / naive["own_mb"]
    return [
        *about("Training against TRL: preferences, and a large vocabulary", " --more"),
        "Both sides in float32; DPO has its reference precomputed on both, outside the timing.", "",
        "## Vocabulary 512, 4 layers, width 128, 8 traces or 4 pairs per step", "", HEADER, *small, "",
        f"## Vocabulary {LARGE:,}, 2 layers, width 64, 2 traces or 1 pair per step", "", HEADER, *large, "",
        f"## The loss alone: 2,048 tokens, width 512, vocabulary {LARGE:,}, forward and backward", "",
        "| | peak MB above the operands | CPU seconds |", "|---|---|---|",
        f"| in chunks | {chunked['own_mb']:,.0f} | {chunked['seconds']:.1f} |",
        f"| whole logits | {naive['own_mb']:,.0f} | {naive['seconds']:.1f} |",
        f"| ratio | {ratio:.2f} | {chunked['seconds'] / naive['seconds']:.2f} |", "",
    ]  # fmt: skip


if __name__ == "__main__":
    start(__doc__, job, main, "preferences, a large vocabulary and the loss alone")
