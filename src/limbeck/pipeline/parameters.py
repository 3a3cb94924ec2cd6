"""Values from a recipe, checked against a method's signature before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from limbeck.errors import LimbeckError, nearest, unknown
from limbeck.pipeline import bounds, files
from limbeck.pipeline.annotations import ALLOWED, FILES, REFERENCES, Wanted
from limbeck.pipeline.annotations import wanted as read_annotation
from limbeck.pipeline.constants import Unread
from limbeck.pipeline.registry import bind, bound, method
from limbeck.pipeline.rooms import ROOM_OF
from limbeck.pipeline.signature import Method, Parameter
from limbeck.pipeline.source import stated

Settings = dict[str, Any]
Given = tuple[str, Method, Settings]
"""A method that a parameter was given: what its parameters' dotted names begin with, itself, its settings."""


def wanted(parameter: Parameter) -> Wanted:
    """What a parameter's annotation asks for; nothing in particular where it cannot be read, which
    `check_annotations` refuses."""
    try:
        return read_annotation(parameter.annotation)
    except ValueError:
        return Wanted()


def is_setting(parameter: Parameter) -> bool:
    """Whether a recipe may set it: everything but the stage's own surroundings."""
    return parameter.annotation.replace("| None", "").strip() != "Context"


def check_annotations(method: Method, where: str = "") -> None:
    """Refuse a method with a parameter that no recipe could set.

    Raises:
        LimbeckError: naming the method, the parameter, its annotation and those that are allowed.
    """
    place = f"{where}: " if where else ""
    for name, parameter in method.params.items():
        written = f"{place}{method.key}: parameter {name!r} is annotated {parameter.annotation}"
        try:
            plain = read_annotation(parameter.annotation).plain
            msgspec.convert(None, plain | None if plain else None)
        except ValueError as error:
            raise LimbeckError(f"{written}, and {error} cannot be read; allowed are {ALLOWED}") from None
        except TypeError as error:
            raise LimbeckError(
                f"{written}, which cannot be told apart: {error}; allowed are {ALLOWED}"
            ) from None


def convert(value: Any, parameter: Parameter, where: str) -> Any:
    """A plain value in the type its annotation asks for: ``"1e-5"`` becomes a float, one value a list."""
    want = wanted(parameter)
    if want.many and isinstance(value, str | int | float):
        value = [value]
    try:
        plain = msgspec.convert(value, want.plain, strict=False)
    except (msgspec.ValidationError, ValueError) as error:
        raise LimbeckError(
            f"{where}: parameter {parameter.name!r} is a {parameter.annotation}, got {value!r:.200} ({error})"
        ) from None
    if not bounds.hold(parameter.bounds, plain):
        limits = bounds.text(parameter.bounds) or "a number of 64 bits"
        raise LimbeckError(f"{where}: parameter {parameter.name!r} is {limits}, got {value!r:.200}")
    return plain


def check(method: Method, given: Settings, where: str) -> Settings:
    """All parameters of a method, defaults filled in and values converted; unknown or missing ones raise.

    References to models, checkpoints and other rooms' methods stay as written, methods with their own
    parameters checked and filled in as ``{name: {…}}``.

    Raises:
        LimbeckError: also for a method whose file or signature cannot be used as it is.
    """
    method.check()
    check_annotations(method, where)
    settable = {name: parameter for name, parameter in method.params.items() if is_setting(parameter)}
    for name in given:
        if name not in settable:
            raise LimbeckError(f"{where}: {method.key} has no parameter {name!r}{nearest(name, settable)}")
    checked: Settings = {}
    for name, parameter in settable.items():
        value = given.get(name, parameter.default)
        if name not in given and parameter.required:
            raise LimbeckError(f"{where}: {method.key} needs {name!r} ({parameter.annotation})")
        if isinstance(value, Unread):
            raise LimbeckError(
                f"{where}: {method.key}: the default of {name!r}, {value!r}, is no constant that can be read "
                "from the file; write its value, or set it in the recipe"
            )
        checked[name] = _checked(value, parameter, where)
    return checked


