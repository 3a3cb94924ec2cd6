"""Models made of models, planned: their keys, what they give, what they would cost, and every mistake."""

from __future__ import annotations

from pathlib import Path

import nested_models
import pytest
from nested_models import ECHO, METHODS, MUTE, SC, page, plan

from limbeck.cli.planned import expected
from limbeck.errors import LimbeckError
from limbeck.pipeline import registry
from limbeck.pipeline.models import model_key


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return nested_models.build(tmp_path)


def test_keys_follow_what_a_model_is_made_of(house):
    def key(models: dict = ECHO, stage: str = "scores@loud") -> str:
        registry._methods.cache_clear()
        return plan(house, page(models)).steps[stage].key

    first = key()
    assert key() == first
    deeper = {**ECHO, "voted": {**ECHO["voted"], "n": 5}}
    deepest = {**ECHO, "sft": {"use": "models/echo", "log": "x"}}
    assert len({first, key(deeper), key(deepest)}) == 3
    assert key(deeper, "scores@sft") == key(stage="scores@sft")
    renamed = {"base": ECHO["sft"], "voted": {**ECHO["voted"], "model": "base"}, "loud": ECHO["loud"]}
    assert key(renamed) == first
    own = house / "limbeck_methods/decoding/twice.py"
    own.write_text("VERSION = 2\n" + METHODS["decoding/twice.py"])
    assert key() != first
    assert key(stage="scores@voted") == key(deepest | {"sft": ECHO["sft"]}, "scores@voted")


def test_a_bare_stage_is_keyed_as_one_whose_weights_were_once_given_by_path(house):
    raw = page(
        {"searched": {"use": "decoding/hypotheses", "model": "told", "h": 3}},
        told={"use": "students/from_config", "from": "digits"},
    )
    step = plan(house, raw).steps["scores@searched"]
    told = plan(house, raw).steps["told"].key
    params = {"h": 3, "propose": 0.9, "apply": 0.7, "max_tokens": 32, "format": "lines", "path": ""}
    assert model_key(step.models["model"], {"told": told}) == ["models/hypotheses", params, told]


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ({"a": {**SC, "model": "a"}}, "model 'a' is made of itself: a → a"),
        (
            {"c": {**SC, "model": "a"}, "a": {**SC, "model": "b"}, "b": {**SC, "model": "a"}},
            "model 'a' is made of itself: a → b → a",
        ),
        (
            {"a": {**SC, "model": "sftt"}, "sft": ECHO["sft"]},
            "unknown model or stage 'sftt' in recipe echo: model 'a'; did you mean 'sft'",
        ),
        (
            {"a": {**SC, "model": "sft", "m": 3}, "sft": ECHO["sft"]},
            "decoding/self_consistency has no parameter 'm'",
        ),
        ({"a": {**SC, "n": 3}}, r"model 'a': decoding/self_consistency needs 'model' \(Model\)"),
        (
            {"a": {**SC, "model": "sft", "n": 0}, "sft": ECHO["sft"]},
            "model 'a': decoding/self_consistency: n=0",
        ),
        ({"a": {**SC, "model": {"use": "models/echo"}}}, "'model' names a model or a stage"),
        ({"a": {**SC, "model": "digits"}}, "stage 'scores@a' uses 'digits' as a model, but that makes data"),
        (
            {"a": {**MUTE, "model": "sft"}, "sft": {"use": "models/openai", "model": "m"}},
            r"model 'a': decoding/forbidden wants logits of its model, and 'sft' \(models/openai\) gives "
            "text, prefix, logprobs, tops alone; models/transformers would do",
        ),
        (
            {"a": {**MUTE, "model": "b"}, "b": {**SC, "model": "sft"}, "sft": {"path": "x/y"}},
            r"wants logits of its model, and 'b' \(decoding/self_consistency\) gives text alone",
        ),
    ],
)  # fmt: skip
def test_mistakes_are_named_when_the_plan_is_made(house, models, message):
    raw = page(models)
    raw["stages"]["scores"]["of"] = next(iter(models))
    with pytest.raises(LimbeckError, match=message):
        plan(house, raw)
    assert not (house / "out").exists()


def test_what_has_no_weights_cannot_be_trained(house):
    fit = {"use": "training/fit", "from": "digits", "student": "voted", "objective": "sft"}
    with pytest.raises(
        LimbeckError, match=r"model 'voted': decoding/self_consistency has no weights to train; .*'sft'"
    ):
        plan(house, page(ECHO, fit=fit))
    fit = {**fit, "student": "blank", "rollout": "student", "sampler": "voted", "objective": "grpo"}
    blank = {"use": "students/from_config", "from": "digits"}
    with pytest.raises(
        LimbeckError, match="training/fit wants ids, logprobs, sync of its model, and 'voted'"
    ):
        plan(house, page(ECHO, blank=blank, fit=fit))


def test_a_stage_may_not_wait_for_a_model_made_of_itself(house):
    models = {"voted": {**SC, "model": "blank"}}
    sampled = {"use": "teachers/sample", "from": "digits", "model": "voted", "k": 1, "format": "plain"}
    raw = page(models, sampled=sampled, blank={"use": "students/from_config", "from": "sampled"})
    with pytest.raises(
        LimbeckError, match=r"cycle: .*sampled → blank → sampled|cycle: blank → sampled → blank"
    ):
        plan(house, raw)


def test_a_decoding_model_gives_at_most_what_its_models_do(house):
    judge = {"judge": {"model": "net"}}
    models = {
        "net": {"path": "x/y"},
        "quiet": {**MUTE, "model": "net"},
        "b": {"use": "decoding/judged", "model": "net", "other": "net", "verifier": judge},
    }
    steps = plan(house, page(models)).steps
    assert steps["scores@quiet"].models["model"].gives == {"text", "ids", "logprobs"}
    assert steps["scores@net"].models["model"].gives >= {"text", "score", "logits"}
    judged = steps["scores@b"].models["model"]
    assert set(judged.inner) == {"model", "other", "verifier.model"}
    assert judged.gives == {"text"}
    own = house / "limbeck_methods/decoding/forbidden.py"
    own.write_text(METHODS["decoding/forbidden.py"].replace('("logits",)', '("logit",)'))
    registry._methods.cache_clear()
    with pytest.raises(LimbeckError, match=r"unknown capability 'logit'.*did you mean 'logits'"):
        plan(house, page(models))


def test_a_dry_run_counts_what_is_asked_of_the_innermost_model(house):
    models = {**ECHO, "twofold": {**SC, "model": "voted", "n": 5}}
    raw = page(models)
    counts = expected(plan(house, raw))
    assert [counts[f"scores@{name}"].get("samples") for name in models] == [8, 24, None, 120]
    assert counts["scores@voted"]["max_tokens"] == 24 * 5
