"""A method as its source text describes it. Nothing is imported: listing reads every method of the house."""

from __future__ import annotations

import ast
import hashlib
import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from pathlib import Path
from types import ModuleType
from typing import Any

from limbeck.errors import LimbeckError, unknown
from limbeck.pipeline import bounds, contracts, loading, rooms
from limbeck.pipeline.annotations import normalised
from limbeck.pipeline.bounds import Bounds
from limbeck.pipeline.constants import Unread, assigned, value
from limbeck.pipeline.loading import PACKAGE, module_name
from limbeck.pipeline.source import head, home, imported, stated


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
    bounds: Bounds = field(default_factory=dict, hash=False)

    @property
    def shown(self) -> str:
        """Its annotation for people, with the range that it declares."""
        limits = bounds.text(self.bounds)
        return f"{self.annotation}, {limits}" if limits else self.annotation


@dataclass(frozen=True)
class Method:
    """A method as its source text describes it.

    ``added`` is its ``ADDED``, ``keyed_as`` its ``KEYED_AS``, ``no_result`` its ``NO_RESULT``; ``wants`` and
    ``gives`` are its ``MODEL_WANTS`` and ``GIVES``, words of `limbeck.generation.CAPABILITIES`.
    """

    room: str
    name: str
    path: Path
    doc: str
    returns: str
    inputs: tuple[Parameter, ...]
    settings: Callable[[], dict[str, Parameter]] = field(repr=False, compare=False)
    version: int = 1
    many_inputs: bool = False
    was: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    keyed_as: dict[str, dict[str, str]] = field(default_factory=dict, hash=False)
    no_result: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    gives: tuple[str, ...] = ("text",)
    flaw: str = ""
    """Why it cannot be used. It is listed all the same: one bad file does not hide the others."""

    @cached_property
    def params(self) -> dict[str, Parameter]:
        """Its settings by name. Read when they are asked for: a list of methods has no use for them."""
        return self.settings()

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
        folders, within = self.path.parent.parts, Path(rooms.folder(self.room)).name
        return "/".join(folders[len(folders) - folders[::-1].index(within) :])

    @property
    def source(self) -> str:
        """A digest of the text of a method of one's own and of its helpers; empty for those of the package,
        which have its version."""
        if self.path.is_relative_to(PACKAGE):
            return ""
        files = [self.path, *loading.helpers(self.path)]
        return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]

    @property
    def summary(self) -> str:
        """The first sentence of its docstring."""
        return self.doc.split("\n\n")[0].replace("\n", " ").strip()

    def keyed(self, settings: dict[str, Any]) -> dict[str, Any]:
        """The settings that a key is made of: all but those that came later and are at their defaults, and
        some values by the word that they go by in keys."""
        for name in self.keyed_as.keys() & settings.keys():
            settings = {**settings, name: self.keyed_as[name].get(settings[name], settings[name])}
        at_default = {name for name in self.added if settings.get(name) == self.params[name].default}
        return {name: value for name, value in settings.items() if name not in at_default}

    def check(self) -> None:
        """Refuse a file that its room would not read as it was meant, going by its text alone.

        Raises:
            LimbeckError: it is no method, its signature is not the room's, a name is nearly one that the room
                reads, or such a name has a value that it cannot have.
        """
        if self.flaw:
            raise LimbeckError(self.flaw)
        contracts.check_form(self.room, self.key, tuple(each.name for each in self.inputs), self.returns)
        names = stated(self.path)
        if near := contracts.misnamed(self.room, names.keys() - {self.name, "parse", "render"}):
            written, meant = near
            raise LimbeckError(
                f"{self.key}: {written!r} in {self.path} means nothing to {self.room}/; did you mean "
                f"{meant!r}? (call it _{written} if it is the file's alone)"
            )
        if wrong := contracts.unfit(self.room, names):
            raise LimbeckError(f"{self.key}: in {self.path}, {wrong}")
        for list_name, listed in (("ADDED", self.added), ("NO_RESULT", self.no_result)):
            for name in listed:
                if name not in self.params:
                    raise unknown("parameter", name, self.params, f"{self.key}: {list_name} in {self.path}")

    def load(self) -> ModuleType:
        """Import the module the method lives in.

        Raises:
            LimbeckError: as `check`, and for values that only running the file tells.
        """
        self.check()
        module = loading.load(self.room, self.path)
        if wrong := contracts.unfit(self.room, vars(module)):
            raise LimbeckError(f"{self.key}: in {self.path}, {wrong}")
        return module


_READ = {
    "VERSION": "version", "WAS": "was", "ADDED": "added", "KEYED_AS": "keyed_as", "NO_RESULT": "no_result",
    "MODEL_WANTS": "wants",
    "GIVES": "gives",
}  # fmt: skip
"""Names in a method's file that are read when it is described, and what they are called here."""
_CONSTANT = re.compile(rf"^(?:{'|'.join(_READ)})\b", re.M)


