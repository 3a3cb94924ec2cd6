"""Assembling a run: texts and items, the networks that take part, the signals they give, the rollouts they
make."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any

import torch

from limbeck.errors import LimbeckError
from limbeck.networks import opening, rows, stored, template
from limbeck.networks.batch import Item, Items, Row
from limbeck.networks.policy import Network, Sizes
from limbeck.pipeline.context import Context
from limbeck.training import needs as needs_of
from limbeck.training.rollout import Rollouts
from limbeck.training.rollout_context import RolloutContext
from limbeck.training.signals import Signals
from limbeck.types import Shards


@dataclass
class Texts:
    """How the student reads and writes, and how the teacher does where that is another way."""

    own: rows.ChatTokenizer
    teacher: rows.ChatTokenizer | None = None


def open_texts(needs: tuple[str, ...], given: dict[str, Any]) -> Texts:
    """Tokenizers, with their templates checked.

    Raises:
        LimbeckError: an objective over one vocabulary, and a teacher with another.
    """
    both = "teacher_text" in needs
    own = rows.ChatTokenizer.open(given["student"], given["max_tokens"], given["overlong"], both)
    tokenizer = own.tokenizer
    if not given["teacher"]:
        return Texts(own)
    other = opening.open_tokenizer(given["teacher"])
    same = other.get_vocab() == tokenizer.get_vocab()
    for part in ("rollout", "reward"):
        if not same and "teacher" in needs_of.asks(given[part]):
            raise LimbeckError(
                f"{part} {given[part].name!r} asks the teacher with the student's tokens, but "
                f"{given['student']} has "
                f"{len(tokenizer):,} tokens and {given['teacher']} {len(other):,} others"
            )
    if both:
        return Texts(own, rows.ChatTokenizer(other, template.check_template(other), 0, "skip", True))
    if not same and {"teacher", "teacher_logp", "hidden"} & {*needs}:
        raise LimbeckError(
            f"objective {given['objective'].name!r} compares student and teacher token by token, but "
            f"{given['student']} has {len(tokenizer):,} tokens and {given['teacher']} {len(other):,} others; "
            "take an "
            "objective that needs 'teacher_text' and aligns them"
        )
    return Texts(own)


def read_items(
    texts: Texts, data: Shards, needs: tuple[str, ...], given: dict[str, Any]
) -> tuple[Items, float]:
    """What is drawn from, and the temperature a stored signal was taken at."""
    draws = getattr(given["rollout"].module, "DRAWS", "problems") if given["rollout"] else ""
    if draws == "problems":
        items = rows.problem_items(texts.own, data)
    elif "pairs" in needs:
        items = rows.pair_items(texts.own, data)
    elif "rewards" in needs:
        items = rows.graded_items(texts.own, data)
    else:
        items = rows.trace_items(texts.own, data)
    items.pad_id = texts.own.pad_id
    if texts.teacher is not None and draws != "problems":
        _retell(items, texts.teacher, data)
    return items, _attach(items, given["signal"]) if given["signal"] else 1.0


def _retell(items: Items, teacher: rows.ChatTokenizer, data: Shards) -> None:
    """Put beside each row the same trace in the teacher's tokens."""
    wanted = {row.id for item in items.items for row in item.rows}
    found: dict[str, Row | str] = {}
    for shard in data:
        found |= teacher.rows(shard, [trace for trace in shard.traces if trace.id in wanted])
    kept = []
    for item in items.items:
        others = [found[row.id] for row in item.rows]
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
    model: Any, autocast: torch.dtype | None, items: Items, texts: Texts, needs: tuple[str, ...],
    given: dict[str, Any],
    temperature: float, ctx: Context, accelerator: Any,
) -> tuple[Network, Signals, Rollouts | None]:  # fmt: skip
    """The networks of a run on their device, the signals and, if the run has any, the rollouts."""
    device, hidden = accelerator.device, "hidden" in needs
    networks: dict[str, Network] = {}
    if given["teacher"]:
        networks["teacher"] = opening.open_network(given["teacher"], autocast, device, hidden)
    if "reference" in needs and given["rollout"]:
        networks["start"] = Network(copy.deepcopy(model).to(device), autocast).requires_grad_(False).eval()
    build = getattr(given["objective"].module, "build", None)
    extra = None
    if build is not None:
        sizes = Sizes.of(networks["teacher"].model) if given["teacher"] else None
        torch.manual_seed(given["seed"])
        extra = build(Sizes.of(model), sizes, **given["objective"].params)
    student = Network(model.to(device), autocast, hidden, None if extra is None else extra.to(device))
    signals = Signals(needs, networks.get("teacher"), networks.get("start"), temperature)
    if texts.teacher is not None:
        signals.words = (texts.own.words(), texts.teacher.words())
    if given["rollout"] is None:
        return student, signals, None
    context = RolloutContext(
        {"student": student, **networks}, texts.own, items.problems, given["sampler"], texts.teacher,
        max_tokens=given["max_tokens_per_microbatch"], items=items.items,
    )  # fmt: skip
    keep = ctx.dir / "rollouts" if given["keep_rollouts"] else None
    return student, signals, Rollouts(given["rollout"], given["reward"], context, keep)
