"""The files that rows come in: packed, in folders, saved by `datasets`, damaged."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma

import pyarrow as pa
import pytest

from limbeck.errors import LimbeckError
from limbeck.tables import BadRows, is_store, read_rows, write_rows

ROWS = [{"q": "one, two", "a": "1"}, {"q": "π", "a": "3"}]
PACKERS = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: pa.compress(data, "zstd", asbytes=True),
    ".lz4": lambda data: pa.compress(data, "lz4", asbytes=True),
}


def stream(path, rows):
    """An Arrow stream, as `datasets` writes it."""
    table = pa.Table.from_pylist(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


@pytest.mark.parametrize("packing", PACKERS)
@pytest.mark.parametrize("name", ["r.jsonl", "r.csv", "r.json"])
def test_packed_files_of_several_frames_are_read(tmp_path, packing, name):
    write_rows(tmp_path / name, ROWS)
    data, pack = (tmp_path / name).read_bytes(), PACKERS[packing]
    path = tmp_path / f"{name}{packing}"
    path.write_bytes(pack(data[:10]) + pack(data[10:]))
    assert list(read_rows(path)) == ROWS
    path.write_bytes(data)  # a browser unpacked it on the way
    assert list(read_rows(path)) == ROWS
    (tmp_path / name).write_bytes(pack(data))
    assert list(read_rows(tmp_path / name)) == ROWS


@pytest.mark.parametrize("packing", PACKERS)
def test_a_packed_file_that_was_cut_off_is_an_error_of_its_own(tmp_path, packing):
    path = tmp_path / f"r.jsonl{packing}"
    text = "".join(json.dumps({"n": i, "square": i * i % 9973}) + "\n" for i in range(1000))
    path.write_bytes(PACKERS[packing](text.encode())[:-20])
    with pytest.raises(LimbeckError, match=f"cannot read .*r.jsonl{packing}"):
        list(read_rows(path, BadRows()))


def test_a_folder_of_shards_is_read_in_name_order(tmp_path):
    for index in (2, 0, 1):
        write_rows(tmp_path / f"train-{index}.jsonl.gz", [{"n": index}])
    for name in ("README.md", "dataset_info.json", ".gitattributes", "state.json", ".hidden.csv", "LICENSE"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    (tmp_path / "train-3.jsonl").write_text("", encoding="utf-8")  # an empty shard stops nothing
    assert [row["n"] for row in read_rows(tmp_path)] == [0, 1, 2]
    assert [row["n"] for row in read_rows(tmp_path / "train-*")] == [0, 1, 2]
    write_rows(tmp_path / "rows.csv", [{"n": 9}])
    with pytest.raises(LimbeckError, match=r"several kinds \(4 .jsonl, 1 .csv\); name those meant, such as"):
        list(read_rows(tmp_path))


def test_a_repository_keeps_its_rows_in_data(tmp_path):
    write_rows(tmp_path / "data" / "train-00000-of-00001.parquet", ROWS)
    (tmp_path / "README.md").write_text("x", encoding="utf-8")
    assert list(read_rows(tmp_path)) == ROWS


def test_folders_without_rows_say_what_is_in_them(tmp_path):
    with pytest.raises(LimbeckError, match=r"holds no file of rows \(it is empty\); known: .jsonl"):
        list(read_rows(tmp_path))
    (tmp_path / "notes.docx").write_text("x", encoding="utf-8")
    with pytest.raises(LimbeckError, match=r"holds no file of rows \(notes.docx\)"):
        list(read_rows(tmp_path))
    assert not is_store(tmp_path)
    (tmp_path / "00000.problems.parquet").write_bytes(b"")
    assert is_store(tmp_path)
    with pytest.raises(LimbeckError, match="holds problems and traces of Limbeck"):
        list(read_rows(tmp_path))


def test_saved_data_sets_are_read_with_their_splits(tmp_path):
    names = ["data-00000-of-00002.arrow", "data-00001-of-00002.arrow"]
    for number, name in enumerate(names):
        stream(tmp_path / "train" / name, [{"n": number}])
    stream(tmp_path / "train" / "cache-12ab.arrow", [{"n": "what map() left"}])
    state = {"_data_files": [{"filename": name} for name in names], "_split": "train"}
    (tmp_path / "train" / "state.json").write_text(json.dumps(state), encoding="utf-8")
    stream(tmp_path / "test" / "data-00000-of-00001.arrow", [{"n": 2}, {"n": 3}])
    assert list(read_rows(tmp_path / "train")) == [{"n": 0}, {"n": 1}]
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["train", "test"]}', encoding="utf-8")
    splits = ["train", "train", "test", "test"]
    assert list(read_rows(tmp_path)) == [{"n": n, "split": split} for n, split in enumerate(splits)]


def test_a_cache_of_datasets_is_read_with_its_splits(tmp_path):
    (tmp_path / "dataset_info.json").write_text('{"splits": {"train": {}, "test": {}}}', encoding="utf-8")
    stream(tmp_path / "gsm8k-test.arrow", [{"n": 2}])
    stream(tmp_path / "gsm8k-train-00000-of-00001.arrow", [{"n": 1}])
    stream(tmp_path / "cache-12ab.arrow", [{"n": "what map() left"}])
    assert list(read_rows(tmp_path)) == [{"n": 1, "split": "train"}, {"n": 2, "split": "test"}]


@pytest.mark.parametrize("name", ["r.parquet", "r.arrow", "r.feather"])
def test_damaged_files_are_errors_of_their_own(tmp_path, name):
    for content in (b"", b"ARROW1\0\0nothing", b"PAR1 nothing", b"no such thing at all"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(LimbeckError, match=f"cannot read .*{name}"):
            list(read_rows(tmp_path / name))


def test_counts_of_workers_come_together():
    first, second = BadRows(1, ["a: x"]), BadRows(7, ["b: y", "c: z", "d: z"])
    first.merge(second)
    assert (first.count, first.examples) == (8, ["a: x", "b: y", "c: z"])
