"""Assembling a run: texts and items, the networks that take part, the signals they give, the rollouts they
make."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from limbeck.errors import LimbeckError
from limbeck.networks import opening, rows, stored, template
from limbeck.networks.batch import Item, Items, Row
from limbeck.networks.policy import Network, Sizes
from limbeck.networks.tokenizers import difference, words
from limbeck.networks.triplets import triplet_items
from limbeck.pipeline.context import Context
from limbeck.training.job import Job
from limbeck.training.needs import asks
from limbeck.training.rollout import Rollouts
from limbeck.training.rollout_context import RolloutContext
from limbeck.training.signals import Signals
from limbeck.types import Shards


@dataclass
class Texts:
    """How the student reads and writes, and how the teacher does where that is another way."""

    student: rows.ChatTokenizer
    teacher: rows.ChatTokenizer | None = None


def open_texts(job: Job) -> Texts:
    """Tokenizers, with their templates checked.

    Raises:
        LimbeckError: an objective over one vocabulary, and a teacher with another.
    """
    learning, both = job.learning, "teacher_text" in job.needs
    student = rows.ChatTokenizer.open(job.student, learning.max_tokens, learning.overlong, both)
    student.read_by(job.student)
    if not learning.teacher:
        return Texts(student)
    other = opening.open_tokenizer(learning.teacher)
    differs = difference(student.tokenizer, other)
    sizes = (
        f"{job.student} has {len(student.tokenizer):,} tokens and {learning.teacher} {len(other):,}, "
        f"and they differ in {differs!r}"
    )
    for asking in (learning.rollout, learning.reward):
        if asking is not None and differs is not None and "teacher" in asks(asking):
            part = "rollout" if asking is learning.rollout else "reward"
            raise LimbeckError(
                f"{part} {asking.name!r} asks the teacher with the student's tokens, but {sizes}"
            )
    if both:
        reader = rows.ChatTokenizer(other, template.check_template(other), 0, "skip", True)
        return Texts(student, reader.read_by(learning.teacher))
    if differs is not None and {"teacher", "teacher_logp", "hidden"} & {*job.needs}:
        raise LimbeckError(
            f"objective {job.objective.name!r} compares student and teacher token by token, but {sizes}; "
            "take an objective that needs 'teacher_text' and aligns them"
        )
    if differs is None:
        student.read_by(job.student, learning.teacher)
    return Texts(student)


def read_items(texts: Texts, data: Shards, job: Job) -> tuple[Items, float]:
    """What is drawn from, and the temperature a stored signal was taken at."""
    rollout, signal = job.learning.rollout, job.learning.signal
    draws = getattr(rollout.module, "DRAWS", "problems") if rollout else ""
    if draws == "problems":
        items = rows.problem_items(texts.student, data)
    elif "pairs" in job.needs:
        items = rows.pair_items(texts.student, data)
    elif "triplets" in job.needs:
        items = triplet_items(texts.student, data)
    elif "rewards" in job.needs:
        items = rows.graded_items(texts.student, data)
    else:
        items = rows.trace_items(texts.student, data)
    items.pad_id = texts.student.pad_id
    if texts.teacher is not None and draws != "problems":
        _retell(items, texts.teacher, data)
    return items, _attach(items, signal) if signal else 1.0


def _retell(items: Items, teacher: rows.ChatTokenizer, data: Shards) -> None:
    """Put beside each row the same trace in the teacher's tokens."""
    wanted = {row.id for item in items.items for row in item.rows}
    made: dict[str, Row | str] = {}
    for shard in data:
        made |= teacher.rows(shard, [trace for trace in shard.traces if trace.id in wanted])
    kept = []
    for item in items.items:
        others = [made[row.id] for row in item.rows]
        if reasons := [other for other in others if isinstance(other, str)]:
            items.skipped[f"teacher_{reasons[0]}"] += 1
        else:
            told = [other for other in others if isinstance(other, Row)]
            pairs = zip(item.rows, told, strict=True)
            kept.append(replace(item, rows=tuple(replace(row, other=other) for row, other in pairs)))
    items.items = kept
    rows.check(items, "traces", "none can be told in the teacher's tokens")


def _attach(items: Items, folder: str) -> float:
    """Give each row what a teacher's stored signal says of it."""
    about, known = stored.read(folder)
    kept: list[Item] = []
    for item in items.items:
        packed = []
        for row in item.rows:
            digest, record = known.get(row.id, (None, None))
            if record is None:
                items.skipped["no_signal"] += 1
            elif digest != stored.digest(row.ids[row.start :]):
                raise LimbeckError(
                    f"the stored signal of {about.model} was taken on other tokens of trace {row.id}: store "
                    "it with "
                    "the student's tokenizer and the same max_tokens"
                )
            else:
                packed.append(replace(row, packed=record))
        if len(packed) == len(item.rows):
            kept.append(replace(item, rows=tuple(packed)))
    items.items = kept
    rows.check(items, "traces", "the signal was stored for other traces")
    return about.temperature


def assemble(
    model: Any, autocast: torch.dtype | None, items: Items, texts: Texts, job: Job, temperature: float,
    ctx: Context, accelerator: Any,
) -> tuple[Network, Signals, Rollouts | None]:  # fmt: skip
    """The networks of a run on their device, the signals and, if the run has any, the rollouts.

    Args:
        model: the student's.
        temperature: at which a stored signal was taken.
    """
    device, hidden, learning = accelerator.device, "hidden" in job.needs, job.learning
    networks: dict[str, Network] = {}
    if learning.teacher:
        networks["teacher"] = opening.open_network(learning.teacher, autocast, device, hidden)
    if "reference" in job.needs and learning.rollout:
        networks["start"] = Network(copy.deepcopy(model).to(device), autocast).requires_grad_(False).eval()
    extra = _learned_parts(job, model, networks.get("teacher"))
    layers = hidden or "states" in job.needs
    student = Network(model.to(device), autocast, layers, None if extra is None else extra.to(device))
    signals = Signals(job.needs, networks.get("teacher"), networks.get("start"), temperature)
    if texts.teacher is not None:
        signals.words = (words(texts.student.tokenizer), words(texts.teacher.tokenizer))
    if learning.rollout is None:
        return student, signals, None
    context = RolloutContext(
        {"student": student, **networks}, texts.student, items.problems, learning.sampler, texts.teacher,
        max_tokens=job.running.max_tokens_per_microbatch, items=items.items, log=ctx.log,
    )  # fmt: skip
    keep = ctx.dir / "rollouts" if job.running.keep_rollouts else None
    return student, signals, Rollouts(learning.rollout, learning.reward, context, keep)


def _learned_parts(job: Job, model: Any, teacher: Network | None) -> nn.Module | None:
    """What the objective learns besides the student: its module's ``build``; what is random in it comes from
    the seed."""
    build = getattr(job.objective.module, "build", None)
    if build is None:
        return None
    torch.manual_seed(job.stepping.seed)
    made: nn.Module | None = build(
        Sizes.of(model), None if teacher is None else Sizes.of(teacher.model), **job.objective.params
    )
    return made
