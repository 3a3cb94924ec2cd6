"""Shards made by Ray: the same set as without it, whatever becomes of a worker."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

import pytest
from house_cases import RECIPE, plan

import limbeck
from limbeck import processes
from limbeck.cli import planned
from limbeck.errors import Failed, LimbeckError
from limbeck.pipeline import clusters, on_ray, store
from limbeck.pipeline.place import LOCAL, Place, parse
from limbeck.pipeline.runner import Runner, run

UNRULY = r'''
import os, time
from pathlib import Path
from limbeck.errors import LimbeckError
from limbeck.records import Data
from limbeck.pipeline.context import Context

def unruly(data: Data, *, how: str, at: str, cured: str, log: str, ctx: Context) -> Data:
    """Something happens in one shard, or in all, until there is a file ``cured``."""
    with Path(log).open("a") as file:
        file.write(data.problems[0].id + "\n")
    ctx.log(f"seen {data.problems[0].id}")
    if data.problems[0].id in at.split() and not Path(cured).exists():
        if how == "killed once":
            Path(cured).touch()
        if how.startswith("killed"):
            os.kill(os.getpid(), 9)
        if how == "hangs":
            time.sleep(10**6)
        raise {"raises": ValueError, "refuses": LimbeckError}[how]("bad luck\ntoday")
    return data
'''
KILLER = '''
import os
from limbeck.records import Problem, Trace, Verdict

def killer(problem: Problem, trace: Trace) -> Verdict:
    """Ends its process."""
    if problem.id == "1-0":
        os.kill(os.getpid(), 9)
    return Verdict("killer", "correct")
'''

MODELS = {"teacher": {"use": "models/scripted"}}


@pytest.fixture(scope="module")
def two_workers():
    """A Ray of two workers, which runs in this process take for theirs."""
    pytest.importorskip("ray", reason="needs the extra [ray]")
    with pytest.MonkeyPatch.context() as patch, clusters.joined(_two(patch)) as place:
        yield place


def _two(patch: pytest.MonkeyPatch) -> Place:
    patch.setattr(processes, "cores", lambda: 2)
    return Place("ray")


@pytest.fixture
def page(house: Path):
    """Builds a plan: 4 shards, in whose stage ``odd`` something happens."""

    def build(how: str = "nothing", at: str = "", out: str = "out", **more):
        (house / "house/curation/unruly.py").write_text(UNRULY)
        (house / "house/verifiers/killer.py").write_text(KILLER)
        files = {"cured": str(house / "cured"), "log": str(house / "log")}
        stages = {
            "digits": {"use": "problems/digits", "shards": 4},
            "right": {"use": "curation/answer", "from": "digits"},
            "checked": {"use": "verifiers/same", "from": "right"},
            "odd": {"use": "curation/unruly", "from": "checked", "how": how, "at": at, **files},
            "mixed": {"use": "curation/shuffle", "from": "odd"},
            "rates": {"use": "curation/pass_rate", "from": "odd"},
            **more,
        }
        made = plan(house, {"title": "Echo", "models": MODELS, "stages": stages})
        for step in made.steps.values():
            step.folder = house / out / step.folder.name
        return made

    return build


def on(made, place: Place) -> Runner:
    return run(made, jobs=1, quiet=True, place=place)


def tables(made) -> dict[str, bytes]:
    """What all stages of a plan made, byte by byte."""
    files = [path for step in made.steps.values() for path in step.folder.glob("[0-9]*.parquet")]
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in files}


def marks(made, stage: str) -> list[list[str]]:
    return [
        sorted({mark for record in (*shard.problems, *shard.traces) for mark in record.marks})
        for shard in store.read_data(made.steps[stage].folder)
    ]


def test_the_set_is_the_same_bit_for_bit(page, two_workers):
    here, there = page(), page(out="other")
    first, second = on(here, LOCAL), on(there, two_workers)
    assert tables(here) == tables(there)
    assert len(tables(here)) == 6 * 4 * 3 - 3 * 3  # shuffle makes one shard
    for name, made in first.manifests.items():
        for same in ("key", "counts", "notes", "params", "files"):
            assert made[same] == second.manifests[name][same]
    assert first.manifests["odd"]["notes"] == [f"seen {shard}-0" for shard in range(4)]


def test_a_worker_killed_once_costs_a_retry(page, house, two_workers):
    here, there = page("killed once", "2-0"), page("killed once", "2-0", out="other")
    made = on(there, two_workers).manifests["odd"]
    assert [note for note in made["notes"] if "seen" not in note] == [
        "shard 2: its worker died (WorkerCrashedError); tried again"
    ]
    assert (house / "log").read_text().split().count("2-0") == 2
    on(here, LOCAL)
    assert tables(here) == tables(there)


@pytest.mark.parametrize(
    ("how", "seconds", "why"),
    [
        ("raises", 600, "ValueError: bad luck"),
        ("killed", 600, "its worker died (WorkerCrashedError)"),
        ("hangs", 1, "it took longer than 1 seconds"),
    ],
)
def test_a_shard_that_fails_twice_is_marked_and_made_by_the_next_run(
    page, house, two_workers, how, seconds, why
):
    there = page(how, "1-0")
    limited = Place("ray", two_workers.address, seconds)
    runner = on(there, limited)
    assert runner.manifests["odd"]["failed_shards"] == [1]
    assert f"shard 1 failed: {why}" in runner.manifests["odd"]["notes"]
    assert marks(there, "odd") == [[], [on_ray.MARK], [], []]
    assert marks(there, "rates")[1] == [on_ray.MARK]
    assert runner.manifests["odd"]["counts"]["traces"] == 12
    assert runner.manifests["odd"]["counts"]["kept"] == 9
    (house / "cured").touch()
    (house / "log").unlink()
    again = on(page(how, "1-0"), LOCAL)
    assert (house / "log").read_text().split() == ["1-0"]
    assert again.cached == {"digits", "right", "checked"}
    assert "failed_shards" not in again.manifests["odd"]
    whole = page(how, "1-0", out="other")
    on(whole, LOCAL)
    assert tables(there) == tables(whole)


def test_a_shard_that_goes_on_failing_stays_as_it_is(page, two_workers):
    on(page("raises", "1-0"), two_workers)
    before = tables(page("raises", "1-0"))
    again = on(page("raises", "1-0"), two_workers)
    assert again.manifests["odd"]["failed_shards"] == [1]
    assert tables(page("raises", "1-0")) == before


def test_what_no_verifier_could_look_at_is_unknown(page, two_workers):
    there = page(judged={"use": "verifiers/killer", "from": "right"})
    on(there, two_workers)
    shards = list(store.read_data(there.steps["judged"].folder))
    outcomes = [{trace.outcome for trace in shard.traces} for shard in shards]
    assert outcomes == [{"correct"}, {"unknown"}, {"correct"}, {"correct"}]
    assert shards[1].traces[0].verdicts[-1].reason == "its shard failed: its worker died (WorkerCrashedError)"


def test_a_mistake_that_the_method_names_ends_the_stage_at_once(page, house, two_workers):
    with pytest.raises(Failed, match=r"stage 'odd' \(curation/unruly\): bad luck"):
        on(page("refuses", "1-0"), two_workers)
    assert (house / "log").read_text().split().count("1-0") == 1


def test_where_every_shard_fails_the_stage_does(page, two_workers):
    with pytest.raises(Failed, match="every shard failed, the first: ValueError: bad luck"):
        on(page("raises", "0-0 1-0 2-0 3-0"), two_workers)


@pytest.mark.parametrize("first", ["here", "there"])
def test_what_is_begun_in_one_place_goes_on_in_the_other(page, house, two_workers, first):
    places = [LOCAL, two_workers][:: 1 if first == "here" else -1]
    made = page("refuses", "3-0")
    with pytest.raises(Failed):
        on(made, places[0])
    kept = [*made.steps["odd"].folder.glob("*.problems.parquet")]
    assert 0 < len(kept) < 4
    (house / "cured").touch()
    (house / "log").unlink()
    on(made, places[1])
    assert len((house / "log").read_text().split()) == 4 - len(kept)
    whole = page("refuses", "3-0", out="other")
    on(whole, LOCAL)
    assert tables(made) == tables(whole)


def test_models_whole_sets_and_problems_stay(page):
    made = page(asked={"use": "curation/rated", "from": "right", "model": "teacher"})
    for step in made.steps.values():
        step.place = Place("ray")
    assert [name for name, step in made.steps.items() if step.away] == ["right", "checked", "odd", "rates"]


def test_a_dry_run_says_what_would_leave(page, capsys):
    planned.show_plan(page(), place=Place("ray"))
    assert "shard by shard on ray: right, checked, odd, rates; the rest runs here" in capsys.readouterr().out


def test_from_python(house, two_workers):
    recipe = house / "echo.yaml"
    recipe.write_text(json.dumps(RECIPE))
    here, there = (limbeck.run(recipe, out=house / each, on=each) for each in ("local", "ray"))
    assert here.stages.keys() == there.stages.keys()
    for name, folder in here.stages.items():
        for path in folder.glob("*.parquet"):
            assert path.read_bytes() == (there.stages[name] / path.name).read_bytes()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("rai", r"got 'rai'; did you mean 'ray'\?"),
        ("local:3", "local has no address"),
        ("ray:head", "'head' is no HOST:PORT"),
        ("ray:ray://head:1", "is no HOST:PORT"),
        ("ray:head:99999", "is no HOST:PORT"),
    ],
)
def test_a_place_that_is_none(text, why):
    with pytest.raises(LimbeckError, match=why):
        parse(text)


def test_a_limit_that_is_no_time():
    with pytest.raises(LimbeckError, match="got -1"):
        parse("ray", -1)


def test_a_cluster_that_is_not_there(monkeypatch):
    pytest.importorskip("ray", reason="needs the extra [ray]")
    monkeypatch.delenv(clusters.LOOPBACK, raising=False)
    monkeypatch.setattr(clusters, "SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        address = f"127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(LimbeckError, match=f"no cluster of Ray at {address}.*it does not answer"):
            clusters.need_answer(address)
    with pytest.raises(LimbeckError, match=f"no cluster of Ray at {address}: .*refused.*ray start --head"):
        clusters.need_answer(address)


def test_without_ray_the_extra_is_named(page, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(LimbeckError, match=r"--on ray needs ray: pip install 'limbeck\[ray\]'"):
        on(page(), Place("ray"))


def test_a_worker_elsewhere_says_what_it_lacks(tmp_path: Path):
    def task(folder: Path, **versions: str) -> on_ray.Try:
        return on_ray.Try(0, 1, folder / "try", lambda report: None, {}, versions)

    with pytest.raises(LimbeckError, match=r"does not see .*on a shared file system"):
        on_ray.make(task(tmp_path / "nowhere/.ray"))
    with pytest.raises(LimbeckError, match=r"the run's machine 1\.0"):
        on_ray.make(task(tmp_path, limbeck="1.0"))
    assert os.listdir(tmp_path) == []
