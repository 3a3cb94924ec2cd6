"""A recipe: one paper's page. YAML in, a checked list of stages out, before anything runs."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from limbeck.errors import LimbeckError, unknown
from limbeck.pipeline import defaults, pages, smoke
from limbeck.pipeline.recipe_files import find as find
from limbeck.pipeline.recipe_files import names as names

INHERITED = ("seed", "models", "defaults", "stages", "scales")
"""What a recipe that ``extends`` another one takes from it."""
RESERVED = {"use", "from", "of", "metrics"}
DEFAULT_SCALE = "miniature"


@dataclass
class Stage:
    """One step as written: a method, what flows in, its parameters, and what its results are shown in."""

    name: str
    use: str
    inputs: list[str]
    params: dict[str, Any]
    of: list[str] = field(default_factory=list)
    metrics: list[Any] = field(default_factory=list)


@dataclass
class Recipe:
    """A recipe at one scale, its overrides applied."""

    name: str
    path: Path
    raw: dict[str, Any]
    scale: str
    seed: int
    models: dict[str, dict[str, Any]]
    stages: dict[str, Stage]

    @property
    def title(self) -> str:
        return self.raw.get("title") or self.raw.get("paper", {}).get("title") or self.name

    @property
    def claim(self) -> dict[str, Any]:
        return self.raw.get("claim") or {}


def read(name: str, below: tuple[Path, ...] = ()) -> tuple[Path, dict[str, Any]]:
    """The recipe's file and its YAML, with what it extends; ``below`` are the files that led here."""
    path = find(name)
    if path in below:
        raise LimbeckError(
            f"recipe {path} extends itself: {' → '.join(each.stem for each in (*below, path))}"
        )
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise LimbeckError(f"recipe {path} is not UTF-8: {error}") from error
    written = pages.read(text, f"recipe {path}")
    parent = written.pop("extends", None)
    whole = _extended(read(parent, (*below, path))[1], written) if parent else written
    defaults.check(whole, written, f"recipe {path.stem}")
    return path, whole


def _extended(base: dict[str, Any], raw: dict[str, Any]) -> dict[str, Any]:
    """What a recipe adds to another one. Settings of stages that it does without are dropped."""
    whole = merge(copy.deepcopy({key: base[key] for key in INHERITED if key in base}), raw)
    gone = {*base.get("stages", {})} - {*whole.get("stages", {})}
    for scale in (whole.get("scales") or {}).values():
        settings = scale.get("set") or {}
        scale["set"] = {key: value for key, value in settings.items() if key.partition(".")[0] not in gone}
    return whole


def merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Deep merge. A stage given anew with ``use`` replaces the old one whole; null removes."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        if value is None and isinstance(old, dict):
            merged.pop(key)
        elif isinstance(value, dict) and isinstance(old, dict) and "use" not in value:
            merged[key] = merge(old, value)
        else:
            merged[key] = value
    return merged


def _at_scale(raw: dict[str, Any], scale: str, path: Path, below: tuple[str, ...] = ()) -> dict[str, Any]:
    scales = raw.get("scales") or {}
    if scale in below:
        raise LimbeckError(f"recipe {path.stem}: scale {scale} is like itself: {' → '.join((*below, scale))}")
    known = {*scales, DEFAULT_SCALE, smoke.NAME}
    if scale not in known:
        raise unknown("scale", scale, known, f"recipe {path.stem}")
    over = dict(scales.get(scale) or {})
    parent = over.pop("like", None)
    settings = over.pop("set", None) or {}
    whole = _at_scale(raw, parent, path, (*below, scale)) if parent else raw
    if scale == smoke.NAME:
        smoke.cut(whole, over.get("defaults") or {})
    whole = merge(whole, over)
    for key, value in settings.items():
        assign(whole, key, value, f"recipe {path.stem}, scale {scale}")
    return whole


def assign(raw: dict[str, Any], dotted: str, value: Any, where: str) -> None:
    """Set ``stage.parameter`` (or ``models.name.parameter``, ``seed``) in a raw recipe, in place."""
    parts = dotted.split(".")
    if parts == ["seed"]:
        raw["seed"] = value
        return
    table, path = ("models", parts[1:]) if parts[0] == "models" else ("stages", parts)
    known = raw.get(table) or {}
    if not path or path[0] not in known:
        raise unknown(
            "stage" if table == "stages" else "model", path[0] if path else "", known, f"{where}: {dotted}"
        )
    if len(path) < 2:
        raise LimbeckError(f"{where}: say which parameter of {path[0]!r} to set, as {dotted}.parameter=value")
    node = known[path[0]]
    if table == "stages" and len(path) > 2:  # what is set inside a default leaves the rest of it
        node.update(defaults.start(raw, node, path[1]))
    for part in path[1:-1]:
        if isinstance(node.get(part), str):  # `objective: redi` becomes `objective: {redi: {…}}`
            node[part] = {node[part]: {}}
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            raise LimbeckError(f"{where}: {dotted}: {part!r} holds {node!r}, nothing can be set inside it")
    node[path[-1]] = value


