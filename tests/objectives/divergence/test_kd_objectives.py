"""Divergences against closed forms and limits; the objectives that distil distributions."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from kd_cases import loss_of, world  # noqa: E402

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.networks.batch import Item, Row, collate  # noqa: E402
from limbeck.networks.logp import Head  # noqa: E402
from limbeck.networks.policy import Policy  # noqa: E402
from limbeck.networks.teachers import Top  # noqa: E402
from limbeck.objectives.divergence import _divergences as D  # noqa: E402
from limbeck.objectives.divergence import taid as taid_module  # noqa: E402
from limbeck.objectives.divergence.kd import kd  # noqa: E402
from limbeck.objectives.divergence.kid import kid  # noqa: E402
from limbeck.objectives.divergence.taid import after, taid  # noqa: E402
from limbeck.objectives.ops import Signal  # noqa: E402

torch.manual_seed(0)
P, Q = (torch.randn(7, 30, dtype=torch.float64).mul(2).log_softmax(-1) for _ in range(2))
ONE = torch.tensor([[0.5, 0.5]], dtype=torch.float64).log()
OTHER = torch.tensor([[0.9, 0.1]], dtype=torch.float64).log()
TRUE = [name for name in D.DIVERGENCES if name != "squared"]


def kl(p: list[float], q: list[float]) -> float:
    return sum(a * math.log(a / b) for a, b in zip(p, q, strict=True) if a)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("forward", kl([0.9, 0.1], [0.5, 0.5])),
        ("reverse", kl([0.5, 0.5], [0.9, 0.1])),
        ("symmetric", (kl([0.9, 0.1], [0.5, 0.5]) + kl([0.5, 0.5], [0.9, 0.1])) / 2),
        ("jsd", (kl([0.9, 0.1], [0.7, 0.3]) + kl([0.5, 0.5], [0.7, 0.3])) / 2),
        ("skew_forward", kl([0.9, 0.1], [0.54, 0.46])),
        ("skew_reverse", kl([0.5, 0.5], [0.86, 0.14])),
        ("total_variation", 0.4),
        # The teacher's first event is the head; both sides differ alike on it and on the rest.
        ("adaptive", (kl([0.9, 0.1], [0.5, 0.5]) + kl([0.5, 0.5], [0.9, 0.1])) / 2),
        ("squared", ((math.log(9)) / 2) ** 2),
    ],
)
def test_closed_forms(name, value):
    assert float(D.pick(name)(ONE, OTHER)) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("name", TRUE)
def test_a_divergence_is_zero_for_equals_and_never_negative(name):
    measure = D.pick(name)
    assert torch.allclose(measure(P, P), torch.zeros(7, dtype=torch.float64), atol=1e-12)
    assert (measure(Q, P) > 0).all()


@pytest.mark.parametrize("name", [name for name in TRUE if name != "adaptive"])
@pytest.mark.parametrize("k", [1, 5, 29, 30])
def test_the_likeliest_and_the_rest_never_diverge_more_than_all(name, k):
    top = P.topk(k)
    rest_N = P.scatter(-1, top.indices, -torch.inf).logsumexp(-1)
    events = Top(top.indices, top.values, rest_N).events(Q, torch.zeros(7).long(), slice(0, 7), 1.0)
    whole, coarse = D.pick(name)(Q, P), D.pick(name)(events.student_CM, events.teacher_CM)
    assert (coarse >= -1e-12).all()
    assert (coarse <= whole + 1e-9).all()
    if k == 30:
        assert torch.allclose(coarse, whole, atol=1e-6)


@pytest.mark.parametrize("name", list(D.DIVERGENCES))
def test_gradients_and_what_is_ruled_out(name):
    logits = torch.randn(3, 6, dtype=torch.float64, requires_grad=True)
    teacher = torch.randn(3, 6, dtype=torch.float64).log_softmax(-1)
    measure = D.pick(name)
    if name != "adaptive":  # its weights count as constants
        assert torch.autograd.gradcheck(lambda x: measure(x.log_softmax(-1), teacher), (logits,))
    ruled_out = torch.tensor([[0.5, 0.5, 0.0]], dtype=torch.float64).log()
    student = torch.tensor([[0.2, 0.3, 0.5]], dtype=torch.float64).log().requires_grad_()
    value = measure(student, ruled_out)
    (slope,) = torch.autograd.grad(value.sum(), student)
    assert not value.isnan().any()
    if name not in ("reverse", "symmetric", "adaptive"):
        assert value.isfinite().all()
        assert slope.isfinite().all()


def test_limits_of_jensen_shannon():
    for beta, limit in ((1e-8, D.forward(Q, P)), (1 - 1e-8, D.reverse(Q, P))):
        assert torch.allclose(D.jensen_shannon(Q, P, beta, normalise=True), limit, atol=1e-3)
    assert torch.equal(D.jensen_shannon(Q, P, 0), D.forward(Q, P))
    assert torch.equal(D.jensen_shannon(Q, P, 1), D.reverse(Q, P))


def test_limits_and_bounds_of_skew():
    assert torch.allclose(D.skew_forward(Q, P, 1e-9), D.forward(Q, P), atol=1e-5)
    assert torch.allclose(D.skew_reverse(Q, P, 1e-9), D.reverse(Q, P), atol=1e-5)
    assert torch.equal(D.skew_forward(Q, P, 0), D.forward(Q, P))
    far = torch.tensor([[1e-30, 1.0]], dtype=torch.float64).log()
    near = torch.tensor([[1.0, 1e-30]], dtype=torch.float64).log()
    for measure, plain in ((D.skew_forward, D.forward), (D.skew_reverse, D.reverse)):
        assert float(plain(far, near)) > 60
        assert float(measure(far, near)) <= -math.log(0.1) + 1e-9


@pytest.mark.parametrize(("measure", "grows"), [(D.forward, True), (D.skew_forward, False)])
def test_the_gradient_of_skew_stays_bounded_as_the_student_rules_out(measure, grows):
    """With respect to the probability that the student leaves an event of the teacher's."""
    teacher = torch.tensor([[0.5, 0.5]], dtype=torch.float64).log()
    slopes = []
    for left in (1e-2, 1e-4, 1e-6):
        q = torch.tensor(left, dtype=torch.float64, requires_grad=True)
        student = torch.stack([q, 1 - q])[None].log()
        (slope,) = torch.autograd.grad(measure(student, teacher).sum(), q)
        slopes.append(abs(float(slope)))
    assert (slopes[-1] > 1000 * slopes[0]) is grows


