"""Which step a checker names, and when a majority of them is steady."""

from __future__ import annotations

import pytest

from limbeck.generation import Completion
from limbeck.judging.locating import label, majority
from limbeck.verifiers.steps.self_check import is_steady


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("fine\n\\boxed{-1}", -1), ("bad\n\\boxed{2}", 2), ("\\boxed{2}\nno: \\boxed{0}.", 0),
        ("\\boxed{3}", None),
        ("\\boxed{-2}", None), ("step 2", None), ("\\boxed{1}\nI am not sure", None), ("", None),
        ("<think>\\boxed{1}", None), ("<think>\\boxed{1}</think>\\boxed{0}", 0),
    ],
)  # fmt: skip
def test_a_label_is_a_boxed_step_in_the_last_line(text, found):
    assert label(Completion(text=text), 3) == found
    assert label(Completion(text=text, finish="length"), 3) is None


def test_majorities_and_steadiness():
    assert majority([1, 1, 2, None, -1]) == (1, 0.4)
    assert majority([1, 2]) == (None, 0.5)
    assert majority([None, None]) == (None, 0.0)
    assert is_steady([(2, 0.4), (1, 0.6), (1, 0.6), (1, 0.8)], 3)
    assert not is_steady([(1, 0.6), (1, 0.8), (1, 0.6)], 3)
    assert not is_steady([(1, 0.6), (2, 0.6), (1, 0.6)], 3)
    assert not is_steady([(None, 0.4)] * 3, 3)
    assert not is_steady([(1, 0.6)] * 2, 3)
