"""Stages some of whose requests failed. What they hold is used; the next run asks for the rest, and makes
anew what was made of them if any came.

A manifest says as ``missing`` how many requests failed that may be answered another time, as ``unasked`` how
many of these a spent budget did not allow, and as ``missing_before`` what is missing in each stage that led
to it: where that has changed, it was made of less. ``failed_shards`` are those that no worker could make
(`limbeck.pipeline.on_ray`), whose records say so.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from limbeck import budget, secrets
from limbeck.errors import LimbeckError
from limbeck.generation import Model
from limbeck.pipeline.context import Report
from limbeck.pipeline.step import Step
from limbeck.pipeline.store import read_manifest

ASIDE = ".before"
"""Where a stage's output lies while it is made anew."""

MANIFEST = "manifest.json"

_STAYS = (ASIDE, "aside", ".lock", "log.txt", budget.FILE)


def missing(models: Iterable[Model]) -> int:
    """How many requests to these models failed and may be answered another time."""
    return sum(getattr(model, "failed", 0) for model in models)


def before(step: Step, folders: Mapping[str, Path]) -> dict[str, int]:
    """What is missing in the stages that lead to a step, by name."""
    lacking: dict[str, int] = {}
    for name in sorted(step.after):
        manifest = read_manifest(folders[name]) if name in folders else None
        if manifest:
            lacking |= manifest.get("missing_before", {})
            lacking |= {name: short} if (short := _lacks(manifest)) else {}
    return lacking


def whole(manifest: Mapping[str, Any]) -> bool:
    """Whether a stage, and all that led to it, lacked nothing: it is never made again."""
    return not _lacks(manifest) and not manifest.get("missing_before")


def _lacks(manifest: Mapping[str, Any]) -> int:
    """How much a stage lacks itself: requests and shards that failed."""
    return int(manifest.get("missing", 0)) + len(manifest.get("failed_shards", ()))


def described(
    models: Sequence[Model], lacking: Mapping[str, int], failed_shards: Sequence[int] = ()
) -> dict[str, Any]:
    """What a manifest says of it; nothing where nothing is missing.

    Args:
        lacking: what is missing in the stages before.
    """
    unasked = sum(getattr(model, "unasked", 0) for model in models)
    told = {"missing": missing(models), "unasked": unasked, "missing_before": lacking}
    told["failed_shards"] = [*failed_shards]
    return {name: value for name, value in told.items() if value}


def check_progress(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> None:
    """Raise where a stage made again lacks what it lacked before.

    Raises:
        Unchanged: it does.
    """
    fields = ("missing", "missing_before", "failed_shards")
    if before and _lacks(before) and all(before.get(each) == now.get(each) for each in fields):
        raise Unchanged("; ".join(told(before)))


def current(manifest: Mapping[str, Any], lacking: Mapping[str, int]) -> bool:
    """Whether a stage is as it would be made from what leads to it, ``lacking`` so much."""
    return not _lacks(manifest) and manifest.get("missing_before", {}) == lacking


def told(manifest: Mapping[str, Any]) -> list[str]:
    """What is said of a partial stage, a line each."""
    unasked = manifest.get("unasked", 0)
    failed = manifest.get("missing", 0) - unasked
    again = "failed and may be answered another time: run the same command to ask again"
    lines = [f"{failed:,} requests {again}"] if failed else []
    lines += [f"{unasked:,} requests were not asked: the budget was spent"] if unasked else []
    if shards := manifest.get("failed_shards"):
        numbers = ", ".join(map(str, shards[:9])) + ", …" * (len(shards) > 9)
        lines.append(
            f"shards that failed: {len(shards):,} ({numbers}); their records say so, run the same command to "
            "try them again"
        )
    return lines


class Unchanged(LimbeckError):
    """A partial stage was made again and lacks as much as before: what is there stays."""


@contextmanager
def anew(folder: Path, manifest: Mapping[str, Any], report: Report) -> Iterator[None]:
    """Put a stage's output aside while it is made again from its journals. Whatever is raised inside brings
    it back; where it only lacked requests, a mistake (a server that is down) is told and goes no further.

    Args:
        manifest: of the output.
    """
    aside = folder / ASIDE
    aside.mkdir()
    # The manifest goes first and comes back last: a stage with one is finished.
    for path in sorted(_output(folder), key=lambda path: path.name != MANIFEST):
        path.rename(aside / path.name)
    try:
        yield
    except Unchanged:
        restore(folder)
    except LimbeckError as error:
        restore(folder)
        if not _lacks(manifest):
            raise
        kept = f"{error}; what it has without what failed before is used"
        report({"kind": "log", "label": folder.name, "message": secrets.redacted(kept)})
    except BaseException:
        restore(folder)
        raise
    else:
        shutil.rmtree(aside)


def keep_sound(folder: Path, manifest: Mapping[str, Any], lacking: Mapping[str, int]) -> None:
    """Inside `anew`: give a stage whose shards failed those back that did not, unless what they were made of
    has changed."""
    failed = {f"{index:05d}" for index in manifest.get("failed_shards", ())}
    if not failed or manifest.get("missing_before", {}) != lacking:
        return
    for path in (folder / ASIDE).glob("?????.*.parquet"):
        if path.name[:5] not in failed:
            shutil.copyfile(path, folder / path.name)


def restore(folder: Path) -> None:
    """Bring back what `anew` put aside, in place of what was made meanwhile; also after a kill."""
    aside = folder / ASIDE
    if not aside.is_dir():
        return
    if (aside / MANIFEST).exists():
        for path in _output(folder):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in sorted(aside.iterdir(), key=lambda path: path.name == MANIFEST):
        path.rename(folder / path.name)
    aside.rmdir()


def mark_shard(folder: Path, index: int) -> None:
    """Note of a shard that is about to be written that requests for it failed: should the stage be killed
    before its manifest says so, the shard is made again."""
    (folder / f".{index:05d}.partial").touch()


def forget_shards(folder: Path) -> None:
    """Have the shards with a note made again."""
    for mark in folder.glob(".?????.partial"):
        (folder / f"{mark.name[1:6]}.problems.parquet").unlink(missing_ok=True)
        mark.unlink()


def unmark(folder: Path) -> None:
    """The manifest says what is missing, the shards need no notes."""
    for mark in folder.glob(".?????.partial"):
        mark.unlink()


def _output(folder: Path) -> list[Path]:
    """What a stage made: everything but its journals, its log and its lock."""
    return [path for path in folder.iterdir() if not _stays(path.name)]


def _stays(name: str) -> bool:
    return name in _STAYS or name.startswith("journal.")
