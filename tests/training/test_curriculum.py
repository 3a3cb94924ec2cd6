"""Curriculum preference learning: which pairs come first, what is ranked anew, and what a kill costs."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import small_world
import torch
from msgspec.structs import replace
from objective_cases import row
from small_world import curve, objective, train
from transformers import AutoModelForCausalLM

from limbeck.errors import LimbeckError
from limbeck.networks.batch import Item, Items, order
from limbeck.pipeline.context import Context
from limbeck.ranks import ranks
from limbeck.records import Data, Problem
from limbeck.training.curriculum import Ascending, Order, make_order
from limbeck.training.loop import Loop
from limbeck.training.settings import Stepping

VALUE_GAPS = [0.2, 1.0, 0.6, 1.0]
POLICY_GAPS = [[-1.0, 3.0, 0.0, 5.0], [9.0, -2.0, 4.0, 1.0]]
"""Of the four pairs in the first and in the second epoch."""


def ordered(alpha: float | None, monkeypatch, heard: list | None = None) -> Order:
    items = [
        Item((row(f"c{at}", 2, value=gap), row(f"r{at}", 3, value=0.0))) for at, gap in enumerate(VALUE_GAPS)
    ]
    job = SimpleNamespace(
        stepping=SimpleNamespace(seed=3, curriculum=alpha),
        running=SimpleNamespace(max_tokens_per_microbatch=64),
    )
    gaps = iter(POLICY_GAPS)
    monkeypatch.setattr(Order, "_policy_gaps", lambda self: np.array(next(gaps)))
    report = heard.append if heard is not None else lambda event: None
    return Order(items, job, None, Context(Path("."), report=report))  # type: ignore[arg-type]


def test_equal_numbers_share_their_ranks():
    assert ranks([5.0, 1.0, 5.0, 7.0]).tolist() == [2.5, 1.0, 2.5, 4.0]


def test_by_the_policy_alone_what_it_tells_apart_least_comes_first(monkeypatch):
    drawn = ordered(0.0, monkeypatch)
    assert drawn.drawn(0, 4).tolist() == [0, 2, 1, 3]
    assert drawn.drawn(4, 8).tolist() == [1, 3, 2, 0], "ranked anew"


def test_by_values_alone_the_widest_gaps_come_first_and_equals_at_random(monkeypatch):
    drawn = ordered(1.0, monkeypatch).drawn(0, 4).tolist()
    assert {*drawn[:2]} == {1, 3}
    assert drawn[2:] == [2, 0]


def test_both_ranks_are_mixed(monkeypatch):
    # Values rank 4, 1.5, 3, 1.5 and the policy 1, 3, 2, 4: with 0.6 on values 2.8, 2.1, 2.6, 2.5.
    assert ordered(0.6, monkeypatch).drawn(0, 4).tolist() == [1, 3, 2, 0]


def test_a_step_that_spans_two_epochs_ends_the_one_and_begins_the_other(monkeypatch):
    heard: list = []
    drawn = ordered(0.0, monkeypatch, heard)
    assert drawn.drawn(0, 3).tolist() == [0, 2, 1]
    assert drawn.drawn(3, 6).tolist() == [3, 1, 3]
    first, second = [event["message"] for event in heard]
    assert first == "epoch 1: value gaps 0.50/0.80/1.00, policy gaps -0.25/1.50/3.50 nats (quartiles)"
    assert second.endswith("; 4 of 4 pairs in another place than before")


def test_without_a_curriculum_the_order_is_the_one_it_was(monkeypatch):
    drawn = ordered(None, monkeypatch)
    assert drawn.drawn(2, 7).tolist() == order(4, 3, 2, 7).tolist()
    assert drawn.ever(3) == {*order(4, 3, 0, 3).tolist()}
    assert drawn.state() == {}


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> str:
    return small_world.student(tmp_path_factory.mktemp("start"))


def valued(n: int = 12) -> Data:
    data = small_world.world(n)
    traces = [
        replace(trace, scores={"value": 0.0 if trace.id.endswith("wrong") else 0.5 + at % 7 / 14})
        for at, trace in enumerate(data.traces)
    ]
    return Data(data.problems, traces, data.pairs)


def test_a_killed_run_goes_on_in_the_order_of_its_epoch(tmp_path, start, monkeypatch):
    given = {
        "data": valued(),
        "use": objective("dpo"),
        "steps": 9,
        "batch": 4,
        "curriculum": 0.3,
        "save_every": 1,
    }
    train(tmp_path / "whole", start, **given)
    true = Loop._step

    def dies(self, number):
        if number == 5:  # in the midst of the second epoch
            raise KeyboardInterrupt
        return true(self, number)

    monkeypatch.setattr(Loop, "_step", dies)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "killed", start, **given)
    monkeypatch.setattr(Loop, "_step", true)
    log: list[str] = []
    train(tmp_path / "killed", start, log=log, **given)
    assert any("continues after step 5" in line for line in log)
    assert sum("epoch" in line for line in log) == 1, "only the third is ranked, the second's order is kept"
    assert curve(tmp_path / "killed") == curve(tmp_path / "whole")
    a, b = (AutoModelForCausalLM.from_pretrained(tmp_path / name / "model") for name in ("killed", "whole"))
    assert all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))


def test_pairs_without_values_and_objectives_without_pairs_are_refused(tmp_path, start):
    with pytest.raises(LimbeckError, match=r"p0/right has none.*teachers/tree_search"):
        train(tmp_path / "a", start, use=objective("dpo"), steps=1, curriculum=0.5)
    with pytest.raises(LimbeckError, match="'sft' learns from traces"):
        train(tmp_path / "b", start, steps=1, curriculum=0.5)


def ascending(name: str, seed: int = 0) -> Ascending:
    """Rows of 5, 2, 9 and 2 completion tokens."""
    lengths = {"a": 5, "b": 2, "c": 9, "d": 2}
    items = [Item((row(key, many, problem=f"p{key}", rated=float(-many)),)) for key, many in lengths.items()]
    rates = {"d": 0, "c": 1, "b": 2, "a": 3}
    problems = {f"p{key}": Problem(id=key, question=key, meta={"rate": rate}) for key, rate in rates.items()}
    return Ascending(items, problems, name, seed)


def test_by_length_by_a_score_and_by_what_a_problem_says():
    assert ascending("length").drawn(0, 4).tolist()[2:] == [0, 2]
    assert ascending("-length").drawn(0, 4).tolist()[:2] == [2, 0]
    assert ascending("rated").drawn(0, 4).tolist()[:2] == [2, 0]
    assert ascending("rate").drawn(0, 4).tolist() == [3, 2, 1, 0]
    assert {tuple(ascending("length", seed).drawn(0, 2)) for seed in range(20)} == {(1, 3), (3, 1)}


def test_each_epoch_begins_with_the_lowest_again_and_may_be_read_anywhere():
    stream = ascending("length")
    whole = stream.drawn(0, 12).tolist()
    assert [sorted(whole[at : at + 2]) for at in (0, 4, 8)] == [[1, 3]] * 3
    assert stream.drawn(6, 9).tolist() == whole[6:9]
    assert stream.drawn(2, 5).tolist() == whole[2:5]
    assert stream.ever(2) == {1, 3}
    assert stream.ever(5) == {0, 1, 2, 3}


def test_a_number_that_an_item_lacks_and_two_orders_at_once():
    with pytest.raises(LimbeckError, match=r"order_by='rates': a has no such number.*did you mean 'rate"):
        ascending("rates")
    with pytest.raises(LimbeckError, match="give one of them"):
        Stepping(order_by="length", curriculum=0.5)


def test_a_job_that_asks_for_an_order_is_given_it():
    job = SimpleNamespace(
        stepping=SimpleNamespace(seed=3, curriculum=None, order_by="-length"),
        running=SimpleNamespace(max_tokens_per_microbatch=64),
    )
    items = Items([Item((row("a", 2),)), Item((row("b", 7),))])
    assert make_order(items, job, None, Context(Path("."))).drawn(0, 2).tolist() == [1, 0]  # type: ignore[arg-type]


def test_easy_first_trains(tmp_path, start):
    train(tmp_path / "shuffled", start, steps=3, batch=4)
    train(tmp_path / "ordered", start, steps=3, batch=4, order_by="length")
    assert curve(tmp_path / "ordered") != curve(tmp_path / "shuffled")
