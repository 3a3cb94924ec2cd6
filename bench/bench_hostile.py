"""Ten thousand hostile answers against every verifier of answers: outcomes, the slowest one, and memory.

Run: python bench/bench_hostile.py [COUNT]. Answers come from the seeded generator of
tests/hostile_answers.py. Writes bench/results/hostile.md.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections import Counter
from itertools import islice
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from hostile_answers import VERIFIERS, check, hostile  # noqa: E402 the generator is the tests'

from limbeck.checkers.workers import shut  # noqa: E402

CHUNK = 500
TIMEOUT = 0.3


def mebibytes(who: int) -> float:
    return resource.getrusage(who).ru_maxrss / 1024


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    lines = [
        "| verifier | answers | correct | wrong | unparsed | timeout | unknown | slowest, ms | answers/s |"
    ]
    lines.append("|---|" + "---:|" * 8)
    start = mebibytes(resource.RUSAGE_SELF)
    for name in sorted(VERIFIERS, key=lambda one: one == "math"):  # what takes longest comes last
        texts, seen, slowest, seconds = hostile(count, seed=1), Counter[str](), 0.0, 0.0
        while chunk := list(islice(texts, CHUNK)):
            started = time.perf_counter()
            worst, outcomes = check(name, chunk, timeout=TIMEOUT)
            slowest, seconds = max(slowest, worst), seconds + time.perf_counter() - started
            seen.update(outcomes)
        cells = " | ".join(
            f"{seen[outcome]:,}" for outcome in ("correct", "wrong", "unparsed", "timeout", "unknown")
        )
        lines.append(f"| {name} | {count:,} | {cells} | {1000 * slowest:,.0f} | {count / seconds:,.0f} |")
        print(lines[-1], flush=True)
    shut()
    own, workers = mebibytes(resource.RUSAGE_SELF), mebibytes(resource.RUSAGE_CHILDREN)
    page = [
        "# Hostile answers",
        "",
        f"Written by `bench/bench_hostile.py` on {time.strftime('%Y-%m-%d')}; {os.cpu_count()} cores, CPU.",
        "Deep nesting, towers of powers and factorials, a megabyte of one sign, NULs, lone surrogates, "
        "right-to-left",
        "marks, code, broken LaTeX; every fifth is the reference and not the answer. None raises; every "
        "outcome is one",
        "of the five.",
        "Slowest: the most work one answer made in the calling process (what needs algebra is killed in its "
        "worker",
        f"after {TIMEOUT} s here).",
        "",
        *lines,
        "",
        f"Peak memory: {own:,.0f} MiB in the calling process ({start:,.0f} MiB before),",
        f"{workers:,.0f} MiB in the largest worker.",
        "",
    ]
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results/hostile.md").write_text("\n".join(page), encoding="utf-8")
    print("\n".join(page))


if __name__ == "__main__":
    main()
