"""A folder as an export: its files, its card, LLaMA-Factory's registry, and `load_dataset` on it."""

from __future__ import annotations

import json

import pytest
import yaml
from shape_cases import sample

from limbeck.errors import LimbeckError
from limbeck.pipeline.store import MemoryShards
from limbeck.records import Data, Problem, Trace
from limbeck.shapes import Choice, folders
from limbeck.shapes.cards import size_category
from limbeck.shapes.exporting import Export
from limbeck.shapes.folders import export_folder
from limbeck.tables import read_rows


def data(count: int = 5) -> Data:
    """Problems of two splits, alternating; the second half has a licence and earlier turns."""
    whole = Data()
    for number in range(count):
        late = number >= count // 2
        turns = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "yes?"}]
        meta = {"license": "MIT", "prior_turns": turns} if late else {}
        split = "test" if number % 2 else ""
        whole.problems.append(Problem(id=f"p{number}", question=f"{number}?", split=split, meta=meta))
        whole.traces.append(Trace(id=f"t{number}", problem_id=f"p{number}", answer=str(number)))
    return whole


def exported(out, shape="messages", suffix=".parquet", of: Data | None = None, manifest=None, **choice):
    parts = export_folder(
        Export(MemoryShards([of or data()]), shape, Choice(**choice)), out, suffix, manifest
    )
    return [part.path for part in parts]


def front(out) -> dict:
    return yaml.safe_load((out / "README.md").read_text(encoding="utf-8").split("---\n")[1])


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
def test_each_split_has_its_files_and_files_end_at_the_limit(tmp_path, monkeypatch, suffix):
    monkeypatch.setattr(folders, "ROWS_PER_FILE", 2)
    paths = exported(tmp_path / "d", suffix=suffix)
    assert paths == [
        f"data/train/train-00000-of-00002{suffix}",
        f"data/train/train-00001-of-00002{suffix}",
        f"data/test/test-00000-of-00001{suffix}",
    ]
    ids = [[row["id"] for row in read_rows(tmp_path / "d" / path)] for path in paths]
    assert ids == [["t0", "t2"], ["t4"], ["t1", "t3"]]
    assert {path.name for path in (tmp_path / "d").iterdir()} == {"README.md", "dataset_info.json", "data"}
    assert {path.name for path in tmp_path.iterdir()} == {"d"}, "nothing half-written stays"


def test_one_split_lies_in_data_itself(tmp_path):
    assert exported(tmp_path / "d", split="test") == ["data/test-00000-of-00001.parquet"]


@pytest.mark.parametrize(
    ("shape", "suffix"),
    # JSON gives no type to what is empty or null in all rows of a file: alpaca's history, records.
    [*((shape, ".parquet") for shape in ("messages", "alpaca", "prompt_only", "verl", "traces"))]
    + [(shape, ".jsonl") for shape in ("messages", "prompt_only", "verl")],
)
def test_load_dataset_reads_the_folder_whatever_only_some_files_hold(tmp_path, monkeypatch, shape, suffix):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(folders, "ROWS_PER_FILE", 1)
    exported(tmp_path / "d", shape, suffix)
    loaded = datasets.load_dataset(str(tmp_path / "d"), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in loaded.items()} == {"train": 3, "test": 2}


def test_the_registry_names_folders_and_only_columns_that_are_there(tmp_path):
    exported(tmp_path / "d", "alpaca")
    entries = json.loads((tmp_path / "d" / "dataset_info.json").read_text())
    columns = {"prompt": "instruction", "query": "input", "response": "output", "history": "history"}
    assert entries == {
        "d_train": {"file_name": "data/train", "formatting": "alpaca", "columns": columns},
        "d_test": {"file_name": "data/test", "formatting": "alpaca", "columns": columns},
    }
    exported(tmp_path / "pairs", "sharegpt_preference", of=sample())
    (entry,) = json.loads((tmp_path / "pairs" / "dataset_info.json").read_text()).values()
    assert entry == {
        "file_name": "data",
        "formatting": "sharegpt",
        "ranking": True,
        "columns": {"messages": "conversations", "chosen": "chosen", "rejected": "rejected"},
    }
    exported(tmp_path / "verl", "verl")
    assert not (tmp_path / "verl" / "dataset_info.json").exists()


def test_the_card_says_what_is_there_and_what_bears_a_mark(tmp_path):
    made = {"name": "import", "file": "/home/somebody/rows.jsonl", "made": "2026-01-01T00:00:00Z"}
    exported(tmp_path / "d", of=sample(), manifest=made)
    text = (tmp_path / "d" / "README.md").read_text(encoding="utf-8")
    for line in (
        "| train | 2 |",
        "- From: `rows.jsonl`",
        "- Problems: 4; traces: 7; pairs: 2",
        "| m | 7 |",
        "| exact | 7 |",
        "| correct | 4 |",
        "| duplicate | trace |",
        "| contaminated | problem | 1 |",
        "Every row says where it comes from: `id`, `problem_id`, `reference`, `source`, `verifier`, `model`, "
        "`outcome`, `verdict_by`.",
        "| long_chosen | 1 |",
    ):
        assert line in text, line
    assert "somebody" not in text
    assert front(tmp_path / "d") == {
        "pretty_name": "d",
        "task_categories": ["text-generation"],
        "tags": ["reasoning", "distillation", "limbeck"],
        "size_categories": ["n<1K"],
        "configs": [
            {"config_name": "default", "data_files": [{"split": "train", "path": "data/train-*.parquet"}]}
        ],
    }


def test_licences_are_those_the_hub_knows_or_other(tmp_path):
    exported(tmp_path / "d")
    assert front(tmp_path / "d")["license"] == "mit"
    whole = data()
    whole.problems[0].meta = {"license": "ask us"}
    exported(tmp_path / "e", of=whole)
    assert front(tmp_path / "e")["license"] == ["mit", "other"]
    assert "| ask us | 1 |" in (tmp_path / "e" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("rows", "word"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**6, "1M<n<10M"), (10**10, "n>1B")],
)
def test_sizes_are_the_hubs_words(rows, word):
    assert size_category(rows) == word


def test_what_is_there_is_not_overwritten_and_nothing_is_left_of_a_failure(tmp_path):
    (tmp_path / "d").mkdir()
    assert exported(tmp_path / "d"), "an empty folder is taken"
    with pytest.raises(LimbeckError, match="already holds something"):
        exported(tmp_path / "d")
    with pytest.raises(LimbeckError, match="unmarked pairs are wanted"):
        exported(tmp_path / "e", "preference")
    assert {path.name for path in tmp_path.iterdir()} == {"d"}
