"""A growing tree of critiques: kinds of errors, each with examples of how such an error is criticised."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct, field

from limbeck.errors import LimbeckError

Route = tuple[str, ...]
_LONGEST = 60
"""Characters of a kind's name."""


class Node(Struct):
    """A kind of error. A leaf holds ``critiques``, any other node the kinds that it is divided into."""

    name: str
    critiques: list[str] = field(default_factory=list)
    kinds: list[Node] = field(default_factory=list)


class Tree:
    """The kinds known so far, under a root without a name."""

    def __init__(self, root: Node | None = None) -> None:
        self.root = root or Node("")

    def leaves(self) -> list[tuple[Route, Node]]:
        """All leaves with their routes, in the order in which they grew."""
        return list(_leaves((), self.root.kinds))

    def leaf(self, route: Sequence[str]) -> Node | None:
        """The leaf at a route, spelt in capitals or not; None where it leads nowhere or is no leaf's."""
        kinds, node = self.root.kinds, None
        for name in route:
            node = next((each for each in kinds if each.name == named(name)), None)
            if node is None:
                return None
            kinds = node.kinds
        return node if node is not None and not node.kinds else None

    def branch(self, route: Sequence[str], critique: str) -> Node:
        """Grow sideways: a new leaf with its first critique; one that is there already takes it, too.

        What of the route exists is gone along; where it would lead through a leaf, that is where it ends.
        """
        kinds, node = self.root.kinds, None
        for name in (named(each) for each in route):
            if node is not None and node.critiques:
                break
            node = next((each for each in kinds if each.name == name), None)
            if node is None:
                node = Node(name)
                kinds.append(node)
            kinds = node.kinds
        if node is None or node.kinds:
            raise ValueError(f"no route to a leaf: {list(route)}")
        if critique not in node.critiques:
            node.critiques.append(critique)
        return node

    def split(self, leaf: Node, former: str, other: str, critique: str) -> None:
        """Grow downwards: a leaf's critiques become one kind of it, the new critique another."""
        names = named(former), named(other)
        if not all(names) or names[0] == names[1]:
            raise ValueError(f"two different names are needed, not {former!r} and {other!r}")
        leaf.kinds = [Node(names[0], leaf.critiques), Node(names[1], [critique])]
        leaf.critiques = []

    def shots(self, leaf: Node, count: int, draw: str) -> list[str]:
        """At most ``count`` of a leaf's critiques, drawn by ``draw`` alone."""
        rng = random.Random(draw)
        return rng.sample(leaf.critiques, min(count, len(leaf.critiques)))

    def shown(self) -> str:
        """A line for each leaf: ``query > wrong aggregate``."""
        return "\n".join(" > ".join(route) for route, _ in self.leaves()) or "(none yet)"

    def dump(self) -> bytes:
        """The tree as JSON that people can read and change."""
        return json.dumps(msgspec.to_builtins(self.root.kinds), indent=2, ensure_ascii=False).encode() + b"\n"


def load_tree(path: str | Path) -> Tree:
    """A tree from a file that `Tree.dump` wrote, or a person.

    Raises:
        LimbeckError: it cannot be read, or is no such tree.
    """
    try:
        kinds = msgspec.json.decode(Path(path).read_bytes(), type=list[Node])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise LimbeckError(f"{path} is no tree of critiques: {error}") from None
    return Tree(Node("", kinds=kinds))


def named(name: str) -> str:
    """A kind's name in one spelling."""
    return " ".join(name.casefold().replace(">", " ").split())[:_LONGEST]


def _leaves(route: Route, kinds: Sequence[Node]) -> Iterator[tuple[Route, Node]]:
    for node in kinds:
        here = (*route, node.name)
        if node.kinds:
            yield from _leaves(here, node.kinds)
        else:
            yield here, node
