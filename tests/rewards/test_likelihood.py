"""rewards/likelihood on a real model: right traces rank above wrong ones, and none was checked."""

from __future__ import annotations

import pytest


def test_novers_reward_ranks_right_traces_above_wrong_ones_without_having_checked_any():
    """On the world of the recipe: over pairs of a right and a wrong trace of one problem."""
    pytest.importorskip("torch", reason="training needs the extra limbeck[train]")
    from limbeck.networks import opening, rows, template
    from limbeck.networks.policy import Network
    from limbeck.pipeline.registry import PACKAGE
    from limbeck.problems.worlds.haste import haste
    from limbeck.rewards.likelihood import likelihood
    from limbeck.rewards.ops import Group
    from limbeck.rollouts.student import student
    from limbeck.training.rollout_context import RolloutContext

    path = str(PACKAGE / "assets/haste/base")
    tokenizer = opening.open_tokenizer(path)
    chat_tokenizer = rows.ChatTokenizer(tokenizer, template.check_template(tokenizer))
    items = rows.problem_items(chat_tokenizer, [haste(n=40, split="validation")])
    context = RolloutContext(
        {"student": Network(opening.open_model(path, 0, None, None)[0]).eval()},
        chat_tokenizer,
        items.problems,
    )
    student(items.items, context, n=8, max_tokens=64, format="lines")
    every = list(context.traces.values())
    groups = [
        Group(one, [trace for trace in every if trace.problem_id == name])
        for name, one in context.problems.items()
    ]
    won, pairs = 0.0, 0
    for group, rewards in zip(groups, likelihood(groups, context, efficiency=0.0), strict=True):
        right = [trace.answer == group.problem.answer for trace in group.traces]
        for reward in (reward for reward, good in zip(rewards, right, strict=True) if good):
            for other in (other for other, good in zip(rewards, right, strict=True) if not good):
                won, pairs = won + (reward > other) + (reward == other) / 2, pairs + 1
    assert pairs > 200
    assert won / pairs > 0.8
