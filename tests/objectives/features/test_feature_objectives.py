"""Objectives on hidden states as objectives: their sums, their weights, which part of a network each of them
moves."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from limbeck.networks.batch import Item, Row, collate  # noqa: E402
from limbeck.networks.events import Events  # noqa: E402
from limbeck.networks.policy import Sizes  # noqa: E402
from limbeck.objectives.features import layerwise as layer_states_file  # noqa: E402
from limbeck.objectives.features import token_graph as token_graph_file  # noqa: E402
from limbeck.objectives.features._features import angles, completion_states, distances, last_states  # noqa: E402
from limbeck.objectives.features.layerwise import layerwise  # noqa: E402
from limbeck.objectives.features.relational import relational, rkd_angle, rkd_distance  # noqa: E402
from limbeck.objectives.features.standardised_logits import perceived, standardised_logits  # noqa: E402
from limbeck.objectives.features.token_graph import inner_distance, token_graph  # noqa: E402
from limbeck.objectives.ops import Signal  # noqa: E402

# Completions of 2, 1 and 3 tokens after prompts of 2, 3 and 1; weights 1, 1 and 2.
BATCH = collate([
    Item((Row(f"r{i}", np.arange(1, start + count + 1) % 6, start),), weight)
    for i, (start, count, weight) in enumerate([(2, 2, 1.0), (3, 1, 1.0), (1, 3, 2.0)])
])  # fmt: skip
ROWS, WIDTH, WORDS = 3, BATCH.ids_BT.shape[1], 6
ROTATION = torch.linalg.qr(
    torch.randn(4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(9))
)[0]


def states(layers: int, width: int, seed: int) -> tuple[torch.Tensor, ...]:
    """Hidden states of the embeddings and of some layers."""
    generator = torch.Generator().manual_seed(seed)
    return tuple(
        torch.randn(ROWS, WIDTH, width, dtype=torch.float64, generator=generator).requires_grad_()
        for _ in range(layers + 1)
    )


def policy(layers=(), extra=None, logits=None) -> SimpleNamespace:
    """Uniform words unless there are logits ``[N, V]``."""
    logits = torch.zeros(6, WORDS, dtype=torch.float64) if logits is None else logits
    logp_N = logits.log_softmax(-1)[torch.arange(6), BATCH.target_N]
    logp_B = logp_N.new_zeros(ROWS).index_add(0, BATCH.row_N, logp_N)

    def against(teacher, function, temperature=1.0):
        sides = [(each / temperature).log_softmax(-1) for each in (logits, teacher.given)]
        return function(Events(*sides, BATCH.target_N, slice(0, 6)))

    return SimpleNamespace(
        layers=layers, extra=extra, given=logits, logits=lambda index: logits[index], against=against,
        logp_N=logp_N, mean_B=logp_B / BATCH.count_B,
        log_probs=lambda index, temperature=1.0: (logits[index] / temperature).log_softmax(-1),
    )  # fmt: skip


def signal(layers=(), progress: float = 1.0, logits=None) -> Signal:
    return Signal(
        teacher=policy(logits=logits), layers=tuple(each.detach() for each in layers), progress=progress
    )


def mean(loss) -> torch.Tensor:
    return loss.sum / loss.count


def number(loss) -> float:
    return float(mean(loss).detach())


def metric(loss, name: str) -> float:
    total, count = loss.metrics[name]
    return float(total / count)


def test_states_are_those_of_the_completion_and_of_its_last_token():
    where = torch.arange(ROWS * WIDTH).reshape(ROWS, WIDTH, 1)
    assert completion_states(where, BATCH)[:, 0].tolist() == [
        2,
        3,
        WIDTH + 3,
        *range(2 * WIDTH + 1, 2 * WIDTH + 4),
    ]
    assert last_states(where, BATCH)[:, 0].tolist() == [3, WIDTH + 3, 2 * WIDTH + 3]


def test_relations_of_points_on_a_line_by_hand():
    """At 0, 1, 3 the distances are 1, 2, 3, halved by their mean; at 0, 1, 2 they are 1, 1, 2 over 4/3."""
    uneven, even = (torch.tensor([[0.0], [a], [b]]).double() for a, b in ((1, 3), (1, 2)))
    assert distances(uneven)[0].tolist() == pytest.approx([0, 0.5, 1.5])
    gaps = [0.5 - 0.75, 1.0 - 0.75, 1.5 - 1.5]
    assert float(rkd_distance(uneven, even)) == pytest.approx(sum(gap**2 / 2 for gap in gaps) * 2 / 9)
    # Seen from the middle the others lie opposite, from an end in one direction.
    assert angles(uneven)[1, 0, 2] == pytest.approx(-1)
    assert angles(uneven)[0, 1, 2] == pytest.approx(1)
    assert float(rkd_angle(uneven, even)) == pytest.approx(0)


def test_relations_as_an_objective():
    ours, theirs = states(2, 4, 0), states(3, 5, 1)
    loss = relational(BATCH, policy(ours), signal(theirs), distance=25.0, angle=50.0)
    last = [last_states(each[-1], BATCH) for each in (ours, theirs)]
    expected = 25 * rkd_distance(*last) + 50 * rkd_angle(*last)
    assert number(loss) == pytest.approx(float(expected.detach()) + math.log(WORDS))
    turned = signal([each @ ROTATION * 3 for each in ours])
    alone = relational(BATCH, policy(ours), turned, task=0.0)
    assert number(alone) == pytest.approx(0, abs=1e-6)
    loss.sum.backward()
    touched = {tuple(place) for place in (ours[-1].grad.abs().sum(-1) > 0).nonzero().tolist()}
    assert touched == {(0, 3), (1, 3), (2, 3)}
    assert ours[0].grad is None


def test_a_token_graph_does_not_see_a_rotation():
    ours = states(1, 4, 0)
    extra = token_graph_file.build(Sizes(1, 4, WORDS), Sizes(1, 4, WORDS)).double()
    turned = signal([each @ ROTATION for each in ours])
    loss = token_graph(BATCH, policy(ours, extra), turned, contrast=0.0, neighbours=3)
    assert number(loss) == pytest.approx(math.log(WORDS), abs=1e-9)
    assert float((ours[-1] @ ROTATION - ours[-1]).detach().square().mean()) > 0.1
    other = token_graph(BATCH, policy(ours, extra), signal(states(1, 4, 5)), contrast=0.0, neighbours=3)
    assert number(other) > math.log(WORDS) + 0.01


def test_similarities_inside_by_hand():
    """Alike tokens share evenly; apart by [2, 0] and [0, 2] each keeps e^s of e^s + 1, s = 4 / sqrt 2."""
    alike, apart = torch.ones(2, 2).double(), 2 * torch.eye(2).double()
    own = 1 / (1 + math.exp(-4 / math.sqrt(2)))
    assert float(inner_distance(alike, apart)) == pytest.approx((own - 0.5) ** 2)


def test_contrast_gets_sharper_over_the_training():
    ours = states(1, 4, 0)
    extra = torch.nn.Identity()
    contrasts = [
        metric(token_graph(BATCH, policy(ours, extra), signal(ours, progress)), "contrast")
        for progress in (0, 0.5, 1)
    ]
    assert contrasts[0] > contrasts[1] > contrasts[2] > 0


def test_two_samples_are_perceived_as_one_deviation_above_and_below():
    seen = perceived(torch.tensor([[0.0, 100.0], [2.0, -100.0]]).double())
    assert seen.tolist() == [pytest.approx([-1, 1], abs=1e-4), pytest.approx([1, -1], abs=1e-4)]


@pytest.mark.parametrize(("progress", "share"), [(0.0, 0.0), (0.05, 0.5), (0.1, 1.0), (1.0, 1.0)])
def test_perception_weighs_more_as_training_goes_on(progress, share):
    generator = torch.Generator().manual_seed(3)
    x, y = (torch.randn(6, WORDS, dtype=torch.float64, generator=generator) for _ in range(2))
    loss = standardised_logits(
        BATCH, policy(logits=x), signal(progress=progress, logits=y), weight=7.0, rise=0.1
    )
    assert metric(loss, "divergence") > 1e-3
    assert number(loss) == pytest.approx(7 * share * metric(loss, "divergence") - metric(loss, "logp"))
    same = standardised_logits(BATCH, policy(logits=x), signal(logits=x))
    assert metric(same, "divergence") == pytest.approx(0, abs=1e-12)
    # Logits, not log-probabilities: a token's own shift, which no distribution shows, moves its classes'
    # scores.
    shifted = x + torch.randn(6, 1, dtype=torch.float64, generator=generator)
    assert metric(standardised_logits(BATCH, policy(logits=x), signal(logits=shifted)), "divergence") > 1e-3


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
