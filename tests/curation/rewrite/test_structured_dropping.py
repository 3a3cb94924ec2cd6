"""curation/structured_dropping: what goes at each level, and that levels are drawn for each trace."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.texts.parts import Part, with_parts
from limbeck.texts.traces import full_text

structured_dropping = flat("curation/structured_dropping")
CONTEXT = Context(Path("."))
STEPS = [
    ("?q", "understanding"), (";a", "slip"), ("~b", "correction"), ("!c", "check"), (";d", "progress"),
    (";", "summary"),
]  # fmt: skip
AT = ["?q;a~b!c;d;4", "?q;a~b;d;4", "?q~b;d;4", "~b;d;4"]
"""What is left at levels 0 to 3."""


def chain(name: str = "t") -> Trace:
    text, parts = "", []
    for told, kind in STEPS:
        text += told
        parts.append(Part(len(text), kind))
    verdict = Verdict("exact", "correct", "4")
    bare = Trace(id=name, problem_id="p", reasoning=text, answer="4", format="lines", verdicts=[verdict])
    return with_parts(bare, parts)


def at(level: int, **more) -> list[Trace]:
    chances = [float(each == level) for each in range(6)]
    data = Data([Problem(id="p", question="q")], [chain()])
    return structured_dropping(data, chances=chances, ctx=CONTEXT, **more).traces


@pytest.mark.parametrize("level", [1, 2, 3])
def test_each_level_drops_one_more_kind(level):
    source, short = at(level)
    assert (full_text(source), source.marks) == (AT[0], ["full"])
    assert full_text(short) == AT[level]
    assert (short.id, short.parents, short.verdicts) == (f"t/level-{level}", ["t"], [])
    assert short.params["dropping"] == level
    assert "dropping" not in source.params


def test_level_0_keeps_all_and_the_last_one_nothing():
    assert at(0) == [chain()]
    assert full_text(at(5)[1]) == "4"


def test_the_last_level_but_one_drops_a_share_of_the_rest():
    _, short = at(4, share=0.34)
    assert len(short.params["dropped"]) == 3 + 1  # a third of three
    assert {0, 1, 3} < {*short.params["dropped"]}


def test_at_random_as_many_go_whatever_their_kind():
    data = Data([Problem(id="p", question="q")], [chain(f"t{number}") for number in range(60)])
    chances = [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    out = structured_dropping(data, chances=chances, choose="random", ctx=CONTEXT).traces[60:]
    assert {len(each.params["dropped"]) for each in out} == {2}
    assert {step for each in out for step in each.params["dropped"]} == set(range(6))


def test_several_draws_of_a_trace_stand_beside_each_other():
    data = Data([Problem(id="p", question="q")], [chain(f"t{number}") for number in range(200)])
    out = structured_dropping(data, draws=3, ctx=CONTEXT).traces
    counts = Counter(each.params["dropping"] for each in out[200:])
    assert {*counts} == {1, 2, 3, 4, 5}
    # A level is among three draws with probability 1 - (5/6)^3.
    assert all(abs(count / 200 - 0.421) < 0.11 for count in counts.values())
    full = sum(each.marks == ["full"] for each in out[:200])
    assert abs(full / 200 - 0.579) < 0.11


def test_traces_without_parts_stay_and_chances_fit_the_levels():
    bare = Data([Problem(id="p", question="q")], [Trace(id="t", problem_id="p", reasoning="a", answer="4")])
    assert structured_dropping(bare, ctx=CONTEXT) == bare
    with pytest.raises(LimbeckError, match=r"chances=\[1.0\]: 6 levels"):
        structured_dropping(bare, chances=[1.0], ctx=CONTEXT)
    with pytest.raises(LimbeckError, match=r"chek.*check"):
        structured_dropping(bare, kinds=("chek",), ctx=CONTEXT)
