"""Files streamed into shards: the data is that of reading them into memory, wherever a block ends."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from public_shapes import SHAPES

from limbeck.errors import LimbeckError
from limbeck.pipeline import counting, store
from limbeck.records import Data
from limbeck.shapes import gathering, import_files, import_rows, importing, parts, streaming
from limbeck.tables import write_rows

QUESTIONS = ("2+2?", "3+3?", "“4+4?”", '"4+4?"', "5+5?")
ROW = {
    "question": st.sampled_from(QUESTIONS),
    "response": st.sampled_from(["<think>so</think>4", "6", "8", ""]),
}
ID = {"id": st.sampled_from(["a", "b", "c"])}
FILLED = st.fixed_dictionaries({**ROW, "answer": st.sampled_from(["4", "4", "5", None])})
LACKING = st.fixed_dictionaries(
    {**ROW, "answer": st.sampled_from(["4", None]), "subject": st.just("sums")}, optional=ID
)
DIFFERING = st.fixed_dictionaries(
    {**ROW, "question": st.sampled_from(QUESTIONS[:2])},
    optional={
        "subject": st.sampled_from(["sums", "products", None]),
        "hint": st.sampled_from(["count", "guess"]),
        "source": st.sampled_from(["a", "b", None]),
        "split": st.sampled_from(["train", "test"]),
        "correct": st.sampled_from([True, False, None]),
        "model": st.sampled_from(["r1", None]),
    },
)
PAIRS = st.fixed_dictionaries(
    {
        "prompt": st.sampled_from(QUESTIONS),
        "chosen": st.sampled_from(["4", "6", "8"]),
        "rejected": st.sampled_from(["4", "6", "9"]),
    }
)


def told(data: Data) -> tuple[list[Any], list[Any], list[Any]]:
    """What data says, whatever the order in which its problems' traces stand."""
    traces = sorted((msgspec.to_builtins(trace) for trace in data.traces), key=lambda it: it["id"])
    pairs = sorted((pair.problem_id, pair.chosen, pair.rejected) for pair in data.pairs)
    return [msgspec.to_builtins(problem) for problem in data.problems], traces, pairs


def streamed(folder: Path, out: Path, **how) -> tuple[Data, importing.Imported]:
    done = import_files(folder, out, **how)
    shards = store.read_data(out)
    assert counting.counts(shards) == done.counts
    for shard in shards:
        ids = {problem.id for problem in shard.problems}
        assert {trace.problem_id for trace in shard.traces} <= ids
        assert {pair.problem_id for pair in shard.pairs} <= ids
        assert {it.chosen for it in shard.pairs} <= {trace.id for trace in shard.traces}
    assert not [*out.glob(".*")]
    return shards.all(), done


def in_memory(folder: Path) -> tuple[Data, importing.Imported]:
    heard: list[importing.Imported] = []
    data = import_rows(folder, told=heard.append)
    return data, heard[0]


@pytest.mark.parametrize(
    "rows", [FILLED, LACKING, DIFFERING, PAIRS], ids=["conflicting", "lacking", "differing", "pairs"]
)
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_blocks_and_shards_give_the_data_in_memory(tmp_path_factory, monkeypatch, rows, data):
    made = [data.draw(st.lists(rows, min_size=1, max_size=12)) for _ in range(data.draw(st.integers(1, 2)))]
    folder, out = tmp_path_factory.mktemp("in"), tmp_path_factory.mktemp("out")
    for number, each in enumerate(made):
        write_rows(folder / f"{number}.jsonl", each)
    monkeypatch.setattr(os, "fsync", lambda file: None)
    monkeypatch.setattr(store, "SHARD_PROBLEMS", data.draw(st.sampled_from([1, 2, 10_000])))
    monkeypatch.setattr(gathering, "LATE_BYTES", data.draw(st.sampled_from([0, 1 << 20])))
    try:
        wanted, before = in_memory(folder)
    except LimbeckError as error:
        with pytest.raises(LimbeckError, match=re.escape(str(error))):
            import_files(folder, out)
        return
    size = data.draw(st.sampled_from([1, 150, 1 << 20]))
    back, done = streamed(folder, out, block_size=size)
    assert told(back) == told(wanted)
    assert done.rows == before.rows
    assert done.bad.count == before.bad.count


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if not shape.files], ids=lambda it: it.source)
def test_a_layout_is_read_alike_row_by_row_and_as_one_block(tmp_path, monkeypatch, shape):
    monkeypatch.setattr(os, "fsync", lambda file: None)
    write_rows(tmp_path / "rows.jsonl", [*shape.rows, *shape.rows])
    try:
        wanted, before = in_memory(tmp_path / "rows.jsonl")
    except LimbeckError:
        return
    for size in (1, 1 << 20):
        back, done = streamed(tmp_path / "rows.jsonl", tmp_path / str(size), block_size=size)
        assert told(back) == told(wanted)
        assert (done.rows, done.bad.count) == (before.rows, before.bad.count)


