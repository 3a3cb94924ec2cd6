"""``limbeck check`` and ``limbeck repair``; disks that are full; folders with odd names."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from limbeck.errors import Failed
from limbeck.pipeline import inventory

ROWS = [
    {"question": f"{n} + {n}?", "response": f"{'so ' * n}{2 * n}", "answer": f"{2 * n}"} for n in range(200)
]
RECIPE = "title: t\nstages:\n  read: {use: problems/imported, path: mine.jsonl}\n"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return furnished(tmp_path)


def furnished(folder: Path) -> Path:
    (folder / "mine.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    (folder / "read.yaml").write_text(RECIPE)
    return folder


def limbeck(folder: Path, *words: str, most: int = 0) -> subprocess.CompletedProcess[str]:
    """A call of the command line, in a folder where no file may have more than ``most`` bytes."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return subprocess.run(
        [sys.executable, "-m", "limbeck", *words], cwd=folder, capture_output=True, text=True,
        preexec_fn=limit if most else None, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def test_a_store_is_checked_and_what_is_damaged_is_named(here: Path):
    limbeck(here, "import", "mine.jsonl", "--out", "data")
    done = limbeck(here, "check", "data", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["sound"], told["stages"][0]["rows"]["traces"]) == (0, True, 200)
    path = here / "data/00000.traces.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    done = limbeck(here, "check", "data", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["sound"], [*told["stages"][0]["damaged"]]) == (1, False, [path.name])
    for command in (["check", "data"], ["export", "data", "--out", "x.jsonl"], ["stats", "data"]):
        done = limbeck(here, *command)
        assert done.returncode == 1, command
        assert path.name in done.stderr
    done = limbeck(here, "repair", "data")
    assert done.returncode == 1
    assert "import mine.jsonl again" in done.stderr


def test_a_run_is_checked_repaired_and_made_whole(here: Path):
    limbeck(here, "run", "read.yaml", "--out", "out")
    (path,) = here.glob("out/stages/read-*/00000.traces.parquet")
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"?" + whole[101:])
    assert limbeck(here, "check", "out").returncode == 1
    repaired = limbeck(here, "repair", "out", "--json")
    assert (repaired.returncode, len(json.loads(repaired.stdout)["repaired"])) == (0, 1)
    assert limbeck(here, "run", "read.yaml", "--out", "out").returncode == 0
    assert limbeck(here, "check", "out").returncode == 0
    assert path.read_bytes() == whole
    assert limbeck(here, "repair", "out").stdout == "out: nothing is damaged\n"
    (here / "out/run.json").write_text('{"stages": ')
    done = limbeck(here, "check", "out")
    assert (done.returncode, "run the recipe again" in done.stderr) == (1, True)


@pytest.mark.parametrize("place", ["nothing", "."])
def test_what_holds_nothing_of_ours_is_a_mistake(place: str, here: Path):
    assert limbeck(here, "check", place).returncode == 2


@pytest.mark.parametrize("words", [
    ["import", "mine.jsonl", "--out", "big"],
    ["run", "read.yaml", "--out", "out", "--jobs", "1"],
    ["run", "read.yaml", "--out", "out", "--jobs", "2"],
    ["export", "data", "--out", "x.jsonl"],
    ["export", "data", "--out", "x.parquet"],
    ["export", "data", "--out", "folder"],
    ["verify", "mine.jsonl", "--out", "x.jsonl"],
    ["verify", "data", "--out", "again"],
    ["stats", "data", "--html", "x.html"],
], ids=" ".join)  # fmt: skip
def test_a_disk_that_is_full_in_the_midst_of_work_is_one_line_and_1(words: list[str], here: Path):
    limbeck(here, "import", "mine.jsonl", "--out", "data")
    before = sorted(path.name for path in here.rglob("*"))
    done = limbeck(here, *words, most=1000)
    assert done.returncode == 1, done.stderr
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert "mistake of ours" not in done.stderr
    if words[0] == "export":
        assert sorted(path.name for path in here.rglob("*")) == before, "nothing half written is left"
    assert limbeck(here, *words).returncode == 0, "with room, the same command does it"


@pytest.mark.parametrize(
    "name", ["with blanks", "a[b]*?", "größe…", "split=train", "-x", "a'b\"$HOME", "link"]
)
def test_folders_may_be_called_anything(name: str, tmp_path: Path):
    if name == "link":
        (tmp_path / "real").mkdir()
        (tmp_path / name).symlink_to(tmp_path / "real")
    else:
        (tmp_path / name).mkdir()
    folder = str(furnished(tmp_path / name))
    calls = (
        ["import", f"{folder}/mine.jsonl", "--out", f"{folder}/data"],
        ["run", f"{folder}/read.yaml", "--out", f"{folder}/out", "--jobs", "1"],
        ["export", f"{folder}/data", "--out", f"{folder}/x.jsonl", "--shape", "traces"],
        ["check", folder],
        ["check", f"{folder}/data"],
    )
    for words in calls:
        done = limbeck(tmp_path, *words)
        assert done.returncode == 0, done.stderr
    assert len((Path(folder) / "x.jsonl").read_text().splitlines()) == 200
    assert inventory.is_store(Path(folder) / "data")


def test_damage_crosses_from_process_to_process():
    import pickle

    error = pickle.loads(pickle.dumps(inventory.damaged(Path("a/b.parquet"), "it is missing")))
    assert isinstance(error, Failed)
    assert "a/b.parquet: it is missing" in str(error)
