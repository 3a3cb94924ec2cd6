"""Values of steps, the labels made of them, and what an answer loses without a step."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from flat import flat
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from limbeck.curation.score.process_labels import process_labels
from limbeck.errors import LimbeckError
from limbeck.generation import Completion
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.verifiers.answers.exact import exact

step_values = flat("teachers/step_values")
step_impact = flat("teachers/step_impact")


def context(heard: list | None = None) -> Context:
    return Context(Path("."), report=heard.append if heard is not None else lambda event: None)


def chain(wrong: int, length: int = 4, name: str = "t") -> Trace:
    """Steps ``;ok`` up to number ``wrong``, from there on ``;no``; the answer is 1 where nothing is wrong."""
    text = "".join(";no" if wrong <= step else ";ok" for step in range(length - 1)) + ";"
    return Trace(
        id=name, problem_id="p", reasoning=text, answer="0" if wrong < length else "1", format="lines"
    )


def data(*traces: Trace) -> Data:
    return Data([Problem(id="p", question="q", answer="1")], list(traces))


class Solver(Scripted):
    """Goes on rightly from places without ``no``, three times of four; never from others."""

    def __init__(self, short: int = 4) -> None:
        self.places: list[str] = []
        super().__init__(self.reply)
        self.short = short

    def reply(self, messages, number):
        prefix = messages[-1]["content"] if messages[-1]["role"] == "assistant" else ""
        self.places.append(prefix)
        return ";0" if "no" in prefix or number % self.short == 3 else ";1"


def valued(*traces: Trace, **more) -> tuple[list[Trace], Solver]:
    model = more.pop("model", None) or Solver()
    more = {"n": 4, "separator": ";", "template": "{question}", **more}
    return step_values(data(*traces), model=model, verifier=exact, ctx=context(), **more).traces, model


def test_a_steps_value_is_the_share_of_continuations_that_succeed():
    (found,), model = valued(chain(2))
    assert found.scores == {
        "value/start": 0.75,
        "value/0": 0.75,
        "value/1": 0.75,
        "value/2": 0.0,
        "value/3": 0.0,
    }
    assert len(model.places) == 4 * 4  # the start and three steps; the last one is the trace itself
    (right,), _ = valued(chain(9))
    assert right.scores["value/3"] == 1.0


def test_a_prefix_that_traces_share_is_asked_once_and_the_cost_is_told():
    heard: list = []
    model = Solver()
    both = data(chain(2, name="a"), chain(2, name="b"), chain(1, name="c"))
    step_values(both, model=model, verifier=exact, n=2, separator=";", ctx=context(heard))
    # start, ;ok, ;ok;ok, ;ok;ok;no, ;ok;no and ;ok;no;no
    assert len(model.places) == 2 * 6
    assert [e["message"] for e in heard if e["kind"] == "log"] == [
        "12 continuations from 6 places, 12 new tokens"
    ]


@pytest.mark.parametrize("wrong", range(16))
def test_binary_search_finds_the_first_dead_step_at_logarithmic_cost(wrong):
    (found,), model = valued(chain(wrong, 16), search="first_dead")
    (label,) = process_labels(data(found)).traces
    assert label.verdicts[-1].extracted == str(wrong)
    assert label.outcome == "wrong"
    assert len(model.places) <= 4 * 4
    assert {name for name in label.scores if name.startswith("label/")} == {
        f"label/{i}" for i in range(wrong + 1)
    }


def test_a_correct_trace_is_not_searched_and_an_unfinished_one_is_valued_to_its_end():
    (right,), model = valued(chain(16, 16), search="first_dead")
    assert right.scores == {"value/15": 1.0}
    assert not model.places
    unfinished = Trace(id="u", problem_id="p", reasoning=";ok;no", format="lines")
    (found,), _ = valued(unfinished, start=False)
    assert found.scores == {"value/0": 0.75, "value/1": 0.0}
    (found,), _ = valued(unfinished, search="first_dead")
    assert process_labels(data(found)).traces[0].verdicts[-1].extracted == "1"


def test_what_cannot_be_judged_has_no_value_and_what_was_cut_off_did_not_succeed():
    cut = Scripted(
        lambda messages, number: Completion(
            text=";1" if number else ";", finish="stop" if number else "length"
        )
    )
    (found,), _ = valued(chain(9), model=cut, n=2)
    assert found.scores["value/0"] == 0.5

    def blind(problem, trace):
        return Verdict("blind", "timeout") if trace.reasoning.startswith(";ok;ok;") else exact(problem, trace)

    out = step_values(
        data(chain(2, 5)), model=Solver(), verifier=blind, n=4, separator=";", start=False, ctx=context()
    ).traces[0]
    assert sorted(out.scores) == ["value/0"]
    with pytest.raises(LimbeckError, match="none of 16 continuations could be judged"):
        valued(chain(2), model=Scripted(["1"], fail_every=1))


def test_a_marked_problem_is_left_alone_and_what_cuts_no_steps_is_named():
    marked = data(chain(2))
    marked.problems[0].marks.append("invalid")
    out = step_values(marked, model=Solver(), verifier=exact, ctx=context())
    assert out.traces[0].scores == {}
    with pytest.raises(LimbeckError, match="no regular expression"):
        valued(chain(2), separator="(")
    with pytest.raises(LimbeckError, match="did you mean 'lines'"):
        valued(chain(2), separator="", by="lnes")


def values(*own: float, start: float | None = None) -> Data:
    scores = {f"value/{step}": value for step, value in enumerate(own)}
    return data(
        Trace(id="t", problem_id="p", scores=scores if start is None else {**scores, "value/start": start})
    )


def verdict(given: Data, **more) -> tuple[str, str | None]:
    trace = process_labels(given, **more).traces[0]
    return trace.outcome, trace.verdicts[-1].extracted


def test_labels_by_hand():
    assert verdict(values(0.75, 0.5, 0, 0)) == ("wrong", "2")
    # A living step behind a dead one shows that it was not dead.
    assert verdict(values(0.5, 0, 0.25, 0, 0)) == ("wrong", "3")
    assert verdict(values(0.5, 0, 1)) == ("correct", "")
    assert verdict(values(0, 0)) == ("wrong", "0")
    assert verdict(values(0, 0, start=0.0)) == ("unknown", None)
    assert verdict(values(0.9, 0.2, 0.3, 0), rule="drop") == ("wrong", "1")
    assert verdict(values(0.2, 0.1, start=0.9), rule="drop") == ("wrong", "0")
    assert verdict(values(0.6, 0.1), rule="drop") == ("correct", "")  # exactly the margin is not more than it
    gap = values(0.5, 0.5, 0.5, 0)
    del gap.traces[0].scores["value/2"]
    assert verdict(gap) == ("unknown", None)
    assert verdict(gap, rule="drop") == ("unknown", None)


def test_hard_and_soft_labels():
    hard = process_labels(values(0.75, 0.5, 0, 0)).traces[0].scores
    assert {name: hard[name] for name in hard if "label" in name} == {
        "label/0": 1,
        "label/1": 1,
        "label/2": 0,
    }
    soft = process_labels(values(0.75, 0.5, 0, start=1.0), kind="soft").traces[0].scores
    assert {name: soft[name] for name in soft if "label" in name} == {
        "label/0": 0.75,
        "label/1": 0.5,
        "label/2": 0,
    }
    with pytest.raises(LimbeckError, match="no trace has values 'valu'; did you mean 'value'"):
        process_labels(values(1.0), score="valu")
    with pytest.raises(LimbeckError, match="margin=2"):
        process_labels(values(1.0), margin=2)
    bare = data(chain(1))
    bare.traces.append(values(1.0).traces[0])
    assert process_labels(bare).traces[0].verdicts == []


@given(st.lists(st.sampled_from([0.0, 0.25, 1.0]), min_size=1, max_size=12))
def test_everything_behind_the_first_dead_step_is_dead_and_the_step_before_it_lives(own):
    outcome, found = verdict(values(*own))
    if outcome == "correct":
        assert own[-1] > 0
    else:
        first = int(found)
        assert not any(own[first:])
        assert first == 0 or own[first - 1] > 0


class Counting(Scripted):
    """The answer's log-probability is minus one over one plus the digits before it."""

    def score(self, prompts, completions, ended=None):
        texts = [
            messages[-1]["content"] if messages[-1]["role"] == "assistant" else "" for messages in prompts
        ]
        return [[-1 / (1 + sum(c.isdigit() for c in text))] for text in texts]


