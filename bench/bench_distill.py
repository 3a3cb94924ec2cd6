"""Distillation and reinforcement against TRL on the same models, data, batch and precision; the memory of a
divergence.

Every measurement is a fresh process. ``python bench/bench_distill.py`` prints ratios and writes
``bench/results/distill.md``; ``--quick`` takes fewer steps.
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
)  # fmt: skip

from limbeck.pipeline.context import Context
from limbeck.pipeline.registry import Bound, method
from limbeck.pipeline.store import MemoryShards
from limbeck.records import Data

RESULTS = Path(__file__).parent / "results" / "distill.md"
PROMPTS, GROUP, NEW = 4, 8, 512


def bound(room: str, name: str, **params) -> Bound:
    return Bound(name, method(f"{room}/{name}").load(), params)


def exact(problem, trace):
    """Any verdict does: what is measured is speed."""
    from limbeck.records import Verdict

    return Verdict("bench", "correct" if (trace.tokens or 0) % 2 else "wrong")


def odd_lengths(completions, **_):
    """The same for TRL."""
    return [float(len(text) % 2) for text in completions]


def ours(spec: dict, rows: Data, folder: Path) -> dict[str, float]:
    import pyarrow.parquet as pq

    from limbeck.training import loop  # noqa: F401  imported before the baseline of memory is taken
    from limbeck.training.fit import fit
    from limbeck.training.settings import Learning, Running, Stepping

    clock = Clock()

    def heard(event: dict) -> None:
        if event["kind"] == "progress" and event["total"] == spec["steps"]:
            clock.mark(event["done"])

    before = rss()
    if spec["what"] == "kd":
        objective = bound("objectives", "kd", divergence="forward")
        learning = Learning(teacher=spec["teacher"])
    else:
        objective = bound("objectives", "grpo")
        learning = Learning(
            rollout=bound("rollouts", "student", n=GROUP, max_tokens=NEW),
            reward=bound("rewards", "verified", verifier=exact),
        )
    fit(
        MemoryShards([rows]), student=spec["student"], objective=objective,
        ctx=Context(folder, report=heard), learning=learning,
        stepping=Stepping(steps=spec["steps"], batch=spec["batch"], lr=1e-5),
        running=Running(precision="fp32", save_every=0),
    )  # fmt: skip
    curve = pq.read_table(folder / "curve.parquet").to_pylist()
    return clock.result(spec["steps"], before, curve[-1]["tokens"] - curve[WARM - 1]["tokens"])


def theirs(spec: dict, rows: Data, folder: Path) -> dict[str, float]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback

    tokenizer = AutoTokenizer.from_pretrained(spec["student"])
    args = {
        "output_dir": str(folder), "max_steps": spec["steps"], "learning_rate": 1e-5, "bf16": False,
        "gradient_checkpointing": False, "report_to": [], "save_strategy": "no", "disable_tqdm": True,
        "use_cpu": True,
    }  # fmt: skip
    clock = Clock()
    before = rss()
    model = AutoModelForCausalLM.from_pretrained(spec["student"], dtype=torch.float32)
    total = counted(model)

    class Steps(TrainerCallback):
        def on_step_end(self, args, state, control, **rest):
            clock.mark(state.global_step, total[0])

    shared = {"model": model, "processing_class": tokenizer, "callbacks": [Steps()]}
    tokens = (their_kd if spec["what"] == "kd" else their_grpo)(spec, rows, args, shared)
    return clock.result(spec["steps"], before, tokens)


def their_kd(spec: dict, rows: Data, args: dict, shared: dict) -> None:
    """Train on our rows in our order; tokens are counted by the masks that the student is given."""
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM
    from trl.experimental.gkd import GKDConfig, GKDTrainer

    from limbeck.texts.messages import as_messages

    traces, questions = rows.trace_by_id(), rows.problem_by_id()
    table = []
    for pair in rows.pairs:
        chat, trace = as_messages(questions[pair.problem_id]), traces[pair.chosen]
        answer = trace.reasoning + trace.answer
        table.append({"messages": [*chat, {"role": "assistant", "content": answer}]})
    config = GKDConfig(
        **args,
        per_device_train_batch_size=spec["batch"],
        max_length=8192,
        train_sampling_strategy="sequential",
        lmbda=0.0,
        beta=0.0,
        logging_strategy="no",
    )
    teacher = AutoModelForCausalLM.from_pretrained(spec["teacher"], dtype=torch.float32)
    drawn = Dataset.from_list(in_our_order(table, spec["steps"], spec["batch"]))
    GKDTrainer(teacher_model=teacher, args=config, train_dataset=drawn, **shared).train()


def their_grpo(spec: dict, rows: Data, args: dict, shared: dict) -> float:
    """Train on our prompts in our order; returns the tokens of the timed steps, as TRL counts them."""
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    from limbeck.networks.template import prompt_text
    from limbeck.texts.messages import as_messages

    tokenizer = shared["processing_class"]
    table = [{"prompt": prompt_text(tokenizer, as_messages(problem))} for problem in rows.problems]
    config = GRPOConfig(
        **args, per_device_train_batch_size=spec["batch"] * GROUP, num_generations=GROUP, beta=0.0,
        max_completion_length=NEW, temperature=1.0, logging_steps=1,
        shuffle_dataset=False,
    )  # fmt: skip
    drawn = Dataset.from_list(in_our_order(table, spec["steps"], spec["batch"]))
    trainer = GRPOTrainer(reward_funcs=odd_lengths, args=config, train_dataset=drawn, **shared)
    trainer.train()
    seen = [row["num_tokens"] for row in trainer.state.log_history if "num_tokens" in row]
    return seen[-1] - seen[WARM - 1]


def divergence(chunked: bool, tokens: int, width: int = 256) -> dict[str, float]:
    """Forward and backward of a forward KL at the large vocabulary: time, and memory above the operands'."""
    import torch

    from limbeck.networks.logp import Head, map_logits

    torch.manual_seed(0)
    hidden, teacher = (torch.randn(tokens, width) for _ in range(2))
    hidden.requires_grad_()
    weight, other = (torch.randn(LARGE, width).mul_(0.02) for _ in range(2))
    weight.requires_grad_()
    head = Head(teacher, other)

    def kl(logits_CV, part):
        logp_CV = head.logits(part).log_softmax(-1)
        return (logp_CV.exp() * (logp_CV - logits_CV.log_softmax(-1))).sum(-1)

    before, started = rss(), time.process_time()
    values = map_logits(Head(hidden, weight), kl) if chunked else kl(hidden @ weight.T, slice(None))
    values.mean().backward()
    value, slope = float(values.detach().mean()), float(hidden.grad.double().norm())
    return {
        "seconds": time.process_time() - started,
        "own_mb": rss(peak=True) - before,
        "value": value,
        "slope": slope,
    }


