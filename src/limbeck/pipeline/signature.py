"""A method as its source text describes it. Nothing is imported: listing reads every method of the house."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import re
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from limbeck.errors import LimbeckError

PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Group:
    """The struct that several settings of a method are fields of: ``sampling: Sampling`` is one parameter in
    Python and one key per field in a recipe."""

    parameter: str
    module: str
    name: str


@dataclass(frozen=True)
class Parameter:
    """One setting of a method, as written in its signature or in the struct it takes it from."""

    name: str
    annotation: str
    default: Any = None
    required: bool = True
    group: Group | None = None


@dataclass(frozen=True)
class Method:
    """A method as its source text describes it.

    ``wants`` and ``gives`` are its ``MODEL_WANTS`` and ``GIVES``, words of `limbeck.generation.CAPABILITIES`.
    """

    room: str
    name: str
    path: Path
    doc: str
    returns: str
    inputs: tuple[Parameter, ...]
    params: dict[str, Parameter] = field(hash=False)
    version: int = 1
    many_inputs: bool = False
    was: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    gives: tuple[str, ...] = ("text",)

    @property
    def key(self) -> str:
        return f"{self.room}/{self.name}"

    @property
    def first_key(self) -> str:
        """The key it was born with. Digests use this one, so that a new name makes nothing anew."""
        return self.was[0] if self.was else self.key

    @property
    def first_name(self) -> str:
        return self.first_key.split("/")[1]

    @property
    def shelf(self) -> str:
        """The sub-folder of its room that it lies in; means nothing to its key."""
        folders = self.path.parent.parts
        return "/".join(folders[len(folders) - folders[::-1].index(self.room) :])

    @property
    def source(self) -> str:
        """A digest of the text of a method of one's own; empty for those of the package, which have its
        version."""
        own = not self.path.is_relative_to(PACKAGE)
        return hashlib.sha256(self.path.read_bytes()).hexdigest()[:12] if own else ""

    @property
    def summary(self) -> str:
        """The first sentence of its docstring."""
        return self.doc.split("\n\n")[0].replace("\n", " ").strip()

    def load(self) -> ModuleType:
        """Import the module the method lives in."""
        if self.path.is_relative_to(PACKAGE):
            return importlib.import_module(module_name(self.path))
        name = f"limbeck_methods.{self.room}.{self.name}"
        if name not in sys.modules:
            spec = importlib.util.spec_from_file_location(name, self.path)
            assert spec and spec.loader, self.path  # noqa: PT018 one fact: a .py file has a loader
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            spec.loader.exec_module(module)
        return sys.modules[name]


def module_name(path: Path) -> str:
    """The dotted name of a file of the package."""
    return ".".join(["limbeck", *path.relative_to(PACKAGE).with_suffix("").parts])


def literal(node: ast.expr | None, constants: dict[str, ast.expr] | None = None) -> Any:
    """The value of an expression that is a literal, or a constant of its file; else its text."""
    if isinstance(node, ast.Name) and constants and node.id in constants:
        node = constants[node.id]
    if node is None:
        return None
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ast.unparse(node)


def _head(text: str, name: str) -> ast.Module:
    """A file's syntax up to the docstring of its function ``name``; whole where that cannot be told apart.

    Most of a file's lines come later.

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


