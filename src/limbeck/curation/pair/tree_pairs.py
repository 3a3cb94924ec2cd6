"""Pairs out of search trees: thoughts of one node that differ in value, and whole attempts that differ in
outcome."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from itertools import combinations, islice
from typing import Literal, NamedTuple

from limbeck.pipeline.context import Context
from limbeck.records import Data, Pair
from limbeck.trees import ROLLOUT, Node, is_node, trees
from limbeck.types import Count, CountOrNone, PositiveShare

MAKES_PAIRS = True


class _Met(NamedTuple):
    """Two nodes that make a pair, the better one first."""

    gap: float
    chosen: Node
    rejected: Node


def tree_pairs(
    data: Data,
    *,
    kinds: Literal["both", "siblings", "paths"] = "both",
    gap: PositiveShare = 0.5,
    visits: Count = 1,
    per_node: CountOrNone = 0,
    per_problem: CountOrNone = 4,
    seed: int = 0,
    ctx: Context,
) -> Data:
    """Pair what a search has found better with what it has found worse (AlphaLLM-CPL, arXiv 2410.06508).

    ``siblings`` are thoughts of one parent whose values lie apart: chosen and rejected are the whole texts up
    to their ends, which share the parent's. ``paths`` are a right and a wrong attempt at the problem. Trees
    are those of `teachers/tree_search`; other traces make no pair.

    Args:
        gap: least difference in value of siblings; attempts are worth 1 and 0.
        visits: fewest tries that each sibling's value stands on.
        per_node: at most so many pairs of one node's children, widest gaps first; 0 means no limit.
        per_problem: at most so many pairs of attempts of a problem, drawn from the seed and the problem's id;
            0 means no limit.

    Returns:
        The data with these pairs added; the log tells how many of which kind, and how wide their gaps are.
    """
    known = {(pair.chosen, pair.rejected) for pair in data.pairs}
    made: list[Pair] = []
    gaps: dict[str, list[float]] = {"siblings": [], "paths": []}
    barren = 0
    all_trees = trees(data)
    for problem in data.problems:
        roots = all_trees.get(problem.id, []) if not problem.marks else []
        leaves = [leaf for root in roots for leaf in root.leaves()]
        barren += bool(roots) and not any(leaf.outcome == "correct" for leaf in leaves)
        met = {
            "siblings": _siblings(roots, gap, visits, per_node),
            "paths": islice(_paths(leaves, f"{seed}/{problem.id}"), per_problem or None),
        }
        for kind in gaps if kinds == "both" else (kinds,):
            for each in met[kind]:
                pair = Pair(problem_id=problem.id, chosen=each.chosen.id, rejected=each.rejected.id)
                if (pair.chosen, pair.rejected) not in known:
                    known.add((pair.chosen, pair.rejected))
                    made.append(pair)
                    gaps[kind].append(each.gap)
    _tell(data, gaps, barren, ctx)
    return Data(data.problems, data.traces, [*data.pairs, *made])


def _siblings(roots: list[Node], gap: float, visits: int, per_node: int) -> Iterator[_Met]:
    for parent in (node for root in roots for node in root.walk()):
        # A rollout is what its parent is worth, not a thought beside others.
        children = [each for each in parent.children if each.thought != ROLLOUT and each.visits >= visits]
        valued = [(each.value, each) for each in children if each.value is not None]
        apart = []
        for (left, one_side), (right, other_side) in combinations(valued, 2):
            better, worse = (one_side, other_side) if left > right else (other_side, one_side)
            # Values are means of outcomes: 2/3 - 1/6 is not to miss a gap of 0.5 by rounding.
            if abs(left - right) >= gap - 1e-9 and better.text != worse.text:
                apart.append(_Met(abs(left - right), better, worse))
        apart.sort(key=lambda met: -met.gap)
        yield from islice(apart, per_node or None)


def _paths(leaves: list[Node], seed: str) -> Iterator[_Met]:
    """The i-th right attempt meets the i-th wrong one, in an order drawn by the seed; the shorter side starts
    over."""
    sides: list[list[Node]] = []
    for outcome, marks in (("correct", {"not_first"}), ("wrong", {"wrong", "not_first"})):
        usable = [leaf for leaf in leaves if leaf.outcome == outcome and leaf.trace]
        usable = [leaf for leaf in usable if leaf.trace and {*leaf.trace.marks} <= marks]
        sides.append([*{leaf.text: leaf for leaf in reversed(usable)}.values()][::-1])
    right, wrong = sides
    rng = random.Random(seed)
    rng.shuffle(right)
    rng.shuffle(wrong)
    for at in range(max(len(right), len(wrong)) if right and wrong else 0):
        yield _Met(1.0, right[at % len(right)], wrong[at % len(wrong)])


def _tell(data: Data, gaps: dict[str, list[float]], barren: int, ctx: Context) -> None:
    told = []
    for kind, values in gaps.items():
        if values:
            ordered = sorted(values)
            quarters = [ordered[round(share * (len(ordered) - 1))] for share in (0.25, 0.5, 0.75)]
            told.append(
                f"{len(values):,} pairs of {kind}, gaps {'/'.join(f'{value:.2f}' for value in quarters)}"
            )
    ctx.log(f"{'; '.join(told)} (quartiles)" if told else "no tree gives a pair")
    if barren:
        ctx.log(f"{barren:,} trees have no attempt that is verified as right")
    nodes = [trace for trace in data.traces if is_node(trace) and "value" in trace.scores]
    if lost := sum(not math.isfinite(trace.scores["value"]) for trace in nodes):
        ctx.log(
            f"{lost:,} of {len(nodes):,} nodes have a value that is no number and are in no pair of siblings"
        )
