"""Answers per second: verifiers/math through `ops.verify` against Math-Verify called directly, at equal
verdicts.

Run: python bench/bench_verify.py. Inputs are made from a seed; both sides get the same texts in the same
process. Writes bench/results/verify.md.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from limbeck.checkers import workers
from limbeck.records import Problem, Trace
from limbeck.verifiers.answers import math as module
from limbeck.verifiers.ops import verify

HERE = Path(__file__).resolve().parent
REAL = HERE.parents[1] / "shared/data/math/math_train.json"
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
        work = (
            f"First there are {a} * {b} = {a * b} of them.\nThen {a} + {b} = {a + b} are left over each "
            "day.\n" * 2
        )
        ending = rng.choice(
            [f"The final answer is \\boxed{{{shown.replace('$', '')}}}.", f"The answer is {shown}."]
        )
        cases.append((f"{work}#### {gold}", str(gold), work + ending))
    return cases


def boxed(count: int, rng: random.Random, one: Callable[[], tuple[str, str, str]]) -> list[Case]:
    """Cases from a draw of a reference, another spelling of it and a wrong answer."""
    cases = []
    for _ in range(count):
        gold, equal, wrong = one()
        said = rng.choice([gold, equal, wrong])
        cases.append((gold, gold, f"Hence the value we look for is \\boxed{{{said}}}."))
    return cases


def latex_style(count: int, seed: int) -> list[Case]:
    """Fractions, surds, tuples, polynomials and π in LaTeX, a third of them wrong, some only spelled
    differently."""
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

    return boxed(count, rng, one)


def algebra_style(count: int, seed: int) -> list[Case]:
    """Functions, roots, rational functions and equations, whose equality takes algebra; a third are wrong."""
    rng = random.Random(seed)

    def one() -> tuple[str, str, str]:
        a, b = rng.randrange(2, 60), rng.randrange(2, 60)
        return rng.choice(
            [
                (f"\\ln {a * b}", f"\\ln {a} + \\ln {b}", f"\\ln {a + b + 1}+1"),
                (f"{a}\\sin(2t)+{b}", f"{2 * a}\\sin(t)\\cos(t)+{b}", f"{a}\\cos(2t)+{b + 1}"),
                (f"{a}^{{\\frac{{2}}{{3}}}}", f"\\sqrt[3]{{{a * a}}}", f"\\sqrt[3]{{{a}}}"),
                (f"y={a}x+{b}", f"{a}x-y+{b}=0", f"y={a}x-{b}"),
                (
                    f"\\frac{{1}}{{x-{a}}}-\\frac{{1}}{{x+{a}}}",
                    f"\\frac{{{2 * a}}}{{x^2-{a * a}}}",
                    f"\\frac{{{a}}}{{x^2-{a * a}}}",
                ),
                (
                    f"\\frac{{{b}}}{{\\sqrt{{{a + 1}}}-\\sqrt{{{a}}}}}",
                    f"{b}\\sqrt{{{a}}}+{b}\\sqrt{{{a + 1}}}",
                    f"{b}\\sqrt{{{a}}}",
                ),
                (f"e^{{{a}x+\\ln {b}}}", f"{b}e^{{{a}x}}", f"{a}e^{{{b}x}}+1"),
                (
                    f"\\sqrt{{x^2+{2 * a}x+{a * a}}}\\sqrt{{{b}y}}",
                    f"|x+{a}|\\sqrt{{{b}}}\\sqrt{{y}}",
                    f"(x+{a + 1})\\sqrt{{{b}y}}",
                ),
                (f"(x+{a})^2+y^2={b * b}", f"x^2+y^2+{2 * a}x={b * b - a * a}", f"(x-{a})^2+y^2={b * b}"),
                (f"\\log_{{{a}}} x", f"\\frac{{\\ln x}}{{\\ln {a}}}", f"\\log_{{{a + 1}}} x"),
            ]
        )

    return boxed(count, rng, one)


def real(count: int, seed: int) -> list[Case]:
    """References of MATH, half of them given back in other spelling, half against another problem's."""
    rng = random.Random(seed)
    rows = json.loads(REAL.read_text(encoding="utf-8")) if REAL.is_file() else []
    golds = [str(row["answer"]) for row in rows if row["answer"]]
    cases = []
    for _ in range(count if golds else 0):
        gold = rng.choice(golds)
        said = gold.replace("\\frac", "\\dfrac").replace(" ", "") if rng.random() < 0.5 else rng.choice(golds)
        cases.append((gold, gold, f"Hence the value we look for is $\\boxed{{{said}}}$."))
    return cases


def _part(cases: list[Case]) -> int:
    forget()
    return len(ours(cases))


