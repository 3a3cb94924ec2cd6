"""Importing the file of a method: one of the package's, or one of the user's with the helpers beside it."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from limbeck.errors import LimbeckError
from limbeck.pipeline.rooms import folder

PACKAGE = Path(__file__).resolve().parents[1]


def module_name(path: Path) -> str:
    """The dotted name of a file of the package."""
    return ".".join(["limbeck", *path.relative_to(PACKAGE).with_suffix("").parts])


def load(room: str, path: Path) -> ModuleType:
    """The module in a method's file.

    Raises:
        LimbeckError: two helper files of one name that are imported without a dot.
    """
    if path.is_relative_to(PACKAGE):
        return importlib.import_module(module_name(path))
    name = _own_name(room, path)
    if name not in sys.modules:
        importlib.invalidate_caches()  # the file may be younger than this process
        for file in [*reversed(helpers(path)), path]:  # first what others import
            for helper in _beside(file, bare=True):
                _known_by_its_bare_name(room, helper, path)
    return importlib.import_module(name)


def helpers(path: Path) -> list[Path]:
    """Files beside a user's method that it imports, ``from helper import x`` or ``from ._helper import x``,
    and those that they import."""
    seen: list[Path] = []
    waiting = [path]
    while waiting:
        for file in _beside(waiting.pop()):
            if file != path and file not in seen:
                seen.append(file)
                waiting.append(file)
    return seen


def _beside(path: Path, bare: bool = False) -> Iterator[Path]:
    """Files of its own folder that a file imports; only those that it names without a dot, if ``bare``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level <= (0 if bare else 1):
            names = [node.module] if node.module else [alias.name for alias in node.names]
        files = (path.parent / f"{name.split('.')[0]}.py" for name in names)
        yield from (file for file in files if file.is_file())


def _own_name(room: str, path: Path) -> str:
    """The dotted name of a user's file. Its first part stands for the folder that holds the rooms, so that
    files of one name in two such folders are two modules."""
    folders, room = path.parent.parts, Path(folder(room)).parts[0]
    depth = len(folders) - folders[::-1].index(room) - 1
    root = Path(*folders[:depth])
    package = f"limbeck_methods_{hashlib.sha256(str(root).encode()).hexdigest()[:8]}"
    if package not in sys.modules:
        module = ModuleType(package)
        module.__path__ = [str(root)]
        sys.modules[package] = module
    return ".".join([package, *folders[depth:], path.stem])


def _known_by_its_bare_name(room: str, helper: Path, path: Path) -> None:
    """Let ``from helper import x`` find the file beside the method, unless something installed is called
    so."""
    bare = helper.stem
    if bare in sys.stdlib_module_names:
        return
    known = sys.modules.get(bare)
    if known is None and importlib.util.find_spec(bare) is None:
        sys.modules[bare] = importlib.import_module(_own_name(room, helper))
    elif known is not None and _is_a_helper(known) and Path(known.__file__ or "") != helper:
        raise LimbeckError(
            f"{path}: two helper files are called {bare}: {known.__file__} and {helper}; write "
            f"`from .{bare} import …`, or rename one"
        )


def _is_a_helper(module: ModuleType) -> bool:
    return module.__name__.startswith("limbeck_methods_")
