"""Students made and trained from Python, in folders that are never written over unasked."""

from __future__ import annotations

import os

import api_cases
import pytest

import limbeck as lb

SMALL = {"layers": 1, "width": 16, "heads": 2, "tokenizer": "char"}


@pytest.fixture(scope="module")
def data() -> lb.Data:
    return lb.pair(lb.curate(lb.verify(lb.from_dataset(api_cases.rows(6)), "math"), "reject"))


@pytest.fixture(scope="module")
def start(data, tmp_path_factory) -> str:
    pytest.importorskip("torch")
    return lb.student(data, out=tmp_path_factory.mktemp("students") / "start", **SMALL)


def weights(model: str) -> bytes:
    with open(os.path.join(model, "model.safetensors"), "rb") as file:
        return file.read()


def test_a_student_is_trained_and_trained_on(data, start, tmp_path):
    sft = lb.train(data, student=start, objective="sft", out=tmp_path / "sft", steps=2, batch=2)
    assert sft == str(tmp_path / "sft" / "model")
    assert weights(sft) != weights(start)
    folder = tmp_path / "sft"  # the folder of the call will do too
    redi = lb.train(data, student=folder, objective={"redi": {"alpha": 0.5}}, out=tmp_path / "redi", steps=1)
    assert weights(redi) != weights(sft)
    scores = lb.evaluate(data, model=redi, n=1, max_tokens=2, temperature=0)
    assert {row.model for row in scores.results} == {"redi"}


def test_the_same_call_reads_what_is_there_and_another_one_is_refused(data, start, tmp_path):
    settings = {"student": start, "objective": "sft", "out": tmp_path / "sft", "steps": 1}
    first = lb.train(data, lr=1e-3, **settings)
    made, before = os.stat(f"{first}/model.safetensors").st_mtime_ns, weights(first)
    assert lb.train(data, lr=1e-3, **settings) == first
    assert os.stat(f"{first}/model.safetensors").st_mtime_ns == made
    for other, lr in ((data, 1e-2), (lb.Data(data.problems, data.traces[:2]), 1e-3)):
        with pytest.raises(lb.LimbeckError, match="made of other data or with other settings"):
            lb.train(other, lr=lr, **settings)
    assert weights(first) == before
    assert weights(lb.train(data, lr=1e-2, overwrite=True, **settings)) != before


def test_another_student_at_the_same_path_is_another_call(data, tmp_path):
    pytest.importorskip("torch")
    path = lb.student(data, out=tmp_path / "start", seed=0, **SMALL)
    lb.train(data, student=path, objective="sft", out=tmp_path / "sft", steps=1)
    assert lb.student(data, out=tmp_path / "start", seed=1, overwrite=True, **SMALL) == path
    with pytest.raises(lb.LimbeckError, match="other data or with other settings"):
        lb.train(data, student=path, objective="sft", out=tmp_path / "sft", steps=1)


def test_what_failed_before_it_made_anything_holds_no_folder(data, start, tmp_path):
    settings = {"student": start, "out": tmp_path / "made", "steps": 1}
    with pytest.raises(lb.LimbeckError, match="needs pairs and the data has none"):
        lb.train(lb.Data(data.problems, data.traces), objective="redi", **settings)
    assert lb.train(data, objective="redi", **settings)


def test_a_folder_of_somebody_elses_is_never_cleared(data, start, tmp_path):
    (tmp_path / "thesis.txt").write_text("years")
    with pytest.raises(lb.LimbeckError, match="holds something that no such call made"):
        lb.train(data, student=start, objective="sft", out=tmp_path, overwrite=True)
    assert (tmp_path / "thesis.txt").read_text() == "years"
