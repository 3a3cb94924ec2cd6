"""Whole recipes from Python, and how numbers are shown."""

from __future__ import annotations

import pytest

import limbeck as lb

RECIPE = """
title: Sums asked of a script
models: {script: {use: models/scripted, replies: {"*": "<think>so</think>1"}}}
stages:
  asked: {use: problems/rows, path: rows.jsonl, question: q, answer: a}
  scores: {use: evaluation/accuracy, from: asked, of: script, verifier: math, n: 2, metrics: [maj@2]}
"""


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.jsonl").write_text('{"q": "0 + 1", "a": "1"}\n{"q": "1 + 1", "a": "2"}\n')
    (tmp_path / "sums.yaml").write_text(RECIPE)
    return "sums.yaml"


def test_a_recipe_runs_and_its_folders_are_known(page, tmp_path):
    run = lb.run(page)
    assert str(run.folder) == "runs/sums"
    assert [problem.answer for problem in lb.load(run.stages["asked"]).problems] == ["1", "2"]
    (scores,) = run.results.values()
    shares = {row.metric: row.value for row in scores.results if row.metric in ("pass@1", "maj@2")}
    assert shares == {"pass@1": 0.5, "maj@2": 0.5}
    assert "pass@1" in repr(run)
    assert "maj@2" not in repr(run)


def test_settings_and_a_limit_make_other_runs(page):
    run = lb.run(page, settings={"scores.n": 4}, limit=1, out="elsewhere")
    assert str(run.folder) == "elsewhere"
    assert len(lb.load(run.stages["asked"]).problems) == 1
    (scores,) = run.results.values()
    assert len(scores.data.traces) == 4


def test_mistakes_of_recipes_are_told(page):
    with pytest.raises(lb.LimbeckError, match="unknown recipe 'redii'; did you mean 'redi'"):
        lb.run("redii")
    with pytest.raises(lb.LimbeckError, match="unknown scale 'smok'"):
        lb.run(page, scale="smok")
