"""What ``limbeck`` exits with, as a script sees it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from limbeck.cli import unread

COMMAND = [sys.executable, "-m", "limbeck"]
METHOD = '''"""A stage that goes wrong."""

from __future__ import annotations

import signal

from limbeck.errors import LimbeckError
from limbeck.records import Data


def broken(data: Data, *, how: str = "mistake") -> Data:
    """Raise, or be stopped."""
    if how.startswith("SIG"):
        signal.raise_signal(signal.Signals[how])
    raise LimbeckError("no good") if how == "mistake" else ZeroDivisionError("by zero")
'''


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with a method of one's own that goes wrong, and a recipe for each way."""
    room = tmp_path / "limbeck_methods/curation"
    room.mkdir(parents=True)
    (room / "broken.py").write_text(METHOD)
    (tmp_path / "mine.jsonl").write_text(
        json.dumps({"question": "1+1?", "answer": "2", "response": "2"}) + "\n"
    )
    for how in ("mistake", "bug", "SIGINT", "SIGTERM"):
        (tmp_path / f"{how}.yaml").write_text(
            "title: Mine\nstages:\n  traces: {use: problems/imported, path: mine.jsonl}\n"
            f"  kept: {{use: curation/broken, from: traces, how: {how}}}\n"
        )
    return tmp_path


def limbeck(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize(
    "words",
    [
        ["run", "reedi"],
        ["run", "redi", "--sed", "1"],
        ["run", "redi", "--set", "nothing.lr=1", "--dry-run"],
        ["show", "curation/rejct"],
        ["import", "nowhere.jsonl", "--out", "data"],
        ["verify", "mine.jsonl", "--out", "x.jsonl", "--verifier", "maths"],
        ["frobnicate"],
    ],
)
def test_a_mistake_seen_before_any_work_is_2(words: list[str], here: Path):
    done = limbeck(here, *words)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize(("how", "message"), [("mistake", "no good"), ("bug", "by zero")])
def test_a_stage_that_fails_is_1(how: str, message: str, jobs: str, here: Path):
    done = limbeck(here, "run", f"{how}.yaml", "--jobs", jobs)
    assert done.returncode == 1, done.stderr
    assert message in done.stderr
    made = json.loads((here / f"runs/{how}/run.json").read_text())
    assert [stage["name"] for stage in made["stages"]] == ["traces"], "what was made stays"


def test_what_is_done_is_0(here: Path):
    assert limbeck(here, "run", "mistake.yaml", "--until", "traces").returncode == 0
    assert limbeck(here, "import", "mine.jsonl", "--out", "data").returncode == 0


@pytest.mark.parametrize("sent", ["SIGINT", "SIGTERM"])
def test_ctrl_c_is_130(sent: str, here: Path):
    done = limbeck(here, "run", f"{sent}.yaml", "--jobs", "1")
    assert done.returncode == 130, done.stderr
    assert "go on where it was" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["import", "mine.jsonl", "--out", "data", "--limit", "-1"],
        ["verify", "mine.jsonl", "--out", "x.jsonl", "--limit", "-1"],
        ["verify", "data", "--out", "again", "--limit", "1"],
        ["verify", "data", "--out", "again", "--map", "answer=gold"],
        ["run", "mistake.yaml", "--out", "mine.jsonl"],
    ],
)
def test_options_that_mean_nothing_are_one_line(words: list[str], here: Path):
    limbeck(here, "import", "mine.jsonl", "--out", "data")
    if words[0] == "import":
        words = [*words[:3], "other", *words[4:]]
    done = limbeck(here, *words)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk to write to")
def test_a_full_disk_is_no_mistake_of_ours(here: Path):
    with open("/dev/full", "w") as full:
        done = subprocess.run([*COMMAND, "list"], cwd=here, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr == "limbeck: No space left on device\n"


def test_verify_tells_programs_what_it_counted(here: Path):
    """A row, and the import of it, whose verdict is the first."""
    limbeck(here, "import", "mine.jsonl", "--out", "data")
    for source, out, unit in (("mine.jsonl", "x.jsonl", "rows"), ("data", "judged", "traces")):
        done = limbeck(here, "verify", source, "--out", out, "--json")
        assert json.loads(done.stdout) == {"out": out, unit: 1, "outcomes": {"correct": 1}, "changed": {}}
        assert not done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["claim"], "claim: a RECIPE to run or --rewrite DIR is wanted, one of the two"),
        (
            ["claim", "redi", "--seeds", "-1"],
            "--seeds -1: wanted is how many (5), a range (101-103) or a list (0,3,7), each seed once",
        ),
        (
            ["export", "mine.jsonl", "--out", "x"],
            "mine.jsonl is a file; `limbeck import mine.jsonl --out FOLDER` makes a folder of it",
        ),
        (
            ["export", "data", "--out", "x", "--shape", "preference"],
            "nothing to export as 'preference': unmarked pairs are wanted, the data has none; a stage of "
            "curation/pairs makes them",
        ),
        (["export", "data", "--out", "x", "--split", "qq"], "no problem has the split 'qq'; known: train"),
    ],
)
def test_what_is_wrong_is_said_once(words: list[str], told: str, here: Path):
    limbeck(here, "import", "mine.jsonl", "--out", "data")
    assert limbeck(here, *words).stderr == f"limbeck: {told}\n"


@pytest.mark.parametrize(
    "words",
    [
        ["list"],
        ["list", "recipes"],
        ["show", "redi"],
        ["papers"],
        ["schema"],
        ["--help"],
        ["--version"],
        ["verify", "--help"],
        ["stats", "mine.jsonl"],
        ["stats", "mine.jsonl", "--json"],
        ["verify", "mine.jsonl", "--out", "checked.jsonl"],
        ["run", "redi", "--dry-run"],
    ],
    ids=" ".join,
)
def test_what_nobody_reads_ends_quietly(words: list[str], here: Path):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*COMMAND, *words], cwd=here, stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert (done.returncode, done.stderr.strip()) == (141, "")


def test_a_pipe_to_another_process_that_breaks_is_no_output_that_nobody_reads():
    def work():
        try:
            raise BrokenPipeError(32, "a worker has gone")
        except BrokenPipeError:
            sys.exit(1)

    with pytest.raises(BrokenPipeError, match="a worker has gone"):
        unread.watched(work)


def test_the_version_is_printed(here: Path):
    done = limbeck(here, "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"limbeck {version('limbeck')}\n", "")
