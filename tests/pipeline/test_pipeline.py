"""Recipes, plans and runs, on small methods of a user's own folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from limbeck.errors import LimbeckError
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline import store
from limbeck.pipeline.runner import run

METHODS = {
    "problems/digits.py": '''
from limbeck.records import Data, Problem

def digits(*, n: int = 3, shards: int = 1, seed: int = 0):
    """Digits to echo."""
    for s in range(shards):
        yield Data([Problem(id=f"{s}-{i}", question=str(i + seed), answer=str(i + seed)) for i in range(n)])
''',
    "curation/answer.py": '''
import time
from pathlib import Path
from limbeck.records import Data, Trace

def answer(data: Data, *, add: int = 0, pause: float = 0.0, log: str = "", workers: int = 1) -> Data:
    """Answer every problem, ``add`` too high."""
    time.sleep(pause)
    if log:
        with Path(log).open("a") as file:
            file.write(data.problems[0].id + "\\n")
    for p in data.problems:
        data.traces.append(Trace(id=p.id, problem_id=p.id, answer=str(int(p.question) + add)))
    return data
''',
    "curation/fail.py": '''
from limbeck.errors import LimbeckError
from limbeck.records import Data

def fail(data: Data) -> Data:
    """Never works."""
    raise LimbeckError("nothing works today")
''',
    "curation/both.py": '''
from limbeck.records import Data

def both(*data: Data) -> Data:
    """Join."""
    return Data.join(data)
''',
    "verifiers/same.py": '''
from limbeck.records import Problem, Trace, Verdict

def same(problem: Problem, trace: Trace) -> Verdict:
    """Equal text."""
    return Verdict("same", "correct" if problem.answer == trace.answer else "wrong", trace.answer)
''',
}
RECIPE = {
    "title": "Echo",
    "stages": {
        "digits": {"use": "problems/digits", "n": 4},
        "right": {"use": "curation/answer", "from": "digits"},
        "wrong": {"use": "curation/answer", "from": "digits", "add": 1},
        "checked": {"use": "verifiers/same", "from": "right"},
        "missed": {"use": "verifiers/same", "from": "wrong"},
    },
}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in METHODS.items():
        (tmp_path / "house" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "house" / name).write_text(text)
    monkeypatch.setenv("LIMBECK_PATH", str(tmp_path / "house"))
    return tmp_path


def plan(house: Path, raw: dict = RECIPE, **options) -> planning.Plan:
    return planning.make(recipes.build("echo", house / "echo.yaml", raw, **options), house / "out")


def with_stage(name: str, **body) -> dict:
    return {**RECIPE, "stages": {**RECIPE["stages"], name: body}}


@pytest.mark.parametrize("jobs", [1, 2])
def test_run_makes_everything_once(house, jobs):
    first = run(plan(house), jobs=jobs)
    assert first.manifests["checked"]["counts"]["outcomes"] == {"correct": 4}
    assert first.manifests["missed"]["counts"]["outcomes"] == {"wrong": 4}
    again = run(plan(house), jobs=jobs)
    assert again.cached == set(RECIPE["stages"])


def test_a_changed_parameter_remakes_only_what_depends_on_it(house):
    run(plan(house), jobs=1)
    changed = run(plan(house, settings={"wrong.add": 2}), jobs=1)
    assert set(RECIPE["stages"]) - changed.cached == {"wrong", "missed"}


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
        (with_stage("x", use="curation/answer", **{"from": "digit"}), "unknown stage 'digit'.*did you mean 'digits'"),
        (with_stage("x", use="curation/answer", ad=1, **{"from": "digits"}), "no parameter 'ad'; did you mean 'add'"),
        (with_stage("x", use="curation/answer", add="one", **{"from": "digits"}), "'add' is a int, got 'one'"),
        (with_stage("x", use="curation/answer"), r"takes 1 input\(s\) \(data\)"),
        (with_stage("x", use="training/fit", student="bass", objective="sft", **{"from": "right"}), "stage 'bass'"),
        (with_stage("x", **{"from": "digits"}), "needs `use: room/method`"),
        ({"stages": {}}, "has no stages"),
    ],
)  # fmt: skip
def test_mistakes_are_named_before_anything_runs(house, raw, message):
    with pytest.raises(LimbeckError, match=message):
        plan(house, raw)
    assert not (house / "out").exists()


def test_a_cached_stage_of_a_method_that_has_changed_since_is_said(house, capsys):
    from limbeck.pipeline import registry, runner

    own = Path(os.environ["LIMBECK_PATH"]) / "curation/asis.py"
    text = (
        'from limbeck.records import Data\ndef asis(data: Data) -> Data:\n    """Keep."""\n    return data\n'
    )
    raw = with_stage("x", use="curation/asis", **{"from": "digits"})
    for more in ("", "", "# another\n"):
        own.write_text(text + more)
        registry._methods.cache_clear()
        runner.run(plan(house, raw), jobs=1)
    said = capsys.readouterr().err.splitlines()
    assert [line.strip() for line in said if "VERSION" in line] == [
        "asis.py has changed since this was made; raise its VERSION to make it anew"
    ]


def test_a_model_folder_that_is_not_there_is_named_before_anything_runs(house):
    (house / "models/student").mkdir(parents=True)
    raw = with_stage("x", use="training/fit", student="base", objective="sft", **{"from": "right"})
    raw["models"] = {"base": {"path": str(house / "models/studnt")}}
    with pytest.raises(
        LimbeckError, match=r"model 'base': no model folder at .*studnt; did you mean 'student'"
    ):
        plan(house, raw)
    raw["models"] = {"base": {"path": "owner/studnt"}}
    assert "x" in plan(house, raw).steps


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


def test_a_failing_stage_leaves_the_others(house):
    raw = with_stage("bad", use="curation/fail", **{"from": "digits"})
    with pytest.raises(LimbeckError, match=r"stage 'bad' \(curation/fail\): nothing works today"):
        run(plan(house, raw), jobs=1)
    assert plan(house, raw).steps["checked"].manifest()
    assert '"state": "failed"' in (house / "out/run.json").read_text()


def test_until_keeps_only_what_is_needed(house):
    assert list(plan(house).until("checked").steps) == ["digits", "right", "checked"]
    with pytest.raises(LimbeckError, match="did you mean 'checked'"):
        plan(house).until("cheked")


def test_many_inputs_and_shards(house):
    raw = {"stages": {
        "digits": {"use": "problems/digits", "n": 2, "shards": 3},
        "right": {"use": "curation/answer", "from": "digits"},
        "all": {"use": "curation/both", "from": ["right", "digits"]},
    }}  # fmt: skip
    made = run(plan(house, raw), jobs=1)
    assert len(store.read_data(made.folders["right"])) == 3
    assert made.manifests["all"]["counts"]["problems"] == 12


def test_kill_9_then_the_next_run_continues_from_whole_shards(house):
    log = house / "log"
    raw = {"stages": {
        "digits": {"use": "problems/digits", "n": 2, "shards": 6},
        "slow": {"use": "curation/answer", "from": "digits", "pause": 0.25, "log": str(log)},
    }}  # fmt: skip
    (house / "slow.yaml").write_text(yaml.safe_dump(raw))
    command = [
        sys.executable,
        "-m",
        "limbeck",
        "run",
        str(house / "slow.yaml"),
        "--out",
        str(house / "out"),
        "--jobs",
        "1",
    ]
    process = subprocess.Popen(command, env={**os.environ}, stderr=subprocess.DEVNULL)
    deadline = time.time() + 30
    while not (log.exists() and len(log.read_text().split()) >= 3) and time.time() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    run(planning.make(recipes.load(str(house / "slow.yaml")), house / "out"), jobs=1)
    made = log.read_text().split()
    assert set(made) == {f"{shard}-0" for shard in range(6)}
    assert len(made) <= 7, "only the shard in flight is made again"
    assert len(store.read_data(next((house / "out/stages").glob("slow-*"))).all().traces) == 12


def test_a_full_disk_is_one_clear_error(house, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    made = plan(house)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LimbeckError, match="No space left on device; nothing made so far is lost"):
        run(made, jobs=1)
    monkeypatch.undo()
    os.environ["LIMBECK_PATH"] = str(house / "house")
    assert run(plan(house), jobs=1).manifests["checked"]["counts"]["traces"] == 4
    assert not list((house / "out").rglob(".*.parquet.*")), "no partial file stays behind"
