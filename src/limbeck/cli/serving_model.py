"""The model that ``limbeck serve`` is given, in any of the ways in which one writes it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from limbeck.cli import evaluating, naming
from limbeck.cli.running import parse_method
from limbeck.errors import LimbeckError, nearest
from limbeck.pipeline import artefacts, checks, models, plain_yaml
from limbeck.pipeline import parameters as P
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.models import ModelSpec
from limbeck.pipeline.recipe import Recipe
from limbeck.pipeline.registry import bind, method, methods

WHERE = "limbeck serve"
ROOMS = ("models", "decoding")
MAKERS = ("students", "training")
PAGES = (".yaml", ".yml")


@dataclass(frozen=True)
class Chosen:
    """A model: what it is called, how it is opened, and the folders of the stages whose weights it takes."""

    name: str
    spec: ModelSpec
    folders: dict[str, Path] = field(default_factory=dict)


def chosen(text: str, decoding: str) -> Chosen:
    """The model that ``text`` names, with a strategy around it where ``decoding`` names one.

    A mapping as in recipes, a file that holds one, ``METHOD:key=value`` of models/ or decoding/,
    ``RECIPE:NAME`` of a recipe's model or stage, or what `limbeck.cli.evaluating.as_recipe` takes.

    Raises:
        LimbeckError: no such model, a wrong setting, a stage that is not made, a model that is not for this.
    """
    called, recipe = _written(text)
    if decoding:
        strategy, given = bind("decoding", parse_method(decoding), "--decoding")
        around = f"{strategy.name}-{called}"
        body = {"use": strategy.key, "model": called, **given}
        recipe = replace(recipe, models={**recipe.models, around: body})
        called = around
    spec = models.of(called, recipe, WHERE)
    for each in spec.whole():
        if each.use == "models/vllm":
            path = each.params.get("path", "")
            raise LimbeckError(f"{WHERE}: vLLM has a server of its own: vllm serve {path}")
        planning.find_files(method(each.use), each.params, recipe.path.parent, WHERE)
        checks.precheck(method(each.use), each.params, WHERE)
    return Chosen(called, spec, _stages(recipe, spec))


def _written(text: str) -> tuple[str, Recipe]:
    """What a model is called, and a recipe (of it alone, where it is no recipe's) that knows it by that
    name."""
    head, _, rest = text.partition(":")
    if text.lstrip().startswith("{"):
        return _alone(_mapping(text, repr(text)))
    if Path(text).suffix in PAGES and Path(text).is_file():
        page = _mapping(Path(text).read_text(encoding="utf-8"), text)
        if "use" in page:
            return _alone(page, Path(text))
        return _of_recipe(text, "")
    if Path(head).suffix in PAGES or (head in recipes.names() and not Path(text).exists()):
        return _of_recipe(head, rest)
    if head not in ("openai", "vllm") and not Path(text).exists():
        known = {name: room for room in ROOMS for name in methods(room)}
        room, _, bare = head.rpartition("/")
        if (room or known.get(bare)) in ROOMS:
            strategy, given = bind(
                room or known[bare], parse_method(f"{bare}:{rest}" if rest else bare), WHERE
            )
            return _alone({"use": strategy.key, **given})
        if rest and "/" not in head:
            hint = nearest(head, {*known, *recipes.names(), "openai", "vllm"})
            raise LimbeckError(f"{WHERE}: {text!r}: {head!r} is no method of models/, no recipe{hint}")
    called = naming.safe(evaluating.called(text))
    return called, _recipe({called: evaluating.as_recipe(text)})


def _mapping(text: str, where: str) -> dict[str, Any]:
    try:
        page = plain_yaml.load(text)
    except yaml.YAMLError as error:
        raise LimbeckError(f"{WHERE}: {where} is no mapping that YAML reads: {error}") from error
    if not isinstance(page, dict):
        raise LimbeckError(f"{WHERE}: {where} holds no mapping such as {{use: decoding/NAME, model: …}}")
    return page


def _recipe(table: dict[str, Any], path: Path = Path()) -> Recipe:
    return Recipe(WHERE, path, {}, "", 0, table, {})


def _alone(body: dict[str, Any], path: Path = Path()) -> tuple[str, Recipe]:
    """A model that stands in no recipe; files that it names are found from the folder it is written in."""
    called = naming.safe(path.stem or str(body.get("use", "model")).rpartition("/")[2])
    table = {called: body}
    _complete(table)
    return called, _recipe(table, path)


def _complete(table: dict[str, Any]) -> None:
    """Bring into a table the models that those in it are made of: mappings, or words of the command line."""
    waiting = [*table]
    for name in waiting:
        body = table[name]
        for key, value in body.items():
            if isinstance(value, dict) and "use" in value:
                inner = f"{name}.{key}"
                table[inner], body[key] = value, inner
                waiting.append(inner)
        use = str(body.get("use", models.WEIGHTS))
        known = method(use if "/" in use else f"models/{use}", f"{WHERE}: model {name!r}")
        params = P.check(known, {key: value for key, value in body.items() if key != "use"}, WHERE)
        for reference in P.references(known, params):
            if reference.value not in table:
                table[reference.value] = evaluating.as_recipe(reference.value)
                waiting.append(reference.value)


def _of_recipe(page: str, name: str) -> tuple[str, Recipe]:
    """A recipe and one of its models or stages."""
    recipe = recipes.load(page)
    if not name:
        students = [name for name, stage in recipe.stages.items() if stage.use.split("/")[0] in MAKERS]
        known = [*recipe.models, *students] or [*recipe.stages]
        names = ", ".join(known)
        raise LimbeckError(f"{WHERE}: {page} is a recipe; say {page}:NAME of {names}")
    return name, recipe


def _stages(recipe: Recipe, spec: ModelSpec) -> dict[str, Path]:
    """Where the stages lie whose weights a model takes.

    Raises:
        LimbeckError: one of them is not made.
    """
    wanted = [each.step for each in spec.whole() if each.step]
    if not wanted:
        return {}
    plan = planning.make(recipe, planning.usual_folder(recipe))
    students = [name for name, step in plan.steps.items() if step.makes == artefacts.CHECKPOINT]
    for name in wanted:
        where = f"{WHERE}: stage {name!r} of {recipe.name}"
        if name not in students:
            raise LimbeckError(f"{where} makes no student{nearest(name, students)}")
        if plan.steps[name].manifest() is None:
            raise LimbeckError(
                f"{where} is not made in {plan.out}; limbeck run … --until {name} makes it, and the folder "
                "of a stage made elsewhere can be given itself"
            )
    return {name: plan.steps[name].folder for name in wanted}
