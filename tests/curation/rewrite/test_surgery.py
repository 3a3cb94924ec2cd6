"""curation/pruned, simplified and leaky: what goes, what stays, and that nothing shortened is verified."""

from __future__ import annotations

from pathlib import Path

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.texts.parts import Part, with_parts
from limbeck.texts.traces import full_text

pruned, simplified, leaky = (flat(f"curation/{name}") for name in ("pruned", "simplified", "leaky"))
CONTEXT = Context(Path("."))


def chain(parts: list[tuple], name: str = "t", **more) -> Trace:
    """A trace of parts, each its text, kind and, where there is one, approach, state and method."""
    text, made = "", []
    for said, kind, *rest in parts:
        text += said
        made.append(Part(len(text), kind, *rest))
    verdict = Verdict("exact", "correct", "4")
    bare = Trace(
        id=name, problem_id="p", reasoning=text, answer="4", format="lines", verdicts=[verdict], **more
    )
    return with_parts(bare, made)


def data(*traces: Trace) -> Data:
    return Data([Problem(id="p", question="q", answer="4")], list(traces))


def impacts(*values: float) -> dict[str, float]:
    return {f"impact/{step}": value for step, value in enumerate(values)}


SIX = [
    (";a", "progress"), ("!b", "check"), ("~c", "correction"), ("!d", "check"), (">e", "method"),
    (";", "summary"),
]  # fmt: skip


def test_the_functional_steps_of_least_impact_go():
    # The steps that go on have no impact at all here and stay nevertheless.
    out = pruned(data(chain(SIX, scores=impacts(0, 0.2, 3.0, -0.1, 0.1, 0))), share=0.5, ctx=CONTEXT)
    source, short = out.traces
    assert (source.marks, source.verdicts[0].outcome) == (["full"], "correct")
    assert full_text(short) == ";a!b~c;4"
    assert (short.id, short.parents, short.verdicts, short.marks) == ("t/pruned", ["t"], [], [])
    assert short.params["dropped"] == [3, 4]


def test_a_bound_keeps_what_helps_and_kinds_say_what_may_go():
    scored = data(chain(SIX, scores=impacts(0, 0.2, 3.0, -0.1, 0.1, 0)))
    (_, bounded) = pruned(scored, share=1.0, below=0.15, ctx=CONTEXT).traces
    assert full_text(bounded) == ";a!b~c;4"
    (_, any_kind) = pruned(scored, share=0.4, kinds=("progress", "check", "summary"), ctx=CONTEXT).traces
    assert full_text(any_kind) == ";a!b~c>e;4"
    with pytest.raises(LimbeckError, match=r"chek.*check"):
        pruned(scored, kinds=("chek",), ctx=CONTEXT)


def test_at_random_as_many_go_each_trace_by_its_own_draw():
    traces = [chain(SIX, f"t{number}") for number in range(40)]
    out = pruned(data(*traces), choose="random", ctx=CONTEXT).traces[40:]
    gone = [tuple(trace.params["dropped"]) for trace in out]
    assert {len(each) for each in gone} == {2}
    assert {step for each in gone for step in each} == {1, 2, 3, 4}


@pytest.mark.parametrize(
    "scores", [impacts(0, 0.2, 3.0), impacts(*[0.0] * 7), impacts(0, float("nan"), 0, 0, 0, 0)]
)
def test_without_fitting_scores_a_trace_stays_as_it_is(scores):
    whole = data(chain(SIX, scores=scores))
    assert pruned(whole, ctx=CONTEXT).traces == whole.traces


def test_a_second_run_prunes_the_pruned_no_further_without_new_scores():
    once = pruned(data(chain(SIX, scores=impacts(0, 0.2, 3.0, -0.1, 0.1, 0))), ctx=CONTEXT)
    assert pruned(once, ctx=CONTEXT).traces == once.traces


LONG = [
    ("?q", "understanding"),
    (">", "method", 1, "abandoned"), (";a", "progress", 1, "abandoned"),
    (">", "method", 2, "right"), (";b", "slip", 2, "right"), ("~c", "correction", 2, "right"),
    ("!d", "check", 2, "right"), ("!e", "check", 2, "right"),
    (">", "method", 3, "right"), ("~c", "progress", 3, "right"), (";b", "progress", 3, "right"),
    ("<", "method", 4, "right"), ("zyxw", "progress", 4, "right"),
    (">", "method", 5, "wrong"), ("v", "progress", 5, "wrong"), (";", "summary", 5, "wrong"),
]  # fmt: skip


def simple(**more) -> str:
    return full_text(simplified(data(chain(LONG)), **more, ctx=CONTEXT).traces[-1])


def test_one_approach_of_each_idea_stays_with_its_slip_and_one_check():
    out = simplified(data(chain(LONG)), alike=0.3, ctx=CONTEXT)
    short = out.traces[-1]
    # What sums up stays, though it stands in an approach that goes.
    assert full_text(short) == "?q>;b~c!d<zyxw;4"
    assert (short.parents, short.verdicts, out.traces[0].marks) == (["t"], [], ["full"])


def test_what_stays_can_be_chosen():
    assert simple(alike=0.3, checks=0) == "?q>;b~c<zyxw;4"
    assert simple(alike=0.3, slips="remove") == "?q>~c!d<zyxw;4"
    assert simple(alike=1.0) == "?q>;b~c!d>~c;b<zyxw;4"
    assert simple(trunk="first") == "?q>;b~c!d;4"
    assert simple(trunk="all") == "?q>;a>;b~c!d>~c;b<zyxw>v;4"


def test_methods_that_have_a_name_are_told_apart_by_it():
    named = [
        ("1", "progress", 1, "right", "sum"), ("1", "progress", 2, "right", "count"),
        ("2", "progress", 3, "right", "sum"),
    ]  # fmt: skip
    assert full_text(simplified(data(chain(named)), ctx=CONTEXT).traces[-1]) == "114"


def test_a_trace_without_an_approach_known_to_be_right_stays():
    lost = data(
        chain([("a", "progress", 1, "wrong"), ("b", "check", 1, "wrong")]), Trace(id="u", problem_id="p")
    )
    assert simplified(lost, ctx=CONTEXT).traces == lost.traces


def test_a_leaky_trace_lacks_a_share_of_its_steps_and_its_verdict():
    whole = Trace(
        id="t", problem_id="p", reasoning=";1;2;3;4;5;6;7;8;9;", answer="4", format="lines",
        verdicts=[Verdict("exact", "correct", "4")],
    )  # fmt: skip
    source, short = leaky(data(whole), separator=";").traces
    assert source.marks == ["whole"]
    assert len(short.params["dropped"]) == 3
    assert (
        short.reasoning
        == "".join(f";{n}" for n in range(1, 10) if n - 1 not in short.params["dropped"]) + ";"
    )
    assert (short.verdicts, short.parents, short.answer) == ([], ["t"], "4")
    assert leaky(data(whole), separator=";", share=0.0).traces == [whole]


def test_traces_of_space_or_nothing_are_left_alone():
    for body in ("", " \n\n "):
        blank = data(Trace(id="t", problem_id="p", reasoning=body, answer=body))
        assert leaky(blank).traces == blank.traces
        assert flat("curation/segmented")(blank, ctx=CONTEXT).traces == blank.traces
        assert flat("curation/leap_tasks")(blank).problems == []
