"""What of a run's folder, or of a store, is as it was written: every file read, nothing changed."""

from __future__ import annotations

import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from limbeck.errors import LimbeckError
from limbeck.models import _journal_file as journal
from limbeck.pipeline import inventory
from limbeck.pipeline.inventory import Damaged, Entry
from limbeck.pipeline.store import SCHEMA_VERSION, read_data

State = Literal["sound", "damaged", "unfinished", "older"]


@dataclass
class Seen:
    """What a folder of a stage, an import or a verification holds.

    Attributes:
        state: ``older``: readable and counted, of before manifests held digests; ``unfinished``: without a
            manifest, what is there is sound.
        rows: of the tables that are sound, by what they hold.
        wrong: what is damaged: path relative to the folder, and how.
        extra: shards that the manifest does not list, which nobody reads.
        unread: of journals, how many lines cannot be read: what they hold is as if never asked, and the stage
            is no worse for it.
    """

    folder: Path
    name: str
    kind: str = ""
    state: State = "sound"
    files: int = 0
    bytes: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, str] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)
    unread: dict[str, int] = field(default_factory=dict)

    def note(self, path: Path, error: Exception) -> None:
        """A file that is damaged."""
        name = path.relative_to(self.folder).as_posix()
        what = str(error).removeprefix(f"cannot read {path}: ").partition("; `limbeck repair")[0]
        self.wrong.setdefault(name, what)
        self.state = "damaged"

    @contextmanager
    def noting(self, path: Path) -> Iterator[None]:
        """Note what is raised of a file in place of raising it."""
        try:
            yield
        except (Damaged, OSError) as error:
            self.note(path, error)

    def count(self, name: str, entry: Entry) -> None:
        """A file that is sound."""
        self.files += 1
        self.bytes += entry.bytes
        if entry.rows is not None and "/" not in name:
            self.rows[name.split(".")[-2]] += entry.rows


def folders(place: Path) -> list[Path]:
    """The folders of stages in a run, or in all runs below a folder; a store is one by itself.

    Raises:
        LimbeckError: there is nothing of the kind.
    """
    if not place.is_dir():
        raise LimbeckError(f"{place} is no folder; give the folder of a run, of a stage or of an import")
    if (place / inventory.MANIFEST).exists() or inventory.is_store(place):
        return [place]
    below = sorted(path for path in place.glob("**/stages/*") if path.is_dir() and path.name[0] != ".")
    if not below and not (place / "run.json").exists():
        if (place / ".lock").exists():  # a stage that was begun
            return [place]
        raise LimbeckError(f"{place} holds no run and no data of ours")
    return below


def look(folder: Path) -> Seen:
    """Read every file of a folder, and hold it against the manifest."""
    seen = Seen(folder, folder.name)
    try:
        made = inventory.manifest(folder)
        files = inventory.listed(folder)
    except Damaged as error:
        seen.note(folder / inventory.MANIFEST, error)
        made, files = None, None
    if made is not None:
        seen.name, seen.kind = str(made.get("name") or folder.name), str(made.get("kind") or "data")
        if made.get("schema") != SCHEMA_VERSION:
            seen.note(folder / inventory.MANIFEST, LimbeckError(f"it is of schema {made.get('schema')}"))
    if files is None:
        _look_at_what_is_there(seen, made)
    else:
        for name, entry in files.items():
            with seen.noting(folder / name):
                inventory.need_as_written(folder / name, entry)
                seen.count(name, entry)
        there = (path.name for path in folder.glob("?????.*.parquet"))
        seen.extra = sorted(name for name in there if inventory.SHARD.fullmatch(name) and name not in files)
    _look_at_the_state(seen)
    _look_at_the_journals(seen)
    return seen


def _look_at_what_is_there(seen: Seen, made: dict[str, Any] | None) -> None:
    """Read the tables of a folder whose manifest lists none: each by itself, and all against the counts."""
    for path in inventory.kept_files(seen.folder):
        rows = None
        with seen.noting(path):
            rows = inventory.table(path).num_rows if path.suffix == ".parquet" else None
            seen.count(path.relative_to(seen.folder).as_posix(), Entry(path.stat().st_size, "", rows))
    if seen.state == "damaged":
        return
    seen.state = "unfinished" if made is None else "older"
    try:
        if made is not None:
            read_data(seen.folder)
    except Damaged as error:
        seen.note(error.path or seen.folder / inventory.MANIFEST, error)


def _look_at_the_state(seen: Seen) -> None:
    """A training state is a zip archive, whose parts bear checksums."""
    path = seen.folder / "state" / "last.pt"
    if not path.exists():
        return
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except (OSError, zipfile.BadZipFile) as error:
        broken = str(error)
    if broken:
        seen.note(path, LimbeckError(f"no training state ({broken}); training begins anew without it"))


def _look_at_the_journals(seen: Seen) -> None:
    # Of the open file and those that it was packed into, either may be there alone.
    files = [path.name for path in seen.folder.glob("journal.*")]
    names = {re.sub(r"\.\d{5}\.jsonl\.zst$", ".jsonl", name) for name in files}
    for name in sorted(names):
        with seen.noting(seen.folder / name):
            if count := journal.unread(seen.folder / name).total():
                seen.unread[name] = count


def damage_of_page(place: Path) -> str:
    """What is wrong with a run's ``run.json``; nothing where it is sound, or there is none."""
    try:
        sound = isinstance(json.loads((place / "run.json").read_bytes()), dict)
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        return f"it is no page of a run ({error}); run the recipe again to have it written anew"
    return "" if sound else "it is no page of a run; run the recipe again to have it written anew"
