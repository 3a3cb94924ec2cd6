"""Values of Parquet and Arrow as plain ones, and blocks that other processes can read."""

from __future__ import annotations

import datetime
import json
import pickle
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from limbeck.tables import BadRows, blocks, read_rows, rows_in

DAY = datetime.datetime(2020, 1, 2, 3, 4, 5)
COLUMNS = [
    (pa.array([DAY], pa.timestamp("ns")), "2020-01-02T03:04:05"),
    (pa.array([DAY], pa.timestamp("s", tz="UTC")), "2020-01-02T03:04:05+00:00"),
    (pa.array([1], pa.timestamp("ns")), "1970-01-01 00:00:00.000000001"),
    (
        pa.array([[{"t": DAY}]], pa.list_(pa.struct([("t", pa.timestamp("ns"))]))),
        [{"t": "2020-01-02T03:04:05"}],
    ),
    (pa.array([DAY.date()]), "2020-01-02"),
    (pa.array([DAY.time()]), "03:04:05"),
    (pa.array([Decimal("3.50")]), "3.50"),
    (pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())), {"a": 1}),
    (pa.array([[]], pa.map_(pa.string(), pa.int64())), {}),
    (pa.array([b"text"], pa.large_binary()), "text"),
    (pa.array(["x"], pa.large_string()), "x"),
    (pa.array(["x"]).dictionary_encode(), "x"),
    (pa.array([["x"]], pa.list_view(pa.string())), ["x"]),
    (pa.array([[1, None]], pa.list_(pa.int8(), 2)), [1, None]),
    (pa.array([1.5], pa.float16()), 1.5),
    (pa.array([[None]]), [None]),
    (pa.array([{"a": None}], pa.struct([("a", pa.list_(pa.null()))])), {"a": None}),
]


@pytest.mark.parametrize(("column", "value"), COLUMNS, ids=lambda each: str(getattr(each, "type", "")))
def test_every_type_becomes_a_value_of_json(tmp_path, column, value):
    table = pa.table({"v": column})
    with pa.OSFile(str(tmp_path / "r.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    row = next(read_rows(tmp_path / "r.arrow"))
    assert row == {"v": value}
    assert json.loads(json.dumps(row)) == row


def test_bytes_that_are_no_text_cost_only_their_row(tmp_path):
    for kind in (pa.binary(), pa.string()):
        column = pa.array([b"fine", b"\xff", b"too"]).view(kind)
        pq.write_table(pa.table({"q": column}), tmp_path / "r.parquet")
        bad = BadRows()
        assert [row["q"] for row in read_rows(tmp_path / "r.parquet", bad)] == ["fine", "too"]
        assert bad.count == 1
        assert bad.examples[0].startswith("r.parquet row 2: ")


def test_columns_of_one_name_are_all_kept(tmp_path):
    table = pa.table([pa.array([1]), pa.array([2]), pa.array([3])], ["a", "a", "a.1"])
    with pa.OSFile(str(tmp_path / "r.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    assert list(read_rows(tmp_path / "r.arrow")) == [{"a": 1, "a.2": 2, "a.1": 3}]


@pytest.mark.parametrize("name", ["r.parquet", "r.arrow"])
def test_blocks_are_small_whatever_the_row_groups_and_can_be_sent(tmp_path, name):
    table = pa.table({"n": range(1, 1001), "text": ["x" * 100] * 1000})
    if name == "r.parquet":
        pq.write_table(table, tmp_path / name, use_dictionary=False)
    else:
        with pa.OSFile(str(tmp_path / name), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    sent = [pickle.dumps(block) for block in blocks(tmp_path / name, BadRows(), size=10_000)]
    assert len(sent) > 5
    assert max(map(len, sent)) < 25_000
    numbered = [entry for each in sent for entry in rows_in(pickle.loads(each), BadRows())]
    assert [(number, row["n"]) for number, row in numbered] == [(n, n) for n in range(1, 1001)]
