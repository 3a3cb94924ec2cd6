"""A JSON Schema of recipes, for editors: every key, every method with its parameters, types and defaults.

Draft 7, which editors' YAML support knows best. It accepts what the planner accepts and is looser where only
a whole plan can tell: a parameter that a stage lacks may be a default of the page, and a stage without
``use`` may change another recipe's. Built from source text; nothing is imported.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Union, get_args, get_origin

import msgspec

from limbeck.pipeline import pages
from limbeck.pipeline import parameters as P
from limbeck.pipeline.annotations import FILES, REFERENCES
from limbeck.pipeline.bounds import ENDLESS
from limbeck.pipeline.constants import Unread
from limbeck.pipeline.docs import described
from limbeck.pipeline.models import WEIGHTS
from limbeck.pipeline.registry import ROOMS, Method, Parameter, methods
from limbeck.pipeline.rooms import CONTRACTS, ROOM_OF
from limbeck.reproduction import claims

Schema = dict[str, Any]
DRAFT = "http://json-schema.org/draft-07/schema#"
NUMBER, WHOLE = r"^[-+]?([0-9_.]+([eE][-+]?[0-9]+)?|inf|nan)$", r"^[-+]?[0-9_]+$"
"""``1e-4`` is a number to YAML 1.2 and a text to YAML 1.1; both are taken."""
ABOUT = {
    "title": "What the recipe is called in reports.",
    "about": "What it does, for who reads it.",
    "expect": "What to expect of a run: how long it takes and what comes out.",
    "extends": "A recipe, by name or path, whose models, defaults, stages and scales this one takes.",
    "seed": "The seed of every stage that says none.",
    "paper": "The paper it follows: title, arxiv, slug.",
    "models": "Models by name: a path, or a method of models/ or decoding/ in `use`.",
    "defaults": "Settings of methods, as room/method, wherever the page names them.",
    "stages": "Steps by name: a method in `use`, what it reads in `from`, its parameters.",
    "scales": "Changes to the page by the name that --scale chooses.",
    "facts": "The paper's own numbers.",
    "claim": "What `limbeck claim` compares.",
    "notes": "Anything else.",
    "tags": "What the surveys call it, where no method tells: `{vertical: medicine}`.",
    "set": "stage.parameter: value",
    "like": "Another scale that this one changes.",
}


def schema() -> Schema:
    """The whole schema, with the methods of one's own that are in reach."""
    every = {room: [entry for entry in methods(room).values() if not entry.flaw] for room in ROOMS}
    definitions: Schema = {}
    for room, entries in every.items():
        for entry in entries:
            definitions[entry.key] = _settings(entry)
        definitions[f"given/{room}"] = _given(room, entries)
    definitions["given/metrics"]["anyOf"].append(_short_metrics(every["metrics"]))
    definitions["stage"] = _stage([entry for room in ROOMS if _makes_stages(room) for entry in every[room]])
    definitions["model"] = _model([*every["models"], *every["decoding"]])
    definitions["defaults"] = _defaults([entry for entries in every.values() for entry in entries])
    definitions["claim"] = _claim()
    definitions["scale"] = _object({key: _part(key) for key in sorted(pages.SCALE_KEYS)})
    page = _object({key: _part(key) for key in sorted(pages.KEYS)})
    return {
        "$schema": DRAFT,
        "title": "A Limbeck recipe",
        **page,
        "if": {"not": {"required": ["extends"]}},
        "then": {"required": ["stages"], "properties": _on_its_own(methods("models"))},
        "definitions": definitions,
    }


def _on_its_own(models: dict[str, Method]) -> Schema:
    """What holds besides for a page that extends no other: stages say their method, models need not."""
    weights = _by_reference(models[WEIGHTS.partition("/")[2]])
    unsaid = {"if": {"not": {"required": ["use"]}}, "then": _object({"made_by": True, **weights})}
    return {
        "stages": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"type": "object", "required": ["use"]},
        },
        "models": {"additionalProperties": {"type": "object", **unsaid}},
    }


def _object(properties: Schema, **more: Any) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False, **more}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name.replace('/', '~1')}"}


def _or_null(inner: Schema) -> Schema:
    return {"anyOf": [inner, {"type": "null"}]}


