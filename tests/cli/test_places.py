"""What is there already is not replaced unasked, and never by half of something."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from limbeck.cli import app, places
from limbeck.errors import LimbeckError
from limbeck.pipeline import store

ROW = {"question": "1+1?", "answer": "2", "response": "2", "correct": True}
WRITERS = {
    "import": (["import", "rows.jsonl"], "made"),
    "verify a file": (["verify", "rows.jsonl"], "made.jsonl"),
    "verify a folder": (["verify", "data"], "made"),
    "export a file": (["export", "data"], "made.jsonl"),
    "export a folder": (["export", "data"], "made"),
    "score": (["score", "rows.jsonl"], "made"),
}


def limbeck(*words: str) -> None:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output


def all_in(place: Path) -> dict[str, tuple[int, bytes]]:
    files = [place] if place.is_file() else sorted(file for file in place.rglob("*") if file.is_file())
    return {str(file): (file.stat().st_ino, file.read_bytes()) for file in files}


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("rows.jsonl").write_text(json.dumps(ROW) + "\n")
    limbeck("import", "rows.jsonl", "--out", "data")
    return tmp_path


@pytest.mark.parametrize(("words", "out"), WRITERS.values(), ids=WRITERS)
def test_what_is_there_is_replaced_only_where_that_is_asked_for(here, words, out):
    limbeck(*words, "--out", out)
    before = all_in(Path(out))
    with pytest.raises(LimbeckError, match=f"^{out} is there already; --overwrite replaces it"):
        limbeck(*words, "--out", out)
    assert all_in(Path(out)) == before
    limbeck(*words, "--out", out, "--overwrite")
    after = all_in(Path(out))
    assert after.keys() == before.keys()
    assert all(after[name][0] != before[name][0] for name in after), "all of it is new"
    assert not [*here.glob(".*")]


@pytest.mark.parametrize("name", [name for name, (_, out) in WRITERS.items() if out == "made"])
def test_a_folder_with_other_things_in_it_is_never_replaced(here, name):
    words, out = WRITERS[name]
    limbeck(*words, "--out", out)
    Path(out, "notes.txt").write_text("mine")
    before = all_in(Path(out))
    with pytest.raises(LimbeckError, match=r"made holds notes\.txt too"):
        limbeck(*words, "--out", out, "--overwrite")
    assert all_in(Path(out)) == before


def test_a_mistake_costs_nothing_that_was_there(here):
    Path("odd.jsonl").write_text('{"x": 1}\n')
    before = all_in(Path("data"))
    with pytest.raises(LimbeckError, match="no column is the question"):
        limbeck("import", "odd.jsonl", "--out", "data", "--overwrite")
    limbeck("export", "data", "--out", "made.jsonl")
    with pytest.raises(LimbeckError, match="pairs are wanted"):
        limbeck("export", "data", "--out", "made.jsonl", "--shape", "preference", "--overwrite")
    assert all_in(Path("data")) == before
    assert Path("made.jsonl").read_text().count("\n") == 1
    assert not [*here.glob(".*")]


def test_a_folder_of_data_does_not_become_an_export_of_itself(here):
    with pytest.raises(LimbeckError, match=r"data holds .* too"):
        limbeck("export", "data", "--out", "data", "--overwrite")
    with pytest.raises(LimbeckError, match="is a file and cannot be a folder"):
        limbeck("import", "rows.jsonl", "--out", "rows.jsonl", "--overwrite")
    assert len(store.read_data(Path("data")).all().traces) == 1


def test_the_folder_one_stands_in_is_replaced_too(here, monkeypatch):
    monkeypatch.chdir(here / "data")
    limbeck("import", "../rows.jsonl", "--out", ".", "--overwrite")
    assert (here / "data/manifest.json").is_file()


def test_what_an_interrupted_command_left_is_no_data(here):
    (here / "data/manifest.json").unlink()
    with places.folder(here / "data", False, places.STORE, "manifest.json") as place:
        assert place == here / "data"
    limbeck("import", "rows.jsonl", "--out", "data")
