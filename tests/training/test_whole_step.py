"""An objective that compares what is in one micro-batch says so, and the loop says where a step was cut."""

from __future__ import annotations

import pytest
import small_world

pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from limbeck.pipeline.registry import methods
from limbeck.training.needs import wants_whole_step

COMPARING = {
    "qcrd": {}, "relational": {"teacher": True}, "standardised_logits": {"teacher": True},
    "token_graph": {"teacher": True},
}  # fmt: skip


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> str:
    return small_world.student(tmp_path_factory.mktemp("start"))


def heard(folder, start, name: str, room: int, teacher: bool = False, **params) -> list[str]:
    """What a short training says of cuts."""
    log: list[str] = []
    small_world.train(
        folder, start, small_world.judged(20), small_world.objective(name, **params), log, steps=3,
        max_tokens_per_microbatch=room, teacher=start if teacher else None,
    )  # fmt: skip
    return [line for line in log if "is cut into" in line]


@pytest.mark.parametrize("name", COMPARING)
def test_a_cut_is_said_once_with_room_that_is_enough(tmp_path, start, name):
    (line,) = heard(tmp_path / "cut", start, name, 100, **COMPARING[name])
    assert line.startswith("step 1 is cut into")
    assert f"objective '{name}'" in line
    room = int(line.partition("max_tokens_per_microbatch: ")[2].split()[0])
    assert heard(tmp_path / "whole", start, name, room, **COMPARING[name]) == []


def test_what_compares_nothing_may_be_cut_in_silence(tmp_path, start):
    assert heard(tmp_path, start, "sft", 100) == []


def test_a_setting_may_decide(tmp_path, start):
    assert heard(tmp_path / "step", start, "kto", 100) == []
    assert len(heard(tmp_path / "batch", start, "kto", 100, baseline="batch")) == 1


def test_just_these_declare_it():
    declaring = {name for name in methods("objectives") if wants_whole_step(small_world.objective(name))}
    assert declaring == {*COMPARING}
