"""evaluation/step_cost: what a token costs as the text grows."""

from __future__ import annotations

import pytest
import small_world

torch = pytest.importorskip("torch", reason="networks need the extra limbeck[train]")

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.pipeline.context import Context  # noqa: E402
from limbeck.pipeline.parameters import ready  # noqa: E402


@pytest.mark.parametrize("pure", [True, False])
def test_a_state_is_flat_and_attention_grows(tmp_path, pure):
    """One layer of width 16 with two heads, feed-forward 48 wide: by hand."""
    start = small_world.student(tmp_path / "start", template="bare")
    model = ready("students/recurrent", student=start, ctx=Context(tmp_path / "made"))() if pure else start
    made = ready("evaluation/step_cost", model=model, contexts=[8, 64], ctx=Context(tmp_path / "cost"))(
        small_world.world(8)
    )
    (trace,) = made.data.traces
    shared = 4 * 16 * 16 + 3 * 16 * 48 + 16 * vocabulary(start)
    if pure:
        kept = 2 * 8 * 8 + 3 * 16 * 3
        state = 3 * 2 * 8 * 8 + 3 * 16 * 4 + 16 * 2 + 16
        wanted = {"operations": shared + state, "bytes": 4 * kept, "operations_growth": 1, "bytes_growth": 1}
    else:
        growth = (shared + 2 * 16 * 64) / (shared + 2 * 16 * 8)
        wanted = {
            "operations": shared + 2 * 16 * 64, "bytes": 4 * 2 * 16 * 64, "operations_growth": growth,
            "bytes_growth": 8,
        }  # fmt: skip
    assert trace.scores == pytest.approx(wanted)


def vocabulary(folder: str) -> int:
    from limbeck.networks.opening import vocabulary as rows

    return rows(folder)


def test_lengths_that_do_not_grow_are_refused():
    with pytest.raises(LimbeckError, match="each larger than the last"):
        ready("evaluation/step_cost", model="x", contexts=[8, 8], ctx=Context(None))(small_world.world(2))
