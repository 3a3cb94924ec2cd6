"""Holds the gold of every generator against an oracle of its own. Writes bench/results/generators.md.

    python bench/bench_generators.py [N]

N problems (1,000) of each generator with its defaults, and of harder settings, all of seed 7. The oracles
(tests/generator_oracles.py) share no code with the generators: SAT and first-order logic by z3, breadth-first
search, equations over z3's integers, the table's text read in Python.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections import Counter
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from generator_oracles import ORACLES  # noqa: E402
from small_world_oracles import SMALL  # noqa: E402

from limbeck.pipeline.registry import bound, methods  # noqa: E402
from limbeck.records import Data, Trace  # noqa: E402
from limbeck.verifiers.ops import verify  # noqa: E402

SEED = 7
SETTINGS: list[tuple[str, dict[str, object]]] = [
    ("logic_grammar", {}),
    ("logic_grammar", {"low": 16, "high": 20, "qualities": 3, "used": 2}),
    ("formal_deduction", {}),
    ("formal_deduction", {"low": 1, "high": 8, "branches": 5, "distractors": 20, "quantifiers": 0.4}),
    ("formal_deduction", {"rules": "derived"}),
    ("mazes", {"width": 12, "height": 12, "high": 60}),
    ("sudokus", {"size": 4}),
    ("sudokus", {"size": 9}),
    ("quantities", {}),
    ("quantities", {"low": 10, "high": 20, "distractors": 10}),
    ("tables_sql", {}),
    ("countdown", {"solve": "search", "backtracks": 2}),
    ("proofs", {}),
    ("word_problems", {}),
    ("deductions", {"k": 2}),
]


def measured(name: str, given: dict[str, object], n: int) -> list[object]:
    """One row of the table."""
    entry = methods("problems")[name]
    values = {key: each.default for key, each in entry.params.items() if not each.required}
    started = time.process_time()
    made = bound(entry, {**values, "n": n, "seed": SEED, **given})()
    data = made if isinstance(made, Data) else Data.join(made)
    took = time.process_time() - started
    oracle = ORACLES.get(name) or SMALL[name]
    started = time.process_time()
    faults = [fault for problem in data.problems if (fault := oracle(problem))]
    judged = time.process_time() - started
    settings = ", ".join(f"{key} {value}" for key, value in given.items()) or "defaults"
    for fault, count in itertools.islice(Counter(faults).most_common(), 3):
        print(f"{name} ({settings}): {count} x {fault}", file=sys.stderr)
    labels = Counter(problem.meta["label"] for problem in data.problems if "label" in problem.meta)
    shares = " / ".join(f"{labels[label] / len(data.problems):.1%}" for label in sorted(labels))
    return [
        name, settings, len(data.problems), len(faults), refused(data), shares or "–",
        f"{1000 * took / n:.2f}", f"{1000 * judged / n:.2f}",
    ]  # fmt: skip


def refused(data: Data) -> int:
    """Golds that the problems' own verifier does not call correct."""
    golds = [
        Trace(id=problem.id, problem_id=problem.id, answer=problem.answer, finish="stop")
        for problem in data.problems
        if problem.answer is not None
    ]
    entry = methods("verifiers")[data.problems[0].verifier]
    verifier = bound(entry, {key: each.default for key, each in entry.params.items()})
    return sum(trace.outcome != "correct" for trace in verify(verifier, data.problem_by_id(), golds))


def main(n: int) -> None:
    head = "generator | settings | problems | refuted | refused | labels | ms a problem | ms the oracle"
    rows = [measured(name, given, n) for name, given in SETTINGS]
    how = [
        f"By `python bench/bench_generators.py`, seed {SEED}, z3 {version('z3-solver')}.",
        "*refuted*: golds that the oracle finds wrong, or cannot confirm;",
        "*refused*: golds that the problem's own verifier does not call correct;",
        "*labels*: shares in alphabetical order; times in processor time.",
    ]
    oracles = [
        "Oracles: `logic_grammar` TPTP grounded for SAT, and its first-order formulas by z3's quantifiers,",
        "from the premises said to be used; `formal_deduction` finite models by SAT, each step of a proof by",
        "z3 from what it rests on; `mazes` breadth-first search; `sudokus` SAT, one solution and no second;",
        "`quantities`, `word_problems`, `deductions` equations over integers read from the text;",
        "`tables_sql` Python on the table's text; `proofs` SAT; `countdown` Python's own arithmetic.",
    ]
    under = "|---|---|" + "---:|" * 3 + "---|" + "---:|" * 2
    body = ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    lines = [
        "# Gold of the generators",
        "",
        " ".join(how),
        "",
        f"| {head} |",
        under,
        *body,
        "",
        " ".join(oracles),
    ]
    (HERE / "results" / "generators.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