def _part(key: str) -> Schema:
    """A key of the page, or of one of its scales; null takes away a stage or a model of what it changes."""
    text = {"description": ABOUT[key]}
    if key in ("stages", "models"):
        kind = _or_null(_ref(key.removesuffix("s")))
        return {"type": ["object", "null"], "additionalProperties": kind, **text}
    if key == "scales":
        return {"type": ["object", "null"], "additionalProperties": _or_null(_ref("scale")), **text}
    if key in ("defaults", "claim"):
        return {**_or_null(_ref(key)), **text}
    if key == "seed":
        return {"type": "integer", "minimum": 0, **text}
    if key in ("paper", "facts", "set", "tags"):
        return {"type": ["object", "null"], **text}
    return text if key == "notes" else {"type": "string", **text}


def _makes_stages(room: str) -> bool:
    """Whether a stage may use a room's methods: where the room does not call them itself; or verifiers."""
    return room == "verifiers" or not all(form.fixed for form in CONTRACTS[room].forms)


def _names(entry: Method) -> list[str]:
    """How ``use`` may name a method."""
    return list(dict.fromkeys([entry.key, entry.name, *entry.was]))


def _uses(entries: list[Method]) -> Schema:
    """Keys with what each method does, then other names that are understood too."""
    described_keys = [{"const": entry.key, "description": entry.summary} for entry in entries]
    others = sorted({name for entry in entries for name in _names(entry)[1:]})
    return {"anyOf": [*described_keys, {"enum": others}]}


def _by_use(entries: list[Method], common: Schema) -> list[Schema]:
    """For each method what an object may hold that uses it."""
    choices = []
    for entry in entries:
        used = {"properties": {"use": {"enum": _names(entry)}}, "required": ["use"]}
        choices.append({"if": used, "then": _object({**common, **_by_reference(entry)})})
    return choices


def _by_reference(entry: Method) -> Schema:
    """A method's settings, each by reference."""
    settings = (name for name, parameter in entry.params.items() if P.is_setting(parameter))
    place = f"#/definitions/{entry.key.replace('/', '~1')}/properties/"
    return {name: {"$ref": place + name} for name in settings}


def _stage(entries: list[Method]) -> Schema:
    names = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    common: dict[str, Schema] = {
        "use": {"description": "The method, as room/method."},
        "from": {"description": "The stage or stages whose data it reads.", **names},
        "of": {"description": "Models to make a step of each for.", **names},
        "metrics": {
            "description": "What its results are shown in besides.",
            "anyOf": [_ref("given/metrics"), {"type": "array", "items": _ref("given/metrics")}],
        },
    }
    uses = {**common, "use": {**common["use"], **_uses(entries)}}
    return {"type": "object", "properties": uses, "allOf": _by_use(entries, dict.fromkeys(common, True))}


def _model(entries: list[Method]) -> Schema:
    made = _object({name: {"type": "string"} for name in ("recipe", "stage", "scale")})
    common = {
        "use": {"description": f"The method; {WEIGHTS} where it is not said.", **_uses(entries)},
        "made_by": {"description": "The recipe and stage that make it, for --from-scratch.", **made},
    }
    return {"type": "object", "properties": common, "allOf": _by_use(entries, dict.fromkeys(common, True))}


def _defaults(entries: list[Method]) -> Schema:
    return _object({key: _or_null(_ref(entry.key)) for entry in entries for key in (entry.key, *entry.was)})


def _claim() -> Schema:
    side = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    contrast: Schema = {key: {} for key in (*claims.CONTRAST, *claims.OF_ONE)}
    contrast |= {"than": side, "metric": _ref("given/metrics"), "explained": {"type": ["string", "object"]}}
    contrast |= {"central": {"type": ["boolean", "array"]}, "paper": {"type": ["number", "string", "object"]}}
    contrasts = {"type": "array", "items": _object(contrast)}
    return _object(
        {key: contrast.get(key, {}) for key in claims.KEYS} | {"and": contrasts, "also": contrasts}
    )


# --- methods and their parameters


def _settings(entry: Method) -> Schema:
    """A method's parameters as the keys of a mapping."""
    texts = described(entry)
    shown = {name: each for name, each in entry.params.items() if P.is_setting(each)}
    properties = {name: _parameter(each, texts.get(name, "")) for name, each in shown.items()}
    return _object(properties, description=entry.summary)


