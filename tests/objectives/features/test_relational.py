"""objectives/relational: distances and angles between traces."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from feature_cases import BATCH, ROTATION, WORDS, number, policy, signal, states  # noqa: E402

from limbeck.objectives.features._features import angles, distances, last_states  # noqa: E402
from limbeck.objectives.features.relational import relational, rkd_angle, rkd_distance  # noqa: E402


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
