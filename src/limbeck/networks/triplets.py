"""Beside each right trace another right one and a wrong one of its problem, as items of three rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count

from limbeck.networks.batch import Item, Items, Row
from limbeck.networks.rows import GRADED, ChatTokenizer, check
from limbeck.records import Data

RIVAL = "rival"
"""The value that says, 1 or 0, whether the third row is another trace than the first."""


def triplet_items(chat_tokenizer: ChatTokenizer, shards: Iterable[Data]) -> Items:
    """All kept traces, each with company, weighted by ``scores["weight"]`` where a trace has one.

    Of a problem's k-th kept trace the second row is the next kept one, the third the k-th wrong one, both
    from the beginning again where they run out. Who has no other right trace is its own second row. Without a
    wrong one it is its own third row and has ``values["rival"]`` 0: it is learned from, and nothing compared.
    Wrong is what is found ``wrong`` and bears no mark but for that.
    """
    items = Items()
    for data in shards:
        items.problems |= data.problem_by_id()
        kept, left_out = data.kept(), {problem.id for problem in data.problems if problem.marks}
        # A trace may be kept and wrong, where nobody has marked it: then it is no rival of itself.
        wrong = [trace for trace in data.traces if trace.outcome == "wrong" and trace.marks]
        rivals = [each for each in wrong if {*each.marks} <= GRADED and each.problem_id not in left_out]
        rows = chat_tokenizer.rows(data, [*kept, *rivals])
        for reason in (row for row in rows.values() if isinstance(row, str)):
            items.skipped[reason] += 1
        right_of, wrong_of = (_by_problem(rows[trace.id] for trace in some) for some in (kept, rivals))
        weights = {trace.id: trace.scores.get("weight", 1.0) for trace in kept}
        for problem, right in right_of.items():
            for three in _threes(right, wrong_of.get(problem, [])):
                weight = weights[three[0].id]
                if weight > 0 and math.isfinite(weight):
                    items.items.append(Item(three, weight))
                else:
                    items.skipped["no_weight"] += 1
    return check(items, "traces", "a curation stage has marked all, or the input is empty")


def _by_problem(rows: Iterable[Row | str]) -> dict[str, list[Row]]:
    """The rows that there are, by problem."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if isinstance(row, Row):
            groups.setdefault(row.problem, []).append(row)
    return groups


def _threes(right: list[Row], wrong: list[Row]) -> Iterator[tuple[Row, Row, Row]]:
    for place, row in zip(count(), right, strict=False):
        three = (row, right[(place + 1) % len(right)], wrong[place % len(wrong)] if wrong else row)
        marked = [replace(each, values={**each.values, RIVAL: float(bool(wrong))}) for each in three]
        yield marked[0], marked[1], marked[2]
