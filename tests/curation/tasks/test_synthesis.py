"""curation/synthesis_tasks and curation/written: from texts to problems with solutions."""

from __future__ import annotations

import pytest

from limbeck.curation.tasks.synthesis_tasks import STAGES, synthesis_tasks
from limbeck.curation.tasks.written import written
from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models.rehearsal.problem_writer import problem_writer
from limbeck.pipeline.context import Context
from limbeck.problems.worlds.skills import skills
from limbeck.problems.worlds.totals import totals
from limbeck.records import Data, Problem, Trace


def texts(*questions: str) -> Data:
    return Data([Problem(id=f"t{at}", question=text, answer="9") for at, text in enumerate(questions)])


def replied(*replies: str, **more) -> Data:
    request = Problem(id="r", question="write", meta={"text_id": "t0", "stage": "grade"})
    made = [
        Trace(id=f"r#{at}", problem_id="r", answer=reply, model="writer", finish="stop", **more)
        for at, reply in enumerate(replies)
    ]
    return Data([request], made)


def read(data: Data, tmp_path, **settings) -> tuple[Data, list[str]]:
    log: list[str] = []
    ctx = Context(tmp_path, report=lambda event: log.append(event["message"]))
    return written(data, ctx=ctx, **settings), log


def test_each_text_is_asked_for_a_problem_of_its_own_stage():
    data = texts("Let {x} be a group.", "Primes", "Circles", "Sums", "Maps", "Trees")
    data.problems[1].marks = ["uninfluential"]
    made = synthesis_tasks(data)
    assert [problem.meta["text_id"] for problem in made.problems] == ["t0", "t2", "t3", "t4", "t5"]
    first = made.problems[0]
    assert "Let {x} be a group." in first.question
    assert STAGES[first.meta["stage"]] in first.question
    assert (first.answer, "{stage}" in first.question) == (None, False)
    # The same seed deals the same stages, whatever stands beside a text; another seed deals anew.
    assert synthesis_tasks(Data(data.problems[:1])).problems[0].question == first.question
    stages = {
        seed: [each.meta["stage"] for each in synthesis_tasks(data, seed=seed).problems] for seed in (0, 1)
    }
    assert stages[0] != stages[1]
    several = synthesis_tasks(Data(data.problems[:1]), each=3).problems
    assert len({problem.meta["stage"] for problem in several}) == 3
    with pytest.raises(LimbeckError, match="did you mean 'grade'"):
        synthesis_tasks(data, stages=("grades",))
    with pytest.raises(LimbeckError, match="text"):
        synthesis_tasks(data, template="Write a problem.")


def test_a_reply_becomes_a_problem_without_a_reference_and_its_solution(tmp_path):
    good = "[Problem]\nWhat is 2 + 3?\n[Solution]\n2 + 3 = 5, so \\boxed{5}."
    made, log = read(replied(good), tmp_path)
    [problem], [solution] = made.problems, made.traces
    assert (problem.question, problem.answer, problem.verifier) == ("What is 2 + 3?", None, "math")
    assert problem.meta == {"text_id": "t0", "stage": "grade", "writer": "writer", "request_id": "r"}
    assert (solution.problem_id, solution.parents, solution.verdicts) == (problem.id, ["r#0"], [])
    assert "\\boxed{5}" in solution.answer
    assert log == ["1 problems; 0 replies in another form, 0 copies"]


@pytest.mark.parametrize(
    "reply",
    [
        "What is 2 + 3? 5.",
        "[Problem]\n\n[Solution]\n5",
        "[Problem]\nWhat?\n[Solution]\n",
        "[Solution]\n5\n[Problem]\nx",
    ],
)
def test_a_reply_in_another_form_is_kept_and_marked(reply, tmp_path):
    made, log = read(replied(reply), tmp_path)
    assert [problem.marks for problem in made.problems] == [["malformed"]]
    assert made.problems[0].question == reply
    assert made.traces == []
    assert log == ["0 problems; 1 replies in another form, 0 copies"]


def test_what_was_cut_off_and_what_comes_twice(tmp_path):
    good = "[Problem]\nWhat is 2 + 3?\n[Solution]\n5"
    made, log = read(replied(good, good.replace("\n5", "\nfive")), tmp_path)
    assert (len(made.problems), len(made.traces), made.traces[0].id) == (
        1,
        1,
        f"{made.problems[0].id}#writer",
    )
    assert log == ["1 problems; 0 replies in another form, 1 copies"]
    cut = replied(good)
    cut.traces[0].finish = "length"
    assert read(cut, tmp_path)[0].problems[0].marks == ["malformed"]
    with pytest.raises(LimbeckError, match="between"):
        read(cut, tmp_path, between=" ")


def test_the_rehearsals_writer_writes_what_its_world_solves(tmp_path):
    asked = [*skills(n=8, skill="lists").problems, *totals(n=8).problems]
    model = problem_writer()
    prompts = [[{"role": "user", "content": problem.question}] for problem in asked]
    for index, _, reply in model.stream(prompts, Sampling(n=2)):
        question, _, text = reply.text.partition("=")
        assert (":" in question) == (":" in asked[index].question)
        made, _ = read(replied(reply.text), tmp_path, opening="", between="=", format="lines")
        assert made.problems[0].question == question
        if ":" not in question:
            assert made.traces[0].answer == str(eval(question))
        else:
            assert made.traces[0].answer == text.rpartition(";")[2]
    [(_, _, reply)] = model.stream([[{"role": "user", "content": "tell me"}]], Sampling())
    assert reply.text == "?"