def _given(room: str, entries: list[Method]) -> Schema:
    """A method of a room where another one is given it: ``name`` or ``{name: {…}}``."""
    by_name = {name: _or_null(_ref(entry.key)) for entry in entries for name in (entry.name, *_names(entry))}
    named = [{"const": entry.name, "description": entry.summary} for entry in entries]
    others = sorted({name for entry in entries for name in _names(entry)} - {entry.name for entry in entries})
    return {"anyOf": [*named, {"enum": others}, _object(by_name, minProperties=1, maxProperties=1)]}


def _short_metrics(entries: list[Method]) -> Schema:
    """``pass@8``: a metric called ``NAME_at`` with the value of its first setting."""
    short = [entry.name.removesuffix("_at") for entry in entries if entry.name.endswith("_at")]
    return {"type": "string", "pattern": f"^({'|'.join(map(re.escape, short))})@.+$"}


def _parameter(parameter: Parameter, text: str) -> Schema:
    facts = [parameter.shown, "required"] if parameter.required else [parameter.shown]
    about = " ".join(filter(None, [text, f"({', '.join(facts)})"]))
    usual = parameter.default
    default = {} if parameter.required or not _plain(usual) else {"default": usual}
    return {"description": about, **default, **_accepted(parameter), **_limits(parameter)}


LIMITS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


def _limits(parameter: Parameter) -> Schema:
    """The range that a number declares; a text such as ``1e-4`` is held against none."""
    if P.wanted(parameter).many:
        return {}
    return {LIMITS[name]: limit for name, limit in parameter.bounds.items() if abs(limit) < ENDLESS}


def _accepted(parameter: Parameter) -> Schema:
    """What a recipe may give a parameter."""
    want = P.wanted(parameter)
    inner: Schema = {}
    if want.kind in ROOM_OF:
        inner = _ref(f"given/{ROOM_OF[want.kind]}")
    elif want.kind in (*REFERENCES, *FILES):
        inner = {"type": "string"}
    elif parameter.name == "format" or parameter.name.endswith("_format"):
        inner = {"enum": sorted({"", *methods("formats")})}
    if inner:
        # Several methods may also be one mapping of them.
        several = [{"type": "array", "items": inner}, {"type": "object"}] if want.many else []
        several = several if want.kind in ROOM_OF else several[:1]
        options = [inner, *several, *([{"type": "null"}] if want.optional else [])]
        return inner if len(options) == 1 else {"anyOf": options}
    kind = of_type(want.plain)
    return {"anyOf": [kind, {"type": ["string", "number", "boolean"]}]} if want.many and kind else kind


def of_type(kind: Any) -> Schema:
    """The schema of a plain Python type as a recipe's value is read; ``{}`` takes anything."""
    scalars: dict[Any, Schema] = {
        str: {"type": "string"},
        bool: {"type": "boolean"},
        int: {"type": ["integer", "string"], "pattern": WHOLE},
        float: {"type": ["number", "string"], "pattern": NUMBER},
        type(None): {"type": "null"},
        None: {"type": "null"},
        list: {"type": "array"},
        tuple: {"type": "array"},
        dict: {"type": "object"},
    }
    if kind in scalars:
        return dict(scalars[kind])
    outer, inside = get_origin(kind), get_args(kind)
    if outer is Literal:
        return {"enum": list(inside)}
    if outer in (Union, types.UnionType):
        return {"anyOf": [of_type(each) for each in inside]}
    if outer is list or (outer is tuple and inside[-1] is ...):
        return {"type": "array", "items": of_type(inside[0])}
    if outer is tuple:
        size = len(inside)
        return {"type": "array", "items": [*map(of_type, inside)], "minItems": size, "maxItems": size}
    if outer is dict:
        return {"type": "object", "additionalProperties": of_type(inside[1])}
    return {}


def _plain(value: Any) -> bool:
    """Whether a default can stand in JSON as it is."""
    if isinstance(value, Unread) or value != value or value in (float("inf"), float("-inf")):
        return False
    if isinstance(value, Mapping):
        return all(map(_plain, value.values()))
    if isinstance(value, Iterable) and not isinstance(value, str):
        return all(map(_plain, value))
    return value is None or isinstance(value, str | bool | int | float)


def encoded() -> bytes:
    """The schema as a file's content."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=1) + b"\n"
