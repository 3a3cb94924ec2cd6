"""What a recipe says of a method once: who goes before whom, what extends and scales make of it, mistakes."""

from __future__ import annotations

import pytest
import yaml

from limbeck.errors import LimbeckError
from limbeck.pipeline import defaults, plan, recipe

BASE = """
title: a world
models:
  base: {path: asset:haste/base}
defaults:
  problems/haste: {low: 2, high: 3}
  training/fit: {steps: 7, lr: 1.0e-4, betas: [0.9, 0.98]}
  rollouts/student: {n: 8, max_tokens: 48}
stages:
  data: {use: problems/haste, n: 10}
  sft: {use: training/fit, from: data, student: base, objective: sft, lr: 3.0e-3}
  rl:
    {use: training/fit, from: data, student: sft, objective: grpo, rollout: {student: {n: 4}},
     reward: {verified: {verifier: exact}}}
scales:
  large:
    defaults: {training/fit: {steps: 70}}
    stages:
      sft: {use: training/fit, from: data, student: base, objective: sft}
    set: {rl.rollout.student.n: 16}
"""


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes/world.yaml").write_text(BASE, encoding="utf-8")
    monkeypatch.setenv("LIMBECK_PATH", str(tmp_path))
    return tmp_path


def made(name: str, page: str | dict = "", **options) -> dict[str, dict]:
    """The parameters of every stage as a plan has them."""
    if page:
        text = page if isinstance(page, str) else yaml.safe_dump(page)
        (recipe.Path("recipes") / f"{name}.yaml").write_text(text, encoding="utf-8")
    steps = plan.make(recipe.load(name, **options), recipe.Path("out")).steps
    return {name: step.params for name, step in steps.items()}


def test_a_stage_goes_before_the_recipes_default_and_that_before_the_methods(world):
    stages = made("world")
    assert stages["data"]["low"] == 2
    assert stages["sft"]["lr"] == 3e-3, "the stage's own"
    assert stages["sft"]["steps"] == stages["rl"]["steps"] == 7, "the recipe's"
    assert stages["rl"]["lr"] == 1e-4
    assert stages["sft"]["batch"] == 32, "the method's"


def test_a_default_holds_inside_a_stage_too(world):
    student = made("world")["rl"]["rollout"]["student"]
    assert (student["n"], student["max_tokens"]) == (4, 48)


def test_a_default_may_bring_a_method_that_has_defaults_itself(world):
    page = yaml.safe_load(BASE)
    page["defaults"]["training/fit"]["rollout"] = "student"
    del page["stages"]["rl"]["rollout"]
    assert made("own", page)["rl"]["rollout"]["student"]["n"] == 8


def test_models_have_defaults(world):
    page = yaml.safe_load(BASE)
    page["models"]["checker"] = {"use": "noisy_checker", "spoil": 0.3}
    page["defaults"]["models/noisy_checker"] = {"rate": 0.4, "spoil": 0.1}
    body = recipe.build("own", recipe.Path("own.yaml"), page).models["checker"]
    assert body == {"use": "noisy_checker", "spoil": 0.3, "rate": 0.4}


def test_a_scale_changes_defaults_for_stages_of_the_page_and_of_its_own(world):
    stages = made("world", scale="large")
    assert stages["sft"]["steps"] == stages["rl"]["steps"] == 70
    assert stages["sft"]["lr"] == 1e-4, "given anew with `use`, it no longer says 3e-3"
    assert stages["sft"]["betas"] == (0.9, 0.98)
    student = stages["rl"]["rollout"]["student"]
    assert (student["n"], student["max_tokens"]) == (16, 48)


def test_a_recipe_takes_defaults_from_what_it_extends_and_changes_them(world):
    stages = made("child", "extends: world\ndefaults: {training/fit: {steps: 9}}\nstages: {rl: null}\n")
    assert (stages["sft"]["steps"], stages["sft"]["betas"]) == (9, (0.9, 0.98))
    plain = made("plain", "extends: world\ndefaults: {problems/haste: null}\nstages: {rl: null}\n")
    assert plain["data"]["low"] != 2, "null takes a default away"


@pytest.mark.parametrize(
    ("setting", "value"),
    [("rl.rollout.student.n", 5), ("rl.steps", 5), ("sft.objective", {"kd": {"ce": 0.5}})],
)
def test_set_goes_before_everything(world, setting, value):
    stage = recipe.load("world", settings={setting: value}).stages[setting.partition(".")[0]]
    node = {setting.partition(".")[0]: stage.params}
    for part in setting.split("."):
        node = node[part]
    assert node == value


