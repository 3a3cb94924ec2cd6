"""Train a student under an objective."""

from __future__ import annotations

import math
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from limbeck.errors import missing_extra
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.training.identity import differences
from limbeck.training.job import Job
from limbeck.training.needs import check_values, wants_whole_step
from limbeck.training.settings import Learning, Running, Stepping, Watching
from limbeck.types import Checkpoint, Shards

if TYPE_CHECKING:
    from limbeck.networks.batch import Items
    from limbeck.networks.rows import ChatTokenizer
    from limbeck.objectives.ops import Objective

ADDED = ("holdout", "evaluate_every", "patience", "curriculum", "order_by")
KEYED_AS = {"precision": {"fp32": "auto"}}  # which is what `auto` was on a CPU: what was trained stays
NO_RESULT = ("gradient_checkpointing", "max_tokens_per_microbatch", "save_every")
"""What is computed does not depend on them. Where sums are cut they round otherwise (equal to about 1e-5 in
float32), and what is drawn at random within a micro-batch, such as dropout, is drawn otherwise."""
MODEL_WANTS = ("ids", "logprobs", "sync")  # of a sampler


def fit(
    data: Shards,
    *,
    student: Checkpoint,
    objective: Objective,
    ctx: Context,
    learning: Learning = Learning(),
    stepping: Stepping = Stepping(),
    running: Running = Running(),
    watching: Watching = Watching(),
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
        curriculum: train pairs in the order of `limbeck.training.curriculum.Order`, this weight on their
            values. ``order_by``: items from the lowest to the highest ``length``, score, or number in their
            problem's ``meta``, ``-`` before it for descending. Else every epoch has another random order.
        max_tokens: longest row, prompt and completion; ``overlong`` rows are skipped, or truncated: both
            are counted.
        precision: ``auto`` computes in bfloat16 where the GPU or CPU has instructions for it, else in
            float32, and the log says which; ``bf16`` or ``fp32`` wherever it runs. Weights are kept in
            float32. ``auto`` and ``fp32`` share a stage's key, so either takes what the other has made; the
            model's card says which precision that was, and an unfinished run goes on in its own alone.
        max_tokens_per_microbatch: padded tokens in memory at once, 0 for 4,096 on a CPU, whose cache likes
            small ones, and 16,384 elsewhere; changes no result beyond rounding, but for an
            objective that compares what is in one: where a step is cut, the log says so.
            ``gradient_checkpointing`` computes twice what it does not keep.
        save_every: steps between states to continue from, 0 for none. Neither this nor the two above change
            a stage's key, so a run may go on with others. ``keep_adapter`` also saves an adapter alone.
        holdout: share of the problems, drawn by seed and id, never trained on. The loss on them is
            ``val_loss`` in the curve, after every ``evaluate_every`` steps (0: ten times) and the last.
        patience: stop after so many evaluations without a lower one and save the student of the lowest; 0
            trains to the end and saves the last.
        track: ``tensorboard``, ``wandb``, ``mlflow`` or another of `limbeck.training.settings.TRACKERS`.

    Returns:
        ``ctx.dir/model`` with tokenizer and model card, weights in the type they came in; ``curve.parquet``
        beside it.

    Raises:
        LimbeckError: a need that is not met, a template that trains otherwise than it asks, a loss not
            finite.
    """
    return _fit(data, Job.of(student, objective, learning, stepping, running, watching), ctx)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: the traces that rollouts make, for whoever rewards them."""
    rollout = params["rollout"]
    if rollout is None:
        return {}
    ((name, settings),) = rollout.items()
    if "n" not in settings or "max_tokens" not in settings:
        return {"unknown": f"how many traces rollouts/{name} makes"}
    steps = params["steps"] or params["epochs"] * -(-counts["problems"] // params["batch"])
    made = -(-steps // params["reuse"]) * params["batch"] * settings["n"]
    drawn = asked(made, prompt(counts), settings["max_tokens"])
    rolled = {"traces": made, "trace_tokens": settings["max_tokens"]}
    return {"judged": rolled, "asks": {"sampler": drawn}}


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it.

    Raises:
        LimbeckError: a need that nothing meets, or a setting out of range.
    """
    Job.planned(given)


def no_result(given: dict[str, Any]) -> tuple[str, ...]:
    """`NO_RESULT`, but for the cut into micro-batches where the objective compares what is in one."""
    whole = wants_whole_step(given["objective"])
    return tuple(name for name in NO_RESULT if not (whole and name == "max_tokens_per_microbatch"))


def _fit(data: Shards, job: Job, ctx: Context) -> Checkpoint:
    try:
        from limbeck.networks import opening
        from limbeck.training import parts, tracking
        from limbeck.training.accelerator import choose_precision, make_accelerator, microbatch_tokens
        from limbeck.training.card import Made, model_card
        from limbeck.training.holdout import Holdout
        from limbeck.training.loop import Loop
        from limbeck.training.proof import rows_to_read
        from limbeck.training.saving import rehearse, save_student
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "training") from error
    ctx.dir.mkdir(parents=True, exist_ok=True)
    # Tokenizer and data come first: what is wrong with them shows before a large model is loaded.
    texts = parts.open_texts(job)
    items, temperature = parts.read_items(texts, data, job)
    check_values(job.objective, job.learning.rollout, [row for item in items.items for row in item.rows])
    # A state and a card say what was computed in: what `auto` chose here it may not choose elsewhere.
    chosen, why = choose_precision(job.running.precision)
    job = replace(job, running=msgspec.structs.replace(job.running, precision=chosen))
    identity = job.fingerprint(items.items)
    done, result = ctx.dir / "fitted.json", ctx.dir / "model"
    if result.is_dir() and done.exists() and not differences(done.read_text(), identity, job.idle):
        return Checkpoint(str(result))
    _tell(items, texts.student, ctx)
    holdout = Holdout.of(items, job.watching, job.stepping.seed, ctx) if job.watching.holdout else None
    budget = job.running.max_tokens_per_microbatch or microbatch_tokens()
    running = msgspec.structs.replace(job.running, max_tokens_per_microbatch=budget)
    job = replace(job, running=running)
    if why:
        ctx.log(f"precision: auto is {chosen}: {why}")
    autocast = opening.autocast_dtype(chosen)
    model, stored = opening.open_model(job.student, job.stepping.seed, job.learning.adapt, autocast)
    positions = getattr(model.config, "max_position_embeddings", None) or math.inf
    if far := sum(item.width > positions for item in items.items):
        ctx.log(f"{far:,} rows are longer than the {positions:,} positions the student is declared for")
    if running.gradient_checkpointing:
        model.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    accelerator = make_accelerator(running.track, ctx.dir)
    rows = rows_to_read(items.items, model)
    if accelerator.is_main_process:
        rehearse(model, texts.student, ctx.dir, stored, running.keep_adapter, rows)
    if running.track:
        tracking.begin(accelerator, running.track, job, ctx)
    network, signals, rollouts = parts.assemble(
        model, autocast, items, texts, job, temperature, ctx, accelerator
    )
    if network.attention:
        ctx.log(f"attention: {network.attention}")
    curve = Loop(network, items, job, identity, ctx, accelerator, signals, rollouts, holdout).run()
    if accelerator.is_main_process:
        notes = texts.student.template.notes
        told = model_card(tracking.names(ctx)[1], job, Made.of(data), items, curve, notes)
        save_student(model, texts.student, result, stored, running.keep_adapter, told, rows)
        done.write_text(identity)
        shutil.rmtree(ctx.dir / "state", ignore_errors=True)
    accelerator.wait_for_everyone()
    return Checkpoint(str(result))


def _tell(items: Items, chat_tokenizer: ChatTokenizer, ctx: Context) -> None:
    """What is left out or cut, what is doubtful, and what a careful person should know about the template."""
    for note in chat_tokenizer.template.notes:
        ctx.log(note)
    for reason, count in items.skipped.most_common():
        ctx.log(f"{count:,} not trained on: {reason}")
    rows = {row.id: row for item in items.items for row in item.rows if row.id in chat_tokenizer.cut}
    if rows:
        lost = sum(chat_tokenizer.cut[name] for name in rows)
        whole = lost + sum(len(row.ids) - row.start for row in rows.values())
        ctx.log(
            f"{len(rows):,} traces are cut at max_tokens: {chat_tokenizer.max_tokens:,}; {lost:,} of their "
            f"{whole:,} tokens, their ends among them, are not trained on"
        )
    for outcome, count in items.doubtful.most_common():
        ctx.log(
            f"{count:,} traces trained on are {outcome} to a verifier and bear no mark; curation/reject "
            "marks them"
        )
