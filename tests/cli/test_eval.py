"""``limbeck eval``: names, folders of stages, differences of models, what is refused before sampling."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from limbeck.cli import app
from limbeck.errors import LimbeckError
from limbeck.pipeline import store
from limbeck.pipeline.files import resolve_path

HASTE = ["--benchmark", "haste:n=6,split=test", "--verifier", "exact", "--format", "lines", "--n", "2"]
HASTE += ["--max-tokens", "48"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(*words: str) -> str:
    error = CliRunner().invoke(app, ["eval", *words]).exception
    assert isinstance(error, LimbeckError), error
    return str(error)


def test_several_models_are_compared_on_the_same_problems(here: Path):
    """A training stage's folder is taken for the student in it, and called as the stage is."""
    pytest.importorskip("torch", reason="sampling needs the extra [train]")
    stage = here / "runs/mine/stages/sft-0123"
    shutil.copytree(resolve_path("asset:haste/base", here), stage / "model")
    store.write_manifest(stage, {"name": "sft", "key": "0123"})
    models = [str(stage), "best=asset:haste/teacher"]
    done = CliRunner().invoke(app, ["eval", *models, *HASTE, "--limit", "4", "--json"])
    assert done.exit_code == 0, done.exception
    whole = json.loads(done.stdout)
    values: dict[str, dict[str, float]] = {}
    for row in whole["results"]:
        values.setdefault(row["stage"], {})[row["metric"]] = row["value"]
    assert [*values] == ["scores@sft", "scores@best"]
    compared = {each["metric"]: each for each in whole["comparisons"]}
    for metric in ("pass@1", "pass@2"):
        each = compared[metric]
        assert (each["better"], each["than"], each["problems"]) == ("best", "sft", 4)
        assert each["diff"] == pytest.approx(values["scores@best"][metric] - values["scores@sft"][metric])
    assert (here / "runs/eval-haste-sft-best-first4/report.html").is_file()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["openai:", *HASTE], "'openai:' names no model"),
        (["asset:haste/base", *HASTE, "--top-p", "0"], "'top_p' is above 0 and at most 1, got 0"),
        (["asset:haste/base", *HASTE[:-2], "--max-tokens", "0"], "max_tokens is 0"),
        (["asset:haste/base", "asset:haste/base", *HASTE], "'base' comes twice"),
        (["asset:haste/base", *HASTE, "--compare", "base", "bass"], "did you mean 'base'"),
        (["asset:haste/base", *HASTE, "--limit", "0"], "--limit takes a number of problems from 1 up"),
    ],
)
def test_what_means_nothing_is_refused_before_anything_is_sampled(words: list[str], told: str, here: Path):
    assert told in refused(*words)
    assert not (here / "runs").exists()


STRATEGIES = [
    "--decoding",
    "plain",
    "--strategy",
    "self_consistency:n=2",
    "--decoding",
    "self_consistency:n=4",
]


def test_strategies_are_compared_with_each_other_and_with_votes_of_as_many_tokens(here: Path):
    pytest.importorskip("torch", reason="sampling needs the extra [train]")
    words = ["b=asset:haste/base", *HASTE, "--n", "4", *STRATEGIES, "--json"]
    done = CliRunner().invoke(app, ["eval", *words])
    assert done.exit_code == 0, done.exception
    whole = json.loads(done.stdout)
    values = {(row["stage"], row["metric"]): row["value"] for row in whole["results"]}
    arms = ["b", "n-2-self_consistency-b", "n-4-self_consistency-b"]
    assert [*dict.fromkeys(stage for stage, _ in values)] == [f"scores@{arm}" for arm in arms]
    metrics = {"pass@1", "mean_tokens", "maj@2", "maj@4"}
    assert all((f"scores@{arm}", metric) in values for arm in arms for metric in metrics)
    matched = {each["better"]: each for each in whole["comparisons"] if "against" in each["metric"]}
    assert [*matched] == arms[1:]
    for arm, k in zip(arms[1:], (2, 4), strict=True):
        each = matched[arm]
        assert (each["than"], each["metric"], each["problems"]) == ("b", f"pass@1 against maj@{k}", 6)
        assert each["value"] == pytest.approx(values[f"scores@{arm}", "pass@1"])
        assert each["other"] == pytest.approx(values["scores@b", f"maj@{k}"])
    page = (here / f"runs/eval-haste-{'-'.join(arms)}/report.html").read_text(encoding="utf-8")
    assert "majorities of the cheapest arm" in page
    assert "2 votes" in page


def test_strategies_that_cannot_be_told_apart_are_refused(here: Path):
    assert "comes twice" in refused("asset:haste/base", *HASTE, "--decoding", "plain", "--decoding", "plain")
    twice = ["--decoding", "self_consistency:n=2"] * 2
    assert "comes twice" in refused("asset:haste/base", *HASTE, *twice)
    assert "did you mean 'self_consistency'" in refused(
        "asset:haste/base", *HASTE, "--strategy", "self_consistncy"
    )
