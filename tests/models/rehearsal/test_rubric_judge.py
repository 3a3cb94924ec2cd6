"""A grader with errors at stated rates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context

rubric_judge, graded = flat("models/rubric_judge"), flat("curation/graded")
remainders, dossiers = flat("problems/remainders"), flat("problems/dossiers")
WORLDS = {"remainders": remainders(n=40, k=4), "dossiers": dossiers(n=200, solve="guesser")}


def items(world: str, **chances: float) -> tuple[np.ndarray, np.ndarray]:
    """Points known and given, item by item."""
    made = graded(WORLDS[world], model=rubric_judge(**chances), ctx=Context(Path(".")))
    pairs = [
        (points, trace.scores[f"points/{at}"])
        for trace in made.traces
        for at, points in enumerate(trace.params["gold"])
    ]
    known, given = np.array(pairs).T
    return known, given


@pytest.mark.parametrize("world", WORLDS)
def test_without_errors_it_gives_what_is_earned(world):
    known, given = items(world)
    assert (known == given).all()


@pytest.mark.parametrize("world", WORLDS)
def test_it_errs_in_as_many_items_as_it_is_told(world):
    known, given = items(world, noise=0.2)
    assert (known != given).mean() == pytest.approx(0.2, abs=0.05)


def test_a_lenient_one_gives_more_and_never_less():
    known, given = items("remainders", lenient=0.7)
    assert (given >= known).all()
    assert (given > known)[known == 0].mean() == pytest.approx(0.7, abs=0.08)
    with pytest.raises(LimbeckError, match=r"lenient=1\.5: it is a chance"):
        rubric_judge(lenient=1.5)
