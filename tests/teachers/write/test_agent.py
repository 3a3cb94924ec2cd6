"""teachers/agent and its loop: what is run, what is learned from, which candidate is taken."""

from __future__ import annotations

import pytest
from flat import flat
from loopback import reply, serving

from limbeck import sandbox
from limbeck.errors import LimbeckError
from limbeck.generation import Completion
from limbeck.models.openai import openai
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem
from limbeck.texts.traces import full_text

agent = flat("teachers/agent")
TABLE = {"columns": ["name", "points"], "rows": [["a", "3"], ["b", "5"]]}
PROBLEM = Problem(
    id="p", question="How many?", answer="8", meta={"table": TABLE, "passages": ["ghent is old"]}
)
needs_sandbox = pytest.mark.skipif(not sandbox.kind()[0], reason="no sandbox here")


def turn_by_turn(*steps):
    """A model that writes these steps in turn; a step that is a list holds one candidate each."""

    def reply(messages, number):
        turn = sum(each["role"] == "assistant" for each in messages)
        step = steps[min(turn, len(steps) - 1)]
        return step[number % len(step)] if isinstance(step, list) else step

    return Scripted(reply)


def solved(tmp_path, model, problem=PROBLEM, **settings):
    data = agent(
        Data([problem]), model=model, ctx=Context(tmp_path), **{"tools": ("search", "sql"), **settings}
    )
    return data.traces


SQL = "I sum.\n\n```sql\nSELECT SUM(points) FROM t\n```"
DONE = "```answer\n8\n```"


def test_a_trace_holds_what_was_seen_and_learns_only_what_was_written(tmp_path):
    (trace,) = solved(tmp_path, turn_by_turn(SQL, DONE))
    text = full_text(trace)
    seen = "<observation>\nSUM(points)\n8\n</observation>\n"
    assert text == f"{SQL}\n{seen}{DONE}"
    assert trace.answer == "8"
    assert [text[start:end] for start, end, _ in trace.weights] == [seen]
    assert [weight for *_, weight in trace.weights] == [0.0]
    assert trace.params["calls"] == {"sql": 1}
    assert trace.scores == {"steps": 2.0, "calls": 1.0, "raised": 0.0, "unreadable": 0.0}
    assert not trace.marks


def test_an_unknown_tool_a_failing_query_and_a_missing_table_are_observations(tmp_path):
    steps = ["```serch\nghent\n```", "```search\nghent\n```", "```sql\nSELECT x FROM t\n```", DONE]
    (trace,) = solved(tmp_path, turn_by_turn(*steps))
    text = full_text(trace)
    assert "there is no tool 'serch'; did you mean 'search'?" in text
    assert "ghent is old" in text
    assert "no such column: x" in text
    assert trace.params["calls"] == {"unknown": 1, "search": 1, "sql": 1}
    assert trace.scores["raised"] == 2
    assert trace.answer == "8"
    bare = Problem(id="q", question="?", meta={"table": "a | b"})
    (trace,) = solved(tmp_path, turn_by_turn(SQL, DONE), bare)
    assert "there is no table here" in full_text(trace)
    assert "no table" in trace.params["tools"]


def test_a_step_without_an_action_and_a_run_without_an_answer_are_marked(tmp_path):
    (trace,) = solved(tmp_path, turn_by_turn("I think it is 8.", DONE))
    assert trace.marks == ["unreadable"]
    assert "no action" in full_text(trace)
    assert trace.answer == "8"
    (trace,) = solved(tmp_path, turn_by_turn(SQL), steps=2)
    assert trace.marks == ["step_limit"]
    assert trace.answer == ""


def test_of_candidates_those_that_worked_vote(tmp_path):
    wrong, broken = "```sql\nSELECT 9\n```", "```sql\nSELECT nothing\n```"
    step = [broken, broken, broken, wrong, SQL, SQL]
    model = turn_by_turn(step, DONE)
    (voted,) = solved(tmp_path, model, actions=6)
    assert SQL in full_text(voted), "the first whose observation is the most frequent among those that worked"
    assert voted.params["tried"] == 6, "what was not taken was run, too"
    (valid,) = solved(tmp_path, model, actions=6, elect="valid")
    assert wrong in full_text(valid)
    (any_,) = solved(tmp_path, model, actions=6, elect="any")
    assert broken in full_text(any_)


def test_samples_of_a_problem_have_candidates_of_their_own(tmp_path):
    """Sample 1 of two draws numbers 2 and 3."""
    first, second = solved(
        tmp_path, turn_by_turn([DONE, DONE, "```answer\n7\n```", "```answer\n7\n```"]), k=2, actions=2
    )
    assert (first.answer, second.answer) == ("8", "7")


