"""A recipe's page: mistakes in its structure are one clear error each."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from limbeck.cli import app
from limbeck.errors import LimbeckError
from limbeck.pipeline import pages, plan, recipe

STAGES = "stages:\n  data: {use: problems/haste, n: 10}\n"


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (STAGES + "  data: {use: problems/haste, n: 20}\n", "'data' comes twice in one mapping .line 3"),
        (STAGES + "  kept: {use: curation/keep_outcome, from: data, from: data}\n", "'from' comes twice"),
        (STAGES + "  3: {use: curation/keep_outcome}\n", "stage 3: a name is text"),
        (
            STAGES + "  kept: {use: curation/keep_outcome, from: 3}\n",
            "stage 'kept': from names a stage or a list of them, got 3",
        ),
        (STAGES + "models: [base]\n", "models is a mapping, got"),
        (STAGES + "paper: redi\n", "paper is a mapping, got 'redi'"),
        (STAGES + "scales: {smoke: [1]}\n", "scale smoke is a mapping"),
        (
            STAGES + "scales: {smoke: {sett: {data.n: 3}}}\n",
            "scale smoke: unknown key 'sett'; did you mean 'set'",
        ),
        (STAGES + "scales: {smoke: {like: smoke}}\n", "scale smoke is like itself: smoke → smoke"),
        (STAGES + "extends: own.yaml\n", "extends itself"),
        (STAGES + "seed: abc\n", "seed is a number from 0, got 'abc'"),
        ("[1, 2]", "empty or not a mapping"),
        ("stages: {a: [", "is not valid YAML"),
    ],
)
def test_mistakes_in_a_page_are_named(tmp_path, monkeypatch, page, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.yaml").write_text(page, encoding="utf-8")
    with pytest.raises(LimbeckError, match=said):
        recipe.load("own.yaml", scale="smoke" if "smoke" in page else "miniature")


def test_settings_are_yaml_and_say_when_they_are_not():
    assert recipe.parse_settings(["a.b=[1, 2]", "c="]) == {"a.b": [1, 2], "c": ""}
    with pytest.raises(LimbeckError, match=r"--set a: '\[1' is no YAML value"):
        recipe.parse_settings(["a=[1"])


def test_merge_keys_of_yaml_still_work():
    page = pages.read("stages:\n  a: &one {use: x, n: 1}\n  b: {<<: *one, n: 2}\n", "here")
    assert page["stages"]["b"] == {"use": "x", "n": 2}


def test_a_title_is_text_and_never_markup(tmp_path):
    (tmp_path / "own.yaml").write_text("title: odd [/x] title\n" + STAGES, encoding="utf-8")
    for command in (["run", str(tmp_path / "own.yaml"), "--dry-run"], ["show", str(tmp_path / "own.yaml")]):
        said = CliRunner().invoke(app, command, catch_exceptions=False)
        assert "odd [/x] title" in said.output


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("sft.objective=kd", "stage 'sft': objective 'kd' needs the teacher's distributions"),
        ("sft.batch=0", "stage 'sft': training/fit: batch must be at least 1, got 0"),
        ("sft.lr=-1", "'lr' is at least 0, got -1"),
        ("sft.lr=.inf", "'lr' is at least 0, got inf"),
        ("traces.temperature=.inf", "'temperature' is at least 0, got inf"),
        ("scores.top_p=0", "'top_p' is above 0 and at most 1, got 0"),
        ("sft.betas=[2.0, 0.9]", r"betas are in \[0, 1\)"),
        ("scores.k=[1, 9]", "pass@9 needs 1 <= k <= n"),
        ("traces.format=thnk", "did you mean 'think'"),
        ("traces.k=0", "samples per problem cannot be 0"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_runs(tmp_path, setting, said):
    pytest.importorskip("torch", reason="an objective's needs may depend on what it imports")
    page = recipe.load("redi", scale="smoke", settings=recipe.parse_settings([setting]))
    with pytest.raises(LimbeckError, match=said):
        plan.make(page, tmp_path)


def test_a_dry_run_counts_all_inputs_and_names_what_it_cannot_count(tmp_path):
    def planned(*words: str) -> str:
        return " ".join(
            CliRunner().invoke(app, ["run", *words, "--dry-run"], catch_exceptions=False).output.split()
        )

    out = ["--out", str(tmp_path / "out")]
    assert "at most 840 samples" in planned("redi", "--scale", "smoke", *out), (
        "20 × 2 of the teacher; 10 models × 16 problems × 1 greedy sample and 2 at each of two temperatures"
    )
    judge = "  judged: {use: verifiers/judge, from: said, model: m}\n"
    judge += "models: {m: {use: models/openai, model: x, url: 'http://x/v1'}}\n"
    said = "  said: {use: teachers/sample, from: data, model: m, k: 1}\n"
    (tmp_path / "own.yaml").write_text(STAGES + said + judge, encoding="utf-8")
    text = planned(str(tmp_path / "own.yaml"), *out)
    assert "at most 20 samples" in text, "10 traces, each judged once"
    assert "$OPENAI_API_KEY is not set" in text
