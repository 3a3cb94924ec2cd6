"""objectives/layerwise: hidden states layer by layer, through filters of their own."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from feature_cases import BATCH, WORDS, mean, metric, number, policy, signal, states  # noqa: E402

from limbeck.networks.policy import Sizes  # noqa: E402
from limbeck.objectives.features import layerwise as layer_states_file  # noqa: E402
from limbeck.objectives.features._features import completion_states  # noqa: E402
from limbeck.objectives.features.layerwise import layerwise  # noqa: E402


def build(**params) -> torch.nn.Module:
    return layer_states_file.build(Sizes(2, 4, WORDS), Sizes(4, 5, WORDS), **params).double()


def test_layer_states_by_hand():
    """Zero filters leave the teacher's squares; a student of layers 1 and 2 looks at the teacher's 2 and
    4."""
    ours, theirs, extra = states(2, 4, 0), states(4, 5, 1), build(filters="projection")
    torch.nn.init.zeros_(extra[0]["student"].weight), torch.nn.init.zeros_(extra[0]["student"].bias)
    torch.nn.init.zeros_(extra[1]["student"].weight), torch.nn.init.zeros_(extra[1]["student"].bias)
    loss = layerwise(BATCH, policy(ours, extra), signal(theirs), filters="projection", states=0.5)
    weight_N = BATCH.weight_B[BATCH.row_N].double()
    squares_N = sum(completion_states(theirs[layer], BATCH).square().mean(-1) for layer in (2, 4)) / 2
    expected = float((weight_N * squares_N).detach().sum() / weight_N.sum())
    assert metric(loss, "states") == pytest.approx(expected)
    assert number(loss) == pytest.approx(0.5 * expected + math.log(WORDS))


def test_without_states_it_is_logit_distillation():
    generator = torch.Generator().manual_seed(3)
    x, y = (torch.randn(6, WORDS, dtype=torch.float64, generator=generator) for _ in range(2))
    extra = build(filters="projection")
    one = policy(states(2, 4, 0), extra, x)
    loss = layerwise(BATCH, one, signal(states(4, 5, 1), logits=y), filters="projection", states=0.0, kl=0.25)
    expected = 0.25 * 4 * metric(loss, "divergence") - metric(loss, "logp")
    assert number(loss) == pytest.approx(expected)


def moved(progress: float) -> dict[str, bool]:
    """Which parts get a gradient that is not zero."""
    ours, theirs, extra = states(2, 4, 0), states(4, 5, 1), build(filters="task")
    logits = torch.zeros(6, WORDS, dtype=torch.float64, requires_grad=True)
    layerwise(BATCH, policy(ours, extra, logits), signal(theirs, progress), warm=0.3).sum.backward()
    parts = {
        name: list(extra[0][name].parameters())
        for name in ("student", "teacher", "student_head", "teacher_head")
    }
    every = {"states": [ours[1]], "logits": [logits], **parts}
    return {
        name: any(p.grad is not None and bool(p.grad.any()) for p in each) for name, each in every.items()
    }


def test_stage_one_moves_filters_and_heads_and_stage_two_the_student_with_its_filters():
    assert moved(0.29) == {
        "states": False, "logits": False, "student": True, "teacher": True, "student_head": True,
        "teacher_head": True,
    }  # fmt: skip
    assert moved(0.3) == {
        "states": True, "logits": True, "student": True, "teacher": False, "student_head": False,
        "teacher_head": False,
    }  # fmt: skip


def test_stage_one_is_the_task_from_both_sides_filtered_states():
    extra = build(filters="task")
    for part in extra:
        for name in ("student_head", "teacher_head"):
            torch.nn.init.zeros_(part[name].weight), torch.nn.init.zeros_(part[name].bias)
    loss = layerwise(BATCH, policy(states(2, 4, 0), extra), signal(states(4, 5, 1), 0.0), warm=0.3)
    assert number(loss) == pytest.approx(2 * math.log(WORDS))


def test_gradients_through_layers():
    extra = build(filters="task")
    theirs = signal(states(4, 5, 1))

    def value(*ours):
        return mean(layerwise(BATCH, policy(ours, extra), theirs, warm=0.3))

    assert torch.autograd.gradcheck(value, states(2, 4, 0))


@pytest.mark.parametrize("progress", [0.0, 1.0])
def test_states_in_bfloat16_meet_learned_parts_in_float32(progress):
    ours, theirs = ([each.detach().bfloat16() for each in states(*of)] for of in ((2, 4, 0), (4, 5, 1)))
    extra = build(filters="task").float()
    assert torch.isfinite(layerwise(BATCH, policy(ours, extra), signal(theirs, progress)).sum)


def test_stage_two_keeps_what_rests_in_the_graph():
    """Or two processes would wait for its gradients."""
    extra = build(filters="task")
    layerwise(BATCH, policy(states(2, 4, 0), extra), signal(states(4, 5, 1))).sum.backward()
    assert all(parameter.grad is not None for parameter in extra.parameters())
