"""curation/critical_steps: a step is critical unless its result is one of its own terms."""

from __future__ import annotations

from flat import flat
from small_world import trace

from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem


def told(reasoning: str, **settings) -> dict[str, float]:
    data = Data(
        [Problem(id="p", question="q", answer="3")], [trace("a", "p", reasoning, "3", scores={"own": 0.5})]
    )
    (made,) = flat("curation/critical_steps")(data, ctx=Context("."), **settings).traces
    assert made.scores.pop("own") == 0.5
    return made.scores


def test_steps_by_hand():
    assert told("3+0=3;3+5=8;12*1=12;2+3=23;") == {
        "critical/0": 0.0, "critical/1": 1.0, "critical/2": 0.0, "critical/3": 1.0,
    }  # fmt: skip


def test_words_are_terms_and_a_step_without_a_result_is_critical():
    assert told("max(cat, dog) is dog\nso what\n1.5 + 0 is 1.5", separator="\n", equals=" is ") == {
        "critical/0": 0.0, "critical/1": 1.0, "critical/2": 0.0,
    }  # fmt: skip


def test_a_trace_without_a_thought_is_told_nothing():
    assert told("") == {}
    assert told(" ; ;") == {}