def describe(room: str, path: Path) -> Method | None:
    """The method in a file, or None where the file holds none (``ops.py`` and the like).

    A file that cannot be read is a method with a `flaw`.
    """
    stem = path.stem  # is computed anew each time, and this runs for every file of every room
    if stem.startswith("test_"):  # a test that lies beside what it tests
        return None
    try:
        text = path.read_text(encoding="utf-8")
        if room != "formats" and f"def {stem}(" not in text:
            return None
        # A constant may also stand below the function, where a look at the head would miss it.
        whole = room == "formats" or _CONSTANT.search(text, text.find(f"def {stem}("))
        tree = ast.parse(text) if whole else head(text, stem)
    except (SyntaxError, UnicodeDecodeError) as error:
        return flawed(room, path, f"cannot read the method file {path}: {error}")
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    if not (functions.keys() >= {"parse", "render"} if room == "formats" else stem in functions):
        return None
    constants = assigned(tree)
    written = {name: value(constants[name]) for name in _READ if name in constants}
    computed = [name for name, each in written.items() if isinstance(each, Unread)]
    wrong = f"{computed[0]} is written out, not computed" if computed else contracts.unfit(room, written)
    if wrong:
        return flawed(room, path, f"{room}/{stem}: in {path}, {wrong}")
    constant: dict[str, Any] = {_READ[name]: each for name, each in written.items()}
    if isinstance(constant.get("was"), str):
        constant["was"] = (constant["was"],)
    if room == "formats":
        doc = ast.get_docstring(tree) or ""
        return Method(room, stem, path, doc, "Format", (), dict, **constant)
    function = functions[stem]
    args, doc = function.args, ast.get_docstring(function) or ast.get_docstring(tree) or ""
    positional = [*args.posonlyargs, *args.args, *([args.vararg] if args.vararg else [])]
    return Method(
        room,
        stem,
        path,
        doc,
        _note(function.returns, constants),
        tuple(Parameter(arg.arg, _note(arg.annotation, constants)) for arg in positional),
        partial(_settings, args, tree, path),
        many_inputs=args.vararg is not None,
        **constant,
    )


def _settings(args: ast.arguments, tree: ast.Module, path: Path) -> dict[str, Parameter]:
    """A method's keyword-only parameters, the fields of structs among them."""
    constants = assigned(tree)
    params: dict[str, Parameter] = {}
    for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        if spread := _spread(arg, default, tree, path):
            params |= {parameter.name: parameter for parameter in spread}
        else:
            names = constants | imported(tree, path, arg.annotation, default)
            note, usual = _note(arg.annotation, names), value(default, names)
            limits = bounds.declared(arg.annotation, names)
            params[arg.arg] = Parameter(arg.arg, note, usual, default is None, bounds=limits)
    return params


def flawed(room: str, path: Path, flaw: str) -> Method:
    """A method that cannot be used, and why."""
    return Method(room, path.stem, path, flaw, "Any", (), dict, flaw=flaw)


def _note(annotation: ast.expr | None, names: dict[str, ast.expr]) -> str:
    return normalised(annotation, names) if annotation else "Any"


def _spread(arg: ast.arg, default: ast.expr | None, tree: ast.Module, path: Path) -> list[Parameter]:
    """A parameter whose annotation is a struct of settings, as one parameter per field; empty for any other.

    ``sampling: Sampling = Sampling(n=4)`` changes a field's default for this method.
    """
    if not isinstance(arg.annotation, ast.Name) or not (file := home(arg.annotation.id, tree, path)):
        return []
    fields = _fields(file, arg.annotation.id)
    if fields is None:
        return []
    module = module_name(file) if file.is_relative_to(PACKAGE) else ""
    group = Group(arg.arg, module, arg.annotation.id)
    given = default.keywords if isinstance(default, ast.Call) else []
    changed = {word.arg: value(word.value) for word in given}
    params = []
    for each in fields:
        required = each.required and each.name not in changed
        usual = changed.get(each.name, each.default)
        params.append(replace(each, default=usual, required=required, group=group))
    return params


@cache
def _fields(path: Path, name: str) -> tuple[Parameter, ...] | None:
    """The fields of a class derived from `limbeck.types.Settings`."""
    if not path.is_file() or f"class {name}(Settings" not in (text := path.read_text(encoding="utf-8")):
        return None
    tree = ast.parse(text)
    constants = assigned(tree)
    struct = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    fields = []
    for node in struct.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = constants | imported(tree, path, node.annotation)
            note, usual = _note(node.annotation, names), value(node.value, constants)
            limits = bounds.declared(node.annotation, names)
            fields.append(Parameter(node.target.id, note, usual, node.value is None, bounds=limits))
    return tuple(fields)


def gathered(method: Method, values: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments of a method from a value per setting: fields of a struct are put together again."""
    keywords: dict[str, Any] = {}
    fields: dict[Group, dict[str, Any]] = {}
    for name, setting in values.items():
        group = method.params[name].group
        if group is None:
            keywords[name] = setting
        else:
            fields.setdefault(group, {})[name] = setting
    for group, given in fields.items():
        module = importlib.import_module(group.module) if group.module else method.load()
        keywords[group.parameter] = getattr(module, group.name)(**given)
    return keywords
