"""A judge on three scales, each of which sees its own defect."""

from __future__ import annotations

from pathlib import Path

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.models.rehearsal.trace_judge import SCALES
from limbeck.pipeline.context import Context
from limbeck.records import Data

trace_judge, rated, corrupted = flat("models/trace_judge"), flat("curation/rated"), flat("curation/corrupted")
CONTEXT = Context(Path("."))
SEEN = {"": "", "foreign": "to_question", "contradicting": "to_answer", "shuffled": "step_to_step"}


def test_each_scale_is_poor_where_its_defect_is_planted():
    problems = list(flat("problems/quantities")(n=30, low=4, solve=True))
    spoiled = Data.join(corrupted(problems, kinds=("foreign", "contradicting", "shuffled"), ctx=CONTEXT))
    made = rated(spoiled, model=trace_judge(), scales=SCALES, ctx=CONTEXT)
    right = 0
    for trace in made.traces:
        poor = {scale for scale in SCALES if trace.scores[f"rating/{scale}"] <= 3}
        right += poor == {SEEN[trace.params["defect"]]} - {""}
    # A shuffle may leave each step behind what it needs, and a foreign trace may need what comes later.
    assert right / len(made.traces) > 0.85


def test_noise_is_a_chance():
    with pytest.raises(LimbeckError, match="noise=2: it is a chance between 0 and 1"):
        trace_judge(noise=2)
