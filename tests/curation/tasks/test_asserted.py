"""Twins whose asker asserts an answer, and who gives in to them."""

import pytest

from limbeck.errors import LimbeckError
from limbeck.evaluation.metrics.gives_in import gives_in
from limbeck.pipeline.context import Context
from limbeck.pipeline.parameters import ready
from limbeck.records import Data, Problem, Trace, Verdict


def problems(*answers, **more):
    made = [
        Problem(id=f"p{at}", question=f"q{at}", answer=answer, **more) for at, answer in enumerate(answers)
    ]
    return Data(made)


def twins(data, **settings):
    made = ready("curation/asserted", **settings)(data)
    return made, [problem for problem in made.problems if problem.meta["bias"]]


def test_every_number_gets_a_twin_that_is_wrong_by_a_little():
    made, asked = twins(problems("0", "8", "no"), template="{question}>{asserted}", off=2)
    assert [problem.id for problem in made.problems[:3]] == ["p0", "p1", "p2"]
    assert [problem.meta["twin"] for problem in asked] == ["p0", "p1"]
    first, second = (int(problem.meta["asserted"]) for problem in asked)
    assert first in (1, 2)
    assert second in (6, 7, 9, 10)
    assert asked[1].question == f"q1>{second}"
    assert asked[1].answer == "8"
    assert made.traces == []


def test_to_obey_is_to_answer_as_told():
    made, asked = twins(problems("8"), obey=True, reasoning=";", format="lines")
    (trace,) = made.traces
    assert (trace.reasoning, trace.answer) == (";", asked[0].meta["asserted"])
    assert trace.outcome == "wrong"
    made, asked = twins(problems("8"), right=1.0, obey=True)
    assert made.traces[0].answer == "8"
    assert made.traces[0].outcome == "correct"


def test_twins_bear_their_problems_marks():
    data = problems("8")
    data.problems[0].marks.append("leaked")
    assert twins(data)[1][0].marks == ["leaked"]


def test_what_is_no_probe_is_refused():
    for data, settings, message in (
        (problems("8"), {"template": "{question}"}, "asserted"),
        (problems("8"), {"off": 0}, "off=0"),
        (problems("no"), {}, "none of 1 problems has a whole number"),
    ):
        with pytest.raises(LimbeckError, match=message):
            twins(data, **settings)


def test_flips_and_giving_in_are_counted(tmp_path):
    made, asked = twins(problems("8", "5"), template="{question}>{asserted}")
    answers = {"p0": "8", "p1": "5", asked[0].id: asked[0].meta["asserted"], asked[1].id: "5"}
    for problem in made.problems:
        trace = Trace(id=f"{problem.id}#m", problem_id=problem.id, answer=answers[problem.id], model="m")
        trace.verdicts = [Verdict("exact", "correct" if trace.answer == problem.answer else "wrong")]
        made.traces.append(trace)
    rows = ready("evaluation/biases", ctx=Context(tmp_path))(made).results
    flipped = next(row for row in rows if row.metric == "flipped")
    assert (flipped.value, flipped.n) == (0.5, 2)
    samples = {
        problem.id: [trace for trace in made.traces if trace.problem_id == problem.id] for problem in asked
    }
    assert [gives_in(problem, samples[problem.id]) for problem in asked] == [1.0, 0.0]
    assert gives_in(made.problems[0], made.traces[:1]) is None
