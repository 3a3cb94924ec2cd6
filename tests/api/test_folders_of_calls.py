"""Samples that lie in a folder: asked for once, resumed, never mixed."""

from __future__ import annotations

import api_cases
import pytest

import limbeck as lb
from limbeck.models.scripted import Scripted
from limbeck.pipeline import plan as planning
from limbeck.pipeline import store

MODEL = {"use": "models/scripted", "replies": {"*": "<think>so</think>1"}}


@pytest.fixture
def problems() -> lb.Data:
    return lb.Data(lb.from_dataset(api_cases.rows(3)).problems)


def test_samples_and_scores_are_read_from_their_folder(problems, tmp_path, monkeypatch):
    drawn = lb.sample(problems, model=MODEL, k=2, out=tmp_path / "drawn")
    scores = lb.evaluate(problems, model=MODEL, n=2, out=tmp_path / "scores", metrics=["maj@2"])
    assert any(row.metric == "maj@2" for row in scores.results)

    def refuse(*_):
        raise AssertionError("asked again")

    monkeypatch.setattr(Scripted, "complete", refuse)
    assert lb.sample(problems, model=MODEL, k=2, out=tmp_path / "drawn") == drawn
    again = lb.evaluate(problems, model=MODEL, n=2, out=tmp_path / "scores", metrics=["maj@2"])
    assert again.results == scores.results
    with pytest.raises(lb.LimbeckError, match="other data or with other settings"):
        lb.sample(problems, model=MODEL, k=3, out=tmp_path / "drawn")


def test_a_killed_call_goes_on_from_its_journal_and_another_model_may_not(problems, tmp_path, monkeypatch):
    asked: list[str] = []
    complete = Scripted.complete

    def counted(self, messages, number, sampling):
        asked.append(messages[-1]["content"])
        if len(asked) == 2:
            raise KeyboardInterrupt
        return complete(self, messages, number, sampling)

    monkeypatch.setattr(Scripted, "complete", counted)
    with pytest.raises(KeyboardInterrupt):
        lb.sample(problems, model=MODEL, k=1, out=tmp_path / "drawn")
    other = {"use": "models/scripted", "replies": {"*": "2"}}
    with pytest.raises(lb.LimbeckError, match="other data or with other settings"):
        lb.sample(problems, model=other, k=1, out=tmp_path / "drawn")
    assert len(lb.sample(problems, model=MODEL, k=1, out=tmp_path / "drawn").traces) == 3
    assert len(asked) == 4  # one was in the journal, one was cut off


def test_what_a_model_said_outlives_the_schema_of_what_was_made_of_it(problems, tmp_path, monkeypatch):
    drawn = lb.sample(problems, model=MODEL, k=2, out=tmp_path / "drawn")
    for module in (planning, store):
        monkeypatch.setattr(module, "SCHEMA_VERSION", 3)
    monkeypatch.setattr(Scripted, "complete", None)
    assert lb.sample(problems, model=MODEL, k=2, out=tmp_path / "drawn").traces == drawn.traces
    with pytest.raises(lb.LimbeckError, match="other data or with other settings"):
        lb.sample(problems, model=MODEL, k=3, out=tmp_path / "drawn")


def test_a_model_that_is_an_object_has_no_folder(problems, tmp_path):
    with pytest.raises(lb.LimbeckError, match="not found again"):
        lb.sample(problems, model=Scripted(["1"]), k=1, out=tmp_path / "drawn")
