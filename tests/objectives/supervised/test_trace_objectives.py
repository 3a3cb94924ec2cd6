"""Objectives on traces marked right or wrong: values and gradients worked by hand, and a short training of
each."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import small_world  # noqa: E402
from objective_cases import (  # noqa: E402
    TRACE_BATCH,
    TRACE_LOGP,
    TRACE_POLICY,
    TRACE_SIGNAL,
    mean,
    metrics,
    sigmoid,
    signal_of,
)

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.networks.logp import Head  # noqa: E402
from limbeck.networks.policy import Policy  # noqa: E402
from limbeck.networks.teachers import Live  # noqa: E402
from limbeck.objectives.divergence.negative_calibrated import negative_calibrated  # noqa: E402
from limbeck.objectives.ops import Signal  # noqa: E402
from limbeck.objectives.preference import kto as kto_module  # noqa: E402
from limbeck.objectives.preference.kto import kto  # noqa: E402
from limbeck.objectives.preference.qcrd import qcrd  # noqa: E402
from limbeck.objectives.reinforcement.topr import topr  # noqa: E402
from limbeck.objectives.supervised.negative_aware import negative_aware  # noqa: E402
from limbeck.records import Verdict  # noqa: E402
from limbeck.training.needs import asked  # noqa: E402

E1 = math.exp(-1)


def test_kto_golden():
    # Weighted mean log-ratio: (1 + 2 + 0 + 3) / 7.
    z = 6 / 7
    value = sigmoid(z - 1) + 2 * 0.5 * sigmoid(1 - z) + sigmoid(z) + 3 * 0.5 * sigmoid(1 - z)
    loss = kto(TRACE_BATCH, TRACE_POLICY, TRACE_SIGNAL, beta=1.0, undesirable=0.5, baseline="batch")
    assert mean(loss) == pytest.approx(value / 7)
    assert metrics(loss) == pytest.approx(
        {"kl": z, "logp_right": (-1 - 3) / 2, "logp_wrong": (2 * -2 + 3 * -0.5) / 5}
    )


def test_kto_takes_no_negative_kl_and_can_carry_it_over():
    # Log-ratios 0, -1, -2, 1: their weighted mean is negative.
    own = signal_of(TRACE_BATCH.columns["logp"], TRACE_BATCH)
    floored = (0.5 + 2 * sigmoid(-1) + sigmoid(2) + 3 * sigmoid(1)) / 7
    loss = kto(TRACE_BATCH, TRACE_POLICY, own, beta=1.0, baseline="batch")
    assert mean(loss) == pytest.approx(floored)
    carried = kto_module.after(kto_module.START, {**metrics(loss), "loss": 1.0}, beta=1.0)
    assert carried == pytest.approx({"kl": -1 / 7})
    for kl, z in ((carried["kl"], 0.0), (2.0, 2.0)):
        step = kto(TRACE_BATCH, TRACE_POLICY, replace(own, memory={"kl": kl}), beta=1.0)
        value = sigmoid(z) + 2 * sigmoid(-1 - z) + sigmoid(z + 2) + 3 * sigmoid(1 - z)
        assert mean(step) == pytest.approx(value / 7)


def test_topr_golden_value_and_gradient():
    logp_N = TRACE_LOGP.clone().requires_grad_()
    loss = topr(TRACE_BATCH, Policy.of(logp_N, TRACE_BATCH), Signal(), baseline=0.5)
    # Advantages ±0.5; log-ratios 0, -1, -2, 1: of the wrong traces the first is tapered, the second is not.
    assert mean(loss) == pytest.approx((0 + 2 * 0.5 * (E1 - 1) + 0.5 * 2 + 3 * 0.5 * 1) / 7)
    assert metrics(loss)["ratio"] == pytest.approx((1 + 2 * E1 + math.exp(-2) + 3) / 7)
    loss.sum.backward()
    by_row = [-0.5, 2 * 0.5 * E1, -0.5, 3 * 0.5]
    assert logp_N.grad.tolist() == pytest.approx([by_row[index] for index in TRACE_BATCH.row_N.tolist()])


def test_negative_aware_golden_value_and_gradient():
    logp_N = TRACE_LOGP.clone().requires_grad_()
    loss = negative_aware(TRACE_BATCH, Policy.of(logp_N, TRACE_BATCH), Signal())
    # p = 2/3, weight 1/3. Log-ratios of w1 are 1, 0, -2; (1 - p ρ) / (1 - p) = 3 - 2 ρ, for the first below
    # the floor.
    assert mean(loss) == pytest.approx((0 - 2 * math.log(3 - 2 * math.exp(-2)) + 2) / 3 / 15)
    loss.sum.backward()
    wrong = [2 * 2 * math.e / 3, 2 * 2 / 3, 2 * 2 * math.exp(-2) / (3 - 2 * math.exp(-2)) / 3]
    assert logp_N.grad.tolist() == pytest.approx([-1 / 3, -1 / 3, *wrong, -1 / 3, 0, 0])


def test_negative_aware_is_grpo_on_policy():
    logp_N = TRACE_BATCH.columns["logp"].clone().requires_grad_()
    negative_aware(TRACE_BATCH, Policy.of(logp_N, TRACE_BATCH), Signal(), hardness="sqrt").sum.backward()
    p = 2 / 3
    advantage = {
        0: (1 - p) / math.sqrt(p * (1 - p)),
        1: -p / math.sqrt(p * (1 - p)),
        2: (1 - p) / math.sqrt(p * (1 - p)),
    }
    wanted = [-float(TRACE_BATCH.weight_B[r]) * advantage.get(r, 0.0) for r in TRACE_BATCH.row_N.tolist()]
    assert logp_N.grad.tolist() == pytest.approx(wanted)


@pytest.mark.parametrize("objective", [topr, negative_aware])
def test_a_trace_without_a_record_of_its_sampling_is_given_another_author(objective):
    bare = replace(TRACE_BATCH, columns={})
    own = signal_of(TRACE_BATCH.columns["logp"], TRACE_BATCH)
    assert mean(objective(bare, TRACE_POLICY, own, behaviour="reference")) == pytest.approx(
        mean(objective(TRACE_BATCH, TRACE_POLICY, Signal()))
    )
    scored = Signal(teacher_N=TRACE_BATCH.columns["logp"])
    assert mean(objective(bare, TRACE_POLICY, scored, behaviour="scored")) == pytest.approx(
        mean(objective(TRACE_BATCH, TRACE_POLICY, Signal()))
    )
    unsaid = replace(TRACE_BATCH, columns={"logp": torch.full_like(TRACE_POLICY.logp_N, float("nan"))})
    assert math.isfinite(mean(objective(unsaid, TRACE_POLICY, Signal())))
    assert "reference" not in asked(small_world.objective(objective.__name__))
    assert "teacher_logp" in asked(small_world.objective(objective.__name__, behaviour="scored"))
    with pytest.raises(LimbeckError, match=r"unknown behaviour 'score'.*did you mean 'scored'"):
        asked(small_world.objective(objective.__name__, behaviour="score"))
    assert "reference" in asked(small_world.objective(objective.__name__, behaviour="reference"))


def test_qcrd_golden():
    # Costs 1, 2, 3, 0.5: of p's right traces r1 is the easiest.
    loss = qcrd(TRACE_BATCH, TRACE_POLICY, Signal(), beta=0.2, margin=3.0)
    assert mean(loss) == pytest.approx((0.9 * 1 + 2 * 0.2 * 0.75 * 1 + 3 * 0.2 * 1 * 2.5) / 6)
    tight = qcrd(TRACE_BATCH, TRACE_POLICY, Signal(), beta=0.2, margin=1.0)
    assert mean(tight) == pytest.approx((0.9 * 1 + 0 + 3 * 0.2 * 1 * 0.5) / 6)
    assert metrics(tight)["active"] == pytest.approx(3 / 5)
    values = {name: value for name, value in TRACE_BATCH.values.items() if name != "quality"}
    plain = qcrd(replace(TRACE_BATCH, values=values), TRACE_POLICY, Signal())
    assert mean(plain) == pytest.approx((1 + 2 * 0.2 * 1 + 3 * 0.2 * 2.5) / 6)


def test_negative_calibrated_golden():
    torch.manual_seed(0)
    uniform, teacher = Head(torch.zeros(8, 12)), Live(Head(torch.randn(8, 12)))
    # A uniform student pays log 12 whatever the teacher says; traces weigh tokens × weight = 2, 6, 1, 6.
    share = sum(n * (0.5 + beta) for n, beta in ((2, 0.2), (6, 0.0), (1, 0.5), (6, 0.9))) / 15
    loss = negative_calibrated(
        TRACE_BATCH, Policy(TRACE_BATCH, uniform), Signal(teacher=teacher), temperature=2.0, alpha=0.3
    )
    assert mean(loss) == pytest.approx(math.log(12) * (0.7 + 0.3 * 4 * share), rel=1e-5)
    # To a teacher that is sure of the trained token, soft and hard cross-entropy are the same.
    sure = Live(Head(1e4 * torch.nn.functional.one_hot(TRACE_BATCH.target_N, 12).float()))
    policy = Policy(TRACE_BATCH, Head(torch.randn(8, 12)))
    loss = negative_calibrated(TRACE_BATCH, policy, Signal(teacher=sure))
    assert metrics(loss)["soft"] == pytest.approx(-metrics(loss)["logp"], rel=1e-5)


def test_negative_calibrated_gradient():
    torch.manual_seed(0)
    teacher = Signal(teacher=Live(Head(torch.randn(8, 5, dtype=torch.float64))))
    batch = replace(TRACE_BATCH, target_N=TRACE_BATCH.target_N % 5)

    def value(logits_NV):
        return negative_calibrated(batch, Policy(batch, Head(logits_NV)), teacher, temperature=2.0).sum

    assert torch.autograd.gradcheck(value, (torch.randn(8, 5, dtype=torch.float64, requires_grad=True),))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A student and a teacher."""
    folder = tmp_path_factory.mktemp("models")
    return small_world.student(folder / "s"), small_world.student(folder / "t", width=32, seed=1)


def judged():
    """The small world with verdicts, and with scores as earlier stages would leave them."""
    data = small_world.world()
    for trace in data.traces:
        outcome = "correct" if trace.id.endswith("right") else "wrong"
        trace.verdicts.append(Verdict("exact", outcome))
        trace.scores |= {"quality": 0.8 if outcome == "correct" else 0.1, "nat_beta": 0.3}
    return data


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("kto", {}), ("topr", {"behaviour": "reference"}), ("qcrd", {}), ("negative_calibrated", {}),
        ("negative_aware", {"behaviour": "reference"}), ("ipo", {}), ("cpo", {}), ("orpo", {}), ("nca", {}),
        ("unlikelihood", {}),
    ],
)  # fmt: skip
def test_it_trains_in_the_loop(tmp_path, models, name, params):
    start, teacher = models
    more = {"teacher": teacher} if name == "negative_calibrated" else {}
    use = small_world.objective(name, **params)
    # All data in every step, so that losses can be compared.
    small_world.train(tmp_path, start, judged(), use=use, steps=8, batch=120, **more)
    curve = small_world.curve(tmp_path)
    assert all(math.isfinite(value) for row in curve for value in row.values())
    assert curve[-1]["loss"] < curve[0]["loss"]
