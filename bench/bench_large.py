"""Time and peak memory of `limbeck import`, `verify` and `export` from ten thousand to ten million rows.

Run: python bench/bench_large.py [--rows 10000 100000 1000000 10000000]. Rows of about 500 bytes, made from a
seed; ten million are 5 GB, and as much again is written beside them. Every measurement is the whole command,
start included; memory is the largest sum of proportional set sizes over the process and its children, sampled
ten times a second. Writes bench/results/large.md.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import bench_import

HERE = Path(__file__).resolve().parent
BYTES_OF_A_RESPONSE = 330
COMMANDS = {
    "import": ["import", "{rows}", "--out", "{folder}/data"],
    "verify, the file": ["verify", "{rows}", "--out", "{folder}/checked.jsonl"],
    "export, JSON lines": ["export", "{folder}/data", "--out", "{folder}/out.jsonl", "--shape", "messages"],
}


def measured(arguments: list[str]) -> tuple[float, float, float]:
    """Seconds, seconds of processors, and MB at the most."""
    start, before = time.perf_counter(), _processors()
    command = [sys.executable, "-m", "limbeck", *arguments, "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        peak = bench_import.Peak(process.pid)
        _, errors = process.communicate()
        memory = peak.stop()
    if process.returncode:
        raise SystemExit(errors.decode())
    return time.perf_counter() - start, _processors() - before, memory


def _processors() -> float:
    """Seconds that children and theirs have used."""
    return sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10**4, 10**5, 10**6, 10**7])
    lines = [
        "# Large files\n",
        f"Written by `bench/bench_large.py` on {time.strftime('%Y-%m-%d')}; pyarrow {version('pyarrow')}, "
        f"{os.cpu_count()} cores, CPU.\n",
        "| rows | GB | command | seconds | processor seconds | their microseconds a row | peak MB |",
        "|---:|---:|---|---:|---:|---:|---:|",
    ]
    for rows in parser.parse_args().rows:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "rows.jsonl"
            bench_import.write(source, rows, BYTES_OF_A_RESPONSE)
            size = source.stat().st_size / 1e9
            for name, command in COMMANDS.items():
                told = [part.format(rows=source, folder=folder) for part in command]
                seconds, cpu, memory = measured(told)
                cells = f"{name} | {seconds:.1f} | {cpu:.1f} | {cpu / rows * 1e6:.1f} | {memory:.0f}"
                lines.append(f"| {rows:,} | {size:.3f} | {cells} |")
                print(lines[-1], flush=True)
    lines.append(f"\nLoad average {os.getloadavg()[0]:.1f} at the end.")
    (HERE / "results/large.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
