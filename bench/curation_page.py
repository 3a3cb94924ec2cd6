"""The page of `bench_curation.py`: what steps took, recall and precision of what was planted, other tools."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import curation_rows

NEEDED = ("math500", "gsm8k", "benchmarks")
"""Stages of a size that does not grow."""
MARKS = {
    "exact": "duplicate", "near": "near_duplicate", "loop": "repetition", "refusal": "refusal",
    "abroad": "language_switch", "short": "too_short",
}  # fmt: skip
"""Marks of traces by what was planted."""
PEERS = {
    "import": ("import",), "repetition": ("repetitive",), "lengths": ("lengths",), "pass rates": ("rates",),
    "exact duplicates": ("exact",), "near-duplicate traces, clusters": ("near_traces",),
    "decontamination": ("clean",), "selection": ("first", "shuffled"), "export": ("export",),
}  # fmt: skip


@dataclass
class Measured:
    """Processor seconds, seconds by the clock and peak MB of every step; recall and precision of marks."""

    rows: int
    steps: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    quality: list[str] = field(default_factory=list)


# --- what was planted


def quality(folder: Path, planted: curation_rows.Planted) -> Iterator[str]:
    """Recall and precision of every mark, by what was planted."""
    marked: dict[str, set[str]] = {}
    asked: dict[str, set[str]] = {}
    for data in _shards(folder):
        numbers = {trace.problem_id: trace.id.partition("-")[0] for trace in data.traces}
        for trace in data.traces:
            for mark in trace.marks:
                marked.setdefault(mark, set()).add(trace.id)
        for problem in data.problems:
            for mark in problem.marks:
                asked.setdefault(mark, set()).add(numbers[problem.id])
    for kind, mark in MARKS.items():
        of_kind = {name: ids for name, ids in planted.traces.items() if name.partition(",")[0] == kind}
        yield from _recalled(f"traces: {kind}", of_kind, marked.get(mark, set()))
    yield from _recalled("questions: near", {"near": planted.questions.get("near", set())},
                     asked.get("near_duplicate", set()))  # fmt: skip
    benchmarks = {name: ids for name, ids in planted.questions.items() if name != "near"}
    yield from _recalled("questions: contaminated", benchmarks, asked.get("contaminated", set()))


def _shards(folder: Path) -> Any:
    from limbeck.pipeline import store

    return store.read_data(next((folder / "run/stages").glob("shuffled-*")))


def _recalled(name: str, planted: dict[str, set[str]], marked: set[str]) -> Iterator[str]:
    every = set().union(*planted.values())
    right = len(marked & every)
    precise = f"{right:,} of {len(marked):,}"
    for kind, ids in sorted(planted.items()):
        label = name if len(planted) == 1 else f"{name}, {kind.removeprefix('near, ')}"
        seen = len(ids & marked)
        yield f"| {label} | {len(ids):,} | {seen:,} ({100 * seen / max(len(ids), 1):.1f} %) | {precise} |"


# --- the page


def page(sets: list[Measured], peers: dict[str, Any]) -> str:
    """The results as Markdown."""
    lines = [
        "# Curation of many traces\n",
        f"Written by `bench/bench_curation.py` on {time.strftime('%Y-%m-%d')}; pyarrow {version('pyarrow')}, "
        f"daft {version('daft')}, {os.cpu_count()} cores, CPU.",
        "Every stage is a process of its own that reads its input from disk, holds it against checksums and",
        "writes all of it again with its marks. Seconds are of processors, imports of libraries excluded.\n",
        "## Processor seconds and peak memory\n",
        "| step | " + " | ".join(f"{each.rows:,} traces | µs a trace | MB" for each in sets) + " | growth |",
        "|---|" + "---:|---:|---:|" * len(sets) + "---:|",
    ]
    names = [name for name in sets[0].steps if name not in NEEDED]
    for name in [*names, "all"]:
        lines.append(f"| {name} | " + " | ".join(_cells(sets, name, names)) + " |")
    clock = (f"{sum(it[1] for it in each.steps.values()):,.0f} s for {each.rows:,}" for each in sets)
    lines += [
        "\n*growth*: microseconds a trace of the largest set over those of the smallest; 1.00 is linear.",
        f"By the clock, step after step, beside other work: {', '.join(clock)}.\n",
        f"## What was planted into {sets[-1].rows:,} traces\n",
        "| planted | records | marked so (recall) | of all so marked, planted (precision) |",
        "|---|---:|---:|---:|",
        *sets[-1].quality,
    ]
    return "\n".join([*lines, *(_compared(sets[0], peers) if peers else [])]) + "\n"


def _cells(sets: list[Measured], name: str, names: list[str]) -> Iterator[str]:
    each_row = []
    for it in sets:
        some = names if name == "all" else [name]
        seconds = sum(it.steps[each][0] for each in some)
        each_row.append(seconds / it.rows)
        peak = max(it.steps[each][2] for each in some)
        yield f"{seconds:,.1f} | {seconds / it.rows * 1e6:,.0f} | {peak:,.0f}"
    yield f"{each_row[-1] / each_row[0]:.2f}"


def _compared(ours: Measured, peers: dict[str, Any]) -> Iterator[str]:
    versions = ", ".join(told["version"] for told in peers.values())
    yield f"\n## Other tools, on the same {ours.rows:,} rows\n"
    yield f"{versions}. Microseconds of processors a trace; *times* is the fastest of the others over ours.\n"
    yield "| step | limbeck | " + " | ".join(peers) + " | times |"
    yield "|---|---:|" + "---:|" * len(peers) + "---:|"
    for label, steps in PEERS.items():
        took = sum(ours.steps[name][0] for name in steps) / ours.rows * 1e6
        others = {tool: told["seconds"].get(", ".join(steps)) for tool, told in peers.items()}
        cells = ["–" if each is None else f"{each / ours.rows * 1e6:,.0f}" for each in others.values()]
        best = min(each for each in others.values() if each is not None) / ours.rows * 1e6
        yield f"| {label} | {took:,.0f} | " + " | ".join(cells) + f" | {best / took:.1f} |"
    yield """
A stage of ours reads and writes all columns of all records, with their checksums. `datasets` adds a column
to a table on disk, or an index for `filter` and `shuffle`, by a plain Python function; datatrove and
distilabel get rows that are in memory already. Near-duplicates: 64 hashes, 5-grams of words (distilabel: of
characters), ours within each problem, theirs over the whole set. datatrove's repetition is Gopher's rule of
several n-grams, the others' the share of different 3-grams."""
