"""Recipes and plans: what is in a key, what is a mistake, how scales merge."""

from __future__ import annotations

import pytest
from house_cases import METHODS, RECIPE, plan, with_stage

from limbeck.errors import LimbeckError
from limbeck.pipeline import recipe as recipes


def test_knobs_do_not_change_keys_and_everything_else_does(house):
    keys = {name: step.key for name, step in plan(house).steps.items()}
    assert {n: s.key for n, s in plan(house, settings={"right.workers": 7}).steps.items()} == keys
    seeded = {name: step.key for name, step in plan(house, seed=1).steps.items()}
    assert all(seeded[name] != keys[name] for name in keys)
    (house / "house/curation/answer.py").write_text("VERSION = 2\n" + METHODS["curation/answer.py"])
    from limbeck.pipeline import registry

    registry._methods.cache_clear()
    bumped = {name: step.key for name, step in plan(house).steps.items()}
    assert bumped["digits"] == keys["digits"]
    assert bumped["right"] != keys["right"]
    assert bumped["checked"] != keys["checked"]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (with_stage("x", use="curation/anser", **{"from": "digits"}), "did you mean 'answer'"),
        (with_stage("x", use="curatoin/answer", **{"from": "digits"}), "did you mean 'curation'"),
        (
            with_stage("x", use="curation/answer", **{"from": "digit"}),
            "unknown stage 'digit'.*did you mean 'digits'",
        ),
        (
            with_stage("x", use="curation/answer", ad=1, **{"from": "digits"}),
            "no parameter 'ad'; did you mean 'add'",
        ),
        (
            with_stage("x", use="curation/answer", add="one", **{"from": "digits"}),
            "'add' is a int, got 'one'",
        ),
        (with_stage("x", use="curation/answer"), r"takes 1 input\(s\) \(data\)"),
        (
            with_stage("x", use="training/fit", student="bass", objective="sft", **{"from": "right"}),
            "stage 'bass'",
        ),
        (with_stage("x", **{"from": "digits"}), "needs `use: room/method`"),
        ({"stages": {}}, "has no stages"),
    ],
)  # fmt: skip
def test_mistakes_are_named_before_anything_runs(house, raw, message):
    with pytest.raises(LimbeckError, match=message):
        plan(house, raw)
    assert not (house / "out").exists()


def test_a_model_folder_that_is_not_there_is_named_before_anything_runs(house, monkeypatch):
    (house / "models/student").mkdir(parents=True)
    raw = with_stage("x", use="training/fit", student="base", objective="sft", **{"from": "right"})
    raw["models"] = {"base": {"path": str(house / "models/studnt")}}
    with pytest.raises(
        LimbeckError, match=r"model 'base': no model folder at .*studnt; did you mean 'student'"
    ):
        plan(house, raw)
    raw["models"] = {"base": {"path": "owner/studnt-2.5"}}
    assert "x" in plan(house, raw).steps
    monkeypatch.chdir(house)
    for path, hint in {"models/studnt": "; did you mean 'student'", "owner/student.safetensors": ""}.items():
        raw["models"] = {"base": {"path": path}}
        with pytest.raises(LimbeckError, match=f"model 'base': no model folder at {path}{hint}"):
            plan(house, raw)
    raw["models"] = {"base": {"path": str(house / "models")}}
    (house / "models/student/config.json").write_text("{}")
    with pytest.raises(LimbeckError, match=r"models holds no config\.json.* did you mean '.*models/student'"):
        plan(house, raw)
    raw["models"] = {"base": {"path": str(house / "models/student")}}
    assert "x" in plan(house, raw).steps
    blank = with_stage("x", use="students/pretrained", path=str(house / "models/studnt"))
    with pytest.raises(LimbeckError, match=r"stage 'x'.*no model folder at .*did you mean 'student'"):
        plan(house, blank)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stage: {}", "unknown key 'stage'; did you mean 'stages'"),
        ("stages: [", "is not valid YAML"),
        ("", "is empty or not a mapping"),
    ],
)
def test_a_broken_recipe_file_is_named(house, text, message):
    (house / "bad.yaml").write_text(text)
    with pytest.raises(LimbeckError, match=rf"bad\.yaml.*{message}"):
        recipes.load(str(house / "bad.yaml"))
    with pytest.raises(LimbeckError, match=r"no recipe file at .*none\.yaml"):
        recipes.load(str(house / "none.yaml"))


def test_a_cycle_is_named(house):
    raw = with_stage("a", use="curation/answer", **{"from": "b"})
    raw["stages"]["b"] = {"use": "curation/answer", "from": "a"}
    with pytest.raises(LimbeckError, match="cycle: a → b → a"):
        plan(house, raw)


def test_unknown_settings_and_scales_are_named(house):
    with pytest.raises(LimbeckError, match="did you mean 'right'"):
        plan(house, settings={"rigth.add": 1})
    with pytest.raises(LimbeckError, match="unknown scale 'large'"):
        plan(house, scale="large")
    assert recipes.parse_settings(["a.b=1e-3", "a.c="]) == {"a.b": "1e-3", "a.c": ""}
    with pytest.raises(LimbeckError, match=r"stage\.parameter=value, got 'right\.add'"):
        recipes.parse_settings(["right.add"])


def test_scales_merge_replace_and_remove(house):
    raw = {**RECIPE, "scales": {
        "smoke": {"set": {"digits.n": 2}, "stages": {"missed": None}},
        "paper": {"like": "smoke", "stages": {"right": {"use": "curation/both", "from": ["digits"]}}},
    }}  # fmt: skip
    smoke = plan(house, raw, scale="smoke")
    assert smoke.steps["digits"].params["n"] == 2
    assert "missed" not in smoke.steps
    paper = plan(house, raw, scale="paper")
    assert paper.steps["right"].method.name == "both"
    assert paper.steps["digits"].params["n"] == 2
