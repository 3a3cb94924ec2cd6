"""The recipe that is killed, run twice and starved, and how its results are held against each other."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import msgspec
import yaml

from limbeck.pipeline import store

CONCURRENCY = 4
BOUND = 300
"""Seconds after which a run hangs."""


def recipe(folder: Path, url: str, *, problems: int = 24, k: int = 3) -> Path:
    """Questions to an endpoint, judged, paired; a student of two stages, and its exam."""
    rows = [
        {"question": f"Add {i} and {i * 7 % 10}.", "answer": str(i + i * 7 % 10)} for i in range(problems)
    ]
    (folder / "sums.jsonl").write_bytes(b"\n".join(map(msgspec.json.encode, rows)))
    model = {"use": "models/openai", "model": "m", "url": url, "concurrency": CONCURRENCY}
    fit = {"use": "training/fit", "steps": 12, "batch": 4, "save_every": 2, "lr": 1e-3}
    small = {"layers": 1, "width": 16, "heads": 2, "tokenizer": "char"}
    stages = {
        "problems": {"use": "problems/rows", "path": str(folder / "sums.jsonl")},
        "traces": {"use": "teachers/sample", "from": "problems", "model": "t", "k": k, "max_tokens": 64},
        "judged": {"use": "verifiers/math", "from": "traces"},
        "graded": {"use": "curation/pass_rate", "from": "judged"},
        "pairs": {"use": "curation/pairs", "from": "graded"},
        "blank": {"use": "students/from_config", "from": "judged", **small},
        "sft": {**fit, "from": "judged", "student": "blank", "objective": "sft"},
        "redi": {**fit, "from": "pairs", "student": "sft", "objective": {"redi": {"alpha": 0.8}}},
        "exam": {
            "use": "evaluation/accuracy",
            "from": "problems",
            "of": ["sft", "redi"],
            "verifier": "math",
            "n": 2,
            "max_tokens": 8,
        },
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump({"title": "sums", "models": {"t": model}, "stages": stages}))
    return path


def start(made: Path, out: Path, log: Path | None = None) -> subprocess.Popen[bytes]:
    """The command line on its own, in a process group of its own; what it says goes to ``log``, by default
    beside ``out``."""
    command = [sys.executable, "-m", "limbeck", "run", str(made), "--out", str(out), "--jobs", "2"]
    with (log or out.parent / f"{out.name}.log").open("ab") as told:
        return subprocess.Popen(
            command,
            stdout=told,
            stderr=told,
            start_new_session=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )


def kill(process: subprocess.Popen[bytes], whole_group: bool) -> None:
    """Kill a run as a machine's loss of power does, or as the memory killer does, which takes one."""
    if whole_group:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def finished(process: subprocess.Popen[bytes]) -> int | None:
    """The exit status; None where the run did not end within its bound."""
    try:
        return process.wait(BOUND)
    except subprocess.TimeoutExpired:
        kill(process, whole_group=True)
        return None


def contents(out: Path) -> Counter[tuple[str, str]]:
    """What a finished run holds: records of every stage, and the weights of every student."""
    held: Counter[tuple[str, str]] = Counter()
    for folder in sorted(path for path in (out / "stages").iterdir() if path.is_dir()):
        name = folder.name.rpartition("-")[0]
        if any(folder.glob("*.parquet")):
            data = store.read_data(folder).all()
            for record in (*data.problems, *data.traces, *data.pairs):
                held[name, hashlib.sha256(msgspec.json.encode(record)).hexdigest()] += 1
        for file in folder.rglob("*.safetensors"):
            if "state" not in file.parts:
                held[f"{name}/{file.name}", hashlib.sha256(file.read_bytes()).hexdigest()] += 1
    return held
