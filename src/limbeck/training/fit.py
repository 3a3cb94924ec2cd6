"""Train a student under an objective."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from typing import Any, Literal

from limbeck.errors import LimbeckError, missing_extra, unknown
from limbeck.generation import Model
from limbeck.pipeline.context import Context
from limbeck.types import Checkpoint, Objective, Reward, Rollout, Shards, Stored, Student

NO_RESULT = ("track", "save_every", "keep_adapter", "keep_rollouts", "sampler")
"""Settings that a run may be continued with other values of."""


def fit(
    data: Shards,
    *,
    student: Checkpoint,
    objective: Objective,
    ctx: Context,
    adapt: Student | None = None,
    teacher: Checkpoint | None = None,
    signal: Stored | None = None,
    rollout: Rollout | None = None,
    reward: Reward | None = None,
    sampler: Model | None = None,
    reuse: int = 1,
    keep_rollouts: bool = False,
    steps: int = 0,
    epochs: float = 1.0,
    batch: int = 32,
    lr: float = 1e-5,
    betas: tuple[float, float] = (0.9, 0.999),
    weight_decay: float = 0.0,
    warmup: float = 0.1,
    schedule: Literal["linear", "cosine", "constant"] = "linear",
    clip: float = 1.0,
    seed: int = 0,
    max_tokens: int = 0,
    overlong: Literal["skip", "truncate"] = "skip",
    precision: Literal["auto", "bf16", "fp32"] = "auto",
    max_tokens_per_microbatch: int = 0,
    gradient_checkpointing: bool = False,
    save_every: int = 200,
    keep_adapter: bool = False,
    track: str = "",
) -> Checkpoint:
    """Train a student under any objective on traces, pairs or its own rollouts; killed, it continues where it
    was.

    Args:
        adapt: a change to the loaded model, such as ``lora``; adapters are merged into the saved student.
        teacher: a live teacher for objectives and rollouts that ask for one; it is not trained.
        signal: a teacher's distributions, stored by `teachers/score`, in place of a live teacher.
        rollout: how each step's traces come about, such as ``student``; without it, training is on stored
            ones.
        reward: what rollouts are rewarded with, such as ``verified``.
        sampler: where the student's rollouts are sampled, such as a vLLM engine; by default in this process.
        reuse: optimizer steps taken on each set of rollouts (1: on policy); ``keep_rollouts`` writes them
            down.
        steps: optimizer steps; 0 takes ``epochs`` passes. ``batch`` traces, pairs or problems each, over all
            processes.
        warmup: share of the steps in which the rate rises to ``lr``; then ``schedule`` to zero.
        clip: largest gradient norm, 0 for none. ``weight_decay`` acts on matrices only.
        max_tokens: longest row, prompt and completion; ``overlong`` rows are skipped and counted, or
            truncated.
        precision: ``auto`` computes in bfloat16 on a GPU, float32 on a CPU. Weights are kept in float32.
        max_tokens_per_microbatch: padded tokens in memory at once, 0 for 4,096 on a CPU, whose cache likes
            small ones, and 16,384 elsewhere; changes no result beyond rounding (`qcrd` and `standardised_logits`
            compare what is in one).
        save_every: steps between states to continue from, 0 for none; ``keep_adapter`` also saves an adapter
            alone.
        track: ``tensorboard``, ``trackio`` or ``wandb``.

    Returns:
        ``ctx.dir/model`` with tokenizer, weights in the type they came in; ``curve.parquet`` beside it.

    Raises:
        LimbeckError: a need that is not met, a template that trains otherwise than it asks, a loss not
            finite.
    """
    return _fit(data, ctx, {name: value for name, value in locals().items() if name not in ("data", "ctx")})


def _fit(data: Shards, ctx: Context, given: dict[str, Any]) -> Checkpoint:
    """`fit`, its parameters in a mapping."""
    from limbeck.training.needs import check_values

    needs = precheck(given)
    try:
        from limbeck.networks import opening
        from limbeck.training import accelerator as accelerators
        from limbeck.training import loop, parts
        from limbeck.training.saving import save_student
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "training") from error
    ctx.dir.mkdir(parents=True, exist_ok=True)
    # Tokenizer and data come first: what is wrong with them shows before a large model is loaded.
    texts = parts.open_texts(needs, given)
    items, temperature = parts.read_items(texts, data, needs, given)
    check_values(given["objective"], given["rollout"], [row for item in items.items for row in item.rows])
    identity = _fingerprint(given, items)
    done, result = ctx.dir / "fitted.json", ctx.dir / "model"
    if result.is_dir() and done.exists() and done.read_text() == identity:
        return Checkpoint(str(result))
    for note in texts.own.template.notes:
        ctx.log(note)
    for reason, count in items.skipped.most_common():
        ctx.log(f"{count:,} not trained on: {reason}")
    for outcome, count in items.doubtful.most_common():
        ctx.log(
            f"{count:,} traces trained on are {outcome} to a verifier and bear no mark; curation/reject "
            "marks them"
        )
    autocast = opening.autocast_dtype(given["precision"])
    model, stored = opening.open_model(given["student"], given["seed"], given["adapt"], autocast)
    given["max_tokens_per_microbatch"] = (
        given["max_tokens_per_microbatch"] or accelerators.microbatch_tokens()
    )
    positions = getattr(model.config, "max_position_embeddings", None) or math.inf
    if far := sum(item.width > positions for item in items.items):
        ctx.log(f"{far:,} rows are longer than the {positions:,} positions the student is declared for")
    if given["gradient_checkpointing"]:
        model.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    accelerator = accelerators.make_accelerator(given["track"], ctx.dir)
    network, signals, rollouts = parts.assemble(
        model, autocast, items, texts, needs, given, temperature, ctx, accelerator
    )
    settings = loop.Settings(
        **_lengths(given, len(items)), dtype=autocast, fingerprint=identity,
        **{name: given[name] for name in loop.Settings.__dataclass_fields__ if name in given and name != "steps"},
    )  # fmt: skip
    loop.Loop(network, items, given["objective"], needs, settings, ctx, accelerator, signals, rollouts).run()
    if accelerator.is_main_process:
        save_student(model, texts.own, result, stored, given["keep_adapter"])
        done.write_text(identity)
        shutil.rmtree(ctx.dir / "state", ignore_errors=True)
    accelerator.wait_for_everyone()
    return Checkpoint(str(result))


def precheck(given: dict[str, Any]) -> tuple[str, ...]:
    """The objective's needs. Called when a run is planned, too: what cannot work costs no stage before it.

    Raises:
        LimbeckError: a need that nothing meets, or a setting out of range.
    """
    from limbeck.training.needs import asked, check_needs

    needs = asked(given["objective"])
    check_needs(needs, given)
    _check(given)
    return needs


def _lengths(given: dict[str, Any], count: int) -> dict[str, Any]:
    """Optimizer steps, and items drawn for them."""
    batch, reuse = given["batch"], given["reuse"]
    if given["steps"]:
        return {"steps": given["steps"], "drawn": math.ceil(given["steps"] / reuse) * batch}
    drawn = max(1, round(count * given["epochs"]))
    return {"steps": math.ceil(drawn / batch) * reuse, "drawn": drawn}


def _check(given: dict[str, Any]) -> None:
    """Refuse settings that cannot work, before anything is loaded."""
    names = ("steps", "max_tokens", "max_tokens_per_microbatch", "save_every", "clip")
    least = {"batch": 1, "reuse": 1, **dict.fromkeys(names, 0)}
    for name, low in least.items():
        if given[name] < low:
            raise LimbeckError(f"training/fit: {name} must be at least {low}, got {given[name]}")
    if not given["lr"] >= 0 or not all(0 <= beta < 1 for beta in given["betas"]):
        raise LimbeckError(
            f"training/fit: lr is not negative, betas are in [0, 1), got {given['lr']} and {given['betas']}"
        )
    if not given["steps"] and given["epochs"] <= 0:
        raise LimbeckError(
            f"training/fit: steps=0 takes epochs, which must be positive, got {given['epochs']}"
        )
    if not 0 <= given["warmup"] <= 1:
        raise LimbeckError(f"training/fit: warmup is a share of the steps, 0 to 1, got {given['warmup']}")
    choices = {"schedule": ("linear", "cosine", "constant"), "overlong": ("skip", "truncate")}
    for name, known in choices.items():
        if given[name] not in known:
            raise unknown(name, given[name], known, "training/fit")


def _fingerprint(given: dict[str, Any], items: Any) -> str:
    """What a saved state must have in common with this run to be continued."""
    plain = {name: value for name, value in given.items() if name not in NO_RESULT}
    for name in ("objective", "adapt", "rollout", "reward"):
        bound = plain[name]
        plain[name] = bound and [bound.name, getattr(bound, "params", {})]
    rows = hashlib.sha256()
    for item in items.items:
        for row in item.rows:
            rows.update(f"{row.id} {row.start} {item.weight} ".encode() + row.ids.tobytes())
    return json.dumps({**plain, "rows": rows.hexdigest()}, default=str, sort_keys=True)