def describe(room: str, path: Path) -> Method | None:
    """The method in a file, or None where the file holds none (``ops.py`` and the like).

    Raises:
        LimbeckError: the file is no Python.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if room != "formats" and f"def {path.stem}(" not in text:
            return None
        tree = ast.parse(text) if room == "formats" else _head(text, path.stem)
    except (SyntaxError, UnicodeDecodeError) as error:
        raise LimbeckError(f"cannot read the method file {path}: {error}") from error
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    constants = _constants(tree)
    version = literal(constants["VERSION"]) if "VERSION" in constants else 1
    was = _words(constants, "WAS")
    if room == "formats" and {"parse", "render"} <= functions.keys():
        doc = ast.get_docstring(tree) or ""
        return Method(room, path.stem, path, doc, "Format", (), {}, version, was=was)
    function = functions.get(path.stem)
    if function is None:
        return None
    args = function.args
    inputs = [Parameter(arg.arg, _note(arg)) for arg in [*args.posonlyargs, *args.args]]
    if args.vararg:
        inputs.append(Parameter(args.vararg.arg, _note(args.vararg)))
    params: dict[str, Parameter] = {}
    for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        if spread := _spread(arg, default, tree, path):
            params |= {parameter.name: parameter for parameter in spread}
        else:
            value = literal(default, constants)
            params[arg.arg] = Parameter(arg.arg, _note(arg), value, default is None)
    doc = ast.get_docstring(function) or ast.get_docstring(tree) or ""
    returns = ast.unparse(function.returns) if function.returns else "Any"
    many = args.vararg is not None
    wants, gives = _words(constants, "MODEL_WANTS"), _words(constants, "GIVES", ("text",))
    return Method(
        room, path.stem, path, doc, returns, tuple(inputs), params, version, many, was, wants, gives
    )


def _note(arg: ast.arg) -> str:
    return ast.unparse(arg.annotation) if arg.annotation else "Any"


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    """A file's module-level names: a default may be one of them."""
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    pairs = [(target, node.value) for node in assigned for target in node.targets]
    return {target.id: value for target, value in pairs if isinstance(target, ast.Name)}


def _words(constants: dict[str, ast.expr], name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    """A constant of one or several words."""
    words = literal(constants[name]) if name in constants else default
    return (words,) if isinstance(words, str) else tuple(words)


# --- structs of settings
# ------------------------------------------------------------------------------------------


def _spread(arg: ast.arg, default: ast.expr | None, tree: ast.Module, path: Path) -> list[Parameter]:
    """A parameter whose annotation is a struct of settings, as one parameter per field; empty for any other.

    ``sampling: Sampling = Sampling(n=4)`` changes a field's default for this method.
    """
    if not isinstance(arg.annotation, ast.Name) or not (home := _home(arg.annotation.id, tree, path)):
        return []
    fields = _fields(home, arg.annotation.id)
    if fields is None:
        return []
    module = module_name(home) if home.is_relative_to(PACKAGE) else ""
    group = Group(arg.arg, module, arg.annotation.id)
    changed = (
        {word.arg: literal(word.value) for word in default.keywords} if isinstance(default, ast.Call) else {}
    )
    return [
        Parameter(name, note, changed.get(name, value), required and name not in changed, group)
        for name, note, value, required in fields
    ]


def _home(name: str, tree: ast.Module, path: Path) -> Path | None:
    """The file that defines a class: this one, or the file of the package that it is imported from."""
    if any(isinstance(node, ast.ClassDef) and node.name == name for node in tree.body):
        return path
    blocks = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.If))]
    for node in (node for block in blocks for node in block):
        if isinstance(node, ast.ImportFrom) and any(alias.name == name for alias in node.names):
            parts = (node.module or "").split(".")
            return PACKAGE.joinpath(*parts[1:]).with_suffix(".py") if parts[0] == "limbeck" else None
    return None


@cache
def _fields(path: Path, name: str) -> tuple[tuple[str, str, Any, bool], ...] | None:
    """``(name, annotation, default, required)`` of the fields of a class derived from
    `limbeck.types.Settings`."""
    if not path.is_file() or f"class {name}(Settings" not in (text := path.read_text(encoding="utf-8")):
        return None
    tree = ast.parse(text)
    constants = _constants(tree)
    found = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    return tuple(
        (node.target.id, ast.unparse(node.annotation), literal(node.value, constants), node.value is None)
        for node in found.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    )


def gathered(method: Method, values: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments of a method from a value per setting: fields of a struct are put together again."""
    keywords: dict[str, Any] = {}
    fields: dict[Group, dict[str, Any]] = {}
    for name, value in values.items():
        group = method.params[name].group
        if group is None:
            keywords[name] = value
        else:
            fields.setdefault(group, {})[name] = value
    for group, given in fields.items():
        home = importlib.import_module(group.module) if group.module else method.load()
        keywords[group.parameter] = getattr(home, group.name)(**given)
    return keywords
