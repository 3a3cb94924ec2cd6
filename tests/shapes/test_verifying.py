"""Files verified block by block and in several processes: the same rows, whatever the cut."""

from __future__ import annotations

import json
import os
import signal

import pytest
from typer.testing import CliRunner

from limbeck.cli import app
from limbeck.errors import LimbeckError
from limbeck.records import Verdict
from limbeck.shapes import verifying
from limbeck.shapes.verified import verify_rows
from limbeck.shapes.verifying import size_of, verify_file
from limbeck.tables import read_rows, write_rows
from limbeck.verifiers.answers.math import math


def row(number: int) -> dict:
    """A row that is right, wrong or of no known kind; every seventh bears two responses."""
    said = [f"It is \\boxed{{{number - number % 3}}}."] * (1 + (number % 7 == 0))
    return {
        "question": f"What is {number}?",
        "answer": str(number),
        "response": said if number % 7 == 0 else said[0],
    }


def write(path, count: int, bad: str = "") -> None:
    lines = [json.dumps(row(number)) for number in range(1, count)]
    path.write_text("\n".join([*lines[:5], *([bad] if bad else []), *lines[5:]]) + "\n")


def get_math():
    return math


def killed(problem, trace):
    os.kill(os.getpid(), signal.SIGKILL)


def get_killed():
    return killed


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz", "parquet"])
def test_rows_do_not_depend_on_blocks_or_processes(tmp_path, workers, ending):
    write(tmp_path / "in.jsonl", 300)
    file = tmp_path / f"rows.{ending}"
    write_rows(file, read_rows(tmp_path / "in.jsonl"))
    wanted = [*verify_rows(read_rows(file), math)]
    assert {row["outcome"] for row in wanted} == {"correct", "wrong"}
    parts = [*verify_file(file, get_math, workers=workers, block_size=900)]
    assert [row for part in parts for row in part.rows] == wanted
    lines = verify_file(file, get_math, workers=workers, as_lines=True)
    assert [json.loads(line) for part in lines for line in part.rows] == json.loads(json.dumps(wanted))
    assert sum(part.changes.total() for part in parts) == len(wanted)
    assert len(parts) > 3 or ending == "parquet"


def test_bad_rows_are_counted_and_bytes_add_up(tmp_path):
    file = tmp_path / "rows.jsonl"
    write(file, 50, bad="{broken")
    for workers in (0, 2):
        parts = [*verify_file(file, get_math, workers=workers, block_size=700)]
        assert sum(part.bad.count for part in parts) == 1
        assert sum(part.bytes for part in parts) == file.stat().st_size == size_of(file)
    (tmp_path / "none.jsonl").write_text("{broken\n")
    with pytest.raises(LimbeckError, match=r"1 row could not be used .*, none could"):
        [*verify_file(tmp_path / "none.jsonl", get_math)]
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(LimbeckError, match="holds no rows"):
        [*verify_file(tmp_path / "empty.jsonl", get_math)]


def test_a_limit_is_of_rows_read(tmp_path):
    write(tmp_path / "rows.jsonl", 50)
    parts = verify_file(tmp_path / "rows.jsonl", get_math, limit=9, block_size=300)
    rows = [row for part in parts for row in part.rows]
    assert [row["answer"] for row in rows] == ["1", "2", "3", "4", "5", "6", "7", "7", "8", "9"]


def test_a_killed_process_is_one_error(tmp_path):
    write(tmp_path / "rows.jsonl", 20)
    with pytest.raises(LimbeckError, match="worker process was killed"):
        [*verify_file(tmp_path / "rows.jsonl", get_killed, workers=2)]


def test_large_files_get_a_process_for_each_core(tmp_path, monkeypatch):
    def told(problem, trace):
        return Verdict("told", "correct", str(os.getpid()))

    write(tmp_path / "rows.jsonl", 60)
    monkeypatch.setattr(verifying, "cores", lambda: 2)

    def processes() -> set[str]:
        parts = verify_file(tmp_path / "rows.jsonl", lambda: told, block_size=300)
        return {row["extracted"] for part in parts for row in part.rows}

    assert processes() == {str(os.getpid())}
    monkeypatch.setattr(verifying, "ALONE", 1000)
    assert str(os.getpid()) not in processes()
    assert 1 <= len(processes()) <= 2


def test_the_command_says_what_it_could_not_read(tmp_path):
    write(tmp_path / "rows.jsonl", 20, bad="{broken")
    asked = ["verify", str(tmp_path / "rows.jsonl"), "--out", str(tmp_path / "out.jsonl"), "--json"]
    result = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert json.loads(result.stdout)["rows"] == 21
    assert "1 row could not be used (rows.jsonl row 6" in result.stderr
