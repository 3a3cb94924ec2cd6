"""What identifies a file's or folder's content."""

from __future__ import annotations

import os

from limbeck.pipeline import files, inventory, store
from limbeck.pipeline.files import content_key
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


def test_large_files_are_known_by_size_and_time_and_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "DIGESTED", 3)
    path = tmp_path / "x"
    path.write_text("1234")
    first = content_key(str(path))
    assert first == [["x", 4, path.stat().st_mtime_ns]]
    os.utime(path, ns=(0, 0))
    assert content_key(str(path)) != first


def test_a_stages_folder_is_known_by_its_key(tmp_path):
    store.write_data(tmp_path, Data([Problem(id="1", question="?")]))
    assert content_key(str(tmp_path))[0][0] == "00000.pairs.parquet", "without a manifest it is its files"
    store.write_manifest(tmp_path, {"key": "abc"})
    assert content_key(str(tmp_path)) == ["stage", "abc"]
    assert inventory.is_store(tmp_path)
