"""The house rules."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import stage_keys
from paths import REPO

from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.registry import ROOMS, methods
from limbeck.pipeline.rooms import CONTRACTS, EVERYWHERE
from limbeck.pipeline.signature import PACKAGE, module_name
from limbeck.reproduction import claims, papers

SOURCES = sorted(PACKAGE.rglob("*.py"))
PYTHON = sorted([*SOURCES, *(REPO / "tests").rglob("*.py"), *(REPO / "bench").rglob("*.py")])
HEAVY = (
    "torch", "transformers", "accelerate", "peft", "datasets", "vllm", "daft", "math_verify", "sympy", "z3",
    "duckdb", "llguidance",
    "pandas", "starlette", "uvicorn",
)  # fmt: skip
METHODS = [entry for room in ROOMS for entry in methods(room).values() if entry.path.is_relative_to(PACKAGE)]


def imports(tree: ast.Module) -> list[str]:
    """Modules imported anywhere in a file."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
EMPTY_NAMES = {"found", "one", "own", "said"}
"""Names that do not say what a thing is."""
SPELT_IN_RECIPES = {("rollouts/mixture.py", "own")}
"""Parameters with such a name that recipes already spell, and that are part of their stages' keys."""


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(REPO)))
def test_files_and_functions_are_short_and_documented(path: Path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno + 1 <= 60, f"{node.name} is longer than 60 lines"
    markers = "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error"])
    assert not re.search(rf"\b({markers})\b", text), "unfinished work is marked in the code"
    if path in SOURCES and text.strip():
        assert ast.get_docstring(tree) is not None, "a module says what it is"


def written(node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> int:
    """On how many lines a comprehension is written, brackets on lines of their own aside."""
    first = node.key if isinstance(node, ast.DictComp) else node.elt
    last = node.generators[-1]
    return max(part.end_lineno for part in (last.iter, *last.ifs)) - first.lineno + 1


def depth(node: ast.AST) -> int:
    """How deep comprehensions are nested in a node."""
    within = max((depth(child) for child in ast.iter_child_nodes(node)), default=0)
    return within + isinstance(node, COMPREHENSIONS)


def is_command(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function is a command of the command line: each of its parameters is an option there."""
    return any(ast.unparse(each).startswith("app.command(") for each in node.decorator_list)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_code_is_not_packed_to_meet_the_limits(path: Path):
    place = path.relative_to(PACKAGE).as_posix()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, COMPREHENSIONS):
            assert node.end_lineno - node.lineno < 2, (
                f"line {node.lineno}: a comprehension over more than two lines"
            )
            assert depth(node) <= 2, f"line {node.lineno}: comprehensions nested more than twice"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = node.args
            count = len([*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs])
            assert count <= 10 or is_command(node), (
                f"{node.name} takes {count} parameters: make some of them a struct"
            )
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            assert node.id not in EMPTY_NAMES, f"line {node.lineno}: {node.id!r} does not say what it is"
        if isinstance(node, ast.arg) and (place, node.arg) not in SPELT_IN_RECIPES:
            assert node.arg not in EMPTY_NAMES, f"line {node.lineno}: {node.arg!r} does not say what it is"


LIBRARIES = ("agents", "answers", "checkers", "expressions", "judging", "networks", "retrieval", "texts")
"""What methods of several rooms know. They hold no method and import no room."""


METHOD_MODULES = {entry.path: module_name(entry.path) for entry in METHODS}


def beginnings(name: str) -> set[str]:
    """``a``, ``a.b`` and ``a.b.c`` of ``a.b.c``."""
    pieces = name.split(".")
    return {".".join(pieces[:count]) for count in range(1, len(pieces) + 1)}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_room_imports_another_rooms_methods_or_private_parts(path: Path):
    part = path.relative_to(PACKAGE).parts[0]
    others, mine = set(METHOD_MODULES.values()), METHOD_MODULES.get(path)
    for name in imports(ast.parse(path.read_text(encoding="utf-8"))):
        pieces = name.split(".")
        if pieces[0] != "limbeck" or len(pieces) < 3:
            continue
        room = pieces[1] if pieces[1] in ROOMS else ""
        assert not (part in LIBRARIES and room), f"a library imports a room: {name}"
        if part in ROOMS and room and room != part:
            assert not any(piece.startswith("_") for piece in pieces), f"another room's private part: {name}"
            assert others.isdisjoint(beginnings(name)), name
        if mine and room == part:
            told = f"methods share through ops.py: {name}"
            assert (others - {mine}).isdisjoint(beginnings(name)), told


def test_imports_go_one_way():
    """No file imports, at module level, one that leads back to it."""
    graph = {}
    for path in SOURCES:
        name = module_name(path).removesuffix(".__init__")
        found = {
            each for node in ast.parse(path.read_text(encoding="utf-8")).body for each in imports_of(node)
        }
        graph[name] = {each for each in found if each.startswith("limbeck.")}
    known = set(graph)
    edges = {name: {longest(each, known) for each in targets} - {name, ""} for name, targets in graph.items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " → ".join((*trail[trail.index(name) :], name))
        if name not in done:
            for other in edges[name]:
                visit(other, (*trail, name))
            done.add(name)

    for name in edges:
        visit(name, ())


def imports_of(node: ast.stmt) -> list[str]:
    """What a statement imports when its module is loaded, or for its annotations."""
    if isinstance(node, ast.If):
        return [each for inner in node.body for each in imports_of(inner)]
    return imports(ast.Module([node], [])) if isinstance(node, ast.Import | ast.ImportFrom) else []


def longest(name: str, known: set[str]) -> str:
    """The module that a dotted name lies in."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name if name != "limbeck" else ""


def test_no_room_holds_an_eighth_of_the_house():
    lines = Counter()
    for path in SOURCES:
        lines[path.relative_to(PACKAGE).parts[0]] += len(path.read_text(encoding="utf-8").splitlines())
    biggest, count = lines.most_common(1)[0]
    assert count < 0.12 * lines.total(), f"{biggest} has {count / lines.total():.1%} of the lines"


@pytest.mark.parametrize("entry", METHODS, ids=lambda entry: entry.key)
def test_every_method_is_documented_and_configurable(entry):
    assert entry.summary, "a docstring's first line says what the method does"
    assert len(entry.summary) <= 160, entry.summary
    for parameter in entry.params.values():
        assert parameter.annotation != "Any", f"{parameter.name} has no annotation"
    if entry.room != "formats":
        assert entry.returns != "Any"


@cache
def every_test() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in (REPO / "tests").rglob("*.py"))


@cache
def every_recipe() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in recipes.names().values())


