"""What a sampler says of its tokens against what the trainer computes: measured once, said, and not trained
on."""

from __future__ import annotations

import math

import pytest
import small_world

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from flat import with_settings  # noqa: E402

from limbeck.models.local import Local  # noqa: E402
from limbeck.networks.batch import Item, Row  # noqa: E402
from limbeck.networks.policy import Network  # noqa: E402
from limbeck.networks.rows import ChatTokenizer  # noqa: E402
from limbeck.records import Problem  # noqa: E402
from limbeck.rollouts.speculative import speculative  # noqa: E402
from limbeck.rollouts.student import student  # noqa: E402
from limbeck.rollouts.teacher import teacher  # noqa: E402
from limbeck.training.drift import Drift  # noqa: E402
from limbeck.training.rollout_context import RolloutContext  # noqa: E402

QUESTION = Problem(id="p", question="1+2", answer="3")


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> str:
    return small_world.student(tmp_path_factory.mktemp("start"))


@pytest.fixture(scope="module")
def other(tmp_path_factory) -> str:
    return small_world.student(tmp_path_factory.mktemp("other"), seed=7)


class Stale(Local):
    """A sampler that never takes over the student's weights."""

    def sync(self, student) -> None:
        pass


def context(start: str, autocast=None, **more) -> tuple[RolloutContext, list[Item], list[str]]:
    """A student's surroundings, a problem to draw, and what is said."""
    chat_tokenizer, told = ChatTokenizer.open(start), []
    (ids,) = chat_tokenizer.prompts([QUESTION])
    network = Network(Local(start)._loaded[0], autocast)
    made = RolloutContext({"student": network}, chat_tokenizer, {"p": QUESTION}, log=told.append, **more)
    return made, [Item((Row("p", np.array(ids, dtype=np.int32), len(ids), "p"),))], told


def logps(items: list[Item]) -> list:
    return [item.rows[0].columns["logp"] for item in items]


def sampled(made: RolloutContext, drawn: list[Item], **how) -> list:
    (written,) = made.write([drawn[0].rows[0].ids.tolist()], **how)
    return [np.array(each.logps, dtype=np.float32) for each in written]


def equal(some: list, others: list) -> bool:
    return all(np.array_equal(one, two) for one, two in zip(some, others, strict=True))


def test_shares_are_of_tokens_and_of_products_over_a_trace():
    sampler = [np.zeros(4), np.zeros(2), np.zeros(1)]
    trainer = [np.full(4, math.log(0.9)), np.array([math.log(1.3), math.log(0.8)]), np.zeros(1)]
    drift = Drift.of(sampler, trainer)
    assert drift.tokens == pytest.approx(1 / 7)  # 0.8 lies on the bound
    assert drift.traces == pytest.approx(1 / 3)  # 0.9⁴ = 0.66, 1.3 · 0.8 = 1.04
    assert drift.largest == pytest.approx(-4 * math.log(0.9))


def test_little_is_not_said_and_much_is_asked_about():
    assert Drift(0.009, 0.009, 0.1).told(True) == ""
    assert "20.0% of traces" in Drift(0.002, 0.2, 0.5).told(True)
    assert "more than rounding" not in Drift(0.002, 0.2, 0.5).told(True)
    assert "more than rounding" in Drift(0.2, 0.9, 4.0).told(True)


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_in_bfloat16_ratios_are_to_what_the_trainer_computes(start, temperature):
    made, drawn, _ = context(start, torch.bfloat16)
    items = student(drawn, made, n=4, temperature=temperature, max_tokens=9)
    rows = [item.rows[0] for item in items]
    trainer = made.ask(
        "student",
        rows,
        lambda logits, target: (logits / temperature).log_softmax(-1).gather(-1, target[:, None])[:, 0],
    )
    assert np.concatenate(logps(items)) == pytest.approx(np.concatenate(trainer), abs=1e-6)
    assert all(made.rows[row.id] is row for row in rows)
    if temperature == 1.0:
        assert not equal(logps(items), sampled(made, drawn, n=4, max_tokens=9))
        assert "temperature" not in rows[0].values
    assert 0 < made.drift.largest < 0.2


def test_in_float32_the_sampler_is_believed_and_was_looked_at_once(start, monkeypatch):
    made, drawn, told = context(start)
    items = student(drawn, made, n=4, max_tokens=9)
    assert equal(logps(items), sampled(made, drawn, n=4, max_tokens=9))
    assert made.drift.largest < 1e-4
    assert not told
    monkeypatch.setattr(RolloutContext, "ask", None)
    student(drawn, made, n=4, max_tokens=9)


def test_a_sampler_with_other_weights_is_told_once_and_not_trained_against(start, other):
    made, drawn, told = context(start, sampler=Stale(other))
    items = student(drawn, made, n=8, max_tokens=9)
    student(drawn, made, n=8, max_tokens=9)
    assert len(told) == 1
    assert "more than rounding" in told[0]
    trainer = made.logps("student", [item.rows[0] for item in items])
    assert np.concatenate(logps(items)) == pytest.approx(np.concatenate(trainer), abs=1e-5)


def test_what_others_write_keeps_what_they_tell(start, other):
    made, drawn, told = context(start, torch.bfloat16)
    made.networks["teacher"] = Network(Local(other)._loaded[0])
    written = teacher(drawn, made, n=4, max_tokens=9)
    expected = sampled(made, drawn, n=4, max_tokens=9, role="teacher")
    assert equal(logps(written), expected)
    both = speculative(drawn, made, top_k=2, max_tokens=9)
    assert np.isnan(logps(both)[0]).all()
    assert made.drift is None
    assert not told


def test_a_run_says_it(tmp_path, start, other):
    heard: list[str] = []
    small_world.train(
        tmp_path / "run", start, use=small_world.objective("grpo"), log=heard, steps=2, batch=4,
        rollout=with_settings("rollouts/student", n=4, max_tokens=9), sampler=Stale(other),
        reward=with_settings("rewards/verified", verifier=with_settings("verifiers/math")),
    )  # fmt: skip
    assert sum("sampler and trainer differ" in line for line in heard) == 1
