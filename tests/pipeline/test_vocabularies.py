"""A teacher of another vocabulary is refused when the run is planned, where a plan can know."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import small_world

from limbeck.errors import LimbeckError
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.records import Data, Problem

PAGE = """
title: a mentor
models: {{small: {{path: {small}}}, medium: {{path: {medium}}}}}
stages:
  some: {{use: problems/haste, n: 5, solve: careful}}
  mentor: {{use: training/fit, from: some, student: medium, objective: sft, steps: 1}}
  taught: {{use: training/fit, from: some, student: small, objective: {objective}, {other}: mentor, steps: 1}}
"""


@pytest.fixture
def page(tmp_path):
    def written(questions: str, objective: str = "kd", other: str = "teacher") -> recipes.Recipe:
        """A small student of the digits' alphabet, and a mentor tuned from a model of another one."""
        paths = {}
        for name, text in (("small", "0123456789+-*;"), ("medium", questions)):
            data = Data([Problem(id="p", question=text)])
            paths[name] = small_world.student(tmp_path / name, data, layers=1, width=8, template="bare")
        file = tmp_path / "page.yaml"
        file.write_text(PAGE.format(**paths, objective=objective, other=other))
        return recipes.load(str(file))

    return written


def test_a_mentor_of_another_vocabulary_is_refused_when_the_run_is_planned(page, tmp_path):
    with pytest.raises(LimbeckError) as caught:
        planning.make(page("0123456789+-*;!"), tmp_path / "out")
    for word in ("stage 'taught'", "'small' has", "'mentor'", "'!'"):
        assert word in str(caught.value)
    assert not (tmp_path / "out").exists(), "nothing has run"


@pytest.mark.parametrize(
    ("questions", "objective"),
    [("0123456789+-*;", "kd"), ("0123456789+-*;!", "uld")],
    ids=["the same words", "an objective that aligns"],
)
def test_what_can_be_compared_is_planned(page, tmp_path, questions, objective):
    assert planning.make(page(questions, objective), tmp_path / "out").steps["taught"].key
