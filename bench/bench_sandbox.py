"""What the sandbox adds to a program: against the same program as a plain subprocess, in the same run.

Run: python bench/bench_sandbox.py [HumanEval.jsonl.gz]; prints and writes bench/results/sandbox.md.
"""

from __future__ import annotations

import ast
import os
import platform
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

from limbeck import sandbox
from limbeck.problems.benchmarks.humaneval import humaneval
from limbeck.records import Problem, Trace, Verdict
from limbeck.sandbox import run
from limbeck.verifiers.programs.unit_tests import unit_tests

REPO = Path(__file__).resolve().parents[1]
RESULTS = REPO / "bench/results/sandbox.md"
DATA = REPO.parent / "shared/data/code/HumanEval.jsonl.gz"
PROGRAMS = {
    "print(1)": "print(1)",
    "a tenth of a second": "import time; time.sleep(0.1)",
    "json, re": "import json, re",
}


def timed(function: Callable[[], object], times: int = 100) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds."""
    function()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        function()
        taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken), sorted(taken)[int(0.95 * times)]


def plain(code: str) -> object:
    return subprocess.run([sys.executable, "-I", "-B", "-c", code], capture_output=True, check=False)


def mutants(source: str) -> list[str]:
    """The source with one comparison, operator or number changed, each place in turn."""
    found = []
    places = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Compare | ast.BinOp | ast.Constant)
    ]
    for number in range(len(places)):
        tree = ast.parse(source)
        nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Compare | ast.BinOp | ast.Constant)]
        node = nodes[number]
        if isinstance(node, ast.Compare):
            node.ops[0] = ast.NotEq() if isinstance(node.ops[0], ast.Eq) else ast.Eq()
        elif isinstance(node, ast.BinOp):
            node.op = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
        elif type(node.value) is int:
            node.value += 1
        else:
            continue
        found.append(ast.unparse(ast.fix_missing_locations(tree)))
    return found


def verdicts(pairs: list[tuple[Problem, str]], seconds: float) -> Counter[str]:
    futures = [
        unit_tests(p, Trace(id="t", problem_id=p.id, answer=code), seconds=seconds) for p, code in pairs
    ]
    return Counter(each.outcome if isinstance(each, Verdict) else each.result().outcome for each in futures)


def main(path: Path) -> None:
    kind, why = sandbox.kind()
    assert kind, why
    lines = []
    for name, code in PROGRAMS.items():
        ours, theirs = timed(lambda code=code: run(code).result()), timed(lambda code=code: plain(code))
        both = " | ".join(f"{value:.1f}" for value in (*ours, *theirs))
        lines.append(f"| {name} | {both} | {ours[0] - theirs[0]:+.1f} |")
        print(lines[-1], flush=True)
    problems = humaneval(path=str(path)).problems
    started = time.perf_counter()
    good = verdicts([(p, p.meta["canonical_solution"]) for p in problems], 10.0)
    seconds = time.perf_counter() - started
    changed = [(p, m) for p in problems for m in mutants(p.meta["prompt"] + p.meta["canonical_solution"])[:5]]
    bad = verdicts(changed, 2.0)
    page = [
        "# The sandbox", "",
        f"{date.today()}, {os.cpu_count()} CPU cores, Linux {platform.release()}, Python "
        f"{platform.python_version()}, "
        f"kind `{kind}`. Made by `python bench/bench_sandbox.py`.", "",
        "Milliseconds from asking to having the answer, 100 runs each, one after the other; beside it the "
        "same program "
        "as a plain subprocess.", "",
        "| program | sandbox, median | 95% | subprocess, median | 95% | added |",
        "|---|---|---|---|---|---|", *lines, "",
        "## HumanEval", "",
        f"Canonical solutions: {dict(good)}, {len(problems) / seconds:.0f} a second.",
        f"Mutants (one comparison, operator or number changed, up to five a problem): {dict(bad)}; those "
        "that pass are",
        "equal in effect on the tests given.", "",
    ]  # fmt: skip
    RESULTS.write_text("\n".join(page), encoding="utf-8")
    print("\n".join(page))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