def test_a_steps_impact_is_what_the_answer_loses_without_it():
    trace = Trace(
        id="t", problem_id="p", reasoning="a 1 b. Nothing at all. So 2 and 3.", answer="7", format="plain"
    )
    out = step_impact(
        data(trace, chain(1, name="other")), model=Counting(["x"]), by="sentences", ctx=context()
    ).traces[0]
    assert out.scores == pytest.approx(
        {"impact/0": 1 / 3 - 1 / 4, "impact/1": 0.0, "impact/2": 1 / 2 - 1 / 4}
    )
    with pytest.raises(LimbeckError, match=r"has no \{question\}"):
        step_impact(data(trace), model=Counting(["x"]), template="x", ctx=context())


def test_only_steps_of_the_wanted_kinds_are_scored():
    from limbeck.texts.parts import Part, with_parts

    reasoning = "a 1 b. Nothing at all. So 2 and 3."
    trace = Trace(id="t", problem_id="p", reasoning=reasoning, answer="7", format="plain")
    cut = with_parts(replace(trace, id="cut"), [Part(7, "check"), Part(len(reasoning), "progress")])
    model = Counting(["x"])
    scored = step_impact(data(cut, trace), model=model, kinds=("check",), ctx=context()).traces
    # Scored in the parts' own cutting; a trace without parts has no step of the kind.
    assert scored[0].scores == pytest.approx({"impact/0": 1 / 3 - 1 / 4})
    assert scored[1].scores == {}
    with pytest.raises(LimbeckError, match=r"chek.*check"):
        step_impact(data(cut), model=model, kinds=("chek",), ctx=context())


def test_a_real_model_scores_the_answer_after_all_the_rest(tmp_path):
    pytest.importorskip("torch", reason="training needs the extra limbeck[train]")
    import small_world

    from limbeck.models.local import Local

    path = small_world.student(tmp_path / "s")
    trace = Trace(id="t", problem_id="p", reasoning="1+1+1", answer="3", format="plain")
    given = Data([Problem(id="p", question="1+2", answer="3")], [trace])
    out = step_impact(given, model=Local(path), separator=r"\+", ctx=context()).traces[0]
    model = Local(path)
    whole, less = model.score(
        [
            [{"role": "user", "content": "1+2"}, {"role": "assistant", "content": text}]
            for text in ("1+1+1", "+1+1")
        ],
        ["3", "3"],
    )
    assert out.scores["impact/0"] == pytest.approx(whole[0] - less[0], abs=1e-5)
    assert all(math.isfinite(value) for value in out.scores.values())
    assert len(out.scores) == 3
