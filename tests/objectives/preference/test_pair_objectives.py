"""Objectives on pairs: values worked by hand and limits; and what holds of all that learn from right and
wrong."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from objective_cases import (  # noqa: E402
    ON_PAIRS,
    ON_TRACES,
    PAIR_BATCH,
    PAIR_LOGP,
    PAIR_POLICY,
    PAIR_SIGNAL,
    PAIRS,
    TRACE_BATCH,
    TRACE_LOGP,
    TRACE_SIGNAL,
    TRACES,
    mean,
    metrics,
    signal_of,
    softplus,
)

from limbeck.networks.batch import Item, collate, grouped  # noqa: E402
from limbeck.networks.logp import Head, token_logp  # noqa: E402
from limbeck.networks.policy import Policy  # noqa: E402
from limbeck.objectives._traces import log_complement  # noqa: E402
from limbeck.objectives.ops import Signal  # noqa: E402
from limbeck.objectives.preference.cpo import cpo  # noqa: E402
from limbeck.objectives.preference.dpo import dpo  # noqa: E402
from limbeck.objectives.preference.ipo import ipo  # noqa: E402
from limbeck.objectives.preference.nca import nca  # noqa: E402
from limbeck.objectives.preference.orpo import orpo  # noqa: E402
from limbeck.objectives.preference.redi import redi  # noqa: E402
from limbeck.objectives.preference.simpo import simpo  # noqa: E402
from limbeck.objectives.supervised.unlikelihood import unlikelihood  # noqa: E402

ALL = [(*case, PAIR_BATCH, PAIR_LOGP, PAIR_SIGNAL) for case in ON_PAIRS] + [
    (*case, TRACE_BATCH, TRACE_LOGP, replace(TRACE_SIGNAL, memory={"kl": 0.5})) for case in ON_TRACES
]
EVERY = pytest.mark.parametrize(("objective", "params", "batch", "logp_N", "signal"), ALL)


def test_length_normalised_dpo_golden():
    # Log-ratios of +1, -1 (chosen, 2 and 1 tokens) and -1, +3 (rejected, 2 and 4): 1/2 + 1/2 and -1 - 3/4.
    loss = dpo(PAIR_BATCH, PAIR_POLICY, PAIR_SIGNAL, beta=0.5, normalized=True)
    assert mean(loss) == pytest.approx((softplus(-0.5 * 1) + 3 * softplus(0.5 * 1.75)) / 4)
    assert metrics(loss)["margin_accuracy"] == pytest.approx(1 / 4)


def test_ipo_golden():
    # h is 1 and -1.75, the target 1.
    loss = ipo(PAIR_BATCH, PAIR_POLICY, PAIR_SIGNAL, beta=0.5)
    assert mean(loss) == pytest.approx((0 + 3 * 2.75**2) / 4)
    assert metrics(loss)["margin_accuracy"] == pytest.approx(1 / 4)


def test_cpo_golden_and_its_kin():
    # Sums differ by 2 and 0; cloning costs 1 and 2.
    value = ((softplus(-0.2) + 0.5 * 1) + 3 * (softplus(0) + 0.5 * 2)) / 4
    assert mean(cpo(PAIR_BATCH, PAIR_POLICY, Signal(), beta=0.1, alpha=0.5)) == pytest.approx(value)
    flat = signal_of(torch.zeros(9), PAIR_BATCH)
    assert mean(cpo(PAIR_BATCH, PAIR_POLICY, Signal(), beta=0.3, alpha=0.0)) == pytest.approx(
        mean(dpo(PAIR_BATCH, PAIR_POLICY, flat, beta=0.3))
    )
    by_means = cpo(PAIR_BATCH, PAIR_POLICY, Signal(), beta=2.0, gamma=0.7, alpha=0.0, score="mean")
    assert mean(by_means) == pytest.approx(
        mean(simpo(PAIR_BATCH, PAIR_POLICY, Signal(), beta=2.0, gamma=0.7))
    )


def test_orpo_golden():
    def log_odds(m):
        return math.log(math.exp(m) / (1 - math.exp(m)))

    first, second = log_odds(-1) - log_odds(-2), log_odds(-2) - log_odds(-0.5)
    value = (1 + 0.5 * softplus(-first) + 3 * (2 + 0.5 * softplus(-second))) / 4
    assert mean(orpo(PAIR_BATCH, PAIR_POLICY, Signal(), weight=0.5)) == pytest.approx(value)


def test_nca_golden():
    # Scaled log-ratios: 0.5 against -0.5, -0.5 against 1.5.
    first = softplus(-0.5) + softplus(0.5) / 2 + softplus(-0.5) / 2
    second = softplus(0.5) + softplus(-0.5) / 2 + softplus(1.5) / 2
    assert mean(nca(PAIR_BATCH, PAIR_POLICY, PAIR_SIGNAL, beta=0.5)) == pytest.approx(
        (first + 3 * second) / 4
    )


def test_unlikelihood_golden():
    def refused(*logps):
        return -sum(math.log(1 - math.exp(x)) for x in logps) / len(logps)

    value = (1 + 0.5 * refused(-1, -3) + 3 * (2 + 0.5 * refused(-0.25, -0.25, -0.5, -1))) / 4
    assert mean(unlikelihood(PAIR_BATCH, PAIR_POLICY, Signal(), alpha=0.5)) == pytest.approx(value)


@pytest.mark.parametrize(("objective", "params"), [(orpo, {"weight": 0.0}), (unlikelihood, {"alpha": 0.0})])
def test_without_rejected_traces_it_is_sft_on_the_chosen(objective, params):
    assert mean(objective(PAIR_BATCH, PAIR_POLICY, Signal(), **params)) == pytest.approx(
        mean(redi(PAIR_BATCH, PAIR_POLICY, Signal(), alpha=0.0))
    )


def test_unlikelihood_lets_go_of_what_is_unlikely_and_redi_does_not():
    logp_N = torch.tensor([-1.0, -1.0, -20.0, -0.1], dtype=torch.float64, requires_grad=True)
    batch = collate([PAIRS[0]])
    for objective, force in ((redi, 0.5), (unlikelihood, 0.5 * math.exp(-20) / (1 - math.exp(-20)))):
        (grad_N,) = torch.autograd.grad(
            objective(batch, Policy.of(logp_N, batch), Signal(), alpha=1.0).sum, logp_N
        )
        assert float(grad_N[2]) == pytest.approx(force)


def test_log_complement_is_exact_and_finite_at_certainty():
    logp = torch.tensor([-50.0, -1.0, -1e-3, 0.0], dtype=torch.float64, requires_grad=True)
    found = log_complement(logp)
    assert found.tolist() == pytest.approx(
        [
            -math.exp(-50),
            math.log(1 - math.exp(-1)),
            math.log(-math.expm1(-1e-3)),
            math.log(-math.expm1(-1e-6)),
        ]
    )
    found.sum().backward()
    assert torch.isfinite(logp.grad).all()


@EVERY
def test_gradient_in_float64(objective, params, batch, logp_N, signal):
    wide = replace(signal, reference_B=signal.reference_B.double(), reference_N=signal.reference_N.double())

    def value(logp_N):
        return objective(batch, Policy.of(logp_N, batch), wide, **params).sum

    assert torch.autograd.gradcheck(value, (logp_N.double().requires_grad_(),))


@EVERY
def test_a_token_that_weighs_nothing_is_as_if_not_there(objective, params, batch, logp_N, signal):
    # The second token, of a trace that every objective learns from.
    weight_N = torch.ones(len(logp_N)).index_fill(0, torch.tensor([1]), 0.0)
    count_B = batch.count_B - torch.eye(len(batch.ids))[0]
    weighed = replace(batch, token_weight_N=weight_N, count_B=count_B)
    without = torch.arange(len(logp_N)) != 1
    columns = {name: column[without] for name, column in batch.columns.items()}
    shorter = replace(
        batch, row_N=batch.row_N[without], token_weight_N=weight_N[without], count_B=count_B, columns=columns
    )
    both = []
    for case, chosen in ((weighed, slice(None)), (shorter, without)):
        own = signal_of(signal.reference_N[chosen], case, memory=signal.memory)
        both.append(objective(case, Policy.of(logp_N[chosen], case), own, **params))
    assert mean(both[0]) == pytest.approx(mean(both[1]))
    assert metrics(both[0]) == pytest.approx(metrics(both[1]))


@EVERY
def test_far_out_and_without_any_weight_all_stays_finite(objective, params, batch, logp_N, signal):
    for scale, weight_B in ((1000.0, batch.weight_B), (0.0, batch.weight_B), (1.0, 0 * batch.weight_B)):
        scaled_N = (logp_N * scale).requires_grad_()
        case = replace(batch, weight_B=weight_B)
        loss = objective(case, Policy.of(scaled_N, case), signal, **params)
        loss.sum.backward()
        assert torch.isfinite(loss.sum)
        assert torch.isfinite(scaled_N.grad).all()
        if not weight_B.any():
            assert float(loss.sum.detach()) == float(loss.count) == float(scaled_N.grad.abs().sum()) == 0


@EVERY
def test_prompt_and_padding_get_no_gradient(objective, params, batch, logp_N, signal):
    torch.manual_seed(0)
    hidden_BTD = torch.randn(*batch.ids_BT.shape, 4, dtype=torch.float64, requires_grad=True)
    head = Head(hidden_BTD.flatten(0, 1)[batch.index_N], torch.randn(12, 4, dtype=torch.float64))
    objective(batch, Policy.of(token_logp(head, batch.target_N), batch), signal, **params).sum.backward()
    touched = hidden_BTD.grad.abs().sum(-1) > 0
    trained = torch.zeros_like(touched)
    trained[:, :-1] = batch.mask_BT[:, 1:]
    assert touched.any()
    assert not (touched & ~trained).any()


@pytest.mark.parametrize(("objective", "params"), ON_PAIRS)
def test_a_pair_of_weight_two_is_the_same_pair_twice(objective, params):
    once, twice = collate([Item(PAIRS[0].rows, 2.0)]), collate([Item(PAIRS[0].rows, 1.0)] * 2)
    rows, own = PAIR_LOGP[[0, 1, 3, 4]], PAIR_SIGNAL.reference_N[[0, 1, 3, 4]]
    a = objective(once, Policy.of(rows, once), signal_of(own, once), **params)
    doubled = [0, 1, 0, 1, 2, 3, 2, 3]
    b = objective(twice, Policy.of(rows[doubled], twice), signal_of(own[doubled], twice), **params)
    assert (float(a.sum), float(a.count)) == pytest.approx((float(b.sum), float(b.count)))
    assert metrics(a) == pytest.approx(metrics(b))


@pytest.mark.parametrize(("objective", "params"), ON_TRACES)
def test_traces_of_weight_two_are_the_same_traces_of_two_problems(objective, params):
    def twin(item: Item) -> Item:
        return replace(item, rows=(replace(item.rows[0], problem="twin of " + item.rows[0].problem),))

    once = collate(grouped([replace(item, weight=2 * item.weight) for item in TRACES]))
    twice = collate(grouped([*TRACES, *(twin(item) for item in TRACES)]))
    sides = []
    for case, copies in ((once, 1), (twice, 2)):
        own = signal_of(TRACE_SIGNAL.reference_N.repeat(copies), case, memory={"kl": 0.5})
        sides.append(objective(case, Policy.of(TRACE_LOGP.repeat(copies), case), own, **params))
    assert mean(sides[0]) == pytest.approx(mean(sides[1]))
    assert float(sides[0].count) == float(sides[1].count)