def scaled(cases: list[Case], repeats: int = 3) -> list[tuple[int, float]]:
    """Best answers per second of one and of two processes that share the cases."""
    found = []
    for count in (1, 2):
        with multiprocessing.get_context("fork").Pool(count) as pool:
            pool.map(_part, [cases[:100]] * count)
            best = 0.0
            for _ in range(repeats):
                started = time.perf_counter()
                pool.map(_part, [cases[start::count] for start in range(count)], chunksize=1)
                best = max(best, len(cases) / (time.perf_counter() - started))
        found.append((count, best))
    return found


def ours(cases: list[Case]) -> list[bool]:
    problems = {str(i): Problem(id=str(i), question="", answer=case[0]) for i, case in enumerate(cases)}
    traces = [Trace(id=str(i), problem_id=str(i), answer=case[2]) for i, case in enumerate(cases)]
    return [trace.outcome == "correct" for trace in verify(module.math, problems, traces)]


def direct(cases: list[Case]) -> list[bool]:
    from math_verify import parse
    from math_verify import verify as equal

    return [bool(equal(parse(f"${gold}$"), parse(said))) for _, gold, said in cases]


def computed_style(count: int, seed: int) -> list[Case]:
    """Sums and integrals, which only computer algebra evaluates; a third of them wrong."""
    rng = random.Random(seed)

    def one() -> tuple[str, str, str]:
        a, b = rng.randrange(2, 40), rng.randrange(2, 9)
        total = sum(k * k for k in range(1, a + 1))
        return rng.choice(
            [
                (f"\\sum_{{k=1}}^{{{a}}} k^2", str(total), str(total + b)),
                (
                    f"\\int_0^{{{a}}} x^{{{b}}} dx",
                    f"\\frac{{{a ** (b + 1)}}}{{{b + 1}}}",
                    f"\\frac{{{a**b}}}{{{b}}}",
                ),
            ]
        )

    return boxed(count, rng, one)


def forget() -> None:
    """Empty every cache, so that each run starts as a fresh process does."""
    libraries = ("limbeck.answers", "limbeck.expressions")
    modules = [each for name, each in sys.modules.items() if name.startswith(libraries)]
    for part in [module, *modules]:
        for cached in vars(part).values():
            if hasattr(cached, "cache_clear"):
                cached.cache_clear()
    module._decided.clear()


def timed(
    function: Callable[[list[Case]], list[bool]], cases: list[Case], repeats: int
) -> tuple[float, list[bool]]:
    """Best answers per processor second of several runs, workers counted, and the verdicts."""
    best = 0.0
    for _ in range(repeats):
        forget()
        workers.shut()
        started = sum(os.times()[:4])
        verdicts = function(cases)
        workers.shut()  # only what has ended is counted
        best = max(best, len(cases) / (sum(os.times()[:4]) - started))
    return best, verdicts


def main() -> None:
    logging.getLogger("math_verify").setLevel(logging.ERROR)
    # Imports and workers are there before the clock starts.
    ours(latex_style(20, 9)), direct(latex_style(20, 9))
    columns = ["inputs", "n", "limbeck, answers/s", "Math-Verify, answers/s", "ratio", "verdicts that differ"]
    lines = [f"| {' | '.join(columns)} |", "|---|---:|---:|---:|---:|---:|"]
    for name, cases, few in (
        ("GSM8K style", gsm8k_style(20000, 1), 2000),
        ("mixed LaTeX", latex_style(1000, 2), 1000),
        ("MATH references", real(1000, 4), 1000),
        ("LaTeX that needs algebra", algebra_style(400, 3), 400),
        ("sums and integrals", computed_style(60, 5), 60),
    ):
        if not cases:
            continue
        fast, mine = timed(ours, cases, 3)
        slow, theirs = timed(direct, cases[:few], 3)
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
        f"Written by `bench/bench_verify.py` on {time.strftime('%Y-%m-%d')}; {versions}; {os.cpu_count()} "
        "cores, CPU;",
        f"load average {os.getloadavg()[0]:.1f} at the end.",
        "End to end through `verifiers.ops.verify`, caches emptied before every run; Math-Verify in the same "
        "process,",
        "on the first inputs (their number in brackets), parsing reference and response; each the best of "
        "three.",
        "Answers per second of processor time, that of worker processes included.",
        "",
    ]
    lines += ["", "| processes | GSM8K style, answers/s |", "|---:|---:|"]
    lines += [f"| {workers} | {rate:,.0f} |" for workers, rate in scaled(gsm8k_style(40_000, 4))]
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results/verify.md").write_text("\n".join([*head, *lines, ""]), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
