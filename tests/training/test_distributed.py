"""Two processes train as one does: stored pairs with a reference, and rollouts with rewards."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import small_world
from paths import TESTS

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

SCRIPT = """
import sys
from pathlib import Path
import small_world
from rollout_cases import REINFORCE, bound, rollout, short

folder, start = Path(sys.argv[1]), sys.argv[2]
small_world.train(folder / "dpo", start, use=small_world.objective("dpo"), steps=3)
small_world.train(
    folder / "rl", start, use=REINFORCE, rollout=rollout("student", n=3, max_tokens=10, temperature=0.0),
    reward=bound(short), steps=3, keep_rollouts=True,
)
"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def launch(folder: Path, start: str, processes: int) -> None:
    """Run the script in some processes that know of each other."""
    path = os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH", "")]))
    shared = {
        **os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true",
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": str(processes),
    }  # fmt: skip
    ranks = range(processes) if processes > 1 else [None]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(folder), start], stderr=subprocess.PIPE, text=True,
            env=shared | ({} if rank is None else {"RANK": str(rank), "LOCAL_RANK": str(rank)}),
        )
        for rank in ranks
    ]  # fmt: skip
    for process in running:
        _, said = process.communicate(timeout=240)
        assert process.returncode == 0, said


def test_two_processes_train_as_one(tmp_path):
    start = small_world.student(tmp_path / "start")
    for count in (1, 2):
        launch(tmp_path / str(count), start, count)
    for kind in ("dpo", "rl"):
        one, two = (small_world.curve(tmp_path / str(count) / kind) for count in (1, 2))
        for name in ("loss", "grad_norm", "tokens"):
            assert [row[name] for row in one] == pytest.approx(
                [row[name] for row in two], rel=1e-4, abs=1e-5
            ), name
    kept = [len(list((tmp_path / str(count) / "rl" / "rollouts").glob("*.parquet"))) for count in (1, 2)]
    assert kept == [3, 3]
