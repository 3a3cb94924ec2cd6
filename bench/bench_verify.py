"""Answers per second: verifiers/math through `ops.verify` against Math-Verify called directly, at equal verdicts.

Run: python bench/bench_verify.py. Inputs are made from a seed; both sides get the same texts in the same process.
Writes bench/results/verify.md.
"""

from __future__ import annotations

import logging
import os
import random
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from limbeck.records import Problem, Trace
from limbeck.verifiers import math as module
from limbeck.verifiers.ops import verify

HERE = Path(__file__).resolve().parent
Case = tuple[str, str, str]  # reference, what Math-Verify parses as reference, response


def gsm8k_style(count: int, seed: int) -> list[Case]:
    """Integers, decimals, money and thousands at the end of a short worked solution; a third are wrong."""
    rng = random.Random(seed)
    cases = []
    for _ in range(count):
        gold = rng.choice([rng.randrange(1, 200), rng.randrange(1000, 10**6)])
        said = gold if rng.random() < 2 / 3 else gold + rng.randrange(1, 50)
        shown = rng.choice([f"{said}", f"{said:,}", f"${said}", f"{said}.00"])
        a, b = rng.randrange(2, 60), rng.randrange(2, 60)
        work = f"First there are {a} * {b} = {a * b} of them.\nThen {a} + {b} = {a + b} are left over each day.\n" * 2
        ending = rng.choice([f"The final answer is \\boxed{{{shown.replace('$', '')}}}.", f"The answer is {shown}."])
        cases.append((f"{work}#### {gold}", str(gold), work + ending))
    return cases


def latex_style(count: int, seed: int) -> list[Case]:
    """Fractions, surds, tuples, polynomials and π in LaTeX, a third of them wrong, some only spelled differently."""
    rng = random.Random(seed)

    def one() -> tuple[str, str, str]:
        a, b, c = rng.randrange(2, 30), rng.randrange(2, 30), rng.randrange(2, 9)
        return rng.choice(
            [
                (f"\\frac{{{a}}}{{{b}}}", f"\\dfrac{{{a * c}}}{{{b * c}}}", f"\\frac{{{a + 1}}}{{{b}}}"),
                (f"{a}\\sqrt{{{b}}}", f"{a} \\sqrt {{{b}}}", f"{a + 1}\\sqrt{{{b}}}"),
                (f"({a}, -{b})", f"\\left({a}, -{b}\\right)", f"({a}, {b})"),
                (f"x^2+{a}x-{b}", f"x^{{2}} + {a}x - {b}", f"x^2-{a}x-{b}"),
                (f"{a}\\pi", f"{a} \\pi", f"{b}\\pi + 1"),
                (f"x^2+{2 * a}x+{a * a}", f"(x+{a})^2", f"(x-{a})^2"),
            ]
        )

    cases = []
    for _ in range(count):
        gold, equal, wrong = one()
        said = rng.choice([gold, equal, wrong])
        cases.append((gold, gold, f"Hence the value we look for is \\boxed{{{said}}}."))
    return cases


def ours(cases: list[Case]) -> list[bool]:
    problems = {str(i): Problem(id=str(i), question="", answer=case[0]) for i, case in enumerate(cases)}
    traces = [Trace(id=str(i), problem_id=str(i), answer=case[2]) for i, case in enumerate(cases)]
    return [trace.outcome == "correct" for trace in verify(module.math, problems, traces)]


def direct(cases: list[Case]) -> list[bool]:
    from math_verify import parse
    from math_verify import verify as equal

    return [bool(equal(parse(f"${gold}$"), parse(said))) for _, gold, said in cases]


def forget() -> None:
    """Empty every cache, so that each run starts as a fresh process does."""
    from limbeck.verifiers import _compare, _normal

    for cached in (module.decide, module._references, module.order_is_free):
        cached.cache_clear()
    for cached in (_normal.tidy, _normal.quantity, _compare.shape):
        cached.cache_clear()
    module._decided.clear()


def timed(function: Callable[[list[Case]], list[bool]], cases: list[Case], repeats: int) -> tuple[float, list[bool]]:
    """Best answers per second of several runs, and the verdicts."""
    best = 0.0
    for _ in range(repeats):
        forget()
        started = time.perf_counter()
        verdicts = function(cases)
        best = max(best, len(cases) / (time.perf_counter() - started))
    return best, verdicts


def main() -> None:
    logging.getLogger("math_verify").setLevel(logging.ERROR)
    ours(latex_style(20, 9)), direct(latex_style(20, 9))  # imports and workers are there before the clock starts
    columns = ["inputs", "n", "limbeck, answers/s", "Math-Verify, answers/s", "ratio", "verdicts that differ"]
    lines = [f"| {' | '.join(columns)} |", "|---|---:|---:|---:|---:|---:|"]
    for name, cases, few in (
        ("GSM8K style", gsm8k_style(20000, 1), 2000),
        ("mixed LaTeX", latex_style(1000, 2), 1000),
    ):
        fast, mine = timed(ours, cases, 3)
        slow, theirs = timed(direct, cases[:few], 1)
        differ = sum(a != b for a, b in zip(mine, theirs, strict=False))
        rates = f"{fast:,.0f} | {slow:,.0f} | {fast / slow:,.1f}"
        lines.append(f"| {name} | {len(cases):,} ({few:,}) | {rates} | {differ} |")
        for (gold, _, said), a, b in zip(cases, mine, theirs, strict=False):
            if a != b:
                print("differs:", gold[-40:], "|", said[-60:], "| limbeck", a, "| Math-Verify", b)
    versions = f"math-verify {version('math-verify')}, sympy {version('sympy')}"
    head = [
        "# Verification speed",
        "",
        f"Written by `bench/bench_verify.py` on {time.strftime('%Y-%m-%d')}; {versions}; {os.cpu_count()} cores, CPU.",
        "End to end through `verifiers.ops.verify`, caches emptied before every run, best of three; Math-Verify once,",
        "in the same process, on the first inputs (their number in brackets), parsing reference and response.",
        "",
    ]
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results/verify.md").write_text("\n".join([*head, *lines, ""]), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
