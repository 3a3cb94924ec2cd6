"""Weights of stretches of text: from a trace to its tokens, through any objective."""

from __future__ import annotations

import pytest
import small_world

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from limbeck.networks.batch import collate  # noqa: E402
from limbeck.networks.opening import open_tokenizer  # noqa: E402
from limbeck.networks.policy import Policy  # noqa: E402
from limbeck.networks.rows import ChatTokenizer, pair_items  # noqa: E402
from limbeck.networks.template import check_template  # noqa: E402
from limbeck.objectives.ops import Signal  # noqa: E402
from limbeck.objectives.preference.redi import redi  # noqa: E402
from limbeck.pipeline.store import MemoryShards  # noqa: E402


def test_weights_reach_the_loss_of_any_objective(tmp_path):
    data = small_world.world(6)
    for trace in data.traces[1::2]:
        # Of a wrong trace only its last character counts.
        length = len(trace.reasoning) + len(trace.answer)
        trace.weights = [(0, length + 1, 0.0), (length - 1, length, 2.0)]
    tokenizer = open_tokenizer(small_world.student(tmp_path))
    items = pair_items(ChatTokenizer(tokenizer, check_template(tokenizer)), MemoryShards([data]))
    batch = collate(items.items)
    assert batch.count_B[:6].tolist() == batch.mask_BT.sum(1)[:6].tolist()
    assert batch.count_B[6:].tolist() == [2.0] * 6
    logp_N = torch.randn(len(batch.target_N), requires_grad=True)
    redi(batch, Policy.of(logp_N, batch), Signal(), alpha=1.0).sum.backward()
    rejected = logp_N.grad[batch.row_N >= 6]
    assert int((rejected != 0).sum()) == 6
    assert rejected[rejected != 0].tolist() == pytest.approx([1.0] * 6)
    # The token before the end of turn is the answer.
    last = [*(batch.row_N[1:] != batch.row_N[:-1]).nonzero()[:, 0].tolist(), len(batch.row_N) - 1]
    assert all(logp_N.grad[at - 1] != 0 for at in last[6:])


def test_all_tokens_of_a_row_may_weigh_nothing(tmp_path):
    data = small_world.world(8)
    data.traces[1].weights = [(0, 1000, 0.0)]
    small_world.train(
        tmp_path / "run",
        small_world.student(tmp_path / "s"),
        data,
        use=small_world.objective("redi"),
        steps=2,
    )
    assert all(row["loss"] == row["loss"] for row in small_world.curve(tmp_path / "run"))
