"""Steps judged by a model, criterion by criterion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace
from limbeck.texts.step_checks import CHECKS

step_critic, step_checks = flat("curation/step_critic"), flat("curation/step_checks")
criteria_critic, corrupted = flat("models/criteria_critic"), flat("curation/corrupted")
CONTEXT = Context(Path("."))
YES, NO = '{"holds": true}', '{"holds": false}'


def two_steps() -> Data:
    return Data(
        [Problem(id="p", question="12 and 3?")],
        [Trace(id="t", problem_id="p", reasoning="12 + 3 = 15\n15 * 2 = 30\n", answer="30")],
    )


def test_a_score_is_the_share_of_readable_votes_against_a_step():
    told: list[str] = []
    model = Scripted([YES, NO, "well"])
    context = Context(Path("."), report=lambda each: told.append(each.get("message", "")))
    [trace] = step_critic(two_steps(), model=model, votes=3, ctx=context).traces
    assert trace.scores == {"fault/0": 0.5, "fault/1": 0.5}
    assert model.asked == 6
    assert not any("steps have no vote" in message for message in told)
    [trace] = step_critic(two_steps(), model=Scripted(["well"]), ctx=context).traces
    assert trace.scores == {"fault/0": 0.5, "fault/1": 0.5}
    assert "2 of 2 steps have no vote that can be read" in told


def test_a_critic_that_never_answers_is_an_error():
    with pytest.raises(LimbeckError, match="all 2 requests failed"):
        step_critic(two_steps(), model=Scripted(["x"], fail_every=1), ctx=CONTEXT)


@pytest.mark.parametrize("check", CHECKS)
def test_without_errors_it_says_what_the_rule_says(check):
    worlds = list(flat("problems/quantities")(n=6, low=3, solve=True))
    data = Data.join(corrupted(worlds, kinds=("operand", "sum", "order", "useless"), ctx=CONTEXT))
    by_model = step_critic(data, model=criteria_critic(), check=check, ctx=CONTEXT)
    by_rule = step_checks(data, check=check)
    assert [trace.scores for trace in by_model.traces] == [trace.scores for trace in by_rule.traces]


def test_it_mixes_criteria_up_as_often_as_it_is_told():
    worlds = list(flat("problems/quantities")(n=80, low=3, solve=True))
    data = Data.join(corrupted(worlds, kinds=("useless",), ctx=CONTEXT))
    made = step_critic(data, model=criteria_critic(bleed=0.3), check="valid", ctx=CONTEXT)
    spoiled = [trace for trace in made.traces if trace.params["defect"]]
    rejected = np.mean([trace.scores[f"fault/{trace.params['defect_step']}"] for trace in spoiled])
    assert rejected == pytest.approx(0.3, abs=0.13)
    with pytest.raises(LimbeckError, match="bleed=2: it is a chance"):
        criteria_critic(bleed=2)
