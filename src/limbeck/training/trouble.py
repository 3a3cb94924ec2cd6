"""What is said when a step cannot be taken, and how to come by one that can."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from limbeck.errors import LimbeckError

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch, Item


def out_of_memory(number: int, budget: int, items: Sequence[Item]) -> LimbeckError:
    """For step ``number`` (counted from 0), at ``budget`` padded tokens to a micro-batch."""
    return LimbeckError(
        f"step {number + 1}: out of memory at max_tokens_per_microbatch={budget}; lower it or set "
        "gradient_checkpointing: true, and run again to go on from the last state (longest row: "
        f"{max(item.width for item in items):,} tokens)"
    )


def not_finite(number: int, what: str, value: float, batches: list[Batch], state: Path) -> LimbeckError:
    """For a loss or gradient norm that is no number, with the traces it came about on."""
    ids = list(dict.fromkeys(name for batch in batches for name in batch.ids))
    shown = ", ".join(ids[:8]) + (f" and {len(ids) - 8} more" if len(ids) > 8 else "")
    kept = f"; the last good state is {state}" if state.exists() else ""
    return LimbeckError(
        f"step {number + 1}: the {what} is {value} on traces {shown}{kept}. A lower lr, a longer warmup or "
        "clip=1 may help; if the step is always the same, look at these traces"
    )
