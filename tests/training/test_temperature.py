"""Rollouts drawn at another temperature than 1 are weighed at the one they were drawn at."""

from __future__ import annotations

import pytest
import small_world

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import numpy as np  # noqa: E402

from limbeck.models.local import Local  # noqa: E402
from limbeck.networks.batch import Item, Row, collate, grouped  # noqa: E402
from limbeck.networks.policy import Network, run  # noqa: E402
from limbeck.networks.rows import ChatTokenizer  # noqa: E402
from limbeck.objectives.ops import Signal  # noqa: E402
from limbeck.objectives.reinforcement.grpo import Trust, grpo  # noqa: E402
from limbeck.objectives.reinforcement.mirror_descent import mirror_descent  # noqa: E402
from limbeck.objectives.reinforcement.rloo import rloo  # noqa: E402
from limbeck.objectives.reinforcement.topr import topr  # noqa: E402
from limbeck.objectives.supervised.negative_aware import negative_aware  # noqa: E402
from limbeck.records import Problem  # noqa: E402
from limbeck.rollouts.student import student  # noqa: E402
from limbeck.training.rollout_context import RolloutContext  # noqa: E402

QUESTIONS = ["1+2", "3+4"]


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> str:
    return small_world.student(tmp_path_factory.mktemp("start"))


def rolled(start: str, temperature: float) -> tuple[Network, list[Item]]:
    """The student and eight rollouts of its own, rewarded 1 and 0 in turn."""
    network = Network(Local(start)._loaded[0])
    chat_tokenizer = ChatTokenizer.open(start)
    problems = {text: Problem(id=text, question=text, answer="0") for text in QUESTIONS}
    context = RolloutContext({"student": network}, chat_tokenizer, problems, seed=1)
    drawn = []
    for text, ids in zip(QUESTIONS, chat_tokenizer.prompts(problems.values()), strict=True):
        drawn.append(Item((Row(text, np.array(ids, dtype=np.int32), len(ids), text),)))
    items = student(drawn, context, n=4, temperature=temperature, max_tokens=7)
    told = []
    for place, item in enumerate(items):
        (row,) = item.rows
        values = {**row.values, "reward": float(place % 2)}
        told.append(Item((Row(row.id, row.ids, row.start, row.problem, values, row.columns),)))
        assert context.rows[row.id] is row
    return network, grouped(told)


def logps_at(network: Network, items: list[Item], temperature: float) -> torch.Tensor:
    """Of all trained tokens, from whole logits."""
    parts = []
    for item in items:
        (row,) = item.rows
        logits = network.model(input_ids=torch.from_numpy(row.ids)[None].long()).logits[0]
        logp = (logits / temperature).log_softmax(-1)
        target = torch.from_numpy(row.ids[row.start :]).long()
        parts.append(logp[row.start - 1 : -1].gather(-1, target[:, None])[:, 0])
    return torch.cat(parts)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.7])
def test_what_a_rollout_is_told_with_is_what_it_was_drawn_with(start, temperature):
    network, items = rolled(start, temperature)
    told = np.concatenate([item.rows[0].columns["logp"] for item in items])
    assert told == pytest.approx(logps_at(network, items, temperature).detach().numpy(), abs=1e-5)
    assert ("temperature" in items[0].rows[0].values) == (temperature != 1)


def test_greedy_text_keeps_the_plain_ones(start):
    network, items = rolled(start, 0.0)
    told = np.concatenate([item.rows[0].columns["logp"] for item in items])
    assert told == pytest.approx(logps_at(network, items, 1.0).detach().numpy(), abs=1e-5)


@pytest.mark.parametrize("temperature", [0.5, 1.7])
def test_on_policy_the_gradient_is_that_of_the_distribution_that_was_drawn_from(start, temperature):
    network, items = rolled(start, temperature)
    network.requires_grad_(True)
    batch = collate(items)
    weights = [parameter for parameter in network.parameters() if parameter.requires_grad]
    centred_N = (batch.values["reward"] - batch.values["group_mean"])[batch.row_N]
    expected = torch.autograd.grad(-(centred_N * logps_at(network, items, temperature)).sum(), weights)
    for objective, scale, more in (
        (grpo, 1.0, {"std": "none"}),
        (grpo, 1.0, {"std": "none", "trust": Trust(importance="sequence", clip_low=1.0, clip_high=9.0)}),
        (rloo, 4 / 3, {}),  # against the three others of four
        (mirror_descent, 0.8, {}),
        (topr, 1.0, {}),  # the mean of rewards 0 and 1 is its baseline
    ):
        loss = objective(batch, run(network, network, batch), Signal(), **more)
        found = torch.autograd.grad(loss.sum, weights)
        for ours, theirs in zip(found, expected, strict=True):
            assert torch.allclose(ours, scale * theirs, atol=2e-5), (objective, more)


def test_a_wrong_trace_starts_at_a_ratio_of_one(start):
    network, items = rolled(start, 0.5)
    batch = collate(items)
    loss = negative_aware(batch, run(network, network, batch), Signal(), hardness="none")
    assert float(loss.sum.detach()) == pytest.approx(0.0, abs=1e-4)