def test_parity_with_trl():
    gkd = pytest.importorskip("trl.experimental.gkd", reason="parity needs trl")
    student, teacher = torch.randn(2, 5, 11), torch.randn(2, 5, 11)
    labels = torch.ones(2, 5, dtype=torch.long)
    for beta in (0.0, 0.3, 0.5, 1.0):
        theirs = gkd.GKDTrainer.generalized_jsd_loss(student, teacher, labels=labels, beta=beta)
        ours = D.jensen_shannon(student.log_softmax(-1), teacher.log_softmax(-1), beta).mean()
        assert float(ours) == pytest.approx(float(theirs), abs=1e-6)


def test_an_unknown_divergence_is_named():
    with pytest.raises(LimbeckError, match=r"'foward'.*did you mean 'forward'"):
        D.pick("foward")


def test_kd_is_the_mean_divergence_and_its_shares_add_up():
    batch, student, teacher = world()
    p, q = teacher.log_softmax(-1), student.log_softmax(-1)
    ce = -q.gather(-1, batch.target_N[:, None]).mean()
    forward = D.forward(q, p).mean()
    assert torch.allclose(loss_of(kd, batch, student, teacher), forward)
    mixed = loss_of(kd, batch, student, teacher, ce=0.3)
    assert torch.allclose(mixed, 0.7 * forward + 0.3 * ce)
    soft = D.forward((student / 2).log_softmax(-1), (teacher / 2).log_softmax(-1)).mean()
    assert torch.allclose(loss_of(kd, batch, student, teacher, temperature=2.0), 4 * soft)
    assert torch.allclose(loss_of(kd, batch, student, teacher, temperature=2.0, t_squared=False), soft)


@pytest.mark.parametrize(
    ("schedule", "progress", "share"),
    [("down", 0.25, 0.75), ("up", 0.25, 0.25), ("wsd", 0.05, 0.5), ("wsd", 0.5, 1.0), ("wsd", 0.98, 0.2)],
)
def test_the_teachers_share_follows_its_schedule(schedule, progress, share):
    batch, student, teacher = world()
    p, q = teacher.log_softmax(-1), student.log_softmax(-1)
    expected = share * D.forward(q, p).mean() - (1 - share) * q.gather(-1, batch.target_N[:, None]).mean()
    got = loss_of(kd, batch, student, teacher, {"progress": progress}, schedule=schedule)
    assert torch.allclose(got, expected)


def test_kid_is_cross_entropy_here_and_reverse_kl_there():
    batch, student, teacher = world(({"rewritten": 0.0}, {"rewritten": 1.0}))
    p, q = teacher.log_softmax(-1), student.log_softmax(-1)
    nll = -q.gather(-1, batch.target_N[:, None])[:3].sum()
    gap = D.reverse(q, p)[3:].sum()
    assert torch.allclose(loss_of(kid, batch, student, teacher, weight=2.0), (nll + 2 * gap) / 2.5)


