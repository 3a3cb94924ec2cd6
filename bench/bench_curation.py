"""Curation of synthetic traces of 2 KB with planted duplicates, flaws and contamination, from ten thousand to
a million: processor seconds and peak memory of every stage, recall and precision of what was planted, and
what other tools take for the steps that they have.

    python bench/bench_curation.py FOLDER SHARED [--rows 10000 100000 1000000] [--peer TOOL=PYTHON …]

FOLDER takes the data (8 GB for a million traces; a stage's goes when the next is made), SHARED holds
``data/math/math.json`` (MATH-500) and ``data/gsm8k/test.jsonl``. PYTHON is an interpreter that has
`datasets`, `datatrove` or `distilabel`; they run on the smallest set, in the same run. Every stage is a
process of its own; its seconds are of processors, imports of libraries excluded. Writes
bench/results/curation.md.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import bench_import
import curation_rows

HERE = Path(__file__).resolve().parent
STAGES: dict[str, dict[str, Any]] = {
    "traces": {"use": "problems/imported"},
    "math500": {"use": "problems/math500"},
    "gsm8k": {"use": "problems/gsm8k"},
    "benchmarks": {"use": "curation/merge", "from": ["math500", "gsm8k"]},
    "flaws": {"use": "curation/flaws", "from": "traces"},
    "repetitive": {"use": "curation/repetitive", "from": "flaws"},
    "lengths": {"use": "curation/trace_length", "from": "repetitive", "least": 50},
    "rates": {"use": "curation/pass_rate", "from": "lengths"},
    "exact": {"use": "curation/exact_duplicates", "from": "rates"},
    "near_questions": {"use": "curation/near_duplicates", "from": "exact", "compare": "problems"},
    "near_traces": {"use": "curation/near_duplicates", "from": "near_questions", "compare": "traces"},
    "clean": {"use": "curation/decontaminate", "from": ["near_traces", "benchmarks"]},
    "first": {"use": "curation/first_correct", "from": "clean"},
    "sampled": {"use": "curation/sample_problems", "from": "first", "n": 0},
    "shuffled": {"use": "curation/shuffle", "from": "sampled"},
}
SAMPLED = 10
"""One in so many traces is a problem that `sampled` leaves."""
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


# --- one step, in a process of its own


def step(name: str, folder: Path) -> None:
    """Make one step and print what it took."""
    import pyarrow as pa

    from limbeck.cli import exporting, moving
    from limbeck.pipeline import plan, recipe, runner
    from limbeck.shapes.exporting import Choice

    pa.array([])  # which imports pandas
    sys.argv[1:] = ["--quiet"]
    if name == "import":
        work = lambda: moving.import_file(folder / "rows.jsonl", folder / "data", "auto")  # noqa: E731
    elif name == "export":
        made = next((folder / "run/stages").glob("shuffled-*"))
        work = lambda: exporting.export(made, folder / "out.jsonl", "messages", Choice(), "jsonl")  # noqa: E731
    else:
        planned = plan.make(recipe.load(str(folder / "recipe.yaml")), folder / "run")
        folders = {each: it.folder for each, it in planned.steps.items()}
        planned.steps[name].method.load()
        work = lambda: runner.make(planned.steps[name], folders, lambda event: None, 1)  # noqa: E731
    before, start = _processors(), time.perf_counter()
    work()
    told = _processors() - before, time.perf_counter() - start, _peak()
    print(json.dumps(told))


def _processors() -> float:
    both = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    return sum(sum(resource.getrusage(who)[:2]) for who in both)


def _peak() -> float:
    """MB of this process at the most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


# --- a whole set


