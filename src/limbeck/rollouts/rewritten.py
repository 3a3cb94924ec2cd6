"""A stored trace with some tokens replaced by what the student would have written there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from limbeck.networks.batch import Item

if TYPE_CHECKING:
    from limbeck.training.rollout_context import RolloutContext

DRAWS = "traces"
VALUES = ("rewritten",)


def rewritten(drawn: list[Item], context: RolloutContext, *, share: float = 0.2) -> list[Item]:
    """Each trace twice: as it is, and with a random ``share`` of its tokens predicted by the student in one
    pass.

    KID, arXiv 2410.11371. Rows have the value ``rewritten``, 0 or 1. The end of turn stays. Predictions see
    the trace as it was; the mistakes of the student on its own text are imitated at the price of one forward
    pass.

    Args:
        share: the paper's α; 0 leaves two equal rows.
    """
    rows = [item.rows[0] for item in drawn]
    predicted = context.ask("student", rows, lambda logits, target: logits.argmax(-1), np.int32)
    rng, items = context.rng, []
    for item, row, tokens in zip(drawn, rows, predicted, strict=True):
        chosen = rng.random(len(tokens)) < share
        chosen[-1] = False
        # An end token in the middle would be followed by text that no one writes.
        chosen &= ~np.isin(tokens, context.ends)
        ids = row.ids.copy()
        ids[row.start :][chosen] = tokens[chosen]
        copies = [replace(row, values={**row.values, "rewritten": 0.0})]
        copies.append(replace(row, id=f"{row.id}~", ids=ids, values={**row.values, "rewritten": 1.0}))
        items += [Item((copy,), item.weight) for copy in copies]
    return items