def _checked(value: Any, parameter: Parameter, where: str) -> Any:
    want, name = wanted(parameter), parameter.name
    if value is None and want.optional:
        return None
    if want.kind in ROOM_OF:
        place = f"{where}: {name}"
        given = given_methods(parameter, value, name, place)
        entries = [{inner.name: check(inner, settings, place)} for _, inner, settings in given]
        return entries if want.many else entries[0]
    if want.kind in REFERENCES:
        names = [value] if want.many and not isinstance(value, list | tuple) else value
        if not (all(isinstance(each, str) for each in names) if want.many else isinstance(value, str)):
            what = "names models or stages, a list of them" if want.many else "names a model or a stage"
            raise LimbeckError(f"{where}: {name!r} {what}, got {value!r}")
        return names
    plain = convert(value, parameter, where)
    named_format(parameter, plain, f"{where}: {name}")
    return plain


def named_format(parameter: Parameter, value: Any, where: str = "") -> Method | None:
    """The format that a parameter called ``format`` or ``…_format`` names as plain text; None for any other.

    Raises:
        LimbeckError: no format of that name.
    """
    if not (parameter.name == "format" or parameter.name.endswith("_format")):
        return None
    return method(f"formats/{value}", where) if isinstance(value, str) and value else None


def versioned(parameter: Parameter, value: Any) -> Any:
    """A plain value as a digest takes it: a file's content, a format's name with its version, from 2 up."""
    if value and wanted(parameter).kind in FILES:
        return files.content_keys(value)
    chosen = named_format(parameter, value)
    return [value, chosen.version] if chosen and chosen.version > 1 else value


def within(chosen: Method, settings: Settings) -> Iterator[Method]:
    """Every method that a method's settings name, and those that these are given: formats too."""
    for name, parameter in chosen.params.items():
        if form := named_format(parameter, settings.get(name)):
            yield form
        for _, inner, own_settings in given_methods(parameter, settings.get(name), name):
            yield inner
            yield from within(inner, own_settings)


def given_methods(parameter: Parameter, value: Any, dotted: str, where: str = "") -> list[Given]:
    """The methods that a parameter names, none where it has no value: one as ``name`` or ``{name: {…}}``, of
    a list any number of those.

    Args:
        dotted: the parameter's own name; those of a list's methods begin ``name.0``, ``name.1``, ….
    """
    want = wanted(parameter)
    if want.kind not in ROOM_OF or value is None:
        return []
    room, where = ROOM_OF[want.kind], where or dotted
    if not want.many:
        return [(dotted, *bind(room, value, where))]
    if isinstance(value, dict):
        value = [{name: settings} for name, settings in value.items()]
    entries = value if isinstance(value, list | tuple) else [value]
    return [(f"{dotted}.{place}", *bind(room, entry, where)) for place, entry in enumerate(entries)]


def given_names(parameter: Parameter, value: Any, dotted: str) -> list[tuple[str, str]]:
    """The models and stages that a parameter names, each with its dotted name."""
    want = wanted(parameter)
    if want.kind not in REFERENCES or value is None:
        return []
    return (
        [(f"{dotted}.{place}", each) for place, each in enumerate(value)] if want.many else [(dotted, value)]
    )


class Reference(NamedTuple):
    """A parameter that names a model or a stage: dotted; its annotation, such as ``Model`` or ``Checkpoint``;
    the name given, and whose parameter it is."""

    name: str
    kind: str
    value: str
    owner: Method


def references(method: Method, params: Settings, prefix: str = "") -> Iterator[Reference]:
    """All models and stages that parameters name, also those of inner methods."""
    for name, parameter in method.params.items():
        value, dotted = params.get(name), f"{prefix}{name}"
        for named, each in given_names(parameter, value, dotted):
            yield Reference(named, wanted(parameter).kind, each, method)
        for inner_name, inner, settings in given_methods(parameter, value, dotted):
            yield from references(inner, settings, f"{inner_name}.")


def in_shape(parameter: Parameter, values: list[Any]) -> Any:
    """What a parameter gets of the methods or models that it names: the list, or the only one."""
    return values if wanted(parameter).many else values[0]


