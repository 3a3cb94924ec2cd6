"""Export and import again: what each shape holds comes back."""

from __future__ import annotations

import pytest
from shape_cases import FIXTURE, HOSTILE, WRITTEN, sample, texts

from limbeck.problems.files.imported import imported
from limbeck.records import Data, Pair
from limbeck.shapes import WRITERS, Choice, export_rows, import_rows
from limbeck.tables import read_rows, write_rows
from limbeck.texts.traces import full_text

MODEL = Choice(model="m")


def filled(row: dict) -> dict:
    """A row less the columns that only other problems of the data fill."""
    return {name: value for name, value in row.items() if value is not None}


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".parquet"])
@pytest.mark.parametrize("shape", list(WRITERS))
def test_a_round_trip_is_told_by_its_columns_and_loses_nothing_the_shape_holds(tmp_path, shape, suffix):
    path = tmp_path / f"rows{suffix}"
    assert export_rows(sample(), path, shape, MODEL) == WRITTEN[shape]
    back = import_rows(path)
    again = tmp_path / f"again{suffix}"
    export_rows(back, again, shape, MODEL)
    assert [filled(row) for row in read_rows(again)] == [filled(row) for row in read_rows(path)]
    assert Data.join(imported(path=str(path))) == back  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", ["messages", "sharegpt", "prompt_completion", "kto", "preference"])
def test_questions_texts_references_and_ids_come_back(tmp_path, shape):
    path = tmp_path / "rows.jsonl"
    export_rows(sample(), path, shape, MODEL)
    back = import_rows(path, shape)
    wanted = {"t1": ("2+2?", "It is 4.")}
    wanted |= {"t3": (HOSTILE, HOSTILE)} if shape != "preference" else {}
    wanted |= {"t2": ("2+2?", "It is 5.")} if shape in ("kto", "preference") else {}
    assert dict(zip([one.id for one in back.traces], texts(back), strict=True)) == wanted
    assert next((p.id, p.answer, p.source) for p in back.problems) == ("p1", "4", "sums")
    if shape == "preference":
        assert back.pairs == [Pair(problem_id="p1", chosen="t1", rejected="t2", weight=0.5)]
    if shape != "preference":
        assert back.problems[1].meta == {"system": "Be brief."}
    if shape in ("kto", "preference"):
        assert {one.id: (one.outcome, one.marks) for one in back.traces if one.id != "t3"} == {
            "t1": ("correct", []),
            "t2": ("wrong", ["wrong"]),
        }


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_own_rows_keep_every_field(tmp_path, suffix):
    data = sample()
    export_rows(data, tmp_path / f"t{suffix}", "traces")
    back = import_rows(tmp_path / f"t{suffix}")
    assert back.problems == data.problems
    assert sorted(back.traces, key=lambda one: one.id) == data.traces


def test_openr1_rows_come_back_as_they_were(tmp_path):
    data = import_rows(FIXTURE, "openr1")
    export_rows(data, tmp_path / "rows.jsonl", "openr1")
    for row, back in zip(read_rows(FIXTURE), read_rows(tmp_path / "rows.jsonl"), strict=True):
        assert back["generations"] == (row["generations"] or [])
        assert back["problem"] == row["problem"]
        flat = {**back, **back["correctness"]}
        assert all(flat[name] == labels for name, labels in row["correctness"].items())


def test_verl_rows_have_the_columns_verl_reads(tmp_path):
    export_rows(sample(), tmp_path / "v.parquet", "verl")
    row = next(read_rows(tmp_path / "v.parquet"))
    assert row["prompt"] == [{"role": "user", "content": "2+2?"}]
    assert (row["data_source"], row["ability"]) == ("sums", "math")
    assert row["reward_model"] == {"style": "rule", "ground_truth": "4"}
    assert row["extra_info"]["index"] == 0


def test_think_texts_are_split_and_joined_exactly(tmp_path):
    text = "<think>\nhm\n</think>\n\n\\boxed{4}"
    write_rows(tmp_path / "m.jsonl", [{"prompt": "2+2?", "completion": text, "answer": 4, "level": 3}])
    data = import_rows(tmp_path / "m.jsonl", verifier="exact")
    assert "\\boxed" in data.traces[0].answer
    assert "hm" in data.traces[0].reasoning
    assert full_text(data.traces[0]) == text
    assert (data.problems[0].answer, data.problems[0].verifier, data.problems[0].meta) == (
        "4",
        "exact",
        {"level": 3},
    )
