"""A search as a record: the nodes of a tree, kept as traces, and what is read from them.

A node is a trace that holds everything written up to its end. ``parents`` names the node it goes on from,
none for a first thought; ``params["thought"]`` is the type of its thought, ``params["begins"]`` the
character at which that thought begins; ``scores["value"]`` is the mean outcome of all that was tried from it
on, 0 to 1, and ``scores["visits"]`` of how many tries. Inner nodes bear the mark ``unfinished``: they are no
attempts. A leaf is an attempt with its verdict, like any other trace. So a tree needs no table of its own,
and whatever reads traces (stores, exports, verifiers, pairs, training) reads it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from limbeck.records import Data, Outcome, Trace
from limbeck.texts.traces import full_text

UNFINISHED = "unfinished"
"""Mark of a node that more was written from: a beginning, no attempt."""
ROLLOUT = "rollout"
"""Type of a leaf that was written to the end in one go, to learn what its parent is worth."""


@dataclass(eq=False)
class Node:
    """A place in a search; the root, without a trace, is the question itself."""

    trace: Trace | None = None
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.trace.id if self.trace else ""

    @property
    def thought(self) -> str:
        """The type of its thought."""
        return str(self.trace.params["thought"]) if self.trace else ""

    @property
    def text(self) -> str:
        """All that is written up to its end."""
        return full_text(self.trace) if self.trace else ""

    @property
    def begins(self) -> int:
        """The character of `text` at which its own thought begins."""
        return int(self.trace.params["begins"]) if self.trace else 0

    @property
    def value(self) -> float | None:
        """Mean outcome of what was tried from here on; None where nothing was, or where it is no number."""
        value = self.trace.scores.get("value") if self.trace else None
        return value if value is not None and math.isfinite(value) else None

    @property
    def visits(self) -> int:
        """How many tries that is."""
        visits = self.trace.scores.get("visits", 0.0) if self.trace else 0.0
        return int(visits) if math.isfinite(visits) else 0

    @property
    def outcome(self) -> Outcome:
        """What the verifier says of a leaf; ``unknown`` of all others."""
        return self.trace.outcome if self.trace and not self.unfinished else "unknown"

    @property
    def unfinished(self) -> bool:
        """Whether it is the root or an inner node."""
        return self.trace is None or UNFINISHED in self.trace.marks

    def walk(self) -> Iterator[Node]:
        """This node and all below it, each before its children, in the order they were written."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(node.children)

    def leaves(self) -> list[Node]:
        """All whole attempts below."""
        return [node for node in self.walk() if not node.unfinished]

    def path(self) -> list[Node]:
        """The nodes from the first thought to this one."""
        nodes: list[Node] = []
        node: Node | None = self
        while node is not None and node.trace is not None:
            nodes.append(node)
            node = node.parent
        return nodes[::-1]

    def thoughts(self) -> list[str]:
        """The texts of the thoughts along `path`; joined, they are the text."""
        nodes = self.path()
        ends = [node.begins for node in nodes[1:]] + [len(self.text)]
        return [self.text[node.begins : end] for node, end in zip(nodes, ends, strict=True)]


def is_node(trace: Trace) -> bool:
    """Whether a trace is a node of a search: it says the type of its thought and where that begins."""
    begins: Any = trace.params.get("begins")
    return isinstance(trace.params.get("thought"), str) and isinstance(begins, int) and begins >= 0


def trees(data: Data) -> dict[str, list[Node]]:
    """The roots of all searches, by problem id: a search is what one model wrote.

    A node whose parent is not there, or does not begin its text, is left out with all below it.
    """
    roots: dict[tuple[str, str], Node] = {}
    known: dict[str, Node] = {}
    for trace in data.traces:
        if not is_node(trace):
            continue
        node = Node(trace)
        if not trace.parents:
            node.parent = roots.setdefault((trace.problem_id, trace.model), Node())
        else:
            node.parent = known.get(trace.parents[0])
        if node.parent and node.parent.text == node.text[: node.begins]:
            node.parent.children.append(node)
            known[trace.id] = node
    by_problem: dict[str, list[Node]] = {}
    for (problem_id, _), root in roots.items():
        if root.children:
            by_problem.setdefault(problem_id, []).append(root)
    return by_problem
