"""All that wants a GPU, in one command: ``make gpu``, or ``python -m bench.gpu`` with limbeck importable.

Parts have time limits of their own and the whole has one; a part that runs out keeps what it has measured,
is marked, and the rest go on. Without a GPU, or with ``--dry``, a toy of each runs on the CPU, and nothing is
written but into an ``--out`` that is asked for.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from bench.gpu.page import page

ROOT = Path(__file__).parents[2]
RUNS = Path("runs/gpu")  # what the claim has made stays, so that another call goes on with it

LEAST = 5
"""Seconds under which no part is begun."""


@dataclass(frozen=True)
class Part:
    """A command and the seconds it may take."""

    name: str
    command: list[str]
    limit: float


def parts(dry: bool, folder: Path, seeds: int, settings: list[str]) -> list[Part]:
    """What is run, the cheapest first."""
    into = ["--into", str(folder / "results.jsonl"), *(["--dry"] if dry else [])]
    tests = [
        "pytest",
        "tests/gpu",
        "-m",
        "gpu",
        "-p",
        "no:cacheprovider",
        "--junitxml",
        str(folder / "tests.xml"),
    ]
    chosen = [word for each in settings for word in ("--set", each)]
    wanted = ["redi", "--scale", "real", "--seeds", str(seeds), *chosen]
    claim = ["limbeck", "claim", *wanted, "--out", str(RUNS), "--save", str(folder / "claim"), "--quiet"]
    made = [
        Part("card", ["bench.gpu.card", *into], 30),
        Part("tests", tests, 75),
        Part("train", ["bench.gpu.train", *into], 240),
        Part("sample", ["bench.gpu.sample", *into], 60),
        Part("claim", claim, 3600),  # what is left
    ]
    return made[:-1] if dry else made


def run(part: Part, left: float, dry: bool) -> dict[str, Any]:
    """Run a part in a process group of its own, which ends with it."""
    limit = min(part.limit, left)
    if limit < LEAST:
        return {"kind": "part", "name": part.name, "status": "no time was left", "seconds": 0.0}
    places = [str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places)), "HF_HUB_OFFLINE": "1"}
    if dry:
        environment |= {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", *part.command], cwd=ROOT, env=environment, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        output, _ = process.communicate(timeout=limit)
        status = "done"
        if process.returncode:
            last = next((line for line in reversed(output.splitlines()) if line.strip()), "no word")
            status = f"failed: {last.strip()[:200]}"
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        status = f"ran out of its {limit:.0f} s"
    print(output, end="", flush=True)
    return {"kind": "part", "name": part.name, "status": status, "seconds": time.monotonic() - started}


def told(folder: Path) -> list[dict[str, Any]]:
    """What the parts left in a folder."""
    results, claim = folder / "results.jsonl", folder / "claim" / "redi.json"
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    rows = [json.loads(line) for line in lines]
    if claim.exists():
        rows.append({**json.loads(claim.read_text(encoding="utf-8")), "kind": "claim"})
    return rows


def tested(folder: Path) -> str:
    """How the tests went, empty where they left no word."""
    if not (folder / "tests.xml").exists():
        return ""
    (suite,) = ElementTree.parse(folder / "tests.xml").getroot().iter("testsuite")
    counts = {name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")}
    bad = counts["failures"] + counts["errors"]
    return f"{counts['tests'] - bad - counts['skipped']} passed, {bad} failed, {counts['skipped']} skipped"


def versions() -> str:
    told = []
    for name in ("torch", "transformers", "accelerate", "limbeck"):
        try:
            told.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            told.append(f"{name} from source")
    return f"{date.today()}, {', '.join(told)}. Made by `make gpu`."


def main() -> None:
    """Run the parts, print the page, write it where a GPU made it."""
    import torch

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dry", action="store_true", help="toys on the CPU, as where there is no GPU")
    parser.add_argument("--out", type=Path, help="folder for gpu.md and gpu.json (bench/results)")
    parser.add_argument("--minutes", type=float, default=9, help="the most that all parts may take")
    parser.add_argument("--parts", nargs="+", help="only these: card, tests, train, sample, claim")
    parser.add_argument("--seeds", type=int, default=3, help="of the claim")
    parser.add_argument(
        "--set", action="append", default=[], help="a setting for the claim's recipe, KEY=VALUE"
    )
    given = parser.parse_args()
    dry = given.dry or not torch.cuda.is_available()
    ends, rows = time.monotonic() + 60 * given.minutes - 10, []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        known = parts(dry, folder, given.seeds, given.set)
        if strange := set(given.parts or ()) - {"claim"} - {part.name for part in known}:
            parser.error(f"no part is called {', '.join(sorted(strange))}")
        for part in known:
            if not given.parts or part.name in given.parts:
                rows.append(run(part, ends - time.monotonic(), dry))
                if part.name == "tests" and (counts := tested(folder)):
                    rows[-1]["status"] = counts
        if dry:
            rows.append({"kind": "part", "name": "claim", "status": "no part of a dry run", "seconds": 0.0})
        rows += told(folder)
    lines = page(rows, dry, versions())
    print("\n".join(lines))
    out = given.out or (None if dry else ROOT / "bench/results")
    if out:
        out.mkdir(parents=True, exist_ok=True)
        (out / "gpu.md").write_text("\n".join(lines), encoding="utf-8")
        (out / "gpu.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
