"""evaluation/compressed: variants of a model, and what they cost."""

from __future__ import annotations

import pytest
import small_world

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.pipeline.parameters import ready

pytest.importorskip("torch", reason="local models need the extra limbeck[train]")


def audit(folder, **given):
    settings = {"model": "nowhere", **given}
    return ready("evaluation/compressed", ctx=Context(folder), **settings)(small_world.world(20))


@pytest.mark.parametrize("diagnostic", ["top_k", "rank", "energy", "loss"])
def test_what_changes_nothing_is_0_and_two_bits_are_farther_than_eight(tmp_path, diagnostic):
    model = small_world.student(tmp_path / "m", width=32)
    made = audit(tmp_path, model=model, bits=[8, 2], pruned=[0.0], diagnostic=diagnostic, k=3)
    eight, two, nothing = (trace.scores["value"] for trace in made.data.traces)
    assert nothing == pytest.approx(0, abs=1e-6)
    assert abs(eight) <= abs(two)
    assert [problem.id for problem in made.data.problems] == ["8 bits", "2 bits", "0% pruned"]


def test_variants_that_are_none_are_named(tmp_path):
    for given, told in (({"bits": [1]}, "bits=1"), ({"pruned": [1.0]}, r"pruned=1\.0")):
        with pytest.raises(LimbeckError, match=told):
            ready("evaluation/compressed", ctx=Context(tmp_path), model="nowhere", **given)(
                small_world.world(2)
            )
    with pytest.raises(LimbeckError, match="neither"):
        ready("evaluation/compressed", ctx=Context(tmp_path), model="m", bits=[], pruned=[])(
            small_world.world(2)
        )
