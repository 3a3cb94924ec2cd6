"""What a recipe uses, read from its page: methods with their settings, what is trained, and on what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from limbeck.errors import LimbeckError
from limbeck.pipeline import defaults
from limbeck.pipeline import parameters as P
from limbeck.pipeline.annotations import REFERENCES
from limbeck.pipeline.artefacts import MODEL
from limbeck.pipeline.loading import PACKAGE
from limbeck.pipeline.recipe import Recipe
from limbeck.pipeline.registry import Method, bind, method
from limbeck.pipeline.source import stated
from limbeck.reproduction import claims

Settings = dict[str, Any]


@dataclass(frozen=True)
class Training:
    """A stage that trains: its objective, what that needs, and what rolls out."""

    stage: str
    student: str
    objective: Method
    settings: Settings
    needs: frozenset[str]
    rollout: Method | None
    rollout_settings: Settings
    reward: Method | None
    reward_settings: Settings
    fit: Settings


class Uses:
    """A recipe at its usual scale, as far as its page tells."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.methods: list[tuple[Method, Settings]] = list(defaults.named(recipe.raw))

    def of(self, room: str, *shelves: str) -> Iterator[tuple[Method, Settings]]:
        """The methods of a room, or of some of its shelves."""
        for entry, settings in self.methods:
            if entry.room == room and (not shelves or entry.shelf in shelves):
                yield entry, settings

    @cached_property
    def trainings(self) -> list[Training]:
        """Every stage that trains, in the page's order."""
        stages = self.recipe.stages.items()
        fits = [(name, stage.params) for name, stage in stages if method(stage.use).room == "training"]
        return [_training(name, params) for name, params in fits]

    def asked(self, entry: Method, settings: Settings) -> list[str]:
        """The models that a method is given, by name."""
        names = []
        for name, parameter in entry.params.items():
            if P.wanted(parameter).kind in REFERENCES and settings.get(name):
                given = settings[name]
                names += given if isinstance(given, list) else [given]
        return [each for each in names if isinstance(each, str)]

    def is_student(self, name: str) -> bool:
        """Whether a model and another one that is trained here began as the same one, or it is begun with."""
        root = self._root(name)
        return any(self._root(each.stage) == root for each in self.trainings if each.stage != name)

    def _root(self, name: str) -> str:
        """The model that a model was trained from, or made of, first of all."""
        started = {each.stage: each.student for each in self.trainings}
        seen: list[str] = []
        while name not in seen:
            seen.append(name)
            model = self.recipe.models.get(name, {})
            name = started.get(name) or model.get("model") or model.get("path") or name
        return name

    @cached_property
    def contrasts(self) -> list[dict[str, Any]]:
        """What the claim compares, its central and other parts."""
        if not self.recipe.claim:
            return []
        spec = claims.check(self.recipe.claim, self.recipe.name)
        contrasts: list[dict[str, Any]] = spec["main"]
        return contrasts


def asks_a_model(entry: Method) -> bool:
    """Whether a method takes a model to ask."""
    return any(P.wanted(each).kind == MODEL for each in entry.params.values())


def setting(entry: Method, settings: Settings, name: str) -> Any:
    """What a method is told, or its default; None where it has no such setting."""
    if name not in entry.params:
        return None
    return settings.get(name, entry.params[name].default)


def knows(entry: Method, library: str) -> bool:
    """Whether a method of ours builds on a library of the house."""
    return entry.path.is_relative_to(PACKAGE) and f"limbeck.{library}" in entry.path.read_text("utf-8")


def _training(name: str, params: Settings) -> Training:
    where = f"stage {name!r}"
    objective, settings = bind("objectives", params["objective"], where)
    rollout, rolled = _given("rollouts", params.get("rollout"), where)
    reward, rewarded = _given("rewards", params.get("reward"), where)
    student = params.get("student")
    return Training(
        name,
        student if isinstance(student, str) else "",
        objective,
        settings,
        _needs(objective, settings),
        rollout,
        rolled,
        reward,
        rewarded,
        params,
    )


def _given(room: str, value: Any, where: str) -> tuple[Method | None, Settings]:
    return bind(room, value, where) if value else (None, {})


def _needs(objective: Method, settings: Settings) -> frozenset[str]:
    """What an objective declares. Only where settings decide is its file loaded, and where that cannot be
    done without an extra, nothing is known of it."""
    names = stated(objective.path)
    if "needs" not in names:
        return frozenset(names.get("NEEDS", ()))
    whole = {each.name: each.default for each in objective.params.values() if not each.required} | settings
    try:
        return frozenset(objective.load().needs(**whole))
    except (ModuleNotFoundError, LimbeckError):
        return frozenset(names.get("NEEDS", ()))