def test_nothing_rewritten_is_distillation_with_cross_entropy():
    """Two equal rows: reverse KL plus cross-entropy, in value and gradient."""
    rows = [Row(name, np.array([1, 2, 3, 4, 5], dtype=np.int32), 2, values={"rewritten": float(flag)})
            for flag, name in enumerate("ab")]  # fmt: skip
    batch = collate([Item((row,)) for row in rows])
    single = collate([Item((rows[0],))])
    student, teacher = torch.randn(3, 6, dtype=torch.float64, requires_grad=True), torch.randn(3, 6).double()
    both = loss_of(kid, batch, student.repeat(2, 1), teacher.repeat(2, 1))
    apart = 2 * loss_of(kd, single, student, teacher, divergence="reverse", ce=0.5)
    assert torch.allclose(both, apart, atol=1e-9)
    slopes = [torch.autograd.grad(value, student, retain_graph=True)[0] for value in (both, apart)]
    assert torch.allclose(*slopes, atol=1e-9)


def at(t: float) -> dict:
    return {"memory": {"t": t, "momentum": 0.0, "before": 0.0}}


def test_taid_goes_from_no_gradient_to_the_forward_kls():
    batch, student, teacher = world()
    (none,) = torch.autograd.grad(loss_of(taid, batch, student, teacher, at(-1.0), start=0.0), student)
    assert none.abs().max() < 1e-12
    (full,) = torch.autograd.grad(loss_of(taid, batch, student, teacher, at(1.0)), student)
    (forward,) = torch.autograd.grad(loss_of(kd, batch, student, teacher), student)
    assert torch.allclose(full, forward, atol=1e-12)


def test_taids_target_is_the_softmax_of_mixed_logits():
    batch, student, teacher = world()
    target = (0.6 * student.detach() + 0.4 * teacher).softmax(-1)
    expected = -(target * student.log_softmax(-1)).sum(-1).mean()
    assert torch.allclose(loss_of(taid, batch, student, teacher, at(-1.0)), expected)


@pytest.mark.parametrize("adaptive", [True, False])
def test_taids_t_never_falls_and_stays_within_its_bounds(adaptive):
    memory, seen = dict(taid_module.START), []
    rng = np.random.default_rng(0)
    for step in range(200):
        seen.append(max(memory["t"], 0.4))
        metrics = {"soft": 2 * 0.99**step + rng.random(), "progress": (step + 1) / 200}
        memory = after(memory, metrics, alpha=0.05, adaptive=adaptive)
    seen.append(memory["t"])
    assert all(a <= b for a, b in pairwise(seen))
    assert (seen[0], seen[-1]) == (0.4, 1.0)
    line = [0.4 + 0.6 * step / 200 for step in range(201)]
    ahead = max(a - b for a, b in zip(seen, line, strict=True))
    assert ahead > 0.05 if adaptive else ahead < 1e-9


def test_the_first_step_only_notes_its_loss():
    memory = after(dict(taid_module.START), {"soft": 3.0, "progress": 0.0})
    assert memory == {"t": 0.4, "momentum": 0.0, "before": 3.0}
    memory = after(memory, {"soft": 1.5, "progress": 0.0})
    momentum = 0.01 * 0.5
    assert memory["momentum"] == pytest.approx(momentum)
    assert memory["t"] == pytest.approx(0.4 + 5e-4 / (1 + math.exp(-momentum)) * 0.6)


@pytest.mark.parametrize("name", ["forward", "reverse", "symmetric", "adaptive", "jsd"])
def test_what_both_sides_all_but_rule_out_gives_no_nan(name):
    student = torch.tensor([[0.0, -200.0, -torch.inf]], requires_grad=True)
    teacher = torch.tensor([[0.0, -torch.inf, -200.0]])
    value = D.pick(name)(student, teacher)
    value.sum().backward()
    assert value.item() == pytest.approx(0, abs=1e-6)
    assert student.grad.isfinite().all()


@pytest.mark.parametrize("more", [{"beta": 1.5}, {"skew": 1.0}, {"beta": -0.1}])
def test_shares_out_of_range_are_refused(more):
    with pytest.raises(LimbeckError, match="beta is 0 to 1 and skew 0 to below 1"):
        D.pick("jsd", **more)


def test_stored_and_live_signals_are_one_to_an_objective():
    batch, student, teacher = world()
    top = teacher.log_softmax(-1).topk(6)
    rest_N = teacher.log_softmax(-1).scatter(-1, top.indices, -torch.inf).logsumexp(-1)
    stored = Signal(teacher=Top(top.indices, top.values, rest_N))
    for name in ("forward", "jsd", "skew_reverse"):
        loss = kd(batch, Policy(batch, Head(student)), stored, divergence=name)
        assert torch.allclose(
            loss.sum / loss.count, loss_of(kd, batch, student, teacher, divergence=name), atol=1e-6
        )
