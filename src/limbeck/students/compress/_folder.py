"""What compressors share: a student opened, changed and written again; traces to calibrate on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from limbeck.errors import LimbeckError, missing_extra
from limbeck.pipeline.context import Context
from limbeck.types import Checkpoint, Count, Settings, Shards

if TYPE_CHECKING:
    from limbeck.networks.calibrating import Batches
    from limbeck.networks.compensating import Pattern

Named = Literal["", "2:4", "4:8"]
"""Zeros among neighbours, as hardware takes them."""


class Calibration(Settings, frozen=True):
    """What is read before a matrix is changed.

    Args:
        rows: most traces, the first ones.
        longest: tokens of a trace that are read, from its prompt's first on.
        text: ``traces``, or ``random``: as many tokens drawn evenly from the vocabulary, a control.
    """

    rows: Count = 128
    longest: Count = 2048
    text: Literal["traces", "random"] = "traces"


def changed(student: str, ctx: Context, change: Callable[[Any], str], **rounding: int) -> Checkpoint:
    """Open a student, change it in place, and write it to ``ctx.dir/model``.

    Args:
        change: of the loaded model; says what it did, for the log.
        rounding: what it shall round inside, see `limbeck.networks.rounding`; what it rounds already, stays.
    """
    try:
        from limbeck.networks import branches, ways
        from limbeck.networks import rounding as inside
        from limbeck.networks.compressing import WHOLE
        from limbeck.networks.opening import load, open_tokenizer
        from limbeck.networks.tokenizers import save_tokenizer
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "students") from error

    model = load(student).eval()
    before = inside.kept(student)
    settings = {name: min(bits, before.get(name, bits)) for name, bits in {**before, **rounding}.items()}
    ctx.log(change(model))
    partial, folder = ctx.dir / ".model", ctx.dir / "model"
    for each in (partial, folder):
        shutil.rmtree(each, ignore_errors=True)
    plain, more = branches.plain_state(model)
    plain, added = (plain, {}) if more else ways.plain_state(model)
    model.save_pretrained(partial, state_dict=plain)
    if more:
        branches.keep(model, more, partial)
    ways.keep(model, added, partial)
    save_tokenizer(open_tokenizer(student), partial)
    if any(bits < WHOLE for bits in settings.values()):
        inside.keep(partial, settings)
    partial.rename(folder)
    return Checkpoint(str(folder))


def read(data: Shards, student: str, calibration: Calibration, seed: int) -> Batches:
    """Kept traces as padded batches.

    Raises:
        LimbeckError: there is none that gives tokens.
    """
    from limbeck.networks.batch import Row
    from limbeck.networks.calibrating import at_random, batches
    from limbeck.networks.rows import ChatTokenizer

    chat_tokenizer = ChatTokenizer.open(student).read_by(student)
    rows: list[Row] = []
    reasons: list[str] = []
    for shard in data:
        made = chat_tokenizer.rows(shard, islice(shard.kept(), calibration.rows - len(rows))).values()
        rows += [each for each in made if isinstance(each, Row)]
        reasons += [each for each in made if isinstance(each, str)]
        if len(rows) >= calibration.rows:
            break
    if not rows:
        raise LimbeckError(f"no text to calibrate on: {next(iter(reasons), 'no trace without a mark')}")
    if calibration.text == "random":
        rows = at_random(rows, int(min(chat_tokenizer.size, len(chat_tokenizer.tokenizer))), seed)
    return batches([Row(row.id, row.ids[: calibration.longest], row.start) for row in rows])


def parsed(pattern: str) -> Pattern:
    """``2:4`` as two numbers; nothing as two zeros."""
    zeros, _, of = pattern.partition(":")
    return (int(zeros), int(of)) if of else (0, 0)


def zeros(model: Any) -> str:
    """How many weights of the linear layers are 0, in words."""
    from limbeck.networks.compressing import layers

    counts = [(int((each.weight == 0).sum()), each.weight.numel()) for each in layers(model)]
    empty, total = (sum(column) for column in zip(*counts, strict=True))
    return f"{empty:,} of {total:,} weights of linear layers are 0"
