"""What can be made whole again of a damaged folder. Nothing is deleted: what is damaged is kept aside, and a
stage that lost something counts as unfinished, so that the next run makes that part again."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from limbeck.errors import Failed
from limbeck.pipeline import artefacts, counting, inventory, store
from limbeck.pipeline.arrow import TABLES, to_table
from limbeck.records import Result
from limbeck.upkeep.soundness import Seen, look

ASIDE = "aside"
RESULTS = "results.parquet"


@dataclass
class Mended:
    """What was done about a damaged folder, and what is left for people to do."""

    folder: Path
    name: str
    done: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def repair(seen: Seen) -> Mended:
    """Make a folder whole, or ready to be made whole by the next run.

    Raises:
        Failed: a run is at work in it.
    """
    mended = Mended(seen.folder, seen.name)
    if not seen.wrong and not seen.extra:
        return mended
    page = _page(seen.folder)
    made = _manifest(seen.folder) or page
    if not (seen.folder.parent.name == "stages" or "use" in made):
        mended.left.append(_again(seen, made))
        return mended
    with _alone(seen.folder):
        _rebuild(seen, page, mended)
        if seen.wrong or seen.extra:
            _unfinish(seen, made, mended)
    return mended


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed(f"a run is at work in {folder}; repair it when that is done") from None
        yield


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        return inventory.manifest(folder) or {}
    except inventory.Damaged:
        return {}


def _page(folder: Path) -> dict[str, Any]:
    """What the run's ``run.json`` holds of a stage: its manifest, and its rows of results."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        page = json.loads((folder.parent.parent / "run.json").read_bytes())
        for stage in page["stages"]:
            if Path(stage["dir"]).name == folder.name:
                rows = [dict(row) for row in page["results"] if row.pop("stage", "") == stage["name"]]
                return {**stage, "results": rows}
    return {}


def _again(seen: Seen, made: dict[str, Any]) -> str:
    """How to come by what no run makes."""
    lost = ", ".join(sorted(seen.wrong)) or ", ".join(seen.extra)
    if made.get("name") == "import" and "file" in made:
        return f"{lost}: import {made['file']} again, to another --out; what is sound stays as it is"
    if made.get("name") == "verify" and "from" in made:
        return f"{lost}: verify {made['from']} again, to another --out; what is sound stays as it is"
    return f"{lost}: no run made this; write it again to another folder; what is sound stays as it is"


# --- from what else is known


def _rebuild(seen: Seen, page: dict[str, Any], mended: Mended) -> None:
    """Write anew what ``run.json`` knows too: the rows of results, and a manifest whose files are sound."""
    folder, wrong = seen.folder, {*seen.wrong}
    if RESULTS in wrong and page.get("results"):
        rows = msgspec.convert(page["results"], list[Result])
        _keep(folder, [RESULTS])
        store.write_table(folder / RESULTS, to_table(rows, Result))
        mended.done.append(f"{RESULTS} is written anew from run.json")
        wrong.discard(RESULTS)
    for name in sorted(wrong):
        path = Path(name)
        if (
            path.suffix == ".parquet"
            and path.name == name
            and not inventory.SHARD.fullmatch(name)
            and name != RESULTS
        ):
            _keep(folder, [name], move=True)  # a curve, which nothing is made of
            mended.done.append(f"{name} is set aside; nothing is made of it")
            wrong.discard(name)
    manifest = _manifest(folder) or page
    if (
        wrong <= {inventory.MANIFEST}
        and not seen.extra
        and manifest.get("kind") in ("data", "results", "checkpoint")
    ):
        if wrong and not _counted(folder, manifest):
            return
        _keep(folder, [inventory.MANIFEST])
        gone = ("schema", "files", "dir", "cached", "metrics", "results")
        store.write_manifest(folder, {key: value for key, value in manifest.items() if key not in gone})
        mended.done.append(f"{inventory.MANIFEST} is written anew" + (" from run.json" if wrong else ""))
        seen.wrong.clear()


def _counted(folder: Path, page: dict[str, Any]) -> bool:
    """Whether a folder without a readable manifest holds all that its run counted."""
    if page.get("kind") == artefacts.CHECKPOINT.kind or not page.get("counts"):
        return False
    try:
        return bool(counting.counts(store.StoredShards(folder)) == page["counts"])
    except inventory.Damaged:
        return False


# --- by the next run


def _unfinish(seen: Seen, made: dict[str, Any], mended: Mended) -> None:
    """Keep the folder as it is aside, then take out of it what is damaged, and its manifest."""
    folder, out = seen.folder, [inventory.MANIFEST, *seen.extra]
    tables = [path.name for path in folder.glob("?????.*.parquet")]
    _keep(folder, [*tables, RESULTS, inventory.MANIFEST])
    for name in seen.wrong:
        if shard := inventory.SHARD.fullmatch(name):
            out += [f"{shard[1]}.{table}.parquet" for table in TABLES]
        elif name.split("/")[0] in inventory.FOLDERS and made.get("kind") != artefacts.STORED.kind:
            out.append(name.split("/")[0])
        else:
            out.append(name)
    _keep(folder, dict.fromkeys(out), move=True)
    lost = ", ".join(sorted({*seen.wrong, *seen.extra}))
    mended.done.append(f"{lost}: set aside; the stage is unfinished, and the next run makes what is lost")
    if made.get("usage") and not any(folder.glob("journal.*")):
        mended.left.append("what is lost was asked of an endpoint, and is asked again")


def _keep(folder: Path, names: Iterable[str], move: bool = False) -> None:
    """Have files, or folders that are moved, in the folder ``aside`` too, each under a name that is free."""
    for name in names:
        path, target = folder / name, folder / ASIDE / name
        if not (path.is_symlink() or path.exists()):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if move and target.exists() and path.is_file() and path.samefile(target):
            path.unlink()
            continue
        number = 1
        while target.is_symlink() or target.exists():
            number += 1
            target = folder / ASIDE / f"{name}.{number}"
        if move:
            path.rename(target)
            continue
        try:
            os.link(path, target, follow_symlinks=False)
        except OSError:  # a file system without links, or a folder
            shutil.copytree(path, target) if path.is_dir() else shutil.copy2(path, target)


def mend(folder: Path) -> Mended:
    """Look at a folder and repair it."""
    return repair(look(folder))
