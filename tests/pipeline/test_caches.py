"""A cache policy around a model without such a cache is refused when the run is planned."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import small_world

from limbeck.errors import LimbeckError
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes

PAGE = """
title: a cache
models:
  pruned: {{use: decoding/pruned_cache, model: {inner}, every: 8, recent: 4}}
  voted: {{use: decoding/self_consistency, model: pruned, n: 2}}
  folder: {{path: {folder}}}
  elsewhere: {{use: models/openai, model: any, url: "http://127.0.0.1:9/v1"}}
stages:
  some: {{use: problems/haste, n: 5, solve: careful}}
  blank: {{use: students/from_config, from: some, arch: {arch}}}
  trained: {{use: training/fit, from: some, student: blank, objective: sft, steps: 1}}
  scores: {{use: evaluation/accuracy, from: some, model: voted, verifier: exact}}
"""


@pytest.fixture
def plan(tmp_path):
    def made(inner: str, arch: str = "qwen3", folder: str = "none/none"):
        file = tmp_path / "page.yaml"
        file.write_text(PAGE.format(inner=inner, arch=arch, folder=folder))
        return planning.make(recipes.load(str(file)), tmp_path / "out")

    return made


def test_a_student_that_keeps_a_window_is_refused_before_anything_runs(plan, tmp_path):
    with pytest.raises(LimbeckError) as caught:
        plan("trained", "mistral")
    for word in ("stage 'scores'", "decoding/pruned_cache: model 'trained'", "'mistral'", "Sliding"):
        assert word in str(caught.value)
    assert not (tmp_path / "out").exists(), "nothing has run"


def test_a_folder_of_another_kind_is_refused_too(plan, tmp_path):
    folder = small_world.student(tmp_path / "made", arch="mistral")
    with pytest.raises(LimbeckError, match="model 'folder': models of type 'mistral'"):
        plan("folder", folder=folder)


@pytest.mark.parametrize("arch", ["qwen3", "llama"])
def test_a_student_that_keeps_all_is_planned(plan, arch):
    assert plan("trained", arch).steps["scores"].key


def test_a_model_that_shows_no_cache_is_refused(plan):
    with pytest.raises(LimbeckError, match="wants cache of its model, and 'elsewhere'"):
        plan("elsewhere")
