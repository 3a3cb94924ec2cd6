"""A search tree in the making: which node is gone on from, what a try was worth, the nodes as traces."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from limbeck.records import Problem, Trace
from limbeck.teachers._thoughts import Start


@dataclass(eq=False)
class Branch:
    """A node. ``total`` is the sum of the outcomes of its ``visits`` tries, ``closed`` a node that nothing is
    left to be tried from."""

    parent: Branch | None = None
    trace: Trace | None = None
    text: str = ""
    thoughts: tuple[str, ...] = ()
    order: list[str] = field(default_factory=list)
    children: list[Branch] = field(default_factory=list)
    tries: int = 0
    attempts: int = 0
    visits: int = 0
    total: float = 0.0
    closed: bool = False

    @property
    def depth(self) -> int:
        return len(self.thoughts)

    def uct(self, child: Branch, exploration: float) -> float:
        """Mean outcome plus what it is worth to know a seldom tried child better.

        ``Q + c sqrt(ln N / n)`` (Kocsis & Szepesvári 2006, with c as a parameter). A child that no try could
        be judged of goes first.
        """
        if not child.visits:
            return math.inf
        mean = child.total / child.visits
        return mean + exploration * math.sqrt(math.log(max(self.visits, 1)) / child.visits)


class Growth:
    """The tree of one problem.

    Args:
        types: of thoughts, each of which a node is expanded by ``per_type`` times.
        later: types that the root is not expanded by, unless there are no others.
        depth: most thoughts of a chain before it is concluded.
    """

    def __init__(
        self,
        problem: Problem,
        types: Sequence[str],
        later: Sequence[str],
        per_type: int,
        depth: int,
        seed: int,
    ) -> None:
        self.problem, self.types, self.per_type, self.most, self.seed = problem, types, per_type, depth, seed
        first = [name for name in types if name not in later] or list(types)
        self.nodes: list[Branch] = []
        self.tokens = 0
        self.root = Branch(order=self._order(first))

    def _order(self, types: Sequence[str]) -> list[str]:
        """Types in an order that belongs to the seed, the problem and the node."""
        rng = random.Random(f"{self.seed}/{self.problem.id}/{len(self.nodes)}")
        return rng.sample(list(types), len(types))

    def start(self, node: Branch) -> Start:
        return Start(self.problem, node.text, node.thoughts)

    def select(self, exploration: float) -> Branch:
        """The node that is expanded next: down from the root by UCT to the first that is not yet by all its
        types. Of equals the child that was written first."""
        node = self.root
        while node.tries >= len(node.order) * self.per_type:
            open_ = [child for child in node.children if not child.closed]
            node = max(open_, key=lambda child, at=node: at.uct(child, exploration))  # type: ignore[misc]
        return node

    def expand(self, node: Branch) -> tuple[str, int]:
        """The type to try, and the number of the sample: the same type again is another sample."""
        turn, node.tries = node.tries, node.tries + 1
        return node.order[turn % len(node.order)], turn // len(node.order)

    def child(self, node: Branch, text: str, thoughts: tuple[str, ...]) -> tuple[Branch, bool]:
        """The inner node of that text below ``node``, and whether it is a new one."""
        for child in node.children:
            if child.text == text and child.order:  # no leaf
                return child, False
        return self.add(node, text, thoughts, expands=True), True

    def add(self, node: Branch, text: str, thoughts: tuple[str, ...], expands: bool) -> Branch:
        """A new node; one that does not expand is a leaf."""
        order = self._order(self.types) if expands else []
        child = Branch(node, text=text, thoughts=thoughts, order=order)
        child.closed = not expands or child.depth >= self.most
        node.children.append(child)
        self.nodes.append(child)
        return child

    def back_up(self, node: Branch, value: float | None) -> None:
        """Add an outcome to a leaf and all above it; None, where nobody could judge it, adds nothing."""
        at: Branch | None = node
        while at is not None and value is not None:
            at.visits, at.total = at.visits + 1, at.total + value
            at = at.parent

    def settle(self, node: Branch) -> None:
        """Close a node that is expanded by all types and below which all is closed, and so on upwards."""
        at: Branch | None = node
        while at is not None and at.tries >= len(at.order) * self.per_type:
            if not all(child.closed for child in at.children):
                return
            at.closed, at = True, at.parent
