"""curation/silent: all before the answer weighs nothing."""

from __future__ import annotations

from flat import flat
from small_world import trace

from limbeck.records import Data, Problem


def weights(*traces):
    data = Data([Problem(id="p", question="1+2", answer="3")], list(traces))
    return [each.weights for each in flat("curation/silent")(data).traces]


def test_characters_before_the_answer_weigh_nothing():
    assert weights(trace("a", "p", "1+2=3;", "3", format="lines")) == [[(0, 6, 0.0)]]
    # The marks of a thought are before the answer too.
    assert weights(trace("b", "p", "so", "3", format="think")) == [[(0, len("<think>so</think>"), 0.0)]]


def test_earlier_weights_go_and_what_has_no_thought_weighs_all():
    before = trace("a", "p", "x;", "3", format="lines", weights=[(0, 3, 5.0)])
    bare = trace("b", "p", "", "3", format="lines", weights=[(0, 1, 0.5)])
    assert weights(before, bare) == [[(0, 2, 0.0)], []]
    assert before.weights == [(0, 3, 5.0)], "the input is as it was"


def test_an_answer_that_is_not_the_end_stays_as_it_is():
    closed = trace("a", "p", "so", "3", format="think_answer")
    empty = trace("b", "p", "so", "", format="lines")
    unknown = trace("c", "p", "so", "3", format="nobodys")
    assert weights(closed, empty, unknown) == [[], [], []]