def digest_of(parameter: Parameter, value: Any, dotted: str) -> list[Any]:
    """What a digest is made of for methods that a parameter was given: first names, settings, versions."""
    given = given_methods(parameter, value, dotted)
    parts = [[_first_named(inner, settings), *_versions(inner, settings)] for _, inner, settings in given]
    return list(in_shape(parameter, parts))


def _first_named(chosen: Method, settings: Settings) -> Settings:
    """A method under the name it was born with, and so those given to it."""
    settings = chosen.keyed(settings)
    born = {name: versioned(chosen.params[name], value) for name, value in settings.items()}
    for name, parameter in chosen.params.items():
        if given := given_methods(parameter, settings.get(name), name):
            born[name] = in_shape(parameter, [_first_named(inner, within) for _, inner, within in given])
    return {chosen.first_name: born}


def version(chosen: Method, settings: Settings) -> int:
    """A method's ``VERSION``, or what its ``version`` says of these settings."""
    return int(chosen.load().version(**settings)) if "version" in stated(chosen.path) else chosen.version


def _versions(chosen: Method, settings: Settings) -> list[int]:
    """The version of a method that another one is given, and of those given to it."""
    versions = [version(chosen, settings)]
    for name, parameter in chosen.params.items():
        for _, inner, within in given_methods(parameter, settings.get(name), name):
            versions += _versions(inner, within)
    return versions


def ready(key: str, /, **settings: Any) -> Any:
    """A method, of the house or of one's own, with its settings checked and its defaults filled in, to be
    called from Python: ``ready("curation/length", longest=100)(data)``.

    Settings that name another room's method are written as in a recipe; a model, a stage's folder or a
    context is given itself.

    Raises:
        LimbeckError: an unknown method or setting, or a value of the wrong type.
    """
    chosen, live = method(key), {}
    check_annotations(chosen)
    for name, parameter in chosen.params.items():
        if name in settings and wanted(parameter).kind in ("Context", *REFERENCES):
            live[name] = settings.pop(name)
    named = {name: "" for name in live if is_setting(chosen.params[name])}
    return bound(chosen, with_methods(chosen, check(chosen, {**settings, **named}, "ready") | live))


def with_methods(chosen: Method, settings: Settings) -> Settings:
    """A method's settings with the methods that they name bound, and those given to these; models and stages
    stay names."""
    whole = dict(settings)
    for name, parameter in chosen.params.items():
        if given := given_methods(parameter, settings.get(name), name):
            inner = [bound(each, with_methods(each, own_settings)) for _, each, own_settings in given]
            whole[name] = in_shape(parameter, inner)
    return whole


_FILES = (
    *(".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".arrow", ".feather", ".ipc", ".gz", ".zst"),
    *(".safetensors", ".bin", ".pt", ".pth", ".gguf", ".yaml", ".txt"),
)
"""Suffixes of files of rows and of weights, which no model's name on the Hub ends with."""


def need_file(path: str, where: str) -> None:
    """Raise unless something is at ``path`` (a glob may match several)."""
    if path and not files.there(path):
        raise LimbeckError(f"{where}: no file at {path}{files.near(Path(path))}")


def need_model(path: str, where: str) -> None:
    """Raise where nothing is at a model's path that is no Hub id, ``name`` or ``owner/name``: where the owner
    is a folder here, or the name one of a file, it is a path."""
    place = Path(path)
    if place.is_dir() or (place.is_file() and place.suffix.lower() == ".gguf"):
        return
    local = "/" in path and (place.parent.is_dir() or place.suffix.lower() in _FILES)
    if local or path.count("/") > 1 or path.startswith((".", "/", "~")) or "\\" in path:
        folder = place.parent
        there = [*folder.iterdir()] if folder.is_dir() else []
        known = [entry.name for entry in there if entry.is_dir() or entry.suffix.lower() == ".gguf"]
        raise LimbeckError(f"{where}: no model folder at {path}{nearest(place.name, known)}")


def need_known(name: str, known: Any, what: str, where: str) -> None:
    """Raise unless ``name`` is among ``known``."""
    if name not in known:
        raise unknown(what, name, known, where)
