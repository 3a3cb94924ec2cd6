"""Random expressions rewritten by identities, which must never be `wrong`, and others, never `correct`.

Run: python bench/agreement_properties.py       20,000 draws of each, bench/results/agreement_properties.md
     … --draws N --seed S --failures            lists what must not be, writes nothing

The generator is the tests' (tests/expressions.py, tests/latex_of.py); its mathematics is mpmath's at 40
digits, and knows nothing of the verifier.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from importlib.metadata import version
from itertools import islice
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from latex_of import Pair, different_pairs, equal_pairs  # noqa: E402 the generator is the tests'

from limbeck.records import Verdict  # noqa: E402
from limbeck.verifiers.answers.math import math  # noqa: E402

OUTCOMES = ("correct", "wrong", "unknown", "unparsed", "timeout")
KINDS: dict[str, tuple[Callable[[int, int], Iterator[Pair]], str]] = {
    "rewritten": (equal_pairs, "wrong"),
    "different": (different_pairs, "correct"),
}
"""What is drawn, and the outcome that must not be."""


def verdicts(pairs: Iterator[Pair]) -> Iterator[tuple[Pair, Verdict]]:
    """Pairs with their verdicts, some hundreds at a time in the workers."""
    while batch := list(islice(pairs, 500)):
        asked = [math(*pair) for pair in batch]
        for pair, verdict in zip(batch, asked, strict=True):
            yield pair, verdict.result() if isinstance(verdict, Future) else verdict


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--draws", type=int, default=20_000, help="of each kind (default: 20000)")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--failures", action="store_true", help="list what must not be, write nothing")
    options = parser.parse_args()
    lines = ["| drawn | pairs | must not be | " + " | ".join(OUTCOMES) + " |", "|---|---:|---|" + "---:|" * 5]
    failures = []
    for kind, (draw, never) in KINDS.items():
        counts: Counter[str] = Counter()
        for (problem, trace), verdict in verdicts(draw(options.seed, options.draws)):
            counts[verdict.outcome] += 1
            if verdict.outcome == never:
                failures.append(f"{kind}, {never}: `{problem.answer}` and `{trace.answer}`")
        cells = " | ".join(f"{counts[outcome]:,}" for outcome in OUTCOMES)
        lines.append(f"| {kind} | {counts.total():,} | {never} | {cells} |")
    if options.failures:
        print("\n".join([*failures, *lines]))
        return
    head = [
        "# Random expressions: never `wrong` for an identity, never `correct` for another",
        "",
        f"Written by `bench/agreement_properties.py` on {time.strftime('%Y-%m-%d')}, seed {options.seed}; "
        + ", ".join(f"{name} {version(name)}" for name in ("limbeck", "mpmath", "sympy"))
        + ".",
        "",
    ]
    text = "\n".join(
        [*head, *lines, "", "What must not be: " + (f"{len(failures)}." if failures else "none."), ""]
    )
    text += "".join(f"\n* {failure}" for failure in failures[:50]) + ("\n" if failures else "")
    (HERE / "results/agreement_properties.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
