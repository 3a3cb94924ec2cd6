"""On policy for masked diffusion students: answers filled in, and read in several ways."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from limbeck.errors import LimbeckError
from limbeck.rollouts.ops import prompts, written_items
from limbeck.types import Count, Positive

if TYPE_CHECKING:
    from limbeck.networks.batch import Item
    from limbeck.training.rollout_context import RolloutContext


def denoised(
    drawn: list[Item],
    context: RolloutContext,
    *,
    n: int = 6,
    readings: Count = 12,
    temperature: Positive = 1.0,
    max_tokens: int = 256,
    format: str = "plain",
) -> list[Item]:
    """``n`` answers of each problem from a masked diffusion student as it stands, for diffu-GRPO (d1, arXiv
    2504.12216).

    What a step samples has no likelihood that could be told at once, so each answer is read in one pass with
    all of it hidden, several times with other parts of the prompt hidden too. Every update on these rollouts
    takes one of the readings at random and compares with what it told when the answer was sampled: with
    ``reuse`` as many updates see different masks, which is the paper's regularisation. One reading is a fixed
    mask.

    Args:
        readings: how many, each with the share of the prompt hidden that the student's ``hidden`` says.
        format: how a text is split into reasoning and answer; a name of ``formats/``.

    Raises:
        LimbeckError: the student is no masked diffusion model.
    """
    from limbeck.networks.masked import READING, Masked
    from limbeck.networks.ways import way_of

    way = way_of(context.network("student").model)
    if not isinstance(way, Masked):
        raise LimbeckError("rollouts/denoised: the student must come from students/masked_diffusion")
    written = context.write(prompts(drawn), n, temperature, 1.0, max_tokens)
    items = written_items(drawn, written, context, format, "denoiser")
    rows = [item.rows[0] for item in items]
    columns: list[dict[str, Any]] = [{} for _ in rows]
    for reading in range(readings):
        with way.read_as(reading):
            for place, logp_n in enumerate(context.logps("student", rows)):
                columns[place][f"{READING}{reading}"] = logp_n
    made = [replace(row, columns={**row.columns, **more}) for row, more in zip(rows, columns, strict=True)]
    context.rows |= {row.id: row for row in made}
    return [replace(item, rows=(row,)) for item, row in zip(items, made, strict=True)]
