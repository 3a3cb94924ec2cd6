"""Trackers are checked when a run is planned, and told project, run and settings."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from types import SimpleNamespace

import pytest

pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import small_world
from accelerate.tracking import LOGGER_TYPE_TO_CLASS
from accelerate.utils import LoggerType
from small_world import objective, train

from limbeck.errors import LimbeckError
from limbeck.pipeline import plan, recipe
from limbeck.training.settings import TRACKERS
from limbeck.training.tracking import called

PAGE = """title: t
models: {{s: {{path: {start}}}}}
stages:
  sums: {{use: problems/assignment, n: 4}}
  trained: {{use: training/fit, from: sums, student: s, objective: sft, track: {track}}}
"""


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> str:
    return small_world.student(tmp_path_factory.mktemp("start"))


class Recorded:
    """A package that tracks: what it was started with, and what was logged."""

    def __init__(self, name: str, monkeypatch) -> None:
        self.begun, self.rows, self.config = [], [], {}
        self.__spec__ = ModuleSpec(name, None)
        monkeypatch.setitem(sys.modules, name, self)
        monkeypatch.setattr("accelerate.tracking.get_available_trackers", lambda: [LoggerType(name)])

    def init(self, **given):
        self.begun.append(given)
        config = SimpleNamespace(update=lambda values, **_: self.config.update(values))
        return SimpleNamespace(config=config, log=lambda row, **_: self.rows.append(row), finish=lambda: None)


def test_names_are_those_of_accelerate():
    assert TRACKERS.keys() == LOGGER_TYPE_TO_CLASS.keys()


@pytest.mark.parametrize(
    ("track", "words"),
    [("tensorbord", "did you mean 'tensorboard'"), ("clearml", "pip install clearml; installed are")],
)
def test_a_tracker_that_cannot_follow_is_refused_when_a_run_is_planned(tmp_path, start, track, words):
    (tmp_path / "page.yaml").write_text(PAGE.format(start=start, track=track))
    with pytest.raises(LimbeckError, match=words):
        plan.make(recipe.load(str(tmp_path / "page.yaml")), tmp_path / "out")


def test_project_run_and_settings_reach_the_tracker(tmp_path, start, monkeypatch):
    tracker = Recorded("trackio", monkeypatch)
    for stage in ("first", "second"):
        folder = tmp_path / "sums" / "stages" / f"{stage}-0123456789ab"
        train(folder, start, use=objective("redi", alpha=0.5), steps=2, track="trackio")
    assert tracker.begun == [
        {"project": "sums", "name": "first"},
        {"project": "sums", "name": "second"},
    ]
    assert tracker.config["objective"] == "redi"
    assert tracker.config["objective.alpha"] == 0.5
    assert tracker.config["lr"] == 1e-2
    assert tracker.config["betas"] == "0.9 0.999"
    assert not [value for value in tracker.config.values() if isinstance(value, str) and "/" in value]
    assert len(tracker.rows) == 4


def test_a_model_is_called_by_stage_folder_or_hub_id(tmp_path):
    made = tmp_path / "stages" / "kept-0123456789ab" / "model"
    made.mkdir(parents=True)
    assert called(str(made)) == called(str(made.parent)) == "kept"
    assert called(str(tmp_path / "plain")) == "plain"
    assert called("Qwen/Qwen3-0.6B") == "Qwen/Qwen3-0.6B"