def test_what_is_set_inside_a_default_leaves_the_rest_of_it(world):
    page = yaml.safe_load(BASE)
    page["defaults"]["training/fit"]["rollout"] = {"student": {"temperature": 0.5}}
    del page["stages"]["rl"]["rollout"]
    student = made("own", page, settings={"rl.rollout.student.n": 5})["rl"]["rollout"]["student"]
    assert (student["n"], student["temperature"], student["max_tokens"]) == (5, 0.5, 48)


def test_spelling_a_setting_as_a_default_keeps_the_key(world):
    page = yaml.safe_load(BASE)
    del page["defaults"], page["scales"]
    page["stages"]["data"] |= {"low": 2, "high": 3}
    page["stages"]["sft"] |= {"steps": 7, "betas": [0.9, 0.98]}
    page["stages"]["rl"] |= {"steps": 7, "lr": 1e-4, "betas": [0.9, 0.98]}
    page["stages"]["rl"]["rollout"] = {"student": {"n": 4, "max_tokens": 48}}
    (world / "recipes/spelled.yaml").write_text(yaml.safe_dump(page), encoding="utf-8")
    plans = [plan.make(recipe.load(name), world / "out") for name in ("world", "spelled")]
    first, second = ({name: step.key for name, step in each.steps.items()} for each in plans)
    assert first == second


def test_a_models_maker_brings_its_own_defaults_and_gets_none(world):
    page = yaml.safe_load(BASE)
    page["models"]["base"]["made_by"] = {"recipe": "haste-models", "stage": "base"}
    page["defaults"]["training/fit"]["weight_decay"] = 0.5
    page["defaults"]["students/from_config"] = {"seed": 3}
    stages = recipe.build("own", recipe.Path("own.yaml"), page, from_scratch=True).stages
    assert stages["base"].params["weight_decay"] == 0.01
    assert stages["base_init"].params["seed"] == 2
    assert stages["sft"].params["weight_decay"] == 0.5


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("training/fitt: {steps: 1}", "unknown method in training/ 'fitt' in recipe own: defaults; .* 'fit'"),
        ("training/fit: {step: 1}", "recipe own: defaults: training/fit has no parameter 'step'; .* 'steps'"),
        ("training/fit: {ctx: 1}", "training/fit has no parameter 'ctx'"),
        ("training: {steps: 1}", "defaults are those of a method, as room/method: .*, got 'training'"),
        ("teachers/sample: {k: 1}", "recipe own: defaults of teachers/sample, which no stage uses"),
        ("training/fit: 3", "defaults: training/fit is a mapping, got 3"),
        ("training/fit: {steps: many}", "stage 'sft': parameter 'steps' is a int, got 'many'"),
    ],
)
def test_mistakes_are_named(world, line, message):
    stages = BASE[BASE.index("stages:") : BASE.index("scales:")]
    page = f"models:\n  base: {{path: asset:haste/base}}\ndefaults:\n  {line}\n{stages}"
    with pytest.raises(LimbeckError, match=message):
        made("own", page)


def test_a_default_that_only_an_earlier_recipe_needs_is_no_mistake(world):
    assert made("child", "extends: world\nstages: {rl: null}\n"), "rollouts/student has no use here"


def test_a_default_may_be_needed_at_one_scale_alone(world):
    page = yaml.safe_load(BASE)
    page["defaults"]["teachers/sample"] = {"k": 3}
    page["scales"]["large"]["stages"]["more"] = {"use": "teachers/sample", "from": "data", "model": "base"}
    assert made("own", page, scale="large")["more"]["k"] == 3


def test_weights_of_stages_are_opened_as_the_defaults_say_and_trained_as_ever(world):
    page = yaml.safe_load(BASE)
    page["stages"]["more"] = {"use": "teachers/sample", "from": "data", "model": "sft"}
    (recipe.Path("recipes") / "own.yaml").write_text(yaml.safe_dump(page), encoding="utf-8")
    before = plan.make(recipe.load("own"), recipe.Path("out")).steps
    page["defaults"]["models/transformers"] = {"dtype": "bfloat16"}
    (recipe.Path("recipes") / "own.yaml").write_text(yaml.safe_dump(page), encoding="utf-8")
    steps = plan.make(recipe.load("own"), recipe.Path("out")).steps
    assert before["more"].models["model"].params == {}
    assert steps["more"].models["model"].params == {"dtype": "bfloat16"}
    assert steps["more"].key != before["more"].key
    assert steps["rl"].models["student"].params == {}, "what is trained is opened as training opens it"


def test_methods_are_named_by_todays_keys(world):
    page = {"defaults": {"curation/take": {"n": 3}}, "stages": {"few": {"use": "curation/take", "from": "x"}}}
    assert defaults.by_method(page) == {"curation/sample_problems": {"n": 3}}
    assert defaults.fill(page) == {"curation/sample_problems"}
    assert page["stages"]["few"]["n"] == 3
