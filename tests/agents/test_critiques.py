"""The tree of critiques: grown sideways and downwards, kept and read again."""

from __future__ import annotations

import pytest

from limbeck.agents.critiques import Tree, load_tree
from limbeck.errors import LimbeckError


def grown() -> Tree:
    tree = Tree()
    tree.branch(["Query"], "sums the wrong column")
    tree.branch(["row"], "takes another team")
    return tree


def test_a_tree_grows_sideways_and_downwards():
    tree = grown()
    assert [route for route, _ in tree.leaves()] == [("query",), ("row",)]
    leaf = tree.leaf(["QUERY "])
    tree.split(leaf, "wrong column", "wrong aggregate", "takes the largest")
    assert tree.shown() == "query > wrong column\nquery > wrong aggregate\nrow"
    assert tree.leaf(["query"]) is None, "a node that was split is no leaf"
    assert tree.leaf(["query", "wrong column"]).critiques == ["sums the wrong column"]
    assert tree.leaf(["query", "wrong aggregate"]).critiques == ["takes the largest"]
    tree.branch(["query", "grouping"], "groups by the wrong name")
    assert tree.leaf(["query", "grouping"]).critiques == ["groups by the wrong name"]


def test_a_known_kind_takes_one_more_critique_once():
    tree = grown()
    for _ in range(2):
        tree.branch(["row"], "leaves out the filter")
    assert tree.leaf(["row"]).critiques == ["takes another team", "leaves out the filter"]
    # A route through a leaf ends there: its critiques are not lost under a new kind.
    tree.branch(["row", "filter"], "a third")
    assert tree.leaf(["row"]).critiques[-1] == "a third"


def test_what_leads_nowhere_is_refused():
    tree = grown()
    with pytest.raises(ValueError, match="no route"):
        tree.branch([], "x")
    with pytest.raises(ValueError, match="two different names"):
        tree.split(tree.leaf(["row"]), "Same", "same ", "x")
    assert tree.leaf(["nobody"]) is None
    assert tree.leaf([]) is None


def test_shots_are_drawn_by_their_draw_alone():
    tree = Tree()
    for number in range(9):
        tree.branch(["row"], f"c{number}")
    leaf = tree.leaf(["row"])
    drawn = tree.shots(leaf, 3, "a")
    assert drawn == tree.shots(leaf, 3, "a")
    assert len({*drawn}) == 3
    assert len({tuple(tree.shots(leaf, 3, str(draw))) for draw in range(9)}) > 1
    assert len(tree.shots(leaf, 20, "a")) == 9


def test_a_tree_comes_back_from_its_file(tmp_path):
    tree, path = grown(), tmp_path / "tree.json"
    tree.split(tree.leaf(["row"]), "a", "b", "x")
    path.write_bytes(tree.dump())
    assert load_tree(path).dump() == tree.dump()
    for text in ("{", '{"name": "x"}', '[{"critiques": []}]'):
        path.write_text(text)
        with pytest.raises(LimbeckError, match="no tree of critiques"):
            load_tree(path)
