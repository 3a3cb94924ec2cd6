"""Losses on hidden states and on relations: what moves them and what must not."""

from __future__ import annotations

import numpy as np
import pytest
import small_world

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from feature_cases import BATCH, ROWS, WIDTH  # noqa: E402

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.networks.moments import Moments  # noqa: E402
from limbeck.objectives.divergence import _divergences as D  # noqa: E402
from limbeck.objectives.features._features import completion_states, distances, last_states, layer_map  # noqa: E402
from limbeck.objectives.features.relational import rkd_angle, rkd_distance  # noqa: E402
from limbeck.objectives.features.standardised_logits import perceived, softened_gap  # noqa: E402
from limbeck.objectives.features.token_graph import graph_distance, info_nce, inner_distance  # noqa: E402

torch.manual_seed(0)
POINTS = torch.randn(8, 5, dtype=torch.float64)
OTHERS = torch.randn(8, 3, dtype=torch.float64)
ROTATION = torch.linalg.qr(torch.randn(5, 5, dtype=torch.float64))[0]


def perceived_gap(ours, theirs, temperature):
    return softened_gap(*(perceived(each, Moments.of(each)) for each in (ours, theirs)), temperature)


def test_layers_are_mapped_evenly():
    assert layer_map(3, 6) == [(1, 2), (2, 4), (3, 6)]
    assert layer_map(2, 3) == [(1, 2), (2, 3)]
    assert layer_map(3, 6, (3,)) == [(3, 6)]
    with pytest.raises(LimbeckError, match="layers 1 to 3"):
        layer_map(3, 6, (4,))


def test_distances_and_angles_by_hand():
    square = torch.tensor([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]])
    assert distances(square)[0].tolist() == pytest.approx([0, 0.75, 1.0])
    right_angle = rkd_angle(square, torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]))
    assert float(right_angle) > 0.01


@pytest.mark.parametrize("loss", [rkd_distance, rkd_angle, lambda a, b: graph_distance(a, b, 3)])
def test_relations_are_blind_to_rotation_and_scale(loss):
    assert float(loss(POINTS @ ROTATION * 7.5 + 2, POINTS)) == pytest.approx(0, abs=1e-6)
    assert float(loss(POINTS @ ROTATION * 3, OTHERS)) == pytest.approx(float(loss(POINTS, OTHERS)), abs=1e-6)
    assert float((POINTS @ ROTATION - POINTS).square().mean()) > 0.1
    assert float(loss(POINTS, OTHERS)) > 0.01


@pytest.mark.parametrize(
    "loss",
    [
        lambda x: rkd_distance(x, OTHERS),
        lambda x: rkd_angle(x, OTHERS),
        lambda x: graph_distance(x, OTHERS, 3),
        lambda x: inner_distance(x, OTHERS),
        lambda x: info_nce(x, POINTS, 0.5),
        lambda x: perceived_gap(x, POINTS, 4.0),
    ],
)
def test_gradients(loss):
    torch.manual_seed(1)
    assert torch.autograd.gradcheck(loss, (torch.randn(8, 5, dtype=torch.float64, requires_grad=True),))


def test_contrast_is_least_for_the_same_token():
    assert float(info_nce(POINTS, POINTS, 0.1)) < float(info_nce(POINTS.flip(0), POINTS, 0.1))
    assert float(inner_distance(POINTS, POINTS)) == 0


def test_a_perception_forgets_the_classes_own_scale():
    ours, theirs = torch.randn(200, 6, dtype=torch.float64), torch.randn(200, 6, dtype=torch.float64)
    scale, shift = torch.rand(6).double() * 5 + 0.2, torch.randn(6).double() * 3
    changed = theirs * scale + shift
    before, after = (perceived_gap(ours, each, 4.0).mean() for each in (theirs, changed))
    assert float(after) == pytest.approx(float(before), rel=0.01)
    kd = [
        D.forward((ours / 4).log_softmax(-1), (each / 4).log_softmax(-1)).mean() for each in (theirs, changed)
    ]
    assert abs(float(kd[1] / kd[0]) - 1) > 0.5
    seen = perceived(theirs, Moments.of(theirs))
    assert torch.allclose(seen.mean(0), torch.zeros(6).double(), atol=1e-9)
    assert torch.allclose(seen.std(0, correction=0), torch.ones(6).double(), atol=1e-4)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deep")
    start = small_world.student(folder / "s", layers=2)
    return start, small_world.student(folder / "t", layers=4, width=32, seed=1)


@pytest.mark.parametrize(
    ("name", "params", "metric"),
    [
        ("layerwise", {"filters": "projection"}, "states"),
        ("layerwise", {"filters": "task", "warm": 0.0}, "states"),
        ("relational", {}, "distance"),
        ("token_graph", {}, "local"),
        ("standardised_logits", {"rise": 0.0, "weight": 30.0}, "divergence"),
    ],
)
def test_training_brings_the_student_nearer(tmp_path, pair, name, params, metric):
    start, teacher = pair
    small_world.train(
        tmp_path,
        start,
        use=small_world.objective(name, **params),
        teacher=teacher,
        steps=15,
        batch=16,
        lr=1e-2,
    )
    rows = small_world.curve(tmp_path)
    assert np.mean([row[metric] for row in rows[-3:]]) < np.mean([row[metric] for row in rows[:3]])


def test_while_filters_warm_the_student_rests(tmp_path, pair):
    from safetensors.torch import load_file

    start, teacher = pair
    use = small_world.objective("layerwise", filters="task", warm=1.0)
    path = small_world.train(tmp_path, start, use=use, teacher=teacher, steps=10, lr=1e-2)
    before, after = (load_file(f"{folder}/model.safetensors") for folder in (start, path))
    assert all(torch.equal(before[name], after[name]) for name in before)
    losses = [row["loss"] for row in small_world.curve(tmp_path)]
    assert losses[-1] < losses[0]


def test_states_are_those_of_the_completion_and_of_its_last_token():
    where = torch.arange(ROWS * WIDTH).reshape(ROWS, WIDTH, 1)
    assert completion_states(where, BATCH)[:, 0].tolist() == [
        2,
        3,
        WIDTH + 3,
        *range(2 * WIDTH + 1, 2 * WIDTH + 4),
    ]
    assert last_states(where, BATCH)[:, 0].tolist() == [3, WIDTH + 3, 2 * WIDTH + 3]
