"""Data into Python and out of it."""

from __future__ import annotations

import logging
import sys

import api_cases
import pytest

import limbeck as lb

EXPECTED = {"reference": "expected"}


@pytest.fixture
def data() -> lb.Data:
    return lb.from_dataset(api_cases.rows(4))


def test_a_file_and_its_rows_are_the_same_data(tmp_path, data):
    read = lb.read(api_cases.file(tmp_path))
    assert read == data
    assert [problem.question for problem in read.problems] == [f"What is 0 + {b}?" for b in range(4)]
    assert [trace.answer for trace in read.traces[:2]] == ["\\boxed{0}", "\\boxed{1}"]
    assert [problem.split for problem in read.problems] == ["test", "train", "train", "train"]


def test_rows_that_cannot_be_used_are_counted_with_their_reasons(caplog):
    with caplog.at_level(logging.WARNING, "limbeck"):
        data = lb.from_dataset(["no row", *api_cases.rows(2), {"question": None}])
    assert len(data.problems) == 2
    assert "2 rows could not be used (the rows row 1: a mapping is wanted, not str" in caplog.text


def test_a_limit_counts_rows():
    assert len(lb.from_dataset(api_cases.rows(4), limit=3).traces) == 3


def test_columns_are_named_where_names_do_not_tell():
    given = [{"ask": "1 + 1", "say": "2", "gold": "2"}]
    with pytest.raises(lb.LimbeckError, match="no column is the question"):
        lb.from_dataset(given)
    data = lb.from_dataset(given, columns={"question": "ask", "response": "say", "reference": "gold"})
    assert (data.problems[0].answer, data.traces[0].answer) == ("2", "2")


def test_a_table_of_pandas_is_told_how_to_become_rows():
    class Frame:
        def iterrows(self): ...

    with pytest.raises(lb.LimbeckError, match=r"of a pandas table, \.to_dict\('records'\)"):
        lb.from_dataset(Frame())


def test_data_sets_go_both_ways(data):
    datasets = pytest.importorskip("datasets")
    judged = lb.curate(lb.verify(data, "math"), "reject")
    made = lb.to_dataset(judged)
    assert isinstance(made, datasets.Dataset)
    assert made.num_rows == 4  # the wrong ones bear a mark
    assert made[1]["messages"][0] == {"role": "user", "content": "What is 0 + 1?"}
    back = lb.from_dataset(made.with_format("numpy"))
    assert [(it.question, it.answer) for it in back.problems] == [
        (it.question, it.answer) for it in data.problems
    ]
    assert [trace.outcome for trace in back.traces] == ["correct"] * 4


def test_by_split_every_data_set_has_the_same_columns_and_the_split_comes_back(data):
    datasets = pytest.importorskip("datasets")
    data.problems[0].meta["license"] = "mit"
    made = lb.to_dataset(data, "prompt_completion", by_split=True)
    assert isinstance(made, datasets.DatasetDict)
    assert {name: part.num_rows for name, part in made.items()} == {"test": 2, "train": 6}
    assert made["test"].features == made["train"].features
    assert made["test"][0]["prompt"][0]["content"] == "What is 0 + 0?"
    assert made["train"][0]["prompt"][0]["content"] == "What is 0 + 1?"
    assert [it.split for it in lb.from_dataset(made).problems] == ["test", "train", "train", "train"]
    assert lb.to_dataset(data, "prompt_completion", split="test").num_rows == 2


def test_without_datasets_the_extra_is_named(data, monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(lb.LimbeckError, match=r"to_dataset needs datasets: pip install 'limbeck\[data\]'"):
        lb.to_dataset(data)
    assert lb.from_dataset(api_cases.rows(4)) == data  # mappings need no library


def test_nothing_of_a_shape_and_unknown_shapes_are_refused(data):
    pytest.importorskip("datasets")
    with pytest.raises(lb.LimbeckError, match="nothing to export as 'preference'"):
        lb.to_dataset(data, "preference")
    with pytest.raises(lb.LimbeckError, match="did you mean 'messages'"):
        lb.to_dataset(data, "mesages")


def test_what_is_written_is_read_again(tmp_path, data):
    assert lb.write(data, tmp_path / "rows.jsonl", "messages", limit=3) == 3
    assert len(lb.read(tmp_path / "rows.jsonl").traces) == 3


def test_folders_hold_what_was_saved_and_are_never_written_over(tmp_path, data):
    lb.save(data, tmp_path / "kept")
    assert lb.load(tmp_path / "kept") == data
    assert lb.read(tmp_path / "kept") == data
    lb.save(data, tmp_path / "kept")  # the same: there is nothing to do
    with pytest.raises(lb.LimbeckError, match="already holds something else"):
        lb.save(lb.Data(data.problems), tmp_path / "kept")
    assert lb.load(tmp_path / "kept") == data
    lb.save(lb.Data(data.problems), tmp_path / "kept", overwrite=True)
    assert lb.load(tmp_path / "kept").traces == []
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("years")
    with pytest.raises(lb.LimbeckError, match="already holds something else"):
        lb.save(data, tmp_path / "mine", overwrite=True)
    with pytest.raises(lb.LimbeckError, match="holds no results"):
        lb.load_results(tmp_path / "kept")
    with pytest.raises(lb.LimbeckError, match="holds no data"):
        lb.load(tmp_path)


def test_results_are_saved_with_their_samples(tmp_path, data):
    row = lb.Result(model="m", benchmark="b", metric="pass@1", value=0.5, unit="share")
    lb.save(lb.Results([row], data), tmp_path / "scores")
    again = lb.load_results(tmp_path / "scores")
    assert (again.results, again.data) == ([row], data)
    assert lb.load(tmp_path / "scores") == data