def test_rows_decide_alike_however_many_blocks_they_fill(tmp_path):
    rows = [{"question": f"{n}+1?", "response": "4", "grade": n % 2 if n < 60 else 4} for n in range(90)]
    write_rows(tmp_path / "rows.jsonl", rows)
    for size in (1, 1 << 20):
        data, _ = streamed(tmp_path / "rows.jsonl", tmp_path / str(size), block_size=size)
        assert not any(trace.verdicts for trace in data.traces), "a grade from 0 to 4 is no verdict"


def many(folder: Path, count: int = 300) -> Path:
    """A file whose questions come twice, far apart."""
    rows = [
        {"question": f"{n % (count // 2)}+1?", "response": f"It is {n}.", "answer": "1"} for n in range(count)
    ]
    write_rows(folder / "rows.jsonl", rows)
    return folder / "rows.jsonl"


def reading() -> list:
    """Worker processes that are there; those of verifiers, which stay, are not meant."""
    return [each for each in multiprocessing.active_children() if not each.name.startswith("pebble")]


def test_worker_processes_give_the_same_data(tmp_path):
    file = many(tmp_path)
    alone, _ = streamed(file, tmp_path / "alone", workers=0, block_size=1000)
    beside, done = streamed(file, tmp_path / "beside", workers=2, block_size=1000)
    assert beside == alone
    assert (done.rows, len(beside.problems), len(beside.traces)) == (300, 150, 300)
    assert not reading()


@pytest.mark.parametrize("step", [1, 2], ids=["questions that come again", "each once"])
def test_blocks_that_are_shards_give_the_same_data(tmp_path, monkeypatch, step):
    file = many(tmp_path)
    rows = file.read_text().splitlines(keepends=True)
    file.write_text("".join(rows[: len(rows) // step]))
    monkeypatch.setattr(parts, "FILLING", 0)  # a worker is forked from this process
    alone, _ = streamed(file, tmp_path / "alone", workers=0)
    beside, done = streamed(file, tmp_path / "beside", workers=2, block_size=1000)
    assert told(beside) == told(alone)
    assert (done.rows, len(beside.problems)) == (300 // step, 150)
    assert len(store.read_data(tmp_path / "beside")) > 5


def test_a_limit_counts_rows_over_all_blocks(tmp_path):
    data, done = streamed(many(tmp_path), tmp_path / "out", limit=120, block_size=1000)
    assert (done.rows, len(data.traces)) == (120, 120)


def test_what_a_worker_raises_arrives_and_nothing_stays_behind(tmp_path, monkeypatch):
    file, out = many(tmp_path), tmp_path / "out"

    def broken(*_):
        raise LimbeckError("format 'own' is broken")

    monkeypatch.setattr(streaming, "part_in", broken)  # a worker is forked from this process
    with pytest.raises(LimbeckError, match="format 'own' is broken"):
        import_files(file, out, workers=2, block_size=1000)
    assert not reading()
    assert not [*out.glob(".*")]


def test_a_worker_that_is_killed_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(streaming, "part_in", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(LimbeckError, match="killed"):
        import_files(many(tmp_path), tmp_path / "out", workers=2, block_size=1000)


def test_an_interrupted_import_is_no_data_and_a_second_one_starts_clean(tmp_path, monkeypatch):
    file, out = many(tmp_path), tmp_path / "out"
    monkeypatch.setattr(store, "SHARD_PROBLEMS", 10)
    blocks_heard: list[int] = []

    def interrupt(rows: int) -> None:
        blocks_heard.append(rows)
        if len(blocks_heard) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_files(file, out, workers=2, block_size=2000, heard=interrupt)
    assert not reading()
    assert not [*out.glob(".*")]
    with pytest.raises(LimbeckError, match="interrupted"):
        importing.is_folder_of_data(out)
    data, _ = streamed(file, out)
    assert len(data.traces) == 300


def test_a_path_that_leads_nowhere_makes_no_folder(tmp_path):
    with pytest.raises(LimbeckError, match="no file"):
        import_files(tmp_path / "none.jsonl", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_without_one_readable_row_says_why(tmp_path):
    (tmp_path / "rows.jsonl").write_text("nothing\nof it\n" * 50, encoding="utf-8")
    with pytest.raises(LimbeckError, match="100 rows could not be used"):
        import_files(tmp_path / "rows.jsonl", tmp_path / "out", block_size=100)
