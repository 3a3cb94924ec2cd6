"""JSON in every layout that files of rows have, whole and broken."""

from __future__ import annotations

import json

import pytest

from limbeck.errors import LimbeckError
from limbeck.tables import BadRows, blocks, decode, read_rows, rows_in
from limbeck.tables import lines as lines_of
from limbeck.tables.documents import WINDOW

ROWS = [{"q": "one, two", "a": 1}, {"q": "π \U0001f600 }, {", "a": [{"q": 2}]}, {"q": "", "a": None}]


def read(path, content, bad=None):
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return list(read_rows(path, bad))


LAYOUTS = {
    "lines.jsonl": "\n\n".join(map(json.dumps, ROWS)),
    "windows.jsonl": "\r\n".join(map(json.dumps, ROWS)) + "\r\n",
    "commas.jsonl": ",\n".join(map(json.dumps, ROWS)),
    "list.jsonl": json.dumps(ROWS),
    "tall_list.jsonl": json.dumps(ROWS, indent=2),
    "objects.jsonl": "\n".join(json.dumps(row, indent=2) for row in ROWS),
    "lines.json": "\n".join(map(json.dumps, ROWS)),
    "list.json": " \n" + json.dumps(ROWS) + "\n",
    "tall_list.json": json.dumps(ROWS, indent=2, ensure_ascii=False),
    "lines_of_a_list.json": "[" + ",\n".join(map(json.dumps, ROWS)) + "\n]",
    "trailing_comma.json": "[" + ",\n".join(map(json.dumps, ROWS)) + ",\n]",
    "objects.json": "\n".join(json.dumps(row, indent=2) for row in ROWS),
    "side_by_side.json": "".join(map(json.dumps, ROWS)),
    "two_lists.json": json.dumps(ROWS[:1]) + "\n" + json.dumps(ROWS[1:], indent=1),
    "inspect.json": json.dumps({"version": 2, "eval": {"task": "t"}, "samples": ROWS}),
    "wrapped.jsonl": json.dumps({"data": ROWS}),
    "datasets_server.json": json.dumps({"features": [{"name": "q"}], "rows": ROWS, "total": 3}, indent=1),
    "split.json": json.dumps(
        {"columns": ["q", "a"], "index": [0, 1, 2], "data": [list(row.values()) for row in ROWS]}
    ),
    "columns.json": json.dumps({name: {str(i): row[name] for i, row in enumerate(ROWS)} for name in "qa"}),
    "table.json": json.dumps({"schema": {"fields": [{"name": "q"}]}, "data": ROWS}),
    "lists.json": json.dumps({name: [row[name] for row in ROWS] for name in "qa"}),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_gives_the_same_rows(tmp_path, name):
    bad = BadRows()
    rows = read(tmp_path / name, LAYOUTS[name], bad)
    assert [{"q": row["q"], "a": row["a"]} for row in rows] == ROWS
    assert not bad.count


def test_keys_of_an_object_become_ids_where_rows_have_none(tmp_path):
    text = json.dumps({"first": {"q": "x"}, "second": {"q": "y", "id": "mine"}}, indent=1)
    assert read(tmp_path / "keyed.json", text) == [{"id": "first", "q": "x"}, {"q": "y", "id": "mine"}]
    # pandas, orient="index": numbers outside, columns inside
    text = json.dumps({"0": {"q": "x"}, "1": {"q": "y"}})
    assert read(tmp_path / "index.json", text) == [{"id": "0", "q": "x"}, {"id": "1", "q": "y"}]


def test_lists_under_several_names_are_splits(tmp_path):
    text = json.dumps({"train": [{"q": "x"}], "test": [{"q": "y"}]})
    assert read(tmp_path / "r.json", text) == [{"q": "x", "split": "train"}, {"q": "y", "split": "test"}]


def test_the_one_row_of_a_file_is_not_taken_apart(tmp_path):
    chat = {"id": 1, "messages": [{"role": "user", "content": "x"}]}
    for text in (json.dumps(chat), json.dumps(chat, indent=1)):
        assert read(tmp_path / "chat.json", text) == [chat]
        assert read(tmp_path / "chat.jsonl", text) == [chat]
    steps = {"q": "x", "steps": [{"text": "y"}]}
    assert read(tmp_path / "line.jsonl", json.dumps(steps)) == [steps]


def test_unusual_names_of_the_one_list_are_told(tmp_path, caplog):
    text = json.dumps({"by": "me", "aufgaben": [{"q": "x"}]}, indent=1)
    assert read(tmp_path / "r.json", text) == [{"q": "x"}]
    assert "'aufgaben'" in caplog.text


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ('{"q": "x", "a": }', "Expecting value"),
        ('{"q": "x" "a": 1}', "delimiter"),
        ('{"q": "x, "a": 1}', "delimiter"),
        ('{"q": "x", "a": 1', ""),
        ('{"q": "x", "a": 1,}', ""),
        ('{"q": ?, "a": [{"b": 1}, {"b": {"c": 2}}]}', "Expecting value"),
        ("7", "an object is wanted, not int"),
        ('["q"]', "an object is wanted, not list"),
        ("null", "an object is wanted, not NoneType"),
        ('{"q": "x", "a": ' + "[" * 100_000 + "}", ""),
    ],
)
@pytest.mark.parametrize("layout", ["list", "tall", "lines"])
def test_a_broken_row_costs_itself_alone(tmp_path, layout, broken, why):
    good = [json.dumps({"q": f"row {i}", "a": [{"b": i}]}) for i in range(4)]
    rows = [*good[:2], broken, *good[2:]]
    text = {
        "list": f"[{', '.join(rows)}]",
        "tall": "[\n" + ",\n".join(rows) + "\n]",
        "lines": "\n".join(rows),
    }
    bad = BadRows()
    assert [row["q"] for row in read(tmp_path / "r.json", text[layout], bad)] == [
        f"row {i}" for i in range(4)
    ]
    assert bad.count == 1
    assert "r.json row 3" in bad.examples[0]
    assert why in bad.examples[0]