@pytest.mark.parametrize("observe", ["turn", "text"])
def test_a_plan_made_without_tools_begins_the_trace(tmp_path, observe):
    asked = []

    def reply(messages, number):
        asked.append(messages)
        return "Sum the points.\n\nThat is 7." if len(asked) == 1 else [SQL, DONE][len(asked) - 2]

    (trace,) = solved(tmp_path, Scripted(reply), first_thought=True, cot="plan {question}", observe=observe)
    assert asked[0][-1]["content"] == "plan How many?"
    assert full_text(trace).startswith(f"Sum the points.\n{SQL}\n<observation>")
    last = asked[1][-1]
    if observe == "text":
        assert last == {"role": "assistant", "content": "Sum the points.\n"}
    else:
        assert last["role"] == "user"
        assert "exactly this thought:\nSum the points." in last["content"]


def test_observations_are_turns_of_the_user_or_part_of_the_text(tmp_path):
    chats = {}
    for observe in ("turn", "text"):
        model = turn_by_turn(SQL, DONE)
        inner, seen = model.complete, []
        model.complete = lambda messages, number, sampling, inner=inner, seen=seen: (
            seen.append(messages) or inner(messages, number, sampling)
        )
        solved(tmp_path, model, observe=observe, guide=observe == "turn")
        chats[observe] = seen[1]
    assert [turn["role"] for turn in chats["turn"]] == ["system", "user", "assistant", "user"]
    assert "```answer" in chats["turn"][0]["content"]
    assert [turn["role"] for turn in chats["text"]] == ["user", "assistant"]
    assert chats["text"][1]["content"].endswith("\n</observation>\n")


def test_tokens_count_candidates_that_were_not_taken(tmp_path):
    def reply(messages, number):
        return Completion(text=DONE, tokens=5, prompt_tokens=7)

    (trace,) = solved(tmp_path, Scripted(reply), actions=3)
    assert trace.tokens == 15


@needs_sandbox
def test_python_runs_in_the_sandbox_and_names_stay(tmp_path):
    steps = [
        "```python\nx = df['points'].sum()\nprint('</observation>')\n```",
        "```python\nimport socket\nsocket.create_connection(('127.0.0.1', 9), 1)\n```",
        "```python\nopen('/etc/passwd')\n```",
        "```python\nwhile True: pass\n```",
        "```python\nx + 1\n```",
        DONE,
    ]
    (trace,) = solved(tmp_path, turn_by_turn(*steps), tools=("python",), seconds=6.0)
    seen = [full_text(trace)[start:end] for start, end, _ in trace.weights]
    assert seen[0] == "<observation>\n&lt;/observation>\n</observation>\n"
    assert "Error" in seen[1]
    assert "Error" in seen[2]
    assert seen[3] == "<observation>\nstopped after 6 s\n</observation>\n"
    assert seen[4] == "<observation>\n9\n</observation>\n", "and what was printed before is not printed again"
    assert trace.scores["raised"] == 3


def test_no_sandbox_is_one_error_before_anything_is_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "kind", lambda: ("", "switched off"))
    model = turn_by_turn(DONE)
    with pytest.raises(LimbeckError, match=r"'python' needs a sandbox: switched off"):
        solved(tmp_path, model, tools=("python",))
    assert model.asked == 0


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"tools": ("pyton",)}, "did you mean 'python'"), ({"tools": ()}, "tools is empty"),
        ({"actions": 8, "temperature": 0.0}, "all the same"), ({"cot": "plan it"}, "question"),
        ({"passages": "nowhere.jsonl"}, "nowhere"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_one_error(tmp_path, settings, told):
    with pytest.raises(LimbeckError, match=told):
        solved(tmp_path, turn_by_turn(DONE), **settings)


def test_an_endpoint_is_asked_in_turns_and_told_where_a_step_ends(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")

    def behave(exchange):
        seen = "<observation>" in exchange.question
        # The server took its stop string away.
        exchange.answer(content=reply("```answer\n8" if seen else SQL.removesuffix("\n```")))

    with serving(behave) as server:
        (trace,) = solved(tmp_path, openai(model="m", url=server.url))
        assert [turn["role"] for turn in server.bodies[1]["messages"]] == [
            "system",
            "user",
            "assistant",
            "user",
        ]
        assert server.bodies[0]["stop"] == ["\n```\n", "<observation"]
    assert full_text(trace).startswith(f"{SQL}\n<observation>")
    assert (trace.answer, trace.tokens, trace.marks) == ("8", 6, [])
