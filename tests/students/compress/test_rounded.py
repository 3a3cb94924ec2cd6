"""`students/rounded`: few values, evenly spaced, and a folder that opens."""

from __future__ import annotations

import pytest
import small_world

torch = pytest.importorskip("torch", reason="students need the extra limbeck[train]")

from transformers import AutoModelForCausalLM  # noqa: E402

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.networks.compressing import rounded as rounded_to  # noqa: E402
from limbeck.pipeline.context import Context  # noqa: E402
from limbeck.pipeline.parameters import ready  # noqa: E402


def test_weights_go_to_the_nearest_of_seven_values():
    # Three bits: -3 to 3 times a third of the largest.
    weights = torch.tensor([[0.9, -0.5, 0.14, 0.0], [3.0, 1.4, 1.6, -2.9]])
    wanted = torch.tensor([[0.9, -0.6, 0.0, 0.0], [3.0, 1.0, 2.0, -3.0]])
    assert torch.allclose(rounded_to(weights, 3), wanted)
    assert rounded_to(torch.zeros(1, 2), 3).tolist() == [[0.0, 0.0]]


def test_a_rounded_student_differs_in_its_linear_layers_alone(tmp_path):
    start = small_world.student(tmp_path / "start")
    path = ready("students/rounded", student=start, bits=3, ctx=Context(tmp_path / "made"))()
    before, after = (AutoModelForCausalLM.from_pretrained(each) for each in (start, path))
    for (name, first), (_, second) in zip(before.named_parameters(), after.named_parameters(), strict=True):
        linear = "proj" in name and name.endswith("weight")
        assert torch.equal(first, second) != linear, name
        if linear:
            assert all(len(row.unique()) <= 7 for row in second)


def test_bits_out_of_range_are_refused():
    with pytest.raises(LimbeckError, match="bits"):
        ready("students/rounded", student="x", bits=1, ctx=Context(None))
