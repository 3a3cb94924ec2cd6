"""The scale that every recipe has without saying so."""

from __future__ import annotations

from pathlib import Path

import pytest

from limbeck.pipeline import defaults, plan, smoke
from limbeck.pipeline import recipe as recipes

PAGE = {
    "models": {"base": {"path": "asset:haste/base"}},
    "defaults": {"training/fit": {"batch": 64}, "rollouts/student": {"n": 16}},
    "stages": {
        "data": {"use": "problems/haste", "n": 1000},
        "few": {"use": "problems/haste", "n": 3},
        "test": {"use": "problems/haste", "n": 1000, "split": "test"},
        "sft": {"use": "training/fit", "from": "data", "student": "base", "objective": "sft", "epochs": 2},
        "rl": {
            "use": "training/fit", "from": "data", "student": "sft", "objective": "grpo", "steps": 100,
            "rollout": "student", "reward": {"verified": {"verifier": "exact"}},
        },
        "scores": {
            "use": "evaluation/accuracy", "from": "test", "of": ["sft", "rl"], "verifier": "exact",
            "n": 16, "k": [1, 4, 16],
        },
    },
}  # fmt: skip


def params(page: dict = PAGE, **options) -> dict[str, dict]:
    recipe = recipes.build("own", Path("own.yaml"), page, scale="smoke", **options)
    return {name: step.params for name, step in plan.make(recipe, Path("out")).steps.items()}


def test_numbers_of_stages_defaults_and_methods_are_cut():
    stages = params()
    assert stages["data"]["n"] == smoke.CAPS["problems"]["n"]
    assert stages["few"]["n"] == 3, "what is small stays"
    assert stages["test"]["n"] == smoke.EXAM
    assert stages["sft"]["steps"] == 2, "0 is as many as the epochs have"
    assert stages["sft"]["batch"] == stages["rl"]["batch"] == 4, "a default of the page"
    rollout = stages["rl"]["rollout"]["student"]
    assert (rollout["n"], rollout["max_tokens"]) == (4, 16), "a default of the page, and the method's own"
    assert stages["scores@rl"]["n"] == 2
    assert stages["scores@rl"]["k"] == (1, 2)


def test_a_recipe_goes_before_the_rule():
    scale = {
        "set": {"sft.steps": 50, "rl.rollout.student.n": 12},
        "defaults": {"training/fit": {"batch": 9}},
        "stages": {"few": {"use": "problems/haste", "n": 99}},
    }
    stages = params({**PAGE, "scales": {"smoke": scale}})
    assert (stages["sft"]["steps"], stages["few"]["n"], stages["sft"]["batch"]) == (50, 99, 9)
    assert stages["rl"]["rollout"]["student"]["n"] == 12
    assert stages["rl"]["steps"] == 2


def test_the_command_line_goes_before_both():
    assert params(settings={"data.n": 500})["data"]["n"] == 500


def test_other_scales_may_be_like_it_and_none_else_is_cut():
    page = {**PAGE, "scales": {"tiny": {"like": "smoke", "set": {"data.n": 4}}}}
    tiny = recipes.build("own", Path("own.yaml"), page, scale="tiny").stages
    assert (tiny["data"].params["n"], tiny["rl"].params["steps"]) == (4, 2)
    assert recipes.build("own", Path("own.yaml"), page).stages["rl"].params["steps"] == 100


def test_from_scratch_is_as_quick():
    stages = recipes.load("redi", scale="smoke", from_scratch=True).stages
    assert stages["teacher_careful"].params["steps"] == 2
    assert stages["teacher_careful_data"].params["n"] == 20


@pytest.mark.parametrize("name", list(recipes.names()))
def test_no_shipped_recipe_exceeds_a_cap_without_saying_so(name):
    scale = (recipes.read(name)[1].get("scales") or {}).get("smoke") or {}
    settings, by_method = {*(scale.get("set") or {})}, scale.get("defaults") or {}
    page = recipes.load(name, scale="smoke").raw
    for stage, body in page["stages"].items():
        if stage in (scale.get("stages") or {}):
            continue
        for method, given in defaults.named({"stages": {stage: body}}):
            for parameter, cap in smoke.caps(method).items():
                values = given.get(parameter, 0)
                largest = max(values, default=0) if isinstance(values, list) else values
                named = f"{stage}.{parameter}" in settings or parameter in by_method.get(method.key, {})
                assert largest <= cap or named, f"{stage}: {parameter} {largest}"


def test_few_recipes_need_more_than_the_rule():
    pages = [path.read_text(encoding="utf-8") for path in recipes.names().values()]
    assert sum("\n  smoke:" in page for page in pages) <= len(pages) // 6
