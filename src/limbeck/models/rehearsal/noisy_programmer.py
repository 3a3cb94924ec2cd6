"""A teacher that writes straight-line programs and slips: the longer the program, the more often."""

from __future__ import annotations

import ast
import random
import re

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying
from limbeck.types import Share

_ASKED = re.compile(r"[-+*()\d]*\d[-+*()\d]*")
_SIGNS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
Statement = tuple[str, str, str]
"""Left operand, sign, right operand."""


def noisy_programmer(*, slip: Share = 0.15, broken: Share = 0.0, seed: int = 0) -> Model:
    """Write the expressions of `problems/programs` as programs, a statement an operation, with slips.

    Of a program with ``n`` statements ``(1 - slip) ** n`` come out right, so failures gather on long ones,
    and most statements of a program that fails are right.

    Args:
        slip: probability that a statement has another sign, or another digit in place of its digit.
        broken: probability that a program ends in the midst of a statement, so that it cannot be read.

    Raises:
        LimbeckError: a message without an expression, when it is asked.
    """
    return NoisyProgrammer(slip, broken, seed)


class NoisyProgrammer(Replying):
    """The model behind `noisy_programmer`. A reply depends on its seed, the messages, the sampling seed and
    number."""

    def __init__(self, slip: float, broken: float, seed: int) -> None:
        self.name, self.slip, self.broken, self.seed = "noisy_programmer", slip, broken, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """A program; a token is a character."""
        asked = messages[-1]["content"]
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{asked}")
        statements = [self._slipped(each, rng) for each in statements_of(asked)]
        names = "abcdefghijklmnopqrstuvwxyz"
        lines = (f"{name}={''.join(each)}" for name, each in zip(names, statements, strict=False))
        text = ";".join(lines)
        text = text[:-1] if rng.random() < self.broken else text
        kept = text[: sampling.max_tokens]
        cut = len(text) > sampling.max_tokens
        return Completion(text=kept, tokens=len(kept), finish="length" if cut else "stop")

    def _slipped(self, statement: Statement, rng: random.Random) -> Statement:
        left, sign, right = statement
        if rng.random() >= self.slip:
            return statement
        if right.isdigit() and rng.random() < 0.5:
            return left, sign, rng.choice([digit for digit in "123456789" if digit != right])
        return left, rng.choice([other for other in "+-*" if other != sign]), right


def statements_of(asked: str) -> list[Statement]:
    """The operations of the first expression in a text, operands first, from left to right.

    Raises:
        LimbeckError: there is none of up to 26 operations.
    """
    match = _ASKED.search(asked)
    try:
        tree = ast.parse(match[0] if match else "", mode="eval").body
        statements: list[Statement] = []
        _visit(tree, statements)
    except (SyntaxError, KeyError):
        statements = []
    if not 1 <= len(statements) <= 26:
        raise LimbeckError(f"models/noisy_programmer: no expression such as (3+4)*2 in {asked[:80]!r}")
    return statements


def _visit(node: ast.expr, statements: list[Statement]) -> str:
    """What an operand is called, once the statements that it needs are there."""
    if not isinstance(node, ast.BinOp):
        return ast.unparse(node)
    left, right = (_visit(each, statements) for each in (node.left, node.right))
    statements.append((left, _SIGNS[type(node.op)], right))
    return "abcdefghijklmnopqrstuvwxyz"[min(len(statements), 26) - 1]
