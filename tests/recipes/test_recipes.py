"""Every shipped recipe runs from end to end at scale smoke."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from paths import REPO, SHARED

from limbeck.pipeline import defaults, store
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.runner import run
from limbeck.report.build import build


def smoke(name: str, out: Path, **options) -> dict:
    plan = planning.make(recipes.load(name, scale="smoke", **options), out)
    return run(plan, jobs=1).manifests


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """One folder for all, so that what recipes have in common is made once."""
    return tmp_path_factory.mktemp("runs")


REAL = {"redi-gsm8k"}
"""Recipes on files that lie beside a checkout."""


@pytest.mark.parametrize("name", [name for name in recipes.names() if name not in REAL])
def test_a_recipe_runs_and_is_reported(name, out):
    manifests = smoke(name, out)
    page = json.loads((out / "run.json").read_text())
    assert page["state"] == "finished"
    assert {stage["name"] for stage in page["stages"]} == set(manifests)
    assert recipes.load(name).title.partition(":")[0] in build(out, out / "report.html")["report"].read_text()


def test_the_arms_of_redi_differ_and_keep_their_samples(tmp_path):
    manifests = smoke("redi", tmp_path)
    folders = {
        stage["name"]: tmp_path / stage["dir"]
        for stage in json.loads((tmp_path / "run.json").read_text())["stages"]
    }
    scores = store.read_results(folders["scores@redi_05"])
    assert {result.benchmark for result in scores.results} == {"haste", "haste/hard"}
    assert len(scores.data.traces) == manifests["scores@redi_05"]["counts"]["traces"] == 16 * (1 + 2 + 2)
    weights = {
        arm: (folders[arm] / "model/model.safetensors").read_bytes()
        for arm in ("sft", "alpha_0", "redi_05", "dpo")
    }
    assert len(set(weights.values())) == 4


def test_from_scratch_makes_the_shipped_models_first(tmp_path):
    plan = planning.make(recipes.load("redi", from_scratch=True), tmp_path)
    assert plan.steps["traces"].after == {"problems", "teacher"}
    assert plan.steps["sft"].models["student"].step == "base"


def test_real_traces_run_from_end_to_end(tmp_path, monkeypatch):
    if not SHARED.is_dir():
        pytest.skip("the folder shared/data is not beside this checkout")
    pytest.importorskip("daft", reason="near-duplicates need the extra [data]")
    monkeypatch.chdir(REPO)
    manifests = smoke("redi-gsm8k", tmp_path)
    counts = manifests["graded"]["counts"]
    assert counts["traces"] == 3_600 + 10_552
    assert counts["problems"] == 1_319
    assert manifests["pairs"]["counts"]["kept_pairs"] > 300


@pytest.mark.parametrize("name", [name for name in recipes.names() if not name.endswith("-world")])
def test_a_recipe_says_at_least_twice_what_it_says_once_for_all(name):
    """A default that one stage alone uses hides what that stage does."""
    page = recipes.find(name).read_text(encoding="utf-8")
    methods = re.findall(r"^  (\w+/\w+):", page.partition("\ndefaults:\n")[2].partition("\nstages:")[0], re.M)
    uses = Counter(method.key for method, _ in defaults.named(recipes.load(name).raw))
    assert [key for key in methods if uses[key] < 2] == []


def test_lines_of_recipes_are_short():
    wide = [
        f"{path.name}: {line}"
        for path in recipes.names().values()
        for line in path.read_text(encoding="utf-8").splitlines()
        if len(line) > 130 and not line.startswith("  title:")
    ]
    assert wide == []
