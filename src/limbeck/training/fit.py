"""Train a student under an objective."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from pathlib import Path
from typing import Any, Literal

from limbeck.errors import LimbeckError, missing_extra, unknown
from limbeck.pipeline.context import Context
from limbeck.types import Checkpoint, Objective, Shards, Student

KNOWN_NEEDS = ("traces", "pairs", "reference")


def fit(
    data: Shards,
    *,
    student: Checkpoint,
    objective: Objective,
    ctx: Context,
    adapt: Student | None = None,
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
    """Train a student on kept traces or pairs under any objective; killed, it continues where it was.

    Args:
        adapt: a change to the loaded model, such as ``lora``; adapters are merged into the saved student.
        steps: optimizer steps; 0 takes ``epochs`` passes instead.
        batch: traces or pairs per optimizer step, over all processes.
        betas: of AdamW; ``weight_decay`` acts on matrices only.
        warmup: share of the steps in which the rate rises to ``lr``; then ``schedule`` to zero.
        clip: largest gradient norm, 0 for none.
        max_tokens: longest row, prompt and completion; ``overlong`` rows are skipped and counted, or truncated.
        precision: ``auto`` computes in bfloat16 on a GPU, float32 on a CPU. Weights are kept in float32.
        max_tokens_per_microbatch: padded tokens in memory at once; changes no result beyond rounding. 0 takes 4,096
            on a CPU, whose cache likes small ones, and 16,384 elsewhere.
        save_every: steps between states to continue from, 0 for none.
        keep_adapter: also save an adapter by itself, as ``adapter``.
        track: ``tensorboard``, ``trackio`` or ``wandb``.

    Returns:
        ``ctx.dir/model`` with tokenizer, weights in the type they came in; ``curve.parquet`` beside it.

    Raises:
        LimbeckError: data without what the objective needs, a template that trains another dialogue than it
            generates, a setting out of range, a loss that is not finite.
    """
    settings = {name: value for name, value in locals().items() if name not in ("data", "ctx")}
    return _fit(data, ctx, settings)


def _fit(data: Shards, ctx: Context, given: dict[str, Any]) -> Checkpoint:
    """`fit`, its parameters in a mapping."""
    needs = _needs(given["objective"])
    _check(given)
    try:
        from limbeck.training import loop, rows, setup, template
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "training") from error
    ctx.dir.mkdir(parents=True, exist_ok=True)
    # Tokenizer and data come first: what is wrong with them shows before a large model is loaded.
    tokenizer = setup.open_tokenizer(given["student"])
    checked = template.check_template(tokenizer)
    tokeniser = rows.Tokeniser(tokenizer, checked, given["max_tokens"], given["overlong"])
    items = (rows.pair_items if "pairs" in needs else rows.trace_items)(tokeniser, data)
    items.pad_id = setup.pad_id(tokenizer, checked.close_id)
    identity = _fingerprint(given, items)
    done, result = ctx.dir / "fitted.json", ctx.dir / "model"
    if result.is_dir() and done.exists() and done.read_text() == identity:
        return Checkpoint(str(result))
    for note in checked.notes:
        ctx.log(note)
    for reason, count in items.skipped.most_common():
        ctx.log(f"{count:,} not trained on: {reason}")
    autocast = setup.autocast_dtype(given["precision"])
    model, stored = setup.open_model(given["student"], given["seed"], given["adapt"], autocast)
    given["max_tokens_per_microbatch"] = given["max_tokens_per_microbatch"] or setup.microbatch_tokens()
    positions = getattr(model.config, "max_position_embeddings", None) or math.inf
    if far := sum(item.width > positions for item in items.items):
        ctx.log(f"{far:,} rows are longer than the {positions:,} positions the student is declared for")
    drawn = given["steps"] * given["batch"] or max(1, round(len(items) * given["epochs"]))
    settings = loop.Settings(
        steps=math.ceil(drawn / given["batch"]), drawn=drawn, dtype=autocast, fingerprint=identity,
        **{name: given[name] for name in loop.Settings.__dataclass_fields__ if name in given and name != "steps"},
    )  # fmt: skip
    if given["gradient_checkpointing"]:
        model.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    run = loop.Loop(model, items, given["objective"], needs, settings, ctx)
    run.run()
    if run.accelerator.is_main_process:
        _save(model, tokenizer, ctx.dir, checked.close_id, stored, given["keep_adapter"])
        done.write_text(identity)
        shutil.rmtree(ctx.dir / "state", ignore_errors=True)
    run.accelerator.wait_for_everyone()
    return Checkpoint(str(result))


def _needs(objective: Any) -> tuple[str, ...]:
    """What an objective asks of the trainer; reads its declaration, never its name."""
    needs = tuple(getattr(objective.module, "NEEDS", ()))
    for need in needs:
        if need not in KNOWN_NEEDS:
            raise unknown("need", need, KNOWN_NEEDS, f"objective {objective.name!r}")
    if ("traces" in needs) == ("pairs" in needs):
        raise LimbeckError(f"objective {objective.name!r} must need either 'traces' or 'pairs'; its NEEDS are {needs}")
    return needs


def _check(given: dict[str, Any]) -> None:
    """Refuse settings that cannot work, before anything is loaded."""
    least = {"batch": 1, "steps": 0, "max_tokens": 0, "max_tokens_per_microbatch": 0, "save_every": 0, "clip": 0}
    for name, low in least.items():
        if given[name] < low:
            raise LimbeckError(f"training/fit: {name} must be at least {low}, got {given[name]}")
    if not given["steps"] and given["epochs"] <= 0:
        raise LimbeckError(f"training/fit: steps=0 takes epochs, which must be positive, got {given['epochs']}")
    if not 0 <= given["warmup"] <= 1:
        raise LimbeckError(f"training/fit: warmup is a share of the steps, 0 to 1, got {given['warmup']}")
    choices = {"schedule": ("linear", "cosine", "constant"), "overlong": ("skip", "truncate")}
    for name, known in choices.items():
        if given[name] not in known:
            raise unknown(name, given[name], known, "training/fit")


def _fingerprint(given: dict[str, Any], items: Any) -> str:
    """What a saved state must have in common with this run to be continued."""
    plain = {name: value for name, value in given.items() if name not in ("track", "save_every", "keep_adapter")}
    for name in ("objective", "adapt"):
        bound = plain[name]
        plain[name] = bound and [bound.name, getattr(bound, "params", {})]
    rows = hashlib.sha256()
    for item in items.items:
        for row in item.rows:
            rows.update(f"{row.id} {row.start} {item.weight} ".encode() + row.ids.tobytes())
    return json.dumps({**plain, "rows": rows.hexdigest()}, default=str, sort_keys=True)


def _save(model: Any, tokenizer: Any, folder: Path, close_id: int, dtype: Any, keep_adapter: bool) -> None:
    from limbeck.training.setup import save_student

    if hasattr(model, "merge_and_unload"):
        if keep_adapter:
            model.save_pretrained(folder / "adapter")
        model = model.merge_and_unload()
    save_student(model, tokenizer, folder / "model", close_id, dtype)
