"""What models and files are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from limbeck.cli import naming
from limbeck.errors import LimbeckError
from limbeck.pipeline.store import write_manifest


def stage(folder: Path, name: str) -> str:
    """The model in the folder of a stage that trained it."""
    (folder / "model").mkdir(parents=True)
    write_manifest(folder, {"name": name, "key": folder.name})
    return str(folder / "model")


def models(*texts: str) -> list[str]:
    return naming.names([naming.split_name(text) for text in texts], naming.of_path)


def test_a_model_is_called_by_its_stage(tmp_path):
    sft, redi = stage(tmp_path / "a/stages/sft-12", "sft"), stage(tmp_path / "a/stages/redi-34", "redi")
    assert models(sft, redi) == ["sft", "redi"]
    assert models(sft, f"mine={redi}") == ["sft", "mine"]


def test_models_of_one_name_are_told_apart_by_where_they_differ(tmp_path):
    first, second = stage(tmp_path / "a/stages/sft-12", "sft"), stage(tmp_path / "b/stages/sft-12", "sft")
    assert models(first, second) == ["a-sft", "b-sft"]
    other = stage(tmp_path / "a/stages/sft-99", "sft")
    assert models(first, other) == ["sft-12", "sft-99"]


def test_names_of_the_hub_stay():
    assert models("Qwen/Qwen3-8B", "Qwen/Qwen2.5-Math-1.5B") == ["Qwen3-8B", "Qwen2.5-Math-1.5B"]
    assert models("one/m", "two/m") == ["one-m", "two-m"]
    with pytest.raises(LimbeckError, match="'m' comes twice"):
        models("one/m", "one/m")


def test_a_file_is_called_without_its_kind(tmp_path):
    assert naming.of_path("runs/qwen2.5-7b.jsonl.gz") == "qwen2.5-7b"
    assert naming.split_name("x=a.jsonl") == ("x", "a.jsonl")
    odd = tmp_path / "x=a.jsonl"
    odd.touch()
    assert naming.split_name(str(odd)) == ("", str(odd))
