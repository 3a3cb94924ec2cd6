"""What is written comes back, in memory that does not grow with the rows."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from limbeck.errors import LimbeckError
from limbeck.tables import columnar_writing, read_rows, write_rows

NESTED = [
    {"q": f"q{i} π", "turns": [{"role": "user", "n": i}], "score": i / 2, "none": None} for i in range(2500)
]
COLUMNAR = ["r.parquet", "r.arrow", "r.feather", "r.ipc"]
TEXT = ["r.jsonl", "r.ndjson", "r.json", "r.jsonl.gz", "r.json.gz", "r.jsonl.zst"]


@pytest.fixture
def small_groups(monkeypatch):
    """Groups of some hundred rows, so that a few rows make several parts."""
    monkeypatch.setattr(columnar_writing, "GROUP", 4000)


@pytest.mark.parametrize("name", TEXT + COLUMNAR)
def test_rows_come_back(tmp_path, name):
    assert write_rows(tmp_path / name, iter(NESTED)) == 2500
    assert list(read_rows(tmp_path / name)) == NESTED
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["r.csv", "r.tsv", "r.csv.gz", "r.csv.zst"])
def test_cells_come_back_as_text(tmp_path, name):
    rows = [{"a": 'x,"\n\ty', "b": 1.5}, {"a": None, "c": [1, {"d": "π"}]}, {"b": True, "c": ""}]
    assert write_rows(tmp_path / name, iter(rows)) == 3
    assert list(read_rows(tmp_path / name)) == [
        {"a": 'x,"\n\ty', "b": "1.5", "c": ""},
        {"a": "", "b": "", "c": '[1,{"d":"π"}]'},
        {"a": "", "b": "true", "c": ""},
    ]


@pytest.mark.parametrize("name", COLUMNAR)
def test_late_columns_and_wider_types(tmp_path, name, small_groups):
    rows = [
        *({"n": i, "m": {"a": i}, "l": []} for i in range(700)),
        *({"n": i + 0.5, "m": {"b": "x"}, "late": "y", "l": ["z"]} for i in range(700)),
        *({"n": i, "l": None} for i in range(700)),
    ]
    assert write_rows(tmp_path / name, iter(rows)) == 2100
    back = list(read_rows(tmp_path / name))
    whole = [{"n": row["n"], "m": row.get("m"), "l": row["l"], "late": row.get("late")} for row in rows]
    for row in whole:
        row["m"] = row["m"] and {"a": None, "b": None, **row["m"]}
    assert back == whole
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", COLUMNAR)
@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (["x", 1, ["y"], None, {"a": True}], ["x", "1", '["y"]', None, '{"a":true}']),
        ([1.5, 2**60 + 1, 2], ["1.5", "1152921504606846977", None]),
        ([1, 2**70], ["1", "1180591620717411303424"]),
        ([True, 1], ["true", "1"]),
    ],
)
def test_mixed_types_become_text_with_one_warning(tmp_path, name, values, texts, small_groups, caplog):
    rows = [{"v": value, "w": "x" * 20} for value in values for _ in range(300)]
    assert write_rows(tmp_path / name, rows) == len(rows)
    back = [row["v"] for row in read_rows(tmp_path / name)][::300]
    assert [text for text in texts if text] == [each for each, text in zip(back, texts, strict=True) if text]
    assert [record.message for record in caplog.records] == [
        "columns v hold values of mixed types or keys and are written as text"
    ]


def test_mappings_whose_keys_are_values_become_text(tmp_path, small_groups):
    rows = [{"by": {f"user{i}": 1}} for i in range(3000)]
    write_rows(tmp_path / "r.parquet", rows)
    back = [json.loads(row["by"]) for row in read_rows(tmp_path / "r.parquet")]
    assert [{key: value for key, value in row.items() if value} for row in back] == [
        row["by"] for row in rows
    ]


@pytest.mark.parametrize("name", [*TEXT, *COLUMNAR, "r.csv"])
def test_no_value_stops_a_writer(tmp_path, name):
    deep: list[object] = []
    for _ in range(300):
        deep = [deep]
    rows = [{"half": "\ud800x", "in": [{"a": "\udc00"}], "nul": "a\0b", "deep": deep, "number": 2**70}]
    assert write_rows(tmp_path / name, rows) == 1
    row = next(read_rows(tmp_path / name))
    assert row["half"] == "\ufffdx"
    assert row["nul"] == "a\0b"
    assert int(row["number"]) == 2**70


@pytest.mark.parametrize("name", ["r.csv", "r.json", *COLUMNAR])
def test_no_rows_make_a_file_that_holds_none(tmp_path, name):
    assert write_rows(tmp_path / name, []) == 0
    with pytest.raises(LimbeckError, match="holds no rows"):
        list(read_rows(tmp_path / name))


def test_empty_mappings_become_null_and_names_may_hold_anything(tmp_path):
    path = tmp_path / "[r] *.parquet"
    write_rows(path, [{"a": {}, "b": [{}, {"c": 1}]}])
    assert list(read_rows(path)) == [{"a": None, "b": [None, {"c": 1}]}]
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_names_that_cannot_be_written(tmp_path):
    for name, why in (
        ("r.parquet.gz", "compressed in itself; write .*r.parquet$"),
        ("r.jsonl.xz", "unknown compression '.xz'"),
        ("r.txt", "unknown file type '.txt'"),
    ):
        with pytest.raises(LimbeckError, match=why):
            write_rows(tmp_path / name, NESTED)
    assert not list(tmp_path.iterdir())


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, small_groups):
    write_rows(tmp_path / "r.jsonl", [{"n": 1}])

    def rows():
        yield from ({"n": i} for i in range(2000))
        yield from ({"n": str(i)} for i in range(2000))
        raise LimbeckError("the source broke")

    for name in ("r.jsonl", "r.parquet", "r.csv", "r.json.gz"):
        with pytest.raises(LimbeckError, match="the source broke"):
            write_rows(tmp_path / name, rows())
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.jsonl"]
    assert list(read_rows(tmp_path / "r.jsonl")) == [{"n": 1}]


MEASURE = """
import resource, sys
from limbeck.tables import columnar_writing, write_rows
columnar_writing.GROUP = 4 << 20
rows = ({"q": f"{i} " + "word " * 40, "n": i, "late" if i > int(sys.argv[2]) // 2 else "n": i}
        for i in range(int(sys.argv[2])))
write_rows(sys.argv[1], rows)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["r.parquet", "r.arrow"])
def test_memory_does_not_grow_with_the_rows(tmp_path, name):
    peaks: list[int] = []
    for count in (100_000, 400_000):  # 20 and 80 MB of text
        command = [sys.executable, "-c", MEASURE, str(tmp_path / name), str(count)]
        peaks.append(int(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    assert peaks[1] < peaks[0] + 25_000  # KiB; that much more text is 60,000
