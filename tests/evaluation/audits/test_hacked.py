"""evaluation/hacked: a power law, and what leaves it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import small_world

from limbeck.errors import LimbeckError
from limbeck.evaluation.audits.hacked import _law
from limbeck.pipeline.context import Context
from limbeck.pipeline.parameters import ready


def test_the_law_is_read_off_all_but_the_last():
    updates = np.array([10, 20, 40, 80])
    lawful = 3.0 * updates**-0.5
    slope, departure = _law(np.log(np.stack([lawful, lawful * [1, 1, 1, 2]])), np.log(updates))
    assert slope == pytest.approx([0.5, 0.5])
    assert departure == pytest.approx([0, math.log(2)])


def audit(tmp_path, **given):
    pytest.importorskip("torch", reason="local models need the extra limbeck[train]")
    data = small_world.world()
    return ready("evaluation/hacked", ctx=Context(tmp_path), **given)(data)


def test_what_gives_no_law_is_refused(tmp_path):
    pytest.importorskip("torch", reason="local models need the extra limbeck[train]")
    model = small_world.student(tmp_path / "m")
    with pytest.raises(LimbeckError, match="2 students"):
        audit(tmp_path, teacher=model, students=[model] * 2, updates=[1, 2])
    with pytest.raises(LimbeckError, match="must rise"):
        audit(tmp_path, teacher=model, students=[model] * 3, updates=[1, 3, 2])
    # A student that is its teacher has no distance to take the log of.
    with pytest.raises(LimbeckError, match="is its teacher"):
        audit(tmp_path, teacher=model, students=[model] * 3, updates=[1, 2, 3])
