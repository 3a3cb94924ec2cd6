"""Rows per second and peak memory of reading JSON lines: `limbeck import` into Parquet, against
`datasets.load_dataset("json")` with and without writing Parquet, on the same files in the same run.

Run: python bench/bench_import.py [--earlier CHECKOUT]. Rows are made from a seed. Every measurement is a
process of its own, started in turn; imports of libraries are not counted, worker processes are; each number
is the best of several. Memory is the largest sum of proportional set sizes over a process and its children,
sampled. Writes bench/results/import.md.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
SIZES = {600: 1_000_000, 6_000: 100_000, 16_000: 37_500}
"""Bytes of a response, and rows of such a file: about 600 MB each."""
REPEATS = 3
WORDS = ("so the sum of these is then we take", "half of it and add three", "more apples", "let me check")
BEGIN = """
import json, resource, sys, tempfile, time
from pathlib import Path
def cpu():
    both = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    return sum(sum(resource.getrusage(who)[:2]) for who in both)
source, out = sys.argv[1], Path(sys.argv[2])
"""
END = """
before, start = cpu(), time.perf_counter()
work()
print(json.dumps([time.perf_counter() - start, cpu() - before]))
"""
LIMBECK = """
import pandas  # which Arrow imports at its first array
from limbeck.cli import moving
import limbeck.shapes
work = lambda: moving.import_file(Path(source), out / "data", "auto", verifier="math", format="")
"""
DATASETS = """
import datasets
datasets.disable_progress_bars()
work = lambda: datasets.load_dataset("json", data_files=source, split="train", cache_dir=str(out))
"""
PARQUET = (
    DATASETS
    + """
load = work
work = lambda: load().to_parquet(out / "rows.parquet")
"""
)
SIDES = {"limbeck": LIMBECK, "datasets": DATASETS, "datasets, Parquet": PARQUET}


def write(path: Path, rows: int, size: int) -> None:
    """Questions with a reasoning trace each, of ``size`` bytes."""
    rng = random.Random(size)
    text = " ".join(
        rng.choice(WORDS) + rng.choice(["", "", "", f" {rng.randrange(999)}\n"]) for _ in range(10**6)
    )
    with path.open("w", encoding="utf-8") as file:
        for n in range(rows):
            start = rng.randrange(len(text) - size)
            row = {
                "question": f"Ann has {n} apples and buys {n % 97} more; how many has she?",
                "answer": str(n + n % 97),
                "response": f"<think>{text[start : start + size]}</think>\nIt is \\boxed{{{n + n % 97}}}.",
                "model": "m",
                "finish_reason": "stop",
            }
            file.write(json.dumps(row) + "\n")


def measured(script: str, source: Path, checkout: Path | None = None) -> tuple[float, float, float]:
    """Seconds, seconds of processors, and MB at the most."""
    # Arrow takes this for the number of threads it may use.
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    environment |= {"PYTHONPATH": str(checkout / "src")} if checkout else {}
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-c", BEGIN + script + END, str(source), out]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        ) as process:
            peak = Peak(process.pid)
            told, errors = process.communicate()
            memory = peak.stop()
    if process.returncode:
        raise SystemExit(errors.decode())
    seconds, cpu = json.loads(told.decode().strip().splitlines()[-1])
    return seconds, cpu, memory


class Peak:
    """Watches the memory of a process and its children."""

    def __init__(self, pid: int) -> None:
        self.pid, self.most, self.over = pid, 0.0, threading.Event()
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def _watch(self) -> None:
        while not self.over.wait(0.1):
            self.most = max(self.most, sum(map(_megabytes, _tree(self.pid))))

    def stop(self) -> float:
        self.over.set()
        self.thread.join()
        return self.most


def _tree(pid: int) -> list[int]:
    pids = [pid]
    with suppress(OSError):  # it may end while it is looked at
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            pids += [each for child in children.read_text().split() for each in _tree(int(child))]
    return pids


def _megabytes(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def compared(source: Path, earlier: Path | None) -> dict[str, tuple[float, float, float]]:
    """The best of every side, of processes in turn."""
    sides: dict[str, tuple[str, Path | None]] = {name: (script, None) for name, script in SIDES.items()}
    if earlier:
        sides["limbeck, earlier"] = LIMBECK, earlier
    runs: dict[str, list[tuple[float, float, float]]] = {name: [] for name in sides}
    for _ in range(REPEATS):
        for name, (script, checkout) in sides.items():
            runs[name].append(measured(script, source, checkout))
    return {name: tuple(map(min, zip(*each, strict=True))) for name, each in runs.items()}  # type: ignore[misc]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--earlier", type=Path, help="another checkout, to be measured too")
    earlier = parser.parse_args().earlier
    lines = [
        "# Import speed\n",
        f"Written by `bench/bench_import.py` on {time.strftime('%Y-%m-%d')}; datasets {version('datasets')}, "
        f"pyarrow {version('pyarrow')};",
        f"{os.cpu_count()} cores, CPU. The best of {REPEATS} processes each, started in turn; *to datasets*",
        "is the time of `load_dataset` alone, without Parquet, over the side's.\n",
        "| bytes of a row | rows | side | seconds | processor seconds | peak MB | to datasets |",
        "|---:|---:|---|---:|---:|---:|---:|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for size, rows in SIZES.items():
            source = Path(folder) / f"{size}.jsonl"
            write(source, rows, size)
            best = compared(source, earlier)
            for name, (seconds, cpu, memory) in best.items():
                cells = f"{seconds:.2f} | {cpu:.2f} | {memory:.0f} | {best['datasets'][0] / seconds:.2f}"
                lines.append(f"| {size:,} | {rows:,} | {name} | {cells} |")
            source.unlink()
    load = os.getloadavg()[0]
    lines.append(f"\nLoad average {load:.1f} at the end.")
    if earlier:
        asked = ["git", "-C", str(earlier), "rev-parse", "--short", "HEAD"]
        lines.append(f"The earlier build is {subprocess.check_output(asked, text=True).strip()}.")
    text = "\n".join(lines) + "\n"
    (HERE / "results/import.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
