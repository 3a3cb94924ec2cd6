"""`models/doubter` and what is made of its answers: known habits come back."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.evaluation.samples import find, per_problem
from limbeck.generation import Sampling
from limbeck.pipeline.context import Context
from limbeck.pipeline.parameters import ready
from limbeck.records import Data, Problem

WHOLE = "There are 5 figs. There are 3 more pears than figs. How many pears are there?"
LACKING = "There are 3 more pears than figs. How many pears are there?"


def reply(question: str, **habits):
    model = ready("models/doubter", **habits)()
    [[made]] = model.generate([[{"role": "user", "content": question}]], Sampling(n=1, temperature=1.0))
    return made


def test_a_whole_question_is_worked_out_and_a_lacking_one_ends_as_told():
    worked = "There are 5 figs.\n\nThere are 3 more pears than figs.\n\nSo there are 8 pears."
    assert reply(WHOLE).text == f"<think>\n{worked}\n</think>\n\n8"
    text = reply(LACKING, abstains=1.0, suspects=3, doubts=4).text
    assert text.endswith("It cannot be determined.")
    assert text.count("\n\n") == 2 + 4 + 1
    assert "So there are" in reply(LACKING, abstains=0.0).text
    with pytest.raises(LimbeckError, match="no question of problems/word_problems"):
        reply("1+2")


@pytest.mark.parametrize("suspects", [1, 4])
def test_metrics_find_abstentions_and_the_first_suspicion_exactly(suspects):
    whole = ready("problems/word_problems", n=80, ill=0.0, redundant=0.0)()
    lacking = ready("curation/missing_premise", oracle="word_problems")(whole, ctx=Context(None))
    assert len(lacking.problems) == 80
    model = ready("models/doubter", abstains=0.3, suspects=suspects, doubts=2)()
    verifier = {"admits": {"verifier": "exact"}}
    made = ready("evaluation/accuracy", n=1, temperature=(1.0,), model=model, verifier=verifier)(
        lacking, ctx=Context(None)
    )
    group = find(made.data)
    ended = {
        trace.problem_id: trace.answer.strip() == "It cannot be determined." for trace in made.data.traces
    }
    assert per_problem(group, "unverified") == {name: float(each) for name, each in ended.items()}
    assert 0 < sum(ended.values()) < 80
    assert set(per_problem(group, "first_suspicion").values()) == {float(suspects)}
    assert per_problem(group, "suspects_yet_answers") == {
        name: float(not each) for name, each in ended.items()
    }


def test_a_premise_is_taken_that_the_answer_hangs_on():
    [made] = ready("curation/missing_premise", oracle="word_problems")(
        Data([Problem(id="p", question=WHOLE, answer="8", source="toy")]), ctx=Context(None)
    ).problems
    assert made.question in (
        LACKING,
        "There are 5 figs. How many pears are there?",
    )
    assert made.answer is None
    assert made.meta["whole"] == "p"
    assert made.meta["whole_answer"] == "8"
    assert made.meta["premise"] in WHOLE
    assert made.source == "toy_mip"


def test_without_an_oracle_any_sentence_with_a_number_may_go_and_none_stays_alone():
    problems = [
        Problem(id="p", question="Ann has 2.5 kg of flour. How much is left?"),
        Problem(id="q", question="6?"),
    ]
    made = ready("curation/missing_premise")(Data(problems), ctx=Context(None)).problems
    assert [problem.question for problem in made] == ["How much is left?"]
