"""``limbeck export`` on the command line."""

from __future__ import annotations

import json

import pytest
from shape_cases import sample
from typer.testing import CliRunner

from limbeck.cli import app
from limbeck.pipeline import store
from limbeck.records import Verdict
from limbeck.tables import read_rows


@pytest.fixture
def stage(tmp_path):
    """A finished stage of a run of the recipe ``demo``, with a test problem and a wrong trace unmarked."""
    data = sample()
    data.problems[1].split = "test"
    data.traces[2].verdicts = [Verdict("exact", "wrong")]
    folder = tmp_path / "run" / "stages" / "judged-abc"
    store.write_data(folder, data)
    store.write_manifest(folder, {"name": "judged", "use": "verifiers/exact", "key": "abc"})
    (tmp_path / "run" / "run.json").write_text(json.dumps({"name": "demo"}))
    return folder


def run(*arguments: object):
    return CliRunner().invoke(app, ["export", *map(str, arguments)])


def test_a_folder_holds_each_split_a_card_and_a_registry(stage, tmp_path):
    done = run(stage, "--out", tmp_path / "d", "--files", "jsonl")
    assert done.exit_code == 0, done.output
    assert "2 rows (train 1, test 1) in 2 files" in done.stdout
    assert "calls 1 wrong; --only correct leaves them" in done.stderr
    rows = [
        next(read_rows(tmp_path / f"d/data/{split}/{split}-00000-of-00001.jsonl"))
        for split in ("train", "test")
    ]
    assert [row["id"] for row in rows] == ["t1", "t3"]
    card = (tmp_path / "d" / "README.md").read_text(encoding="utf-8")
    for line in ("- Made by: `verifiers/exact`", "- Stage: `judged`", "- Recipe: `demo`", "- Key: `abc`"):
        assert line in card
    assert {*json.loads((tmp_path / "d" / "dataset_info.json").read_text())} == {"d_train", "d_test"}


def test_one_file_says_that_it_mixes_splits(stage, tmp_path):
    done = run(stage, "--out", tmp_path / "m.jsonl", "--only", "correct")
    assert "1 rows" in done.stdout or "1 row" in done.stdout
    assert "a verifier calls" not in done.stderr
    assert "the splits train, test are in one file" in done.stderr
    assert "in one file" not in run(stage, "--out", tmp_path / "t.jsonl", "--split", "test").stderr


def test_json_is_the_counts_and_nothing_else(stage, tmp_path):
    done = run(stage, "--out", tmp_path / "m.jsonl", "--limit", 1, "--plain", "--json")
    result = json.loads(done.stdout)
    assert (result["rows"], result["shape"], result["unusable"]) == (1, "messages", 0)
    assert result["marks"]["duplicate"] == 2
    assert [set(row) for row in read_rows(tmp_path / "m.jsonl")] == [{"messages"}]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--files", "csv"], "--files csv: parquet or jsonl is wanted"),
        (["--limit", "-1"], "--limit -1"),
        (["--shape", "openai_requests"], "--model"),
    ],
)
def test_mistakes_are_one_line(stage, tmp_path, options, message):
    done = run(stage, "--out", tmp_path / "d", *options)
    assert message in str(done.exception)
    assert not (tmp_path / "d").exists()
