"""What identifies a file's or folder's content."""

from __future__ import annotations

import os

import pytest
from house_cases import plan

from limbeck.pipeline import files, inventory, store
from limbeck.pipeline.files import content_key
from limbeck.pipeline.runner import run
from limbeck.records import Data, Problem


def test_content_and_names_count_and_nothing_else(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.jsonl").write_text("1")
    assert content_key(str(tmp_path / "a")) == content_key(str(tmp_path / "b"))
    assert content_key(str(tmp_path / "a/x.jsonl")) == content_key(str(tmp_path / "*/x.jsonl"))[:1]
    (tmp_path / "a/.lock").write_text("")
    assert content_key(str(tmp_path / "a")) == content_key(str(tmp_path / "b")), "a lock is no content"
    (tmp_path / "a/x.jsonl").write_text("2")
    assert content_key(str(tmp_path / "a")) != content_key(str(tmp_path / "b"))
    assert content_key("owner/name") == "owner/name"


def test_large_files_are_known_by_samples_whatever_their_time_and_place(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "DIGESTED", 3)
    path, size = tmp_path / "x", 8 * 2**20
    path.write_bytes(bytes(size))
    first = content_key(str(path))
    os.utime(path, ns=(0, 0))
    assert content_key(str(path)) == first
    (tmp_path / "moved").mkdir()
    path.rename(tmp_path / "moved/x")
    assert content_key(str(tmp_path / "moved/x")) == first
    between = 2**20 + 5  # behind the head, before the first sample
    sampled = 2**20 + (size - 2**20) // 64 * 37 - 1
    for place in (0, 2**20 - 1, between, sampled, size - 1):
        content = bytearray(size)
        content[place] = 1
        path.write_bytes(content)
        assert (content_key(str(path)) != first) == (place != between), place
    path.write_bytes(bytes(size - 1))
    assert content_key(str(path)) != first


def test_a_sampled_file_is_read_once_for_each_of_its_states(tmp_path, monkeypatch):
    path = tmp_path / "x"
    path.write_text("1234")
    first = files.sampled(path)
    monkeypatch.setattr(files.hashlib, "sha256", None)
    assert files.sampled(path) == first
    path.write_text("12345")
    with pytest.raises(TypeError):
        files.sampled(path)


def test_a_stage_made_when_large_files_were_known_by_time_is_still_known(house, monkeypatch):
    monkeypatch.setattr(files, "DIGESTED", 3)
    (house / "house/problems/lines.py").write_text(
        "from limbeck.records import Data, Problem\nfrom limbeck.types import InputFile\n"
        'def lines(*, path: InputFile) -> Data:\n    """One."""\n'
        '    return Data([Problem(id="1", question="?")])\n'
    )
    (house / "long.txt").write_text("12345")
    raw = {"stages": {
        "read": {"use": "problems/lines", "path": str(house / "long.txt")},
        "both": {"use": "curation/both", "from": "read"},
    }}  # fmt: skip
    with files.by_time():
        run(plan(house, raw), jobs=1)
    assert run(plan(house, raw), jobs=1).cached == {"read", "both"}
    os.utime(house / "long.txt", ns=(0, 0))
    assert not run(plan(house, raw), jobs=1).cached, "its time is not that of then"
    os.utime(house / "long.txt", ns=(1, 1))
    assert run(plan(house, raw), jobs=1).cached == {"read", "both"}


def test_a_stages_folder_is_known_by_its_key(tmp_path):
    store.write_data(tmp_path, Data([Problem(id="1", question="?")]))
    assert content_key(str(tmp_path))[0][0] == "00000.pairs.parquet", "without a manifest it is its files"
    store.write_manifest(tmp_path, {"key": "abc"})
    assert content_key(str(tmp_path)) == ["stage", "abc"]
    assert inventory.is_store(tmp_path)
