"""Room and file name lead to a method. Listing reads signatures from source text and imports nothing.

A method is a file ``room/name.py`` with a public function ``name``. Besides the package itself, methods are found in
every folder on ``LIMBECK_PATH`` and in ``./limbeck_methods``, in sub-folders named like rooms.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import os
import re
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from limbeck.errors import LimbeckError, unknown

PACKAGE = Path(__file__).resolve().parents[1]
ROOMS: dict[str, str] = {
    "problems": "questions with a reference answer and a way to check it",
    "models": "something that can generate and score text",
    "teachers": "ways to get traces for problems",
    "formats": "how reasoning and answer are joined into a text, and split again",
    "verifiers": "who decides that a trace is right",
    "curation": "mark, choose, pair and order traces; nothing is deleted",
    "objectives": "what a student minimises",
    "rollouts": "how a step's traces come about while a student trains",
    "rewards": "what rollouts are rewarded with",
    "students": "where a student comes from and how it is changed before training",
    "training": "one loop for every objective",
    "evaluation": "numbers with error bars",
}


@dataclass(frozen=True)
class Parameter:
    """One parameter of a method, as written in its signature."""

    name: str
    annotation: str
    default: Any = None
    required: bool = True


@dataclass(frozen=True)
class Method:
    """A method as its source text describes it."""

    room: str
    name: str
    path: Path
    doc: str
    returns: str
    inputs: tuple[Parameter, ...]
    params: dict[str, Parameter] = field(hash=False)
    version: int = 1
    many_inputs: bool = False

    @property
    def key(self) -> str:
        return f"{self.room}/{self.name}"

    @property
    def source(self) -> str:
        """A digest of the text of a method of one's own; empty for those of the package, which have its version."""
        own = not self.path.is_relative_to(PACKAGE)
        return hashlib.sha256(self.path.read_bytes()).hexdigest()[:12] if own else ""

    @property
    def summary(self) -> str:
        """The first sentence of its docstring."""
        return self.doc.split("\n\n")[0].replace("\n", " ").strip()

    def load(self) -> ModuleType:
        """Import the module the method lives in."""
        if self.path.is_relative_to(PACKAGE):
            return importlib.import_module(f"limbeck.{self.room}.{self.name}")
        name = f"limbeck_methods.{self.room}.{self.name}"
        if name not in sys.modules:
            spec = importlib.util.spec_from_file_location(name, self.path)
            assert spec and spec.loader, self.path  # noqa: PT018 one fact: a .py file has a loader
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            spec.loader.exec_module(module)
        return sys.modules[name]


@dataclass(frozen=True)
class Bound:
    """A method with its parameters fixed: what a method of one room receives of another room."""

    name: str
    module: ModuleType
    params: dict[str, Any]

    def __call__(self, *args: Any, **more: Any) -> Any:
        return getattr(self.module, self.name)(*args, **self.params, **more)


def roots() -> list[Path]:
    """Folders that hold rooms: the user's own first, so that a user may replace a method of ours."""
    own = [Path(entry) for entry in os.environ.get("LIMBECK_PATH", "").split(os.pathsep) if entry]
    return [*own, Path("limbeck_methods").resolve(), PACKAGE]


def _literal(node: ast.expr | None, constants: dict[str, ast.expr] = {}) -> Any:  # noqa: B006 never changed
    if isinstance(node, ast.Name) and node.id in constants:
        node = constants[node.id]
    try:
        return ast.literal_eval(node) if node is not None else None
    except ValueError:
        return ast.unparse(node)  # type: ignore[arg-type]


def _head(text: str, name: str) -> ast.Module:
    """A file's syntax up to the docstring of its function ``name``; whole where that cannot be told apart.

    Listing reads every method of the house, and most of their lines come later.

    Raises:
        SyntaxError: it is no Python.
    """
    start = re.search(rf"^def {re.escape(name)}\(", text, re.M)
    opened = text.find('"""', start.end()) if start else -1
    closed = text.find('"""', opened + 3) if opened > 0 else -1
    if closed > 0:
        with suppress(SyntaxError):
            return ast.parse(text[: closed + 3])
    return ast.parse(text)


