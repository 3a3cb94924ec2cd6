"""Tables of delimited text as spreadsheets, other languages and broken programs write them."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.tables import BadRows, blocks, read_rows


def read(path, content, bad=None):
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return list(read_rows(path, bad))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["r.csv", "r.tsv"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_header_line_tells_the_delimiter(tmp_path, delimiter, name, end):
    table = [["q", '"a, b; c"', "d"], ["x", f'"1{delimiter}{end}2"', '"say ""hi"""'], ["", "", ""]]
    text = "".join(delimiter.join(cells) + end for cells in table)
    rows = [{"q": "x", "a, b; c": f"1{delimiter}{end}2", "d": 'say "hi"'}, {"q": "", "a, b; c": "", "d": ""}]
    assert read(tmp_path / name, text) == rows


def test_one_column_and_excels_own_line(tmp_path):
    assert read(tmp_path / "r.csv", "q\n\nx\n") == [{"q": "x"}]
    assert read(tmp_path / "r.csv", "\n\nsep=;\nq;a, b\nx;1\n") == [{"q": "x", "a, b": "1"}]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_every_unicode_is_read(tmp_path, encoding):
    assert read(tmp_path / "r.csv", "q,π\n√2,1\n".encode(encoding)) == [{"q": "√2", "π": "1"}]


def test_cells_of_any_length_and_with_nul(tmp_path):
    long = "x" * 300_000
    assert read(tmp_path / "r.csv", f'q,a\n"{long}",a\0b\n') == [{"q": long, "a": "a\0b"}]


def test_equal_and_empty_names_of_columns_get_others(tmp_path, caplog):
    text = ",a,a,a.1,,a\n0,1,2,3,4,5\n"
    row = {"column 1": "0", "a": "1", "a.2": "2", "a.1": "3", "column 5": "4", "a.3": "5"}
    assert read(tmp_path / "r.csv", text) == [row]
    assert "several columns have the same name; the later ones are called a.2, a.3" in caplog.text


def test_rows_of_another_width_are_counted_unless_nothing_is_lost(tmp_path):
    bad = BadRows()
    rows = read(tmp_path / "r.csv", "q,a\nx,1\nshort\ny,2,\nlong,3,4\nz,5\n", bad)
    assert [row["q"] for row in rows] == ["x", "y", "z"]
    assert bad.examples == [
        "r.csv line 3: 2 columns are wanted, not 1",
        "r.csv line 5: 2 columns are wanted, not 3",
    ]


def test_wrong_utf8_costs_only_its_row(tmp_path):
    bad = BadRows()
    assert len(read(tmp_path / "r.csv", b"q,a\nx,1\n\xff,2\ny,3\n", bad)) == 2
    assert bad.examples == ["r.csv line 3: not UTF-8"]


@pytest.mark.parametrize("broken", ['2,"never closed', '2,"a "quoted" word"', '2,"closed" late'])
def test_a_stray_quotation_mark_costs_only_its_row(tmp_path, broken):
    bad = BadRows()
    text = f'n,text\n1,"x"\n{broken}\n3,"y"\n4,z\n5,"multi\nline"\n'
    assert [row["n"] for row in read(tmp_path / "r.csv", text, bad)] == ["1", "3", "4", "5"]
    assert bad.count == 1
    assert bad.examples[0].startswith("r.csv line 3: ")
    # the same with no quotation mark behind it
    bad = BadRows()
    assert [row["n"] for row in read(tmp_path / "r.csv", f"n,text\n{broken}\n3,y\n4,z\n", bad)] == ["3", "4"]
    assert bad.count == 1


def test_a_quotation_mark_that_is_never_closed_takes_a_bounded_text(tmp_path, monkeypatch):
    monkeypatch.setattr("limbeck.tables.delimited.LONGEST_CELL", 1000)
    bad = BadRows()
    lines = "".join(f"{i},x\n" for i in range(2000))
    assert len(read(tmp_path / "r.csv", f'n,text\n-1,"open\n{lines}', bad)) == 2000
    assert bad.count == 1
    assert "field larger than field limit" in bad.examples[0]


def test_blocks_hold_whole_rows_numbered_without_the_header(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("n,text\n" + "".join(f'{i},"a\nb"\n' for i in range(1, 101)), encoding="utf-8")
    pieces = list(blocks(path, BadRows(), size=2000))
    assert len(pieces) > 5
    assert all(str(number) == row["n"] for block in pieces for number, row in block.content)
    assert [block.first for block in pieces] == [block.content[0][0] for block in pieces]


def test_a_header_alone_holds_no_rows(tmp_path):
    with pytest.raises(LimbeckError, match="holds no rows"):
        read(tmp_path / "r.csv", "q,a\n")
    with pytest.raises(LimbeckError, match="holds no rows"):
        read(tmp_path / "r.csv", "")
