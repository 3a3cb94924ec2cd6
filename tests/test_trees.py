"""Trees of search: read from traces, kept by a store, and what does not belong to one."""

from __future__ import annotations

import math

import pytest
from trees_of_search import leaf, node, problem

from limbeck.pipeline.store import read_data, write_data
from limbeck.records import Data, Trace
from limbeck.trees import Node, trees

SEARCHED = [
    node("a", ";a", 0.5, 2), leaf("r", ";a;4", "correct", parent="a"), leaf("w", ";a!5", "wrong", parent="a")
]  # fmt: skip


def shape(node: Node) -> tuple:
    return (
        node.id,
        node.thought,
        node.text,
        node.value,
        node.visits,
        [shape(child) for child in node.children],
    )


def test_a_tree_comes_back_from_a_store_as_it_was(tmp_path):
    data = Data([problem()], SEARCHED)
    write_data(tmp_path, data)
    (again,) = read_data(tmp_path)
    assert [shape(root) for root in trees(again)["p"]] == [shape(root) for root in trees(data)["p"]]
    (root,) = trees(again)["p"]
    assert [leaf.id for leaf in root.leaves()] == ["r", "w"]
    assert root.leaves()[1].thoughts() == [";a", "!5"]


def test_two_models_grow_two_trees_of_a_problem():
    other = leaf("o", ";9", "wrong")
    other.model = "n"
    assert len(trees(Data([problem()], [*SEARCHED, other]))["p"]) == 2


@pytest.mark.parametrize("value", [math.nan, math.inf, None])
def test_a_value_that_is_no_number_is_none(value):
    odd = node("a", ";a", value, 2)
    if value is None:
        odd.scores = {}
    assert trees(Data([problem()], [odd]))["p"][0].children[0].value is None


@pytest.mark.parametrize(
    "params", [{}, {"thought": "step"}, {"thought": 3, "begins": 0}, {"thought": "s", "begins": -1}]
)
def test_a_trace_without_its_place_is_no_node(params):
    assert trees(Data([problem()], [Trace(id="t", problem_id="p", answer="4", params=params)])) == {}


def test_a_node_without_its_parent_is_left_out_with_what_is_below_it():
    below = leaf("x", ";z;q;4", "correct", parent="gone")
    assert trees(Data([problem()], [below])) == {}
    (root,) = trees(Data([problem()], [*SEARCHED, below]))["p"]
    assert "x" not in {each.id for each in root.walk()}
