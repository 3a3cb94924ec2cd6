"""A damaged store: an error that names the file, or all of the data; never less of it in silence. What
``limbeck check`` says of it, and what ``limbeck repair`` makes of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import store_damage
from house_cases import plan
from store_damage import made

from limbeck import api
from limbeck.errors import Failed, LimbeckError
from limbeck.generation import Completion
from limbeck.models import _journal_file as journal
from limbeck.pipeline import inventory, store
from limbeck.pipeline.arrow import to_table
from limbeck.pipeline.runner import run
from limbeck.records import Data, Problem, Result
from limbeck.upkeep import repair
from limbeck.upkeep.soundness import look


@pytest.mark.parametrize("way", store_damage.WAYS, ids=lambda way: way.name)
def test_damage_is_named_or_nothing_is_lost(way: store_damage.Way, tmp_path: Path):
    folder = tmp_path / "it"
    shards = made(folder)
    assert look(folder).state == "sound"
    way.does(folder)
    if way.seen:
        with pytest.raises(LimbeckError) as caught:
            api.load(folder)
        assert way.seen in str(caught.value)
        assert "delete" not in str(caught.value)
    else:
        assert api.load(folder) == Data.join(shards)
    seen = look(folder)
    assert bool(seen.wrong or seen.extra or seen.state == "unfinished") == way.told
    assert not way.seen or seen.state == "unfinished" or any(way.seen in name for name in seen.wrong)


def test_a_manifest_of_before_files_were_listed_is_held_against_its_counts(tmp_path: Path):
    shards = made(tmp_path)
    page = json.loads((tmp_path / "manifest.json").read_text())
    del page["files"]
    (tmp_path / "manifest.json").write_text(json.dumps(page))
    assert api.load(tmp_path) == Data.join(shards)
    assert look(tmp_path).state == "older"
    for name in ("problems", "traces", "pairs"):
        (tmp_path / f"00002.{name}.parquet").unlink()
    with pytest.raises(LimbeckError, match="counts 12 problems, and its files hold 8"):
        api.load(tmp_path)
    assert look(tmp_path).state == "damaged"


def test_lines_of_a_journal_that_cannot_be_read_are_counted_and_nothing_is_changed(tmp_path: Path):
    made(tmp_path)
    path = tmp_path / "journal.a-model.jsonl"
    lines = [journal.encoded(str(n), Completion(text=f"It is {n}.")) for n in range(4)]
    path.write_bytes(b"".join(lines))
    assert look(tmp_path).unread == {}
    changed = lines[1].replace(b"It is 1", b"It is 7")
    path.write_bytes(lines[0] + changed + b"nothing\n" + lines[2] + lines[3][:9])
    before = path.read_bytes()
    seen = look(tmp_path)
    assert (seen.unread, seen.state, path.read_bytes()) == ({path.name: 2}, "sound", before)
    path.write_bytes(b"".join(lines))
    journal.pack(path)
    (packed,) = tmp_path.glob("journal.*.zst")
    packed.write_bytes(packed.read_bytes()[:-4])
    assert look(tmp_path).unread == {path.name: 1}


def test_columns_alone_are_held_against_their_pages(tmp_path: Path):
    """Who reads some columns reads no digest: the checksums of pages stand for it."""
    store.write_data(tmp_path, Data([Problem(id=str(i), question=f"{i * 7919 % 1009}?") for i in range(500)]))
    path = tmp_path / "00000.problems.parquet"
    content = bytearray(path.read_bytes())
    content[60] ^= 1
    path.write_bytes(content)
    with pytest.raises(inventory.Damaged, match="problems"):
        inventory.table(path, columns=["id"])


def of(value: float) -> Result:
    return Result(model="m", benchmark="b", metric="pass@1", value=value)


def test_results_are_held_against_the_manifest_too(tmp_path: Path):
    made(tmp_path)
    store.write_table(tmp_path / "results.parquet", to_table([of(0.5)], Result))
    store.write_manifest(tmp_path, {"name": "it", "kind": "results"})
    assert store.read_results(tmp_path).results[0].value == 0.5
    store.write_table(tmp_path / "results.parquet", to_table([of(0.9)], Result))
    with pytest.raises(inventory.Damaged, match=r"results\.parquet: it is not what was written"):
        store.read_results(tmp_path)


RAW = {"stages": {
    "digits": {"use": "problems/digits", "n": 4, "shards": 3},
    "right": {"use": "curation/answer", "from": "digits"},
    "both": {"use": "curation/both", "from": ["right", "digits"]},
}}  # fmt: skip


def of_run(house: Path, name: str) -> Path:
    return next((house / "out/stages").glob(f"{name}-*"))


def test_a_run_over_a_damaged_stage_says_so_and_goes_on_after_a_repair(house: Path):
    raw = {"stages": {**RAW["stages"], "right": {**RAW["stages"]["right"], "log": str(house / "log")}}}
    run(plan(house, raw), jobs=1)
    folder = of_run(house, "right")
    before = store.read_data(folder).all()
    paid = (folder / "00001.problems.parquet").read_bytes()
    (folder / "00001.traces.parquet").unlink()
    with pytest.raises(Failed, match=r"00001\.traces\.parquet: it is missing; `limbeck repair "):
        run(plan(house, raw), jobs=1)
    mended = repair.mend(folder)
    assert (len(mended.done), mended.left) == (1, [])
    assert (folder / "aside/00001.problems.parquet").read_bytes() == paid
    (house / "log").write_text("")
    assert run(plan(house, raw), jobs=1).cached == {"digits", "both"}
    assert (house / "log").read_text().split() == ["1-0"], "only what was lost is made again"
    assert store.read_data(folder).all() == before
    assert look(folder).state == "sound"


@pytest.mark.parametrize("way", store_damage.WAYS, ids=lambda way: way.name)
def test_every_damage_of_a_stage_can_be_repaired(way: store_damage.Way, house: Path):
    run(plan(house, RAW), jobs=1)
    folder = of_run(house, "right")
    before = store.read_data(folder).all()
    way.does(folder)
    left = {path.read_bytes() for path in folder.glob("*.parquet") if path.is_file()}
    repair.mend(folder)
    run(plan(house, RAW), jobs=1)
    assert store.read_data(folder).all() == before
    assert look(folder).state == "sound"
    kept = {path.read_bytes() for path in folder.rglob("*.parquet") if path.is_file()}
    assert left <= kept, "nothing is deleted"


def test_a_manifest_is_written_anew_from_the_runs_page(house: Path):
    run(plan(house, RAW), jobs=1)
    folder = of_run(house, "both")
    (folder / "manifest.json").write_text("{")
    assert repair.mend(folder).done == ["manifest.json is written anew from run.json"]
    assert run(plan(house, RAW), jobs=1).cached == {*RAW["stages"]}


def test_what_no_run_makes_is_left_as_it_is(tmp_path: Path):
    made(tmp_path)
    (tmp_path / "00001.traces.parquet").write_bytes(b"")
    page = json.loads((tmp_path / "manifest.json").read_text()) | {"name": "import", "file": "mine.jsonl"}
    (tmp_path / "manifest.json").write_text(json.dumps(page))
    names = sorted(path.name for path in tmp_path.iterdir())
    mended = repair.mend(tmp_path)
    assert not mended.done
    assert "import mine.jsonl again" in mended.left[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_a_stage_that_is_being_made_is_not_repaired(house: Path):
    import fcntl

    run(plan(house, RAW), jobs=1)
    folder = of_run(house, "right")
    shutil.copy(folder / "00000.traces.parquet", folder / "00001.traces.parquet")
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Failed, match="a run is at work"):
            repair.mend(folder)


def test_a_stored_signal_without_one_of_its_files_is_no_smaller_signal(tmp_path: Path):
    from limbeck.networks import stored

    folder = tmp_path / "signal"
    for index in range(2):
        part = stored.Packed(b"", 1, 1, exact=True, k=0)
        stored.write_part(folder, index, [f"trace {index}"], [index], [part])
    stored.write_about(folder, stored.About(0, 1.0, "teacher", True))
    store.write_manifest(tmp_path, {"name": "scored", "kind": "stored"})
    assert [*stored.read(folder)[1]] == ["trace 0", "trace 1"]
    (folder / "00001.parquet").unlink()
    with pytest.raises(inventory.Damaged, match=r"signal/00001\.parquet: it is missing") as caught:
        stored.read(folder)
    assert f"limbeck repair {tmp_path}`" in str(caught.value), "it is the stage that is repaired"


@pytest.mark.parametrize("way", store_damage.RUN_WAYS, ids=lambda way: way.name)
def test_a_damaged_run_comes_right_by_itself_or_after_a_repair(way: store_damage.Way, house: Path):
    run(plan(house, RAW), jobs=1)
    folder = of_run(house, "right")
    before = store.read_data(folder).all()
    way.does(folder)
    if way.seen:
        with pytest.raises(LimbeckError, match=way.seen):
            run(plan(house, RAW), jobs=1)
        assert repair.mend(folder).done
    run(plan(house, RAW), jobs=1)
    assert store.read_data(folder).all() == before
    assert look(folder).state == "sound"
    assert json.loads((house / "out/run.json").read_text())["state"] == "finished"
