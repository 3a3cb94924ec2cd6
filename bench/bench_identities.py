"""Random expressions: rewritten by identities they must never be wrong, changed they must never be correct.

Run: python bench/bench_identities.py [DRAWS]    writes bench/results/identities.md (20,000 draws of each)
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from random_expressions import Term, agree, different_pair, equal_pair  # noqa: E402

from limbeck.records import Problem, Trace  # noqa: E402
from limbeck.verifiers.answers.math import math  # noqa: E402

OUTCOMES = ("correct", "wrong", "unknown", "unparsed", "timeout")
LONGEST = 280
Pair = tuple[str, Term, Term]


def outcome(left: Term, right: Term) -> str:
    problem = Problem(id="p", question="", answer=left.latex)
    verdict = math(problem, Trace(id="t", problem_id="p", answer=right.latex))
    return (verdict.result() if isinstance(verdict, Future) else verdict).outcome


def equal(rng: random.Random) -> Pair | None:
    pair = equal_pair(rng)
    return pair if agree(*pair[1:]) else None


def drawn(draw: object, count: int, seed: int) -> Iterator[Pair]:
    """So many pairs short enough to be compared."""
    rng = random.Random(seed)
    while count:
        pair = draw(rng)  # type: ignore[operator]
        if pair and len(pair[1].latex) < LONGEST > len(pair[2].latex):
            count -= 1
            yield pair


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    lines = [f"| pairs | draws | {' | '.join(OUTCOMES)} |", "|---|---:|" + "---:|" * len(OUTCOMES)]
    open_by: Counter[str] = Counter()
    started = time.process_time()
    for name, draw, seed, never in (
        ("equal", equal, 11, "wrong"),
        ("different", different_pair, 12, "correct"),
    ):
        counts: Counter[str] = Counter()
        for identity, left, right in drawn(draw, count, seed):
            said_of = outcome(left, right)
            counts[said_of] += 1
            open_by[identity] += name == "equal" and said_of != "correct"
            if said_of == never:
                print("NEVER", never, identity, "|", left.latex, "|", right.latex)
        lines.append(f"| {name} | {count:,} | " + " | ".join(f"{counts[each]:,}" for each in OUTCOMES) + " |")
    undecided = ", ".join(f"{identity} {number}" for identity, number in open_by.most_common() if number)
    took = time.process_time() - started
    head = [
        "# Random expressions rewritten and changed",
        "",
        f"Written by `bench/bench_identities.py` on {time.strftime('%Y-%m-%d')}; {took:.0f} s of CPU.",
        "Equal pairs are two sides of an identity in the same surroundings, different ones were changed and",
        "differ at every point tried, by an evaluation of their own.",
        "",
    ]
    lines += [
        "",
        f"Equal and not decided, by identity (they need signs that nothing tells): {undecided or 'none'}.",
    ]
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results/identities.md").write_text("\n".join([*head, *lines, ""]), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