def measured(rows: int, folder: Path, shared: Path, peers: dict[str, str]) -> tuple[Measured, dict[str, Any]]:
    """Curate one set; and what the peers take on its rows."""
    folder.mkdir(parents=True, exist_ok=True)
    planted = curation_rows.write(folder / "rows.jsonl", rows, shared)
    of_peers = {tool: _peer(tool, python, folder, shared) for tool, python in peers.items()}
    _write_recipe(folder, shared, rows // SAMPLED)
    done = Measured(rows)
    before = ""
    for name in ("import", *STAGES, "export"):
        done.steps[name] = _alone([sys.executable, __file__, "--step", name, str(folder), str(shared)])
        print(f"{rows:,} {name}: {done.steps[name]}", flush=True)
        if name not in NEEDED and name != "export":
            _forget(folder, before)
            before = name
    done.quality = [*_quality(folder, planted)]
    shutil.rmtree(folder)
    return done, of_peers


def _alone(command: list[str]) -> tuple[float, float, float]:
    """What `step` prints; memory with that of worker processes, sampled."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        peak = bench_import.Peak(process.pid)
        told, _ = process.communicate()
        sampled = peak.stop()
    if process.returncode:
        raise SystemExit(f"{command} failed")
    cpu, seconds, memory = json.loads(told.splitlines()[-1])
    return cpu, seconds, max(memory, sampled)


def _forget(folder: Path, name: str) -> None:
    """Remove what no later step reads, but the data, by which the recipe's stages are known."""
    if name == "import":
        (folder / "rows.jsonl").unlink()
    elif name:
        for made in (folder / "run/stages").glob(f"{name}-*"):
            shutil.rmtree(made)


def _write_recipe(folder: Path, shared: Path, sampled: int) -> None:
    places = {"traces": folder / "data", "math500": shared / "data/math/math.json"}
    places["gsm8k"] = shared / "data/gsm8k/test.jsonl"
    stages = {name: dict(given) for name, given in STAGES.items()}
    for name, path in places.items():
        stages[name]["path"] = str(path)
    stages["sampled"]["n"] = sampled
    page = {"title": "Curation", "about": "A benchmark.", "stages": stages}
    (folder / "recipe.yaml").write_text(json.dumps(page), encoding="utf-8")


def _peer(tool: str, python: str, folder: Path, shared: Path) -> dict[str, Any]:
    """What a tool takes for its steps."""
    command = [python, HERE / "curation_peers.py", tool, folder / "rows.jsonl", folder / "peer", shared]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout
    print(told, flush=True)
    answer: dict[str, Any] = json.loads(told.splitlines()[-1])
    return answer


# --- what was planted


def _quality(folder: Path, planted: curation_rows.Planted) -> Iterator[str]:
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
        yield from _rows(f"traces: {kind}", of_kind, marked.get(mark, set()))
    yield from _rows("questions: near", {"near": planted.questions.get("near", set())},
                     asked.get("near_duplicate", set()))  # fmt: skip
    benchmarks = {name: ids for name, ids in planted.questions.items() if name != "near"}
    yield from _rows("questions: contaminated", benchmarks, asked.get("contaminated", set()))


def _shards(folder: Path) -> Any:
    from limbeck.pipeline import store

    return store.read_data(next((folder / "run/stages").glob("shuffled-*")))


def _rows(name: str, planted: dict[str, set[str]], marked: set[str]) -> Iterator[str]:
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
        "\n*growth*: microseconds a trace of the largest set over those of the smallest; 1.00 is linear. By the",
        f"clock, step after step, beside other work: {', '.join(clock)}.\n",
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
A stage of ours reads and writes all columns of all records, with their checksums. `datasets` adds a column to a
table on disk, or an index for `filter` and `shuffle`, by a plain Python function; datatrove and distilabel get
rows that are in memory already. Near-duplicates: 64 hashes, 5-grams of words (distilabel: of characters), ours
within each problem, theirs over the whole set. datatrove's repetition is Gopher's rule of several n-grams, the
others' the share of different 3-grams."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--rows", type=int, nargs="+", default=[10**4, 10**5, 10**6])
    parser.add_argument("--peer", action="append", default=[], help="TOOL=PYTHON")
    parser.add_argument("--step", help="one step, in this process")
    given = parser.parse_args()
    if given.step:
        step(given.step, given.folder)
        return
    peers = dict(each.split("=", 1) for each in given.peer)
    sets: list[Measured] = []
    of_peers: dict[str, Any] = {}
    for rows in sorted(given.rows):
        done, told = measured(rows, given.folder / str(rows), given.shared, {} if sets else peers)
        of_peers |= told
        sets.append(done)
        (HERE / "results/curation.md").write_text(page(sets, of_peers), encoding="utf-8")


if __name__ == "__main__":
    main()
