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
from pathlib import Path
from typing import Any

import bench_import
import curation_page
import curation_rows
from curation_page import NEEDED, Measured

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
"""Traces to a problem that `sampled` leaves."""


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
        given = made, folder / "out.jsonl", "messages", Choice(), "jsonl"
        work = lambda: exporting.export(*given)  # noqa: E731
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
    done.quality = [*curation_page.quality(folder, planted)]
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
        (HERE / "results/curation.md").write_text(curation_page.page(sets, of_peers), encoding="utf-8")


if __name__ == "__main__":
    main()
