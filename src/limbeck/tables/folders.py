"""Which files a path means: itself, what a glob matches, the shards in a folder, a data set's splits."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatch
from glob import glob
from pathlib import Path
from typing import Any, NamedTuple

from limbeck.errors import LimbeckError, nearest
from limbeck.tables.files import KINDS, suffix

PASSED_OVER = (
    ".*", "_*", "readme*", "license*", "*.md", "*.txt", "*.lock", "*.crc", "*.py", "cache-*.arrow",
    "dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json", "manifest.json",
)  # fmt: skip
"""What lies in folders of rows beside them."""


class Source(NamedTuple):
    """A file and the split that its rows belong to, empty where nothing says so."""

    path: Path
    split: str = ""


def is_store(path: str | Path) -> bool:
    """Whether a folder holds problems and traces as a stage or an import of Limbeck writes them."""
    return any(Path(path).glob("?????.problems.parquet"))


def sources(path: str | Path) -> list[Source]:
    """The files that a path means, in the order in which they are read.

    Raises:
        LimbeckError: there is none, or a folder holds files of several kinds.
    """
    path = Path(path)
    if path.is_file():
        return [Source(path)]
    if path.is_dir():
        return _in_folder(path)
    matching = sorted(entry for entry in map(Path, glob(str(path), recursive=True)) if entry.is_file())
    if not matching:
        known = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        raise LimbeckError(f"no file at {path}{nearest(path.name, known)}")
    return [Source(file) for file in _rows(matching) or matching]


def _in_folder(folder: Path) -> list[Source]:
    if is_store(folder):
        raise LimbeckError(f"{folder} holds problems and traces of Limbeck, not a table")
    if splits := _facts(folder / "dataset_dict.json").get("splits"):
        return [Source(file, name) for name in splits for file, _ in _in_folder(folder / name)]
    if saved := _facts(folder / "state.json").get("_data_files"):
        return [Source(folder / entry["filename"]) for entry in saved]
    files = _rows(folder.iterdir())
    if not files and (folder / "data").is_dir():
        files = _rows((folder / "data").iterdir())
    kinds = Counter(suffix(file) for file in files)
    if len(kinds) > 1:
        held = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        glob_of_one = folder / f"*{kinds.most_common(1)[0][0]}"
        raise LimbeckError(
            f"{folder} holds files of several kinds ({held}); name those meant, such as '{glob_of_one}'"
        )
    if not files:
        held = ", ".join(sorted(entry.name for entry in folder.iterdir())[:8]) or "it is empty"
        raise LimbeckError(f"{folder} holds no file of rows ({held}); known: {', '.join(KINDS)}")
    return _of_cache(folder, files) if kinds.keys() == {".arrow"} else [Source(file) for file in files]


def _of_cache(folder: Path, files: list[Path]) -> list[Source]:
    """Files of the cache of `datasets`, such as ``gsm8k-test.arrow``, whose names say their splits."""
    named: list[Source] = []
    for split in _facts(folder / "dataset_info.json").get("splits") or {}:
        shard = re.compile(rf"-{re.escape(split)}(-\d{{5}}-of-\d{{5}})?\.arrow$")
        named += [Source(file, split) for file in files if shard.search(file.name)]
    return named if len(named) == len(files) else [Source(file) for file in files]


def _rows(entries: Iterable[Path]) -> list[Path]:
    """Those that are files of rows, in name order."""
    files = (entry for entry in entries if entry.is_file() and suffix(entry) in KINDS)
    return sorted(file for file in files if not any(fnmatch(file.name.lower(), name) for name in PASSED_OVER))


def _facts(file: Path) -> dict[str, Any]:
    """What a file of `datasets` says; nothing where it is missing or another thing of the same name."""
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}
