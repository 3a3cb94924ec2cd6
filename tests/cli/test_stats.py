"""``limbeck stats``, as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from limbeck.cli import app
from limbeck.cli.stats import bars
from limbeck.errors import LimbeckError
from limbeck.pipeline import store
from limbeck.records import Data, Problem, Trace, Verdict


def limbeck(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def judged(number: int, outcome: str) -> Data:
    name = f"p{number}"
    problem = Problem(id=name, question=f"{number}?", answer="1", source="<script>alert(1)</script>")
    trace = Trace(id=f"{name}#0", problem_id=name, answer="x" * number, verdicts=[Verdict("math", outcome)])
    return Data([problem], [trace])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three shards of a problem each, one of them solved."""
    where = tmp_path / "stage"
    store.write_data(where, [judged(1, "correct"), judged(2, "wrong"), judged(3, "unknown")])
    store.write_manifest(where, {"name": "x"})
    return where


def test_a_folder_is_counted_shard_by_shard(folder: Path):
    shown = limbeck("stats", str(folder))
    assert "3 problems, 3 traces" in shown
    assert "of 3 problems: 2 (67%) none, 0 (0%) some, 1 (33%) all" in shown
    assert "math 3" in shown
    page = json.loads(limbeck("stats", str(folder), "--json"))
    assert page["outcomes"] == {"correct": 1, "wrong": 1, "unknown": 1}
    assert page["lengths"]["answer_characters"]["median"] == 2
    assert limbeck("stats", str(folder), "--quiet") == ""


def test_a_limit_reads_no_further(folder: Path):
    (folder / "00002.traces.parquet").write_bytes(b"broken")
    assert json.loads(limbeck("stats", str(folder), "--limit", "2", "--json"))["problems"] == 2
    with pytest.raises(LimbeckError, match="cannot read"):
        limbeck("stats", str(folder))
    with pytest.raises(LimbeckError, match="--limit -1"):
        limbeck("stats", str(folder), "--limit", "-1")


def test_a_file_is_read_as_an_import_would(tmp_path: Path):
    rows = [{"question": "1+1?", "answer": "2", "response": f"It is {n}."} for n in (2, 3)]
    file = tmp_path / "in.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    page = json.loads(limbeck("stats", str(file), "--json"))
    assert (page["problems"], page["traces"], page["pass"]["unjudged"]) == (1, 2, 1)


def test_the_page_shows_the_counts_and_runs_nothing(folder: Path, tmp_path: Path):
    limbeck("stats", str(folder), "--html", str(tmp_path / "out/stats.html"))
    page = (tmp_path / "out/stats.html").read_text()
    assert "3 problems, 3 traces" in page
    assert "<svg" in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page, "a source's name is text"


def test_what_holds_no_data_is_one_error(tmp_path: Path, folder: Path):
    run = tmp_path / "run/stages/traces-1"
    run.mkdir(parents=True)
    (run / "00000.problems.parquet").touch()
    with pytest.raises(LimbeckError, match=r"holds a run; give one of its stages, such as .*stages/traces-1"):
        limbeck("stats", str(tmp_path / "run"))
    with pytest.raises(LimbeckError, match="interrupted"):
        limbeck("stats", str(run))
    with pytest.raises(LimbeckError, match=r"no file at .*nowhere.jsonl"):
        limbeck("stats", str(tmp_path / "nowhere.jsonl"))


def test_blocks_are_as_high_as_shares():
    assert bars([0, 0.25, 0.5, 0.001]) == " ▄█▁"
    assert bars([]) == ""
