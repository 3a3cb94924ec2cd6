"""The files that rows come in: Parquet, JSON lines, packed or not, broken or not."""

from __future__ import annotations

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from limbeck.errors import LimbeckError
from limbeck.tables import BadRows, read_rows, write_rows


def test_a_writer_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "rows.jsonl"
    write_rows(path, [{"a": 1}])

    def rows():
        yield {"a": 2}
        raise LimbeckError("the source broke")

    with pytest.raises(LimbeckError, match="the source broke"):
        write_rows(path, rows())
    assert [entry.name for entry in tmp_path.iterdir()] == ["rows.jsonl"]
    assert list(read_rows(path)) == [{"a": 1}]


def test_parquet_of_many_chunks_and_late_columns(tmp_path):
    rows = [{"n": i, "empty": {}} for i in range(1500)] + [{"n": 1500, "late": "x"}]
    assert write_rows(tmp_path / "r.parquet", rows) == 1501
    back = list(read_rows(tmp_path / "r.parquet"))
    assert [row["n"] for row in back] == list(range(1501))
    assert (back[0]["late"], back[1500]["late"]) == (None, "x")


def test_every_kind_of_file_is_read(tmp_path):
    rows = [{"q": "one, two", "a": "1"}, {"q": "π", "a": "3"}]
    (tmp_path / "a.csv").write_text('\ufeffq,a\n"one, two",1\nπ,3\n', encoding="utf-8")
    (tmp_path / "a.tsv").write_text("q\ta\none, two\t1\nπ\t3\n", encoding="utf-8")
    (tmp_path / "a.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    (tmp_path / "b.json").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress("\n\n".join(map(json.dumps, rows)).encode()))
    for path in tmp_path.iterdir():
        assert list(read_rows(path)) == rows, path.name
    assert len(list(read_rows(tmp_path / "*.json"))) == 4


def test_wrong_utf8_costs_only_its_row(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"q,a\nfine,1\nb\xff,2\nshort\n")
    table = pa.table({"q": pa.array([b"fine", b"b\xff"]).view(pa.string())})
    pq.write_table(table, tmp_path / "a.parquet")
    for name, count in (("a.csv", 2), ("a.parquet", 1)):
        bad = BadRows()
        assert [row["q"] for row in read_rows(tmp_path / name, bad)] == ["fine"]
        assert bad.count == count
