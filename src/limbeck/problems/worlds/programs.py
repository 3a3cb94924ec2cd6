"""Nested expressions to be written as straight-line programs, of which many orders and spellings are
right."""

from __future__ import annotations

import random
from collections.abc import Iterator
from math import factorial
from typing import Literal

from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct, told
from limbeck.records import Data

ADDED = ("nested",)
NAMES = "abcdefgh"


class Node:
    """An operation on two operands, each a digit or another operation."""

    def __init__(self, sign: str, operands: tuple[Node | int, Node | int]) -> None:
        self.sign, self.operands = sign, operands
        self.inner = [operand for operand in operands if isinstance(operand, Node)]
        self.size: int = 1 + sum(node.size for node in self.inner)

    def __str__(self) -> str:
        left, right = (f"({each})" if isinstance(each, Node) else str(each) for each in self.operands)
        return f"{left}{self.sign}{right}"

    @property
    def value(self) -> int:
        x, y = (operand.value if isinstance(operand, Node) else operand for operand in self.operands)
        return {"+": x + y, "-": x - y, "*": x * y}[self.sign]

    def nodes(self) -> Iterator[Node]:
        """All operations, operands first, from left to right."""
        for node in self.inner:
            yield from node.nodes()
        yield self

    def orders(self) -> int:
        """In how many orders the operations can be written: the hook-length formula for trees."""
        ways = factorial(self.size)
        for node in self.nodes():
            ways //= node.size
        return ways


def programs(
    *,
    n: int = 2000,
    low: int = 3,
    high: int = 4,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "gold", "any"] = "",
    k: int = 1,
    nested: Literal["any", "left"] = "any",
) -> Data:
    """Expressions such as ``((3+4)*2)-(5+1)`` to be written a statement each: ``a=3+4;b=a*2;c=5+1;d=b-c``.

    Statements may come in any order that has operands first, and operands of sums and products either way
    round. What counts is the last statement's value; verifiers/_programs.py has the states in between.

    Args:
        n: different expressions.
        low: fewest operations.
        high: most operations; every number is equally likely.
        solve: ``gold`` adds the program from left to right; ``any`` ``k`` programs in random orders and
            spellings.
        k: traces per problem; of ``gold`` there is one.
        nested: ``left`` nests on the left alone, ``((3+4)*2)-5``: a program then goes from left to right.

    Returns:
        Problems of verifier ``straight_line`` whose answer is the gold program, with ``meta["value"]`` and
        ``meta["orders"]`` (how many orders there are); traces of format ``plain``.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different expressions.
    """
    check_bounds(low, high, 1, len(NAMES))
    check(1, 100, k=k)
    rng = random.Random(f"programs/{seed}/{split}")

    def draw() -> tuple[str, Node]:
        node = _tree(rng.randint(low, high), rng, nested == "left")
        return str(node), node

    data = Data()
    for question, node in distinct(n, split, draw).items():
        meta = {"value": node.value, "orders": node.orders()}
        problem = ask(question, _write(list(node.nodes())), "programs", split, meta, verifier="straight_line")
        data.problems.append(problem)
        draws = random.Random(f"programs/{seed}/{problem.id}")
        for number in range({"": 0, "gold": 1, "any": k}[solve]):
            text = problem.answer or "" if solve == "gold" else _write(_order(node, draws), draws)
            data.traces.append(told(problem, text, solve, number=number, outcome="correct", format="plain"))
    return data


def _tree(size: int, rng: random.Random, chain: bool = False) -> Node:
    left = size - 1 if chain else rng.randrange(size)
    parts = left, size - 1 - left
    first, second = (_tree(part, rng, chain) if part else rng.randint(1, 9) for part in parts)
    return Node(rng.choice("+-*"), (first, second))


def _order(node: Node, rng: random.Random) -> list[Node]:
    """The operations in a random order that has operands first."""
    done: list[Node] = []
    waiting = list(node.nodes())
    while waiting:
        ready = [each for each in waiting if all(inner in done for inner in each.inner)]
        done.append(rng.choice(ready))
        waiting.remove(done[-1])
    return done


def _write(nodes: list[Node], rng: random.Random | None = None) -> str:
    names = dict(zip(nodes, NAMES, strict=False))
    statements = []
    for node in nodes:
        words = [names[operand] if isinstance(operand, Node) else str(operand) for operand in node.operands]
        if rng and node.sign != "-":
            rng.shuffle(words)
        statements.append(f"{names[node]}={node.sign.join(words)}")
    return ";".join(statements)
