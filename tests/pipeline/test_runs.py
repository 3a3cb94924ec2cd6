"""Runs: what is made, made again, continued after a kill, and what a failure leaves."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from house_cases import RECIPE, plan, with_stage

from limbeck.errors import LimbeckError
from limbeck.pipeline import execute, store
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.runner import run


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
        "curation/asis has changed since this was made; raise its VERSION to make it anew"
    ]


def test_a_method_inside_a_stage_that_has_changed_is_said_too(house, capsys):
    from limbeck.pipeline import registry, runner

    judge = Path(os.environ["LIMBECK_PATH"]) / "curation/judged_by.py"
    judge.write_text(
        "from limbeck.records import Data\nfrom limbeck.types import Verifier\n"
        'def judged_by(data: Data, *, verifier: Verifier) -> Data:\n    """Keep."""\n    return data\n'
    )
    raw = with_stage("x", use="curation/judged_by", verifier="same", **{"from": "right"})
    runner.run(plan(house, raw), jobs=1)
    inner = Path(os.environ["LIMBECK_PATH"]) / "verifiers/same.py"
    inner.write_text(inner.read_text() + "# another\n")
    registry._methods.cache_clear()
    runner.run(plan(house, raw), jobs=1)
    lines = [line.strip() for line in capsys.readouterr().err.splitlines() if "VERSION" in line]
    assert "verifiers/same has changed since this was made; raise its VERSION to make it anew" in lines


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
    while process.poll() is None and not (log.exists() and len(log.read_text().split()) >= 3):
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
    monkeypatch.setenv("LIMBECK_PATH", str(house / "house"))
    assert run(plan(house), jobs=1).manifests["checked"]["counts"]["traces"] == 4
    assert not list((house / "out").rglob(".*.parquet.*")), "no partial file stays behind"


def test_a_stage_that_is_made_is_free_though_a_process_forked_meanwhile_lives_on(tmp_path):
    with execute.alone(tmp_path / "stage", "stage", lambda told: None):
        worker = multiprocessing.get_context("fork").Process(target=signal.pause)
        worker.start()
    try:
        with (tmp_path / "stage/.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        worker.kill()
        worker.join()