def job(spec: dict) -> dict[str, float]:
    """One measurement, in this process."""
    if spec["what"] == "divergence":
        return divergence(spec["chunked"], spec["tokens"])
    rows = data(spec["rows"])
    with tempfile.TemporaryDirectory() as folder:
        return (ours if spec["who"] == "limbeck" else theirs)(spec, rows, Path(folder))


def main(quick: bool) -> None:
    steps, count, lines = WARM + TIMED, 1 if quick else ROUNDS, []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        student, teacher = (make_student(folder / name, "small") for name in ("student", "teacher"))
        for what, batch in (("kd", 8), ("grpo", PROMPTS)):
            spec = {
                "what": what, "student": student, "teacher": teacher, "steps": steps, "batch": batch,
                "rows": 64,
            }  # fmt: skip
            # What is sampled is each side's own; lengths are equal in the mean alone.
            apart = 0.01 if what == "kd" else 0.3
            lines.append(
                line(what, rounds(__file__, count, {"who": "limbeck"}, {"who": "trl"}, apart=apart, **spec))
            )
            print(lines[-1], flush=True)
    tokens = 512 if quick else 1024
    chunked, whole = (
        measure(__file__, what="divergence", chunked=each, tokens=tokens) for each in (True, False)
    )
    assert abs(chunked["value"] - whole["value"]) < 1e-5 * whole["value"], (chunked, whole)
    assert abs(chunked["slope"] - whole["slope"]) < 1e-4 * whole["slope"], (chunked, whole)
    long = measure(__file__, what="divergence", chunked=True, tokens=4 * tokens)
    names = ("torch", "transformers", "trl")
    page = [
        "# Distillation and reinforcement against TRL", "",
        f"{date.today()}, 2-core CPU, one thread, {', '.join(f'{name} {version(name)}' for name in names)}.",
        "Made by `python bench/bench_distill.py`; every measurement is a fresh process. Same 4-layer Qwen3",
        "of width 128, vocabulary 512, float32, the same rows in the same steps. *kd*: forward KL from a",
        "live teacher on 8 stored traces a step, log-normal length, 600 tokens in the mean. *grpo*:",
        f"{PROMPTS} prompts × {GROUP} rollouts of up to {NEW} tokens a step, sampled in the same process;",
        "the untrained student ends a text once in 512 tokens, so lengths are geometric. Tokens are prompt",
        "and completion, counted on both sides, per second of user and system time. The sides take turns,",
        f"{ROUNDS} rounds of {WARM} step that is not timed and {TIMED} that are; shown are median and range.",
        "MB are peak resident memory above that before the model is loaded.", "",
        HEADER, *lines, "",
        f"## A forward KL at vocabulary {LARGE:,}, width 256, forward and backward", "",
        "| | tokens | MB above the operands | CPU seconds |", "|---|---|---|---|",
        f"| in chunks | {tokens:,} | {chunked['own_mb']:,.0f} | {chunked['seconds']:.1f} |",
        f"| in chunks | {4 * tokens:,} | {long['own_mb']:,.0f} | {long['seconds']:.1f} |",
        f"| whole logits | {tokens:,} | {whole['own_mb']:,.0f} | {whole['seconds']:.1f} |", "",
        f"Ratio at {tokens:,} tokens: memory {chunked['own_mb'] / whole['own_mb']:.2f}, time "
        f"{chunked['seconds'] / whole['seconds']:.2f}; values agree to 1e-5, gradients to 1e-4 of their "
        "norm.", "",
    ]  # fmt: skip
    RESULTS.write_text("\n".join(page))
    print("\n".join(page))


if __name__ == "__main__":
    start(__doc__, job, main)