def parse_settings(settings: list[str]) -> dict[str, Any]:
    """``["sft.lr=1e-3"]`` as a mapping; values are read as YAML, nothing is the empty text."""
    parsed = {}
    for text in settings:
        key, sign, value = text.partition("=")
        if not sign or not key:
            raise LimbeckError(f"--set takes stage.parameter=value, got {text!r}")
        parsed[key.strip()] = pages.value(value, f"--set {key.strip()}") if value else ""
    return parsed


def _stage(name: str, body: Any, where: str) -> Stage:
    if not isinstance(body, dict) or not isinstance(body.get("use"), str):
        raise LimbeckError(f"{where}: stage {name!r} needs `use: room/method`, got {body!r}")
    names = {}
    for key in ("from", "of"):
        given = body.get(key) or []
        names[key] = [given] if isinstance(given, str) else given
        if not isinstance(names[key], list) or not all(isinstance(each, str) for each in names[key]):
            raise LimbeckError(
                f"{where}: stage {name!r}: {key} names a stage or a list of them, got {given!r}"
            )
    params = {key: value for key, value in body.items() if key not in RESERVED}
    metrics = body.get("metrics") or []
    metrics = list(metrics) if isinstance(metrics, list | tuple) else [metrics]
    return Stage(name, body["use"], list(names["from"]), params, list(names["of"]), metrics)


def _from_scratch(raw: dict[str, Any], scale: str, where: str) -> set[str]:
    """Replace every shipped model that says who made it by the stages that make it, whose names it returns.

    They come with their own recipe's defaults, and at scale smoke they are cut like all others.
    """
    added: set[str] = set()
    for name, model in list((raw.get("models") or {}).items()):
        made = model.get("made_by")
        if not made:
            continue
        _, maker = read(made["recipe"])
        size = scale if scale == smoke.NAME else made.get("scale", DEFAULT_SCALE)
        maker = _at_scale(maker, size, Path(made["recipe"]))
        defaults.fill(maker)
        added |= maker["stages"].keys()
        for stage, body in maker["stages"].items():
            if raw["stages"].setdefault(stage, body) != body:
                raise LimbeckError(
                    f"{where}: stage {stage!r} of recipe {made['recipe']} clashes with one of its own"
                )
        raw["models"][name] = {**{k: v for k, v in model.items() if k != "made_by"}, "path": made["stage"]}
    return added


def load(
    name: str,
    *,
    scale: str = DEFAULT_SCALE,
    settings: dict[str, Any] | None = None,
    seed: int | None = None,
    from_scratch: bool = False,
) -> Recipe:
    """Read a recipe by name or path, at a scale, with ``stage.parameter`` overrides applied.

    Raises:
        LimbeckError: naming the recipe, the key and the nearest right name.
    """
    path, raw = read(name)
    return build(path.stem, path, raw, scale=scale, settings=settings, seed=seed, from_scratch=from_scratch)


def build(
    name: str,
    path: Path,
    raw: dict[str, Any],
    *,
    scale: str = DEFAULT_SCALE,
    settings: dict[str, Any] | None = None,
    seed: int | None = None,
    from_scratch: bool = False,
) -> Recipe:
    """The same from YAML already read (``limbeck eval`` builds its recipe in memory)."""
    where = f"recipe {name}"
    whole = copy.deepcopy(_at_scale(copy.deepcopy(raw), scale, path))
    made = _from_scratch(whole, scale, where) if from_scratch else set()
    for key, value in (settings or {}).items():
        assign(whole, key, value, where)
    if seed is not None:
        whole["seed"] = seed
    if not isinstance(whole.get("stages"), dict) or not whole["stages"]:
        raise LimbeckError(f"{where} has no stages")
    models = whole.get("models") or {}
    for what, names_ in (("stage", whole["stages"]), ("model", models)):
        for each in names_:
            pages.need_name(each, what, where)
    for model, body in models.items():
        if not isinstance(body, dict):
            raise LimbeckError(f"{where}: model {model!r} needs a mapping such as {{path: …}}, got {body!r}")
    defaults.fill(whole, but=made)
    stages = {stage: _stage(stage, body, where) for stage, body in whole["stages"].items()}
    number = whole.get("seed") or 0
    if not isinstance(number, int) or number < 0:
        raise LimbeckError(f"{where}: seed is a number from 0, got {number!r}")
    return Recipe(name, path, whole, scale, number, models, stages)
