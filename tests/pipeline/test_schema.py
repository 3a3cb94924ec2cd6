"""The schema of recipes, against the shipped ones and pages with a mistake in them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from limbeck.cli import app
from limbeck.pipeline import pages
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.docs import arguments
from limbeck.pipeline.schema import encoded, of_type, schema

jsonschema = pytest.importorskip("jsonschema", reason="pip install '.[dev]'")
PAGE = """
title: Mine
models:
  teacher: {path: somewhere}
  voted: {use: decoding/self_consistency, model: teacher, n: 8}
defaults:
  training/fit: {batch: 32}
stages:
  problems: {use: problems/haste, n: 20, split: train}
  traces: {use: teachers/sample, from: problems, model: teacher, k: 8, format: lines}
  kept: {use: curation/reject, from: traces}
  sft:
    {use: training/fit, from: kept, student: teacher, objective: {redi: {alpha: 1}}, lr: 1e-4, betas: [0, 1]}
  scores:
    {use: evaluation/accuracy, from: problems, of: [sft, voted], verifier: exact, metrics: [maj@4, unparsed]}
scales:
  paper: {set: {sft.lr: 1}, stages: {sft: {lr: 1.0e-5}, kept: null}}
claim: {better: sft, than: [voted], metric: pass@1}
"""


@pytest.fixture(scope="module")
def validator() -> Any:
    made = json.loads(encoded())
    jsonschema.Draft7Validator.check_schema(made)
    return jsonschema.Draft7Validator(made)


@pytest.fixture
def page() -> dict[str, Any]:
    return pages.read(PAGE, "page")


@pytest.mark.parametrize("name", list(recipes.names()))
def test_every_shipped_recipe_fits(name: str, validator: Any):
    page = pages.read(recipes.find(name).read_text(encoding="utf-8"), name)
    mistakes = [
        f"{list(error.absolute_path)}: {error.message[:200]}" for error in validator.iter_errors(page)
    ]
    assert not mistakes


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("titel", "Mine"),
        ("seed", "zero"),
        ("stages.sft.stepps", 5),
        ("stages.sft.use", "training/fitt"),
        ("stages.sft.use", "objectives/sft"),
        ("stages.sft.lr", "fast"),
        ("stages.sft.batch", 1.5),
        ("stages.sft.objective", "reddi"),
        ("stages.sft.objective", {"redi": {"alhpa": 0.5}}),
        ("stages.sft.objective", {"redi": {}, "dpo": {}}),
        ("stages.traces.format", "linse"),
        ("stages.traces.from", 7),
        ("stages.kept", {"from": "traces"}),
        ("stages.kept", None),
        ("stages.scores.metrics", ["maj_4"]),
        ("stages.scores.metrics", [{"items_at": {"place": "rare"}}]),
        ("models.teacher.pathh", "x"),
        ("models.voted.m", 8),
        ("models.voted.use", "objectives/sft"),
        ("defaults.training/fit", {"bach": 1}),
        ("defaults.fit", {"batch": 1}),
        ("scales.paper.stage", {}),
        ("scales.paper.stages", {"sft": {"use": "training/fit", "bach": 1}}),
        ("claim.bettter", "sft"),
        ("claim.also", [{"metrics": "pass@1"}]),
        ("stages", None),
    ],
)
def test_a_page_with_a_mistake_does_not(path: str, value: Any, validator: Any, page: dict[str, Any]):
    assert validator.is_valid(page)
    changed = copy.deepcopy(page)
    *folders, last = path.split(".")
    node = changed
    for name in folders:
        node = node[name]
    node[last] = value
    assert not validator.is_valid(changed)


def test_what_extends_another_page_may_change_its_stages(validator: Any):
    page = {"title": "x", "extends": "redi", "stages": {"sft": {"lr": 1}, "dpo": None}}
    assert validator.is_valid(page)
    assert not validator.is_valid({key: value for key, value in page.items() if key != "extends"})


def test_methods_of_ones_own_are_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    room = tmp_path / "limbeck_methods/curation/mark"
    room.mkdir(parents=True)
    (room / "shout.py").write_text(
        '"""Shouts."""\nWAS = "curation/cry"\n\n\ndef shout(data: Data, *, loud: int = 3) -> Data:\n'
        '    """Mark what shouts.\n\n    Args:\n        loud: exclamation marks\n'
        '            in a row.\n    """\n'
    )
    monkeypatch.chdir(tmp_path)
    made = schema()
    loud = made["definitions"]["curation/shout"]["properties"]["loud"]
    assert loud["description"] == "exclamation marks in a row. (int)"
    assert loud["default"] == 3
    validator = jsonschema.Draft7Validator(made)
    stages = {"p": {"use": "problems/haste"}, "s": {"use": "curation/shout", "from": "p", "loud": 2}}
    assert validator.is_valid({"stages": stages})
    stages["s"] = {"use": "curation/cry", "from": "p", "lout": 2}
    assert not validator.is_valid({"stages": stages})


def test_every_key_of_a_page_is_described():
    made = schema()
    assert made["properties"].keys() == pages.KEYS
    assert all(each["description"] for each in made["properties"].values())


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (int, [3, "3"], [3.5, "x", None]),
        (float, [3, 0.1, "1e-4", "inf"], ["fast", None]),
        (list[int], [[1, 2]], [["x"], 1]),
        (tuple[float, float], [[0.9, 0.98]], [[0.9], [0.9, 1, 2]]),
        (dict[str, bool], [{"a": True}], [{"a": "b"}, []]),
        (int | None, [1, None], ["x"]),
    ],
)
def test_types_as_schemas(kind: Any, right: list[Any], wrong: list[Any]):
    validator = jsonschema.Draft7Validator(of_type(kind))
    assert all(map(validator.is_valid, right))
    assert not any(map(validator.is_valid, wrong))


def test_arguments_are_read_from_docstrings():
    doc = "Does it.\n\nArgs:\n    a: first,\n        and on.\n    two: second: 2.\n\nReturns:\n    b: no.\n"
    assert arguments(doc) == {"a": "first, and on.", "two": "second: 2."}
    assert arguments("Does it.") == {}


def test_the_command_prints_it_and_nothing_else():
    from typer.testing import CliRunner

    printed = CliRunner().invoke(app, ["schema"]).output
    assert json.loads(printed) == json.loads(encoded())
