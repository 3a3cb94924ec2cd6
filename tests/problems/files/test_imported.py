"""problems/imported: the same records whether a file is read into memory or into a folder first."""

import json

import pytest

from limbeck.pipeline.context import Context
from limbeck.pipeline.store import read_data, write_data, write_manifest
from limbeck.problems.files.imported import imported
from limbeck.records import Data


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    lines = [
        {"question": f"What is {n} and {n}?", "answer": str(2 * n), "response": f"{n} {at}"}
        for at in range(2)
        for n in range(30)
    ]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def test_a_large_file_is_read_through_a_folder_into_the_same_records(rows, tmp_path, monkeypatch):
    whole = Data.join(imported(path=str(rows)))
    monkeypatch.setattr("limbeck.shapes.streaming.ALONE", 10)
    monkeypatch.setattr("limbeck.shapes.streaming.cores", lambda: 0)
    heard: list[dict] = []
    place = tmp_path / "stage"
    place.mkdir()
    parts = imported(path=str(rows), ctx=Context(place, report=heard.append))
    first = next(parts)
    assert [path.name[:8] for path in place.iterdir()] == [".import-"]
    streamed = Data.join([first, *parts])
    assert not [*place.iterdir()]
    assert len(whole.problems) == 30
    assert streamed.problems == whole.problems
    assert sorted(streamed.traces, key=lambda it: it.id) == sorted(whole.traces, key=lambda it: it.id)
    assert "question" in heard[0]["message"]


def test_a_folder_of_our_own_comes_shard_by_shard(rows, tmp_path):
    whole = Data.join(imported(path=str(rows)))
    halves = [Data(whole.problems[:10]), Data(whole.problems[10:])]
    write_data(tmp_path / "store", halves)
    write_manifest(tmp_path / "store", {"name": "import"})
    assert [*imported(path=str(tmp_path / "store"))] == halves
    assert [*read_data(tmp_path / "store")] == halves
