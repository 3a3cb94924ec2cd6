"""Files that a recipe names: where they lie, what identifies their content, where they are to be had."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from contextlib import suppress
from glob import glob
from pathlib import Path
from typing import Any

from limbeck.pipeline.loading import PACKAGE
from limbeck.pipeline.signature import Method

DIGESTED = 64 * 2**20
"""Bytes up to which content is read; beyond that names, sizes and times identify it."""
_HUB = re.compile(r"``([\w.-]+/[\w.-]+)``,?\s+(?:from|on|of)\s+the\s+Hub")


def resolve_path(value: str, folder: Path | None = None) -> str:
    """``asset:haste/teacher`` is a folder of the package; a path relative to its recipe is found from
    anywhere."""
    if value.startswith("asset:"):
        return str(PACKAGE / "assets" / value.removeprefix("asset:"))
    if folder is None or not value or Path(value).is_absolute() or _there(value):
        return value
    beside = str(folder / value)
    return beside if _there(beside) else value


def _there(path: str) -> bool:
    """Whether something is at a path, which may have brackets in its name, or matches a glob."""
    return Path(path).exists() or bool(glob(path))


def content_keys(value: Any) -> Any:
    """`content_key` of a path, or of each of a list."""
    return content_key(value) if isinstance(value, str) else [*map(content_key, value)]


def content_key(path: str) -> Any:
    """What identifies a file's or folder's content: digests up to 64 MB, beyond that names, sizes and times;
    of a folder that a stage has written, the stage's key.

    A name that is no local path (a Hub id) identifies itself.
    """
    if path and (made := _stage_key(Path(path))):
        return made
    if not path:
        return path
    entries = [Path(path)] if Path(path).exists() else [Path(entry) for entry in sorted(glob(path))]
    inside = (entry.rglob("*") if entry.is_dir() else [entry] for entry in entries)
    # Hidden names are locks and files half written: they come and go while the content stays.
    files = [file for group in inside for file in group if not file.name.startswith(".")]
    files = sorted(file for file in files if file.is_file())
    if not files:
        return path
    sizes = {file: file.stat().st_size for file in files}
    if sum(sizes.values()) > DIGESTED:
        return [[file.name, sizes[file], file.stat().st_mtime_ns] for file in files]
    return [[file.name, hashlib.sha256(file.read_bytes()).hexdigest()] for file in files]


def is_stage(folder: Path) -> bool:
    """Whether it is a folder of shards, as a stage or ``limbeck import`` writes."""
    return (folder / "00000.problems.parquet").is_file()


def _stage_key(folder: Path) -> list[str]:
    """The key in the manifest of a finished stage's folder of shards; empty for any other."""
    if not is_stage(folder):
        return []
    with suppress(OSError, ValueError):
        key = json.loads((folder / "manifest.json").read_bytes()).get("key")
        return ["stage", key] if isinstance(key, str) and key else []
    return []


def example(folder: Path) -> str:
    """A pattern for the files that a folder holds most of: ``*.jsonl``."""
    suffixes = Counter("".join(file.suffixes[-2:]) for file in folder.iterdir() if file.is_file())
    return f"*{suffixes.most_common(1)[0][0]}" if suffixes else "*.jsonl"


def source_of(chosen: Method, name: str) -> str:
    """Where a method's file is to be had, as far as its docstring and settings know: what it says of the
    parameter, and a data set on the Hub."""
    entry = re.search(rf"^    {name}: (.+(?:\n {{5,}}.+)*)", chosen.doc, re.M)
    told = " ".join(entry[1].split()).split(". ")[0].rstrip(".") if entry else ""
    setting = chosen.params.get("hub")
    hub = setting.default if setting else next(iter(_HUB.findall(chosen.doc)), "")
    parts = [
        f"{chosen.key} reads {told}" if told else "",
        f"https://huggingface.co/datasets/{hub}" if hub else "",
    ]
    return "; ".join(filter(None, parts))