def _describe(room: str, path: Path) -> Method | None:
    """The method in a file, or None where the file holds none (``ops.py`` and the like)."""
    try:
        text = path.read_text(encoding="utf-8")
        if room != "formats" and f"def {path.stem}(" not in text:
            return None
        tree = ast.parse(text) if room == "formats" else _head(text, path.stem)
    except (SyntaxError, UnicodeDecodeError) as error:
        raise LimbeckError(f"cannot read the method file {path}: {error}") from error
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    # A default may be a constant of the file.
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    version = _literal(constants["VERSION"]) if "VERSION" in constants else 1
    if room == "formats" and {"parse", "render"} <= functions.keys():
        return Method(room, path.stem, path, ast.get_docstring(tree) or "", "Format", (), {}, version)
    function = functions.get(path.stem)
    if function is None:
        return None
    args = function.args

    def note(arg: ast.arg) -> str:
        return ast.unparse(arg.annotation) if arg.annotation else "Any"

    inputs = [Parameter(arg.arg, note(arg)) for arg in [*args.posonlyargs, *args.args]]
    if args.vararg:
        inputs.append(Parameter(args.vararg.arg, note(args.vararg)))
    params = {
        arg.arg: Parameter(arg.arg, note(arg), _literal(default, constants), default is None)
        for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True)
    }
    doc = ast.get_docstring(function) or ast.get_docstring(tree) or ""
    returns = ast.unparse(function.returns) if function.returns else "Any"
    return Method(room, path.stem, path, doc, returns, tuple(inputs), params, version, args.vararg is not None)


def methods(room: str) -> dict[str, Method]:
    """All methods of a room by name, in alphabetical order."""
    if room not in ROOMS:
        raise unknown("room", room, ROOMS)
    return _methods(room, tuple(roots()))


@cache
def _methods(room: str, where: tuple[Path, ...]) -> dict[str, Method]:
    found: dict[str, Method] = {}
    for root in where:
        for path in (root / room).glob("[a-z]*.py"):
            if path.stem not in found and (described := _describe(room, path)):
                found[path.stem] = described
    return dict(sorted(found.items()))


def method(key: str, where: str = "") -> Method:
    """The method named ``room/name``, or a bare ``name`` when only one room has it."""
    if "/" in key:
        room, name = key.split("/", 1)
        if room not in ROOMS:
            raise unknown("room", room, ROOMS, where)
        if name not in methods(room):
            raise unknown(f"method in {room}/", name, methods(room), where)
        return methods(room)[name]
    having = [room for room in ROOMS if key in methods(room)]
    if len(having) == 1:
        return methods(having[0])[key]
    if having:
        names = ", ".join(f"{room}/{key}" for room in having)
        raise LimbeckError(f"{key!r} is a method of several rooms{f' ({where})' if where else ''}: say {names}")
    raise unknown("method", key, [f"{room}/{name}" for room in ROOMS for name in methods(room)], where)


def bind(room: str, value: str | dict[str, Any], where: str) -> tuple[Method, dict[str, Any]]:
    """Read ``redi`` or ``{redi: {alpha: 0.8}}`` as a method of a room and its (unchecked) parameters."""
    if isinstance(value, dict):
        if len(value) != 1:
            raise LimbeckError(f"{where}: one {room} method is wanted, as name or {{name: {{…}}}}, not {value!r}")
        name, params = next(iter(value.items()))
        params = params or {}
    else:
        name, params = value, {}
    if not isinstance(name, str) or not isinstance(params, dict):
        raise LimbeckError(f"{where}: one {room} method is wanted, as name or {{name: {{…}}}}, not {value!r}")
    return method(f"{room}/{name}" if "/" not in name else name, where), params
