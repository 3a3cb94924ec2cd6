"""List functions shown by examples: find the rule behind them, apply a rule, or guess the output at once."""

from __future__ import annotations

import random
from typing import Any, Literal

from limbeck.checkers.list_programs import DIGITS, apply, family, solution
from limbeck.errors import LimbeckError
from limbeck.problems.worlds._chains import split_of
from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct, told
from limbeck.records import Data, Problem
from limbeck.types import Share

ADDED = ("slip",)


def functions(
    *,
    n: int = 2000,
    task: Literal["rule", "apply", "direct"] = "rule",
    low: int = 1,
    high: int = 2,
    length: int = 3,
    demos: int = 3,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "careful"] = "",
    slip: Share = 0.0,
) -> Data:
    """Lists of digits and a hidden rule such as ``r+3``: reverse, then add 3 to each digit modulo 10.

    * ``rule``: from demonstrations ``120>354 905>832 478>107?`` to the rule, ``r+3``.
    * ``apply``: from a rule and an input, ``r+3:120``, to the output; a trace takes off a word a line:
      ``;+3:021;354``.
    * ``direct``: from demonstrations and an input, ``120>354 905>832 478>107:614``, to the output, in one go.

    Words are ``r`` (reverse), ``s`` (sort), ``t`` and ``i`` (drop the first or last), ``o`` (first to the
    end), ``d`` (double the first), ``x`` (swap the first two), and at most one of ``+1`` to ``+9``. Rules
    that do the same count as one, the shortest; demonstrations fit a single rule of up to ``high`` words.
    Rules of one word are in every split; a longer one is in one only, so the test's are new.

    Args:
        n: different questions.
        task: what is asked.
        low: fewest words of a rule.
        high: most words, at most 2.
        length: digits of a list before the rule.
        demos: examples shown.
        solve: ``careful`` adds the trace.
        slip: share of the traces that end on a list with a wrong digit.

    Returns:
        Problems of verifier ``exact``; ``meta`` has ``rule``, ``demos`` (pairs of lists), ``input`` and
        ``output``.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` questions.
    """
    _check(low, high, length, demos)
    rng = random.Random(f"functions/{task}/{seed}/{split}")
    lengths, pool = family(high), _pool(low, high, split)

    def draw() -> tuple[str, dict[str, Any]] | None:
        meta = _example(rng.choice(pool), length, demos, rng)
        clear = task == "apply" or sum(fits(other, meta["demos"]) for other in lengths) == 1
        return (_question(task, meta), meta) if clear else None

    data = Data()
    for question, meta in distinct(n, split, draw).items():
        data.problems.append(
            ask(question, meta["rule" if task == "rule" else "output"], "functions", split, meta)
        )
    if solve:
        data.traces = [told(each, _text(task, each, slip, rng), solve) for each in data.problems]
    return data


def _text(task: str, problem: Problem, slip: float, rng: random.Random) -> str:
    """The solver's text, now and then with a slip."""
    meta = problem.meta
    text = solution(meta["rule"], meta["input"]) if task == "apply" else f";{problem.answer}"
    # Without slips nothing is drawn for them: problems stay what they were.
    return _slipped(text, rng) if slip > 0 and rng.random() < slip else text


def _slipped(text: str, rng: random.Random) -> str:
    """The text with a wrong digit in its last list."""
    last = text.rpartition(";")[2]
    digits = [at for at in range(len(text) - len(last), len(text)) if text[at] in DIGITS]
    if not digits:
        return text
    at = rng.choice(digits)
    return text[:at] + rng.choice(DIGITS.replace(text[at], "")) + text[at + 1 :]


def _check(low: int, high: int, length: int, demos: int) -> None:
    check_bounds(low, high, 1, 2)
    check(1, 5, demos=demos)
    check(3, 9, length=length)


def _pool(low: int, high: int, split: str) -> list[str]:
    pool = [rule for rule, words in family(high).items() if words >= low and _within(rule, words, split)]
    if not pool:
        raise LimbeckError(f"split={split!r}: no rule of {low} to {high} words is in it")
    return pool


def _within(rule: str, words: int, split: str) -> bool:
    """Whether a split has a rule: those of one word are in all of them."""
    return words == 1 or split_of(rule) == split


def _example(rule: str, length: int, demos: int, rng: random.Random) -> dict[str, Any]:
    given, *shown = ("".join(rng.choices(DIGITS, k=length)) for _ in range(demos + 1))
    pairs = [[start, apply(rule, start)[-1]] for start in shown]
    return {"rule": rule, "demos": pairs, "input": given, "output": apply(rule, given)[-1]}


def _question(task: str, meta: dict[str, Any]) -> str:
    if task == "apply":
        return f"{meta['rule']}:{meta['input']}"
    shown = " ".join(f"{before}>{after}" for before, after in meta["demos"])
    return f"{shown}?" if task == "rule" else f"{shown}:{meta['input']}"


def fits(rule: str, demos: list[list[str]]) -> bool:
    """Whether a rule explains all demonstrations."""
    return all(apply(rule, given)[-1] == shown for given, shown in demos)