@pytest.mark.parametrize("entry", METHODS, ids=lambda entry: entry.key)
def test_every_method_appears_in_a_test(entry):
    words, recipe_text = every_test(), every_recipe()
    written = rf"\b({entry.name}\b|{entry.name.removesuffix('_at')}@)"  # ``best_at`` goes by ``best@4``
    assert re.search(written, words) or re.search(rf"\b{entry.key}\b", recipe_text)


@pytest.mark.parametrize(
    "command", [["--help"], ["list"], ["papers"], ["show", "redi"], ["schema"], ["doctor"]]
)
def test_browsing_imports_nothing_heavy(command):
    code = (
        "import sys; from limbeck.cli import app\n"
        f"try: app({command!r})\nexcept SystemExit: pass\n"
        f"print('HEAVY', [m for m in {(*HEAVY, 'pyarrow')!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("HEAVY []")


@pytest.mark.parametrize("name", list(recipes.names()))
def test_every_recipe_resolves_at_every_scale_with_the_keys_its_claim_was_measured_with(
    name, tmp_path, monkeypatch
):
    """Moving or renaming a method, or spelling a recipe otherwise, must make nothing anew.

    What is meant to change results raises a VERSION and is written anew: ``python tests/stage_keys.py``. A
    plan costs a fifth of a second, so all that is asked of one is asked here.
    """
    monkeypatch.chdir(tmp_path)  # keys know files by the paths that recipes say, wherever tests run
    raw = recipes.read(name)[1]
    assert raw.get("title")
    assert raw.get("expect"), "a recipe says what to expect"
    # By their names of today: an earlier one is for the recipes of others.
    monkeypatch.setattr("limbeck.pipeline.registry._renamed", lambda where: {})
    plans = stage_keys.plans(name)
    assert all(plan.steps for plan in plans.values())
    assert stage_keys.keys(plans) == json.loads(stage_keys.FILE.read_text(encoding="utf-8"))[name]
    for scale in {"miniature", "real"} & plans.keys():
        compares_what_is_made(recipes.load(name, scale=scale).claim, plans[scale].steps, name)


def compares_what_is_made(claim, steps, name: str) -> None:
    """Every arm of a claim is a stage, at a temperature that it samples at."""
    spec = claims.check(claim, name) if claim else {"main": [], "also": []}
    for contrast in [*spec["main"], *spec["also"]]:
        for side in ("better", "than"):
            step = steps[f"{contrast['scores']}@{contrast[side]}"]
            made = step.params.get("temperature")
            assert not isinstance(made, list | tuple) or contrast["temperature"] in made, contrast


def test_the_page_on_rooms_names_all_that_rooms_read():
    page = (REPO / "docs/concepts.md").read_text(encoding="utf-8")
    section = page.partition("\n## Rooms\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    for room, contract in CONTRACTS.items():
        row = next(line for line in rows if line.startswith(f"| `{room}/`"))
        written = re.findall(r"`(\w+)`", row.rpartition(" | ")[2])
        assert set(written) - {"problems", "traces"} == contract.options.keys(), room
    assert all(f"`{name}`" in section for name in EVERYWHERE)


def test_the_catalogue_is_whole_and_fresh():
    rows = papers.read()
    assert [paper.n for paper in rows] == list(range(1, 195))
    assert len({paper.slug for paper in rows}) == 194
    for paper in rows:
        assert paper.standing in papers.STANDINGS
        assert not paper.recipe or paper.recipe in recipes.names()
        assert paper.standing == "open" or paper.recipe, f"{paper.slug} stands without a recipe"
    assert (REPO / "docs/papers.md").read_text(encoding="utf-8") == papers.markdown(rows)


def test_no_objective_is_named_outside_its_file_and_its_recipes():
    """The trainer and everything around it read what an objective needs, never its name."""
    names = {entry.name for entry in METHODS if entry.room == "objectives"}
    for path in SOURCES:
        # `shapes` knows the file formats of other toolkits, one of which is called like an objective.
        if path.relative_to(PACKAGE).parts[0] in ("objectives", "shapes"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        said = {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
        }
        assert not said & names, f"{path.name} names {said & names}"
        for module in imports(tree):
            assert module.rsplit(".", 1)[-1] not in names or not module.startswith("limbeck.objectives"), (
                module
            )
