"""teachers/along_flow: who is shown what, how long traces become, and what becomes of failures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.models.rehearsal.short_thinker import short_thinker
from limbeck.models.scripted import Scripted
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.context import Context
from limbeck.problems.worlds.padded import padded
from limbeck.records import Data, Problem, Trace
from limbeck.texts.traces import full_text

along_flow = flat("teachers/along_flow")

SEEDS = Data(
    [Problem(id="s0", question="How many apples?"), Problem(id="s1", question="How fast is the train?")],
    [
        Trace(id="s0#a", problem_id="s0", params={"flow": ["count", "conclude"]}),
        Trace(id="s1#a", problem_id="s1", params={"flow": ["divide", "check"]}),
        Trace(id="s1#b", problem_id="s1"),
    ],
)


def asked(*questions: str) -> Data:
    return Data([Problem(id=f"p{i}", question=question) for i, question in enumerate(questions)])


class Speaking(Scripted):
    """Says a plan, a step with the number of the request, and an answer."""

    def __init__(self, plan="first\nsecond", step="I {number}", answer="42") -> None:
        self.heard: list[str] = []
        self.steps = 0
        super().__init__(lambda messages, number: self._reply(messages[-1]["content"], plan, step, answer))

    def _reply(self, content, plan, step, answer):
        self.heard.append(content)
        if "You plan" in content:
            return plan
        if "Write step" not in content:
            return answer
        self.steps += 1
        return step if isinstance(step, dict) else step.replace("{number}", str(self.steps))


def written(model, *data: Data, notes: list | None = None, **settings) -> Data:
    report = notes.append if notes is not None else lambda event: None
    return along_flow(*data, model=model, ctx=Context(Path("."), report=report), **settings)


def test_a_trace_is_written_step_by_step_along_the_plan_shown_by_the_nearest_seed():
    model = Speaking()
    (trace,) = written(model, asked("Does the train wait?"), SEEDS).traces
    assert full_text(trace) == "<think>I 1\n\nI 2\n\n</think>42"
    assert (trace.finish, trace.marks, trace.tokens) == ("stop", [], 5), "two steps and the answer"
    assert {name: trace.params[name] for name in ("flow", "budget", "seed_trace")} == {
        "flow": ["first", "second"], "budget": 2, "seed_trace": "s1#a",
    }  # fmt: skip
    plan, first, second, answer = model.heard
    assert "How fast is the train?" in plan
    assert "divide\ncheck\n" in plan
    assert "exactly" not in plan
    assert "1. first\n2. second" in first
    assert "(nothing)" in first
    assert "Write step 1 alone, in one paragraph, thinking aloud: first." in first
    assert "Written so far:\nI 1\n\nWrite step 2 alone, in one paragraph, thinking aloud: second." in second
    assert "I 1\n\nI 2" in answer


def test_seeds_are_read_only_and_none_is_told():
    notes: list = []
    out = written(Speaking(), asked("x"), SEEDS, notes=notes)
    assert [problem.id for problem in out.problems] == ["p0"]
    assert "no seed" not in str(notes)
    model = Speaking()
    written(model, asked("x"), notes=notes)
    assert "no seed bears a flow: an example of the house's is shown" in str(notes)
    assert "A train leaves at 9:40" in model.heard[0]


@pytest.mark.parametrize(
    ("budget", "flow"),
    [(1, ["c"]), (2, ["a", "c"]), (3, ["a", "b", "c"]), (5, ["a", "b", "look again", "look again", "c"])],
)
def test_a_budget_is_kept_whatever_the_plan_says(budget, flow):
    model = Speaking(plan="a\nb\nc")
    (trace,) = written(model, asked("x"), SEEDS, budgets=(budget,), filler="look again").traces
    assert trace.params["flow"] == flow
    assert trace.params["budget"] == budget == trace.reasoning.count("\n\n")
    assert f", in exactly {budget} steps?" in model.heard[0]


def test_a_plan_of_its_own_ends_somewhere():
    (trace,) = written(Speaking(plan="on\n" * 99), asked("x"), SEEDS, most_steps=4).traces
    assert trace.params["budget"] == 4


def test_budgets_are_drawn_by_problem():
    questions = asked(*map(str, range(60)))
    budgets = [t.params["budget"] for t in written(Speaking(), questions, budgets=(1, 2, 3)).traces]
    assert {*budgets} == {1, 2, 3}
    fewer = Data(questions.problems[30:])
    again = [t.params["budget"] for t in written(Speaking(), fewer, budgets=(1, 2, 3)).traces]
    assert again == budgets[30:]


def test_a_step_is_one_paragraph_and_no_thought_about_it():
    (trace,) = written(Speaking(step="<think>hm</think>\n\nFirst.\n\nThen.\n"), asked("x"), SEEDS).traces
    assert trace.reasoning == "First.\nThen.\n\nFirst.\nThen.\n\n"


@pytest.mark.parametrize(
    ("model", "finish", "marks", "steps"),
    [
        (Speaking(plan="\n"), "stop", ["no_flow"], 0),
        (Speaking(plan={"text": "a\nb", "finish": "length"}), "length", ["truncated"], 0),
        (Speaking(step={"text": "so and", "finish": "length"}), "length", ["truncated"], 1),
        (Speaking(step={"text": "", "finish": "error", "error": "busy"}), "error", ["error"], 0),
        (Speaking(answer={"text": "", "finish": "error", "error": "busy"}), "error", ["error"], 2),
    ],
    ids=["no plan", "a plan cut off", "a step cut off", "a step failed", "the answer failed"],
)
def test_what_did_not_come_to_its_end_is_marked(model, finish, marks, steps):
    whole = Speaking()
    out = written(whole, asked("fine"), SEEDS)
    assert out.traces[0].marks == []
    if marks == ["error"]:
        with pytest.raises(LimbeckError, match="all 1 requests failed; the first: busy"):
            written(model, asked("x"), SEEDS)
        return
    (trace,) = written(model, asked("x"), SEEDS).traces
    assert (trace.finish, trace.marks, trace.answer) == (finish, marks, "")
    assert full_text(trace).count("so and") == steps


def test_one_failure_of_several_is_marked_and_keeps_what_was_written():
    def reply(messages, number):
        content = messages[-1]["content"]
        if "You plan" in content:
            return "a\nb"
        if "Write step 2" in content and content.startswith("bad"):
            return {"text": "", "finish": "error", "error": "busy"}
        return "so" if "Write step" in content else "7"

    good, bad = written(Scripted(reply), asked("good", "bad"), SEEDS).traces
    assert (good.marks, good.answer) == ([], "7")
    assert (bad.marks, bad.finish, bad.params["error"]) == (["error"], "error", "busy")
    assert full_text(bad) == "so\n\n"


def test_length_follows_the_budget_and_steps_are_right_where_haste_is_not():
    """The card's claim on a teacher that can only do single steps."""
    problems = padded(n=300, low=3, high=5, seed=3)
    teacher = short_thinker(wrong=0.0, hasty=0.5)
    settings = {"join": ";", "format": "lines", "budgets": (3, 5, 7, 9)}
    out = written(teacher, problems, **settings)
    budgets = [trace.params["budget"] for trace in out.traces]
    steps = [trace.reasoning.count(";") for trace in out.traces]
    assert np.corrcoef(budgets, steps)[0, 1] > 0.9
    gold = {problem.id: problem for problem in problems.problems}
    right = {False: [], True: []}
    for trace in out.traces:
        problem = gold[trace.problem_id]
        enough = trace.params["budget"] >= problem.meta["additions"]
        right[enough].append(trace.answer == problem.answer)
    assert all(right[True])
    assert not all(right[False]), "with too few steps the rest is done in haste"


@pytest.mark.parametrize(
    ("settings", "named"),
    [({"budgets": (4, 0)}, "a budget of 0 steps"), ({"most_steps": 0}, "a budget of 0 steps"),
     ({"plan": "{question}"}, r"no \{flow\}"), ({"step": "{question} {written}"}, r"no \{strategy\}"),
     ({"conclude": "{question}"}, r"no \{written\}"), ({"format": "thinc"}, "think")],
)  # fmt: skip
def test_settings_that_write_nothing_are_refused(settings, named):
    with pytest.raises(LimbeckError, match=named):
        written(Speaking(), asked("x"), SEEDS, **settings)


def test_a_plan_refuses_a_budget_of_nothing(tmp_path):
    page = {
        "title": "Flows",
        "models": {"teacher": {"use": "models/short_thinker"}},
        "stages": {
            "problems": {"use": "problems/padded", "n": 20},
            "composed": {
                "use": "teachers/along_flow",
                "from": "problems",
                "model": "teacher",
                "budgets": [0],
            },
        },
    }
    with pytest.raises(LimbeckError, match="a budget of 0 steps writes nothing"):
        planning.make(recipes.build("flows", tmp_path / "flows.yaml", page), tmp_path / "out")
