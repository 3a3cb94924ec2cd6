"""Weights of stretches of text: from a trace to its tokens, through any objective."""

from __future__ import annotations

from itertools import pairwise

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


@pytest.mark.parametrize("use", ["sft", "redi", "dpo"])
def test_a_step_whose_tokens_all_weigh_nothing_is_skipped_and_counted(tmp_path, use):
    """Whatever the objective divides by: neither moments of earlier steps nor decay move a weight there."""
    data = small_world.judged(8)
    for trace in data.traces[4:]:  # of all but two problems
        trace.weights = [(0, 1000, 0.0)]
    said: list[str] = []
    small_world.train(
        tmp_path / "run", small_world.student(tmp_path / "s"), data, small_world.objective(use), said,
        steps=8, batch=1, weight_decay=0.1,
    )  # fmt: skip
    rows = small_world.curve(tmp_path / "run")
    skipped = [row for row in rows if row["skipped"]]
    assert len(skipped) == 6
    for before, row in pairwise(rows):
        if row["skipped"]:
            assert row["tokens"] == before["tokens"]
            assert row["loss"] == before["loss"]
    assert any(line.startswith("6 of 8 steps had nothing to learn from") for line in said)


def test_a_training_in_which_nothing_weighs_leaves_the_student_as_it_was(tmp_path):
    from transformers import AutoModelForCausalLM

    data, start = small_world.world(4), small_world.student(tmp_path / "s")
    for trace in data.traces:
        trace.weights = [(0, 1000, 0.0)]
    made = small_world.train(tmp_path / "run", start, data, steps=3, weight_decay=0.1)
    then, now = (AutoModelForCausalLM.from_pretrained(path).state_dict() for path in (start, made))
    assert all(torch.equal(then[name], now[name]) for name in then)
