"""curation/tree_pairs: siblings that differ in value, attempts that differ in outcome, what makes none."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from trees_of_search import leaf, node, problem

from limbeck.curation.pair.tree_pairs import tree_pairs
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace
from limbeck.trees import ROLLOUT


def context(heard: list | None = None) -> Context:
    return Context(Path("."), report=heard.append if heard is not None else lambda event: None)


def paired(traces: list[Trace], heard: list | None = None, **more) -> list[tuple[str, str]]:
    made = tree_pairs(Data([problem()], traces), ctx=context(heard), **more)
    return [(pair.chosen, pair.rejected) for pair in made.pairs]


def notes(heard: list) -> str:
    return " ".join(event["message"] for event in heard if event["kind"] == "log")


SEARCHED = [
    node("a", ";a", 0.9, 10), node("b", ";b", 0.4, 5), node("c", ";c", 0.1, 1),
    leaf("a1", ";a;4", "correct", parent="a"), leaf("b1", ";b;7", "wrong", parent="b"),
    node("a2", ";a;x", 0.5, 2, parent="a"), node("a3", ";a;y", 0.5, 2, parent="a"),
]  # fmt: skip


def test_siblings_pair_where_their_values_lie_apart_widest_first():
    assert paired(SEARCHED, kinds="siblings", gap=0.3) == [("a", "c"), ("a", "b"), ("b", "c"), ("a1", "a2"),
                                                            ("a1", "a3")]  # fmt: skip
    assert paired(SEARCHED, kinds="siblings", gap=0.5) == [("a", "c"), ("a", "b"), ("a1", "a2"), ("a1", "a3")]
    assert paired(SEARCHED, kinds="siblings", gap=0.5, per_node=1) == [("a", "c"), ("a1", "a2")]


def test_values_on_few_tries_do_not_count_where_more_are_asked_for():
    assert paired(SEARCHED, kinds="siblings", gap=0.5, visits=5) == [("a", "b")]


def test_a_gap_is_not_missed_by_rounding():
    apart = [node("a", ";a", 1.0, 3), node("b", ";b", 0.9, 10)]
    assert 1.0 - 0.9 < 0.1
    assert paired(apart, kinds="siblings", gap=0.1) == [("a", "b")]


def test_a_rollout_is_no_sibling():
    traces = [node("a", ";a", 0.0, 1), leaf("r", ";4", "correct", thought=ROLLOUT)]
    assert paired(traces, kinds="siblings") == []


def test_attempts_pair_right_with_wrong_and_the_shorter_side_starts_over():
    traces = [leaf("r", ";4", "correct"), *(leaf(f"w{at}", f";{at}", "wrong") for at in range(3))]
    made = paired(traces, kinds="paths", per_problem=0)
    assert {each[0] for each in made} == {"r"}
    assert sorted(each[1] for each in made) == ["w0", "w1", "w2"]
    assert len(paired(traces, kinds="paths", per_problem=2)) == 2


@pytest.mark.parametrize("marks", [["truncated"], ["error"], ["duplicate", "wrong"]])
def test_attempts_with_a_mark_make_no_pair(marks):
    assert paired([leaf("r", ";4", "correct"), leaf("w", ";5", "wrong", marks=marks)], kinds="paths") == []


def test_a_tree_without_a_right_attempt_gives_no_pair_of_attempts_and_is_counted():
    heard: list = []
    assert paired([leaf("w", ";5", "wrong"), leaf("v", ";6", "wrong")], heard) == []
    assert "no tree gives a pair" in notes(heard)
    assert "1 trees have no attempt that is verified as right" in notes(heard)


def test_values_that_are_no_numbers_are_counted_and_left_out():
    heard: list = []
    traces = [node("a", ";a", math.nan, 3), node("b", ";b", 0.0, 3), node("c", ";c", math.inf, 3)]
    assert paired(traces, heard, kinds="siblings") == []
    assert "2 of 3 nodes have a value that is no number" in notes(heard)


def test_pairs_that_are_there_are_not_made_again_and_traces_of_no_tree_make_none():
    data = Data([problem()], [*SEARCHED, Trace(id="other", problem_id="p", answer="4")])
    once = tree_pairs(data, ctx=context())
    twice = tree_pairs(once, ctx=context())
    assert len(once.pairs) == len(twice.pairs) > 0
    assert not any("other" in (pair.chosen, pair.rejected) for pair in once.pairs)


def test_a_node_whose_parent_is_another_text_is_left_out():
    traces = [
        node("a", ";a", 1.0, 1),
        node("x", ";z;q", 0.0, 1, parent="a"),
        node("y", ";a;q", 1.0, 1, parent="a"),
    ]
    assert paired(traces, kinds="siblings") == []
