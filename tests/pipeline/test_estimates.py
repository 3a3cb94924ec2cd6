"""What a dry run counts: samples, prompts, new tokens and USD, of every method that asks a model."""

from __future__ import annotations

import json

import pytest
import yaml
from house_cases import plan
from typer.testing import CliRunner

from limbeck.cli import app
from limbeck.cli.planned import expected
from limbeck.errors import LimbeckError
from limbeck.pipeline import artefacts, registry
from limbeck.pipeline import parameters as P
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.loading import PACKAGE
from limbeck.pipeline.runner import run

HOUSE = [entry for room in registry.ROOMS for entry in registry.methods(room).values()]
ASKING = [
    entry
    for entry in HOUSE
    if entry.path.is_relative_to(PACKAGE)
    and any(P.wanted(each).kind == artefacts.MODEL for each in entry.params.values())
]
PAID = {"use": "models/openai", "model": "x", "price_in": 2.0, "price_out": 10.0}
QUESTION = "What is 6 times 3? " * 140
SAMPLED = {"use": "teachers/sample", "from": "rows", "model": "m", "k": 4, "max_tokens": 100}


def page(house, traces: bool = False, **stages) -> dict:
    """Ten long questions of a file of one's own, 2,661 characters each, with a trace of 70 if so wanted."""
    row = {"answer": "18", **({"response": "x" * 70} if traces else {})}
    lines = [json.dumps({"question": f"{QUESTION}{number}", **row}) + "\n" for number in range(10)]
    (house / "rows.jsonl").write_text("".join(lines))
    rows = {"use": "problems/rows", "path": "rows.jsonl", **({"response": "response"} if traces else {})}
    return {"models": {"m": PAID}, "stages": {"rows": rows, **stages}}


@pytest.mark.parametrize("entry", ASKING, ids=lambda entry: entry.key)
def test_every_method_that_asks_a_model_says_what_it_costs(entry):
    settings = {name: each.default for name, each in entry.params.items()}
    models = [name for name, each in entry.params.items() if P.wanted(each).kind == artefacts.MODEL]
    settings |= dict.fromkeys(models, "m")
    known = {"problems": 2, "traces": 4, "question_tokens": 10.0, "trace_tokens": 20.0}
    call = {"samples": 4, "prompt_tokens": 40, "max_tokens": 80} if entry.room == "decoding" else {}
    estimate = entry.load().estimate({**known, **call}, settings)
    if entry.key == "training/fit":
        assert estimate == {}, "without rollouts it samples nothing"
    elif "unknown" not in estimate:
        assert estimate["max_tokens"] >= estimate["samples"] >= 0
        assert "prompt_tokens" in estimate or not estimate["samples"]
        if not call:
            unmeasured = entry.load().estimate({"problems": 2, "traces": 4}, settings)
            assert "prompt_tokens" not in unmeasured, "of unknown questions no length is made up"


def test_usd_are_those_of_prompts_and_new_tokens(house):
    counts = expected(plan(house, page(house, sampled=SAMPLED)))["sampled"]
    assert counts["samples"] == 40
    assert counts["max_tokens"] == 4_000
    each = (len(QUESTION) + 1 + len("{question}")) / 3.5
    assert counts["prompt_tokens"] == round(40 * each)
    assert counts["cost"] == pytest.approx((counts["prompt_tokens"] * 2 + 4_000 * 10) / 1e6)
    longer = page(house, sampled={**SAMPLED, "system": "s" * 350})
    assert expected(plan(house, longer))["sampled"]["prompt_tokens"] == round(40 * (each + 100))


def test_a_judge_sees_question_and_trace_in_a_stage_and_inside_one(house):
    judge = {"use": "verifiers/judge", "from": "rows", "model": "m", "votes": 3, "max_tokens": 50}
    counts = expected(plan(house, page(house, traces=True, judged=judge)))["judged"]
    assert (counts["samples"], counts["max_tokens"]) == (30, 1_500)
    assert counts["prompt_tokens"] > 30 * (len(QUESTION) + 70) / 3.5
    scores = {"use": "evaluation/accuracy", "from": "rows", "of": "m", "n": 2, "max_tokens": 100}
    scores["verifier"] = {"judge": {"model": "m", "votes": 2, "max_tokens": 7}}
    counts = expected(plan(house, page(house, scores=scores)))["scores@m"]
    assert counts["samples"] == 20 + 20 * 2, "each of 20 samples is judged twice"
    assert counts["max_tokens"] == 20 * 100 + 40 * 7


def test_what_no_plan_can_know_is_said(house):
    critic = {"use": "verifiers/critic", "from": "rows", "model": "m"}
    counts = expected(plan(house, page(house, traces=True, checked=critic)))["checked"]
    assert counts["unknown"] == ["how many steps a trace has"]
    assert "samples" not in counts
    drawn = {"use": "problems/digits", "n": 4}
    raw = page(house, digits=drawn, sampled={**SAMPLED, "from": "digits"})
    counts = expected(plan(house, raw))["sampled"]
    assert counts["unknown"] == ["how long prompts of m are"], "a method of one's own is not run for a plan"
    assert "prompt_tokens" not in counts
    run(plan(house, raw).until("digits"), jobs=1)
    counts = expected(plan(house, raw))["sampled"]
    assert counts["prompt_tokens"] == round(16 * 11 / 3.5), "digits are there: a character, ten of template"


def test_rewards_of_rollouts_are_paid_for(house):
    fit = {"use": "training/fit", "from": "rows", "student": "s", "objective": "grpo", "batch": 2, "steps": 5}
    fit |= {"rollout": {"student": {"n": 3, "max_tokens": 9}}}
    fit |= {"reward": {"verified": {"verifier": {"judge": {"model": "m", "max_tokens": 50}}}}}
    raw = page(house, fit=fit)
    raw["models"]["s"] = {"path": "x/y"}
    counts = expected(plan(house, raw))["fit"]
    assert (counts["samples"], counts["max_tokens"]) == (5 * 2 * 3, 30 * 50)


def test_a_limit_is_counted_and_a_broken_file_is_refused(house):
    raw = page(house, sampled=SAMPLED)
    made = planning.make(recipes.build("echo", house / "echo.yaml", raw), house / "out", 3)
    assert expected(made)["sampled"]["samples"] == 12
    (house / "rows.jsonl").write_text('{"qestion": "?", "answer": "1"}\n')
    with pytest.raises(LimbeckError, match="no column 'question'; did you mean 'qestion'"):
        expected(plan(house, raw))


def test_a_plan_as_json_and_as_nothing(house):
    (house / "own.yaml").write_text(yaml.safe_dump(page(house, sampled=SAMPLED)))
    words = ["run", str(house / "own.yaml"), "--dry-run", "--out", str(house / "out")]
    told = json.loads(CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False).stdout)
    step = told["steps"][1]
    assert {key: step[key] for key in ("name", "use", "from", "status")} == {
        "name": "sampled", "use": "teachers/sample", "from": ["rows"], "status": "will run",
    }  # fmt: skip
    assert step["estimates"]["samples"] == told["total"]["samples"] == 40
    assert CliRunner().invoke(app, [*words, "--quiet"], catch_exceptions=False).stdout == ""