def test_a_broken_first_line_does_not_make_a_document_of_lines(tmp_path):
    bad = BadRows()
    assert read(tmp_path / "r.jsonl", '{"q": "x\n{"q": "y"}\n{"q": "z"}\n', bad) == [{"q": "y"}, {"q": "z"}]
    assert bad.count == 1


def test_a_list_that_was_cut_off_is_told(tmp_path):
    for text, count in (('[{"q": 1}, {"q": 2}', 2), ('[{"q": 1}, {"q": 2}, {"q":', 2)):
        bad = BadRows()
        assert len(read(tmp_path / "r.json", text, bad)) == count
        assert bad.count >= 1


def test_values_longer_than_a_window_and_broken_ones_across_its_edge(tmp_path):
    long = {"q": "x" * (3 * WINDOW), "a": [{"q": "y" * 100}] * 20}
    text = f"[{json.dumps(long)}, " + '{"q": ' + "?" * (2 * WINDOW) + "}, " + '{"q": 1}]'
    bad = BadRows()
    assert read(tmp_path / "r.json", text, bad) == [long, {"q": 1}]
    assert bad.count == 1


def test_json_as_python_and_people_write_it(tmp_path):
    bad = BadRows()
    values = {
        "NaN": float("nan"),
        "-Infinity": float("-inf"),
        '"a\tb"': "a\tb",
        '"\\u0000"': "\0",
        "1" * 30: int("1" * 30),
    }
    rows = read(tmp_path / "r.jsonl", "".join(f'{{"q": {text}}}\n' for text in values), bad)
    assert repr([row["q"] for row in rows]) == repr(list(values.values()))
    assert not bad.count


def test_half_a_surrogate_pair_becomes_the_replacement_character(tmp_path):
    for text in ('{"q": "x\\ud800"}', '[{"q": "x\\udc00"}]', '{"q": "x\\uD83D"}'):
        assert read(tmp_path / "r.json", text) == [{"q": "x\ufffd"}]
    assert read(tmp_path / "r.jsonl", b'{"q": "\\ud83d\\ude00", "r": "\\ud800 \\ud83d\\ude00"}') == [
        {"q": "\U0001f600", "r": "\ufffd \U0001f600"}
    ]
    assert decode('{"\\ud800": ["\\udfff"]}') == {"\ufffd": ["\ufffd"]}


def test_wrong_utf8_costs_only_its_row(tmp_path):
    for text in (b'{"q": 1}\n{"q": "\xff"}\n{"q": 2}', b'[{"q": 1},\n{"q": "\xff"},\n{"q": 2}]'):
        bad = BadRows()
        assert read(tmp_path / "r.json", text, bad) == [{"q": 1}, {"q": 2}]
        assert bad.count == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("name", ["lines.jsonl", "tall_list.json"])
def test_every_unicode_is_read(tmp_path, encoding, name):
    assert len(read(tmp_path / name, LAYOUTS[name].encode(encoding, "surrogatepass"))) == 3


@pytest.mark.parametrize("most", [7, 10_000])
@pytest.mark.parametrize("size", [1, 20, 1000])
def test_blocks_are_whole_lines_with_their_numbers(tmp_path, monkeypatch, size, most):
    monkeypatch.setattr(lines_of, "LINES", most)
    path = tmp_path / "r.jsonl"
    lines = [json.dumps({"n": i, "text": "x" * (i % 50)}) for i in range(1, 501)]
    lines[250] = "broken"
    path.write_text("\n".join(lines), encoding="utf-8")
    bad, pieces = BadRows(), list(blocks(path, BadRows(), size=size))
    assert len(pieces) > 10
    assert sum(block.size for block in pieces) == path.stat().st_size
    numbered = [entry for block in pieces for entry in rows_in(block, bad)]
    assert [number for number, row in numbered] == [row["n"] for _, row in numbered]
    assert len(numbered) == 499
    assert bad.examples[0].startswith("r.jsonl row 251: ")


def test_numbers_are_right_behind_pieces_that_must_be_read_line_by_line(tmp_path):
    lines = [json.dumps({"n": i, "text": "x" * 100}) for i in range(1, 5001)]
    lines[2000], lines[4000] = "", "broken"
    (tmp_path / "r.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (block,), bad = blocks(tmp_path / "r.jsonl", BadRows()), BadRows()
    numbered = list(rows_in(block, bad))
    assert len(numbered) == 4998
    assert all(number == row["n"] for number, row in numbered)
    assert bad.examples[0].startswith("r.jsonl row 4001: ")


def test_files_without_a_readable_row_are_errors(tmp_path):
    for text in ("", "\n\n", "[]", "  "):
        with pytest.raises(LimbeckError, match="holds no rows"):
            read(tmp_path / "r.json", text)
    with pytest.raises(LimbeckError, match=r"2 rows could not be used .* none could"):
        read(tmp_path / "r.jsonl", "a\nb")
