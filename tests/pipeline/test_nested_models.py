"""Models made of models, run: in evaluation, as teachers, killed, on a network, from the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nested_models
import pytest
import yaml
from nested_models import ECHO, MUTE, SC, page, plan

from limbeck.errors import LimbeckError
from limbeck.models.journal import Journal
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline import store
from limbeck.pipeline.runner import run


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return nested_models.build(tmp_path)


def test_a_model_of_a_model_serves_in_evaluation_and_counts_its_tokens(house):
    made = run(plan(house, page(ECHO)), jobs=1)
    metrics = {
        name: {row.metric: row.value for row in store.read_results(made.folders[f"scores@{name}"]).results}
        for name in ECHO
    }
    # Numbers 0 and 1 of the model itself are wrong and right; of three paths two are right.
    assert [metrics[name]["pass@1"] for name in ECHO] == [0.5, 1.0, 0.0]
    assert [metrics[name]["mean_tokens"] for name in ECHO] == [1.0, 3.0, 6.0]
    traces = store.read_results(made.folders["scores@loud"]).data.traces
    assert {trace.answer for trace in traces} == {"0!", "1!", "2!", "3!"}
    assert {trace.model for trace in traces} == {"loud"}
    journals = [path.name for path in made.folders["scores@voted"].glob("journal.*")]
    assert journals == ["journal.model.00000.jsonl.zst"], "what a model said is kept"


def test_what_a_model_said_outlives_a_change_of_schema(house, monkeypatch):
    sampled = {"use": "teachers/sample", "from": "digits", "model": "voted", "k": 2, "format": "plain"}
    raw = page(ECHO, sampled=sampled)
    first = run(plan(house, raw).until("sampled"), jobs=1)
    for module in (planning, store):
        monkeypatch.setattr(module, "SCHEMA_VERSION", store.SCHEMA_VERSION + 1)
    monkeypatch.setattr(Journal, "_ask", None)
    later = run(plan(house, raw).until("sampled"), jobs=1)
    assert later.folders["sampled"] != first.folders["sampled"]
    traces = [store.read_data(made.folders["sampled"]).all().traces for made in (first, later)]
    assert traces[0] == traces[1] != []
    notes = store.read_manifest(later.folders["sampled"])["notes"]
    assert f"what models said is taken from {first.folders['sampled'].name}, of an earlier schema" in notes
    with pytest.raises(TypeError):  # other settings are other questions
        run(plan(house, page(ECHO, sampled={**sampled, "seed": 5})).until("sampled"), jobs=1)


def test_a_model_of_a_model_teaches_and_judges(house):
    sampled = {"use": "teachers/sample", "from": "digits", "model": "voted", "k": 2, "format": "plain"}
    raw = page(ECHO, sampled=sampled, judged={"use": "verifiers/judge", "from": "sampled", "model": "loud"})
    made = run(plan(house, raw).until("sampled"), jobs=1)
    traces = store.read_data(made.folders["sampled"]).all().traces
    assert [trace.answer for trace in traces] == [str(number) for number in range(4) for _ in range(2)]
    assert [trace.id for trace in traces[:2]] == ["p0#voted-0", "p0#voted-1"]
    assert {trace.tokens for trace in traces} == {3}
    judge = plan(house, raw).steps["judged"]
    assert [spec.name for spec in judge.all_models()] == ["loud", "voted", "sft"]


def test_a_killed_run_asks_again_only_for_the_sample_in_flight(house, monkeypatch):
    log = house / "log"
    models = {
        "sft": {"use": "models/echo", "log": str(log), "kill_at": 9},
        "voted": {**SC, "model": "sft", "n": 3},
    }
    raw = page(models)
    raw["stages"]["scores"]["of"] = "voted"
    (house / "page.yaml").write_text(yaml.safe_dump(raw))
    command = [sys.executable, "-m", "limbeck", "run", "page.yaml", "--out", "out", "--jobs", "1"]
    killed = subprocess.run(command, capture_output=True, check=False, cwd=house)
    assert killed.returncode == -9
    asked = log.read_text().splitlines()
    assert len(asked) == 9
    made = run(planning.make(recipes.load("page.yaml"), house / "out"), jobs=1)
    # Two samples of three paths were safe; of 4 problems, 2 samples and 3 paths the rest is asked, once.
    again = log.read_text().splitlines()[9:]
    assert len(again) == 24 - 6
    assert not {*again} & {*asked[:6]}
    (row,) = (r for r in store.read_results(made.folders["scores@voted"]).results if r.metric == "pass@1")
    assert row.value == 1.0
    assert row.samples == 8


def test_a_network_that_a_stage_makes_is_voted_on_and_steered(house):
    pytest.importorskip("torch")
    models = {
        "voted": {**SC, "model": "blank", "n": 3, "equal": "text"},
        "mute": {**MUTE, "model": "blank"},
    }
    blank = {
        "use": "students/from_config", "from": "digits_told", "layers": 1, "width": 16, "heads": 2,
        "tokenizer": "char", "template": "bare",
    }  # fmt: skip
    raw = page(
        models,
        digits_told={"use": "teachers/sample", "from": "digits", "model": "told", "k": 1, "format": "plain"},
        blank=blank,
        sampled={
            "use": "teachers/sample", "from": "digits", "model": "mute", "k": 3, "format": "plain",
            "temperature": 1.0, "max_tokens": 6,
        },
    )  # fmt: skip
    raw["models"]["told"] = {"use": "models/echo"}
    raw["stages"]["scores"]["of"] = ["blank", "voted"]
    made_plan = plan(house, raw)
    assert made_plan.steps["scores@voted"].after == {"digits", "blank"}
    assert set(made_plan.until("scores@voted").steps) == {"digits", "digits_told", "blank", "scores@voted"}
    made = run(made_plan, jobs=1)
    tokens = {}
    for name in ("blank", "voted"):
        results = store.read_results(made.folders[f"scores@{name}"])
        tokens[name] = {row.metric: row.value for row in results.results}["mean_tokens"]
    assert tokens["voted"] > 2 * tokens["blank"]
    written = store.read_data(made.folders["sampled"]).all().traces
    assert written
    assert not any(sign in trace.answer for trace in written for sign in "01")


def test_a_model_of_a_model_rewards_rollouts_that_a_model_of_the_recipe_samples(house):
    pytest.importorskip("torch")
    blank = {
        "use": "students/from_config", "from": "digits_told", "layers": 1, "width": 16, "heads": 2,
        "tokenizer": "char", "template": "bare",
    }  # fmt: skip
    fit = {
        "use": "training/fit", "from": "digits", "student": "blank", "objective": "grpo", "sampler": "net",
        "rollout": {"student": {"n": 2, "max_tokens": 4}}, "reward": {"asked": {"model": "voted"}},
        "steps": 2, "batch": 4,
    }  # fmt: skip
    raw = page(
        {**ECHO, "net": {"path": "blank"}},
        digits_told={"use": "teachers/sample", "from": "digits", "model": "sft", "k": 1, "format": "plain"},
        blank=blank,
        fit=fit,
    )
    made = run(plan(house, raw).until("fit"), jobs=1)
    assert (made.folders["fit"] / "model").is_dir()


def test_a_method_that_gives_no_model_is_named(house):
    raw = page({"a": {"use": "decoding/nothing", "model": "sft"}, "sft": ECHO["sft"]})
    with pytest.raises(LimbeckError, match="decoding/nothing returns a NoneType"):
        run(plan(house, raw), jobs=1)


@pytest.mark.parametrize(("strategy", "end"), [("twice:mark=bang", "bang"), ("self_consistency:n=3", "")])
def test_a_strategy_works_in_eval(house, strategy, end):
    torch = pytest.importorskip("torch")
    import small_world

    torch.manual_seed(0)
    folder = small_world.student(house / "weights", template="bare")
    done = evaluated(folder, strategy)
    assert done.returncode == 0, done.stderr
    name = f"{strategy.partition(':')[0]}-weights"
    assert name in done.stdout
    results = store.read_results(next((house / "evaluated/stages").glob(f"scores@{name}-*")))
    assert len(results.data.traces) == 4
    assert all(trace.answer.endswith(end) for trace in results.data.traces)


def test_a_strategy_that_is_none_is_named(house):
    done = evaluated("owner/name", "self_consistancy")
    assert done.returncode == 2
    assert "did you mean 'self_consistency'" in done.stderr
    assert "a method of decoding/ is wanted, got models/echo" in evaluated("owner/name", "models/echo").stderr


def test_a_strategy_is_listed_and_shown_with_what_it_wants_and_gives(house):
    def told(*words: str) -> str:
        command = [sys.executable, "-m", "limbeck", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    listed = told("list", "decoding")
    assert "self_consistency" in listed
    assert "twice" in listed
    assert "arXiv 2203.11171" in told("show", "decoding/self_consistency")
    shown = told("show", "decoding/forbidden")
    assert "gives: text, ids, logprobs" in shown
    assert "wants of a model: logits" in shown


def evaluated(model: str, strategy: str) -> subprocess.CompletedProcess[str]:
    """``limbeck eval`` in the house's folder."""
    command = [
        sys.executable, "-m", "limbeck", "eval", model, "--benchmark", "countable", "--n", "1",
        "--max-tokens", "4", "--temperature", "1", "--verifier", "exact", "--format", "plain",
        "--out", "evaluated", "--decoding", strategy,
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=False)
