"""Models as a recipe names them: a stage's weights, a method of ``models/``, or one of ``decoding/`` around
other models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from limbeck import secrets
from limbeck.errors import LimbeckError, unknown
from limbeck.generation import CAPABILITIES
from limbeck.pipeline import artefacts, defaults, knobs
from limbeck.pipeline import parameters as P
from limbeck.pipeline.annotations import FILES, REFERENCES
from limbeck.pipeline.artefacts import Artefact
from limbeck.pipeline.files import content_keys, resolve_path
from limbeck.pipeline.recipe import Recipe
from limbeck.pipeline.registry import Method, method, methods
from limbeck.pipeline.rooms import ROOM_OF

WEIGHTS = defaults.WEIGHTS


@dataclass
class ModelSpec:
    """How to get a model when it is needed: a method of ``models/`` or ``decoding/`` and its parameters, the
    step that makes its weights, and by parameter the models that it is itself made of.

    Other artefacts are named in the same way, by the step that makes them or by a path; ``wants`` is what the
    step has to make.
    """

    name: str
    use: str
    params: dict[str, Any]
    step: str | None = None
    wants: Artefact = artefacts.CHECKPOINT
    inner: dict[str, ModelSpec] = field(default_factory=dict)

    def whole(self) -> Iterator[ModelSpec]:
        """This one, those it is made of, those they are made of."""
        yield self
        for spec in self.inner.values():
            yield from spec.whole()

    @property
    def is_stage(self) -> bool:
        """Whether it is a stage's weights and nothing more, opened as a method's defaults say."""
        return self.step is not None and not self.params

    @property
    def gives(self) -> set[str]:
        """What it can do, words of `CAPABILITIES`: at most what the models that it is made of can."""
        direct = [spec.gives for name, spec in self.inner.items() if "." not in name]
        return set(method(self.use).gives).intersection(*direct)


def spelled(text: str) -> dict[str, Any]:
    """A model as one word, in the form of a recipe's ``models``: ``openai:NAME@URL``, ``vllm:PATH``, or the
    path of a checkpoint or its Hub id.

    Raises:
        LimbeckError: an endpoint without the name of a model, or an address that is none.
    """
    if text.startswith("openai:"):
        name, url = _endpoint(text.removeprefix("openai:"))
        return {"use": "models/openai", "model": name, **({"url": url} if url else {})}
    if text.startswith("vllm:"):
        return {"use": "models/vllm", "path": text.removeprefix("vllm:")}
    return {"use": WEIGHTS, "path": text}


def _endpoint(text: str) -> tuple[str, str]:
    """The name and the address in ``NAME@URL``. Names (``@cf/qwen/qwq-32b``) and addresses
    (``user:password@host``) may hold an ``@`` too: the address begins with its scheme."""
    name, *address = re.split(r"@(?=https?://)", text, maxsplit=1)
    url = "".join(address)
    before, _, host = name.rpartition("@")
    if not url and before and re.fullmatch(r"(localhost|[\w.-]+:\d+|\d+(\.\d+){3}|\[[\da-fA-F:]+\]).*", host):
        raise LimbeckError(f"{host!r} is no address of an endpoint; write openai:{before}@http://{host}")
    if not name:
        raise LimbeckError(f"'openai:{secrets.redacted(text)}' names no model; write openai:NAME@URL")
    return name, url


def named(
    chosen: Method, params: dict[str, Any], recipe: Recipe, where: str, within: tuple[str, ...] = ()
) -> dict[str, ModelSpec]:
    """The models and stages that a method's parameters name, by parameter; dotted those of its inner methods.

    Args:
        within: names of the models that the method itself is part of, outermost first.

    Raises:
        LimbeckError: an unknown name, a model made of itself, one that lacks what the method wants of it or
            has no weights where weights are wanted, a wrong parameter, a missing file.
    """
    specs = {}
    for reference in P.references(chosen, params):
        spec = _spec(reference.value, recipe, where, reference.kind, within)
        if reference.kind == artefacts.MODEL:
            _need(reference.owner, spec, where)
        specs[reference.name] = spec
    return specs


def of(name: str, recipe: Recipe, where: str) -> ModelSpec:
    """A recipe's model, or a stage's weights, by its name.

    Raises:
        LimbeckError: as `named`.
    """
    return _spec(name, recipe, where, artefacts.MODEL, ())


def _spec(name: str, recipe: Recipe, where: str, kind: str, within: tuple[str, ...]) -> ModelSpec:
    wants = artefacts.asked_by(kind)
    if name in recipe.stages:
        params = defaults.opening(recipe.raw) if kind == artefacts.MODEL else {}
        return ModelSpec(name, WEIGHTS, params, name, wants)
    if name not in recipe.models:
        raise unknown("model or stage", name, {*recipe.models, *recipe.stages}, where)
    place = f"{where.partition(': ')[0]}: model {name!r}"
    if name in within:
        circle = " → ".join([*within[within.index(name) :], name])
        raise LimbeckError(f"{place} is made of itself: {circle}")
    body = dict(recipe.models[name])
    use = body.pop("use", WEIGHTS)
    body.pop("made_by", None)
    step = body.pop("path") if body.get("path") in recipe.stages else None
    chosen = method(use if "/" in use else f"models/{use}", place)
    if chosen.room not in ("models", "decoding"):
        raise LimbeckError(f"{place}: {use!r} is no method of models/ or decoding/")
    params = P.check(chosen, {**body, "path": ""} if step else body, place)
    for key in ("path", "file"):
        if isinstance(params.get(key), str):
            try:
                params[key] = resolve_path(params[key], recipe.path.parent)
            except LimbeckError as error:
                raise type(error)(f"{place}: {error}") from error
    if not step and params.get("path"):
        P.need_model(params["path"], place)
        if chosen.key == WEIGHTS and wants == artefacts.CHECKPOINT:
            _need_config(Path(params["path"]), place)
    spec = ModelSpec(name, chosen.key, params, step, wants)
    spec.inner = named(chosen, params, recipe, place, (*within, name))
    if kind != artefacts.MODEL and not step and "path" not in params:
        of = f" such as {next(iter(spec.inner.values())).name!r}" if spec.inner else ""
        raise LimbeckError(f"{place}: {chosen.key} has no weights to train; name a model with a path{of}")
    return spec


def _need_config(folder: Path, where: str) -> None:
    """Raise where a folder is there and holds no model; whether the Hub has one is not asked."""
    kinds = ("config.json", "adapter_config.json", "*.gguf")
    if folder.is_dir() and not any(any(folder.glob(kind)) for kind in kinds):
        below = sorted(str(path.parent) for path in folder.glob("*/config.json"))
        hint = f"; did you mean {below[-1]!r}?" if below else ""
        raise LimbeckError(f"{where}: {folder} holds no config.json, so it is no model folder{hint}")


def _need(owner: Method, spec: ModelSpec, where: str) -> None:
    """Raise unless a model does all that a method wants of it."""
    for word in (*owner.wants, *method(spec.use).gives):
        if word not in CAPABILITIES:
            raise unknown("capability", word, CAPABILITIES, f"{where}: {owner.key} and {spec.use}")
    lacking = [word for word in owner.wants if word not in spec.gives]
    if lacking:
        able = [entry.key for entry in methods("models").values() if {*owner.wants} <= {*entry.gives}]
        given = ", ".join(word for word in CAPABILITIES if word in spec.gives)
        raise LimbeckError(
            f"{where}: {owner.key} wants {', '.join(lacking)} of its model, and {spec.name!r} ({spec.use}) "
            f"gives {given or 'nothing'} alone; {', '.join(able) or 'no model'} would do"
        )


# --- keys


def settings_key(
    chosen: Method, params: dict[str, Any], models: dict[str, ModelSpec], keys: dict[str, str]
) -> dict[str, Any]:
    """All of a method's settings that can change what it makes: values, contents of files, inner methods with
    their versions, models with the keys of the steps that make them."""
    files = {"path", "file"} if chosen.room == "models" else set()
    settings: dict[str, Any] = {}
    for name, value in knobs.keyed(chosen, params).items():
        parameter = chosen.params[name]
        kind = P.wanted(parameter).kind
        if value is None:
            settings[name] = None
        elif kind in REFERENCES:
            named_here = [models[dotted] for dotted, _ in P.given_names(parameter, value, name)]
            settings[name] = P.in_shape(parameter, [model_key(spec, keys) for spec in named_here])
        elif kind in FILES or name in files:
            settings[name] = content_keys(value)
        elif kind in ROOM_OF:
            within = [spec for dotted, spec in models.items() if dotted.startswith(f"{name}.")]
            inner = [model_key(spec, keys) for spec in within]
            settings[name] = [*P.digest_of(parameter, value, name), *inner]
        else:
            settings[name] = P.versioned(parameter, value)
    return settings


def model_key(spec: ModelSpec, keys: dict[str, str]) -> list[Any]:
    """All of a model that can change what it writes: its method, settings and version, the models it is made
    of, and the keys of the steps that make weights."""
    chosen = method(spec.use)
    settings = settings_key(chosen, spec.params, spec.inner, keys)
    made = keys.get(spec.step or "")
    model = spec.inner.get("model")
    if model is not None and model.is_stage and "path" not in settings:
        # Decoding around a stage's weights once took them as `path: stage`, and is written so still: what was
        # made with it stays. A model that is more than a stage is written out under its parameter.
        del settings["model"]
        settings["path"], made = "", keys[model.step or ""]
    number = P.version(chosen, spec.params)
    version = [number] if number != 1 else []  # nothing for 1: models had no version once
    return [chosen.first_key, settings, made, *version]
