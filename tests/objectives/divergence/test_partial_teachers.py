"""Views of a teacher, and distillation that mixes what is known into hard tokens."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from kd_cases import loss_of, world  # noqa: E402

from limbeck.networks.events import Events  # noqa: E402
from limbeck.networks.logp import Head  # noqa: E402
from limbeck.networks.policy import Policy  # noqa: E402
from limbeck.networks.teachers import Live  # noqa: E402
from limbeck.objectives.divergence.dark_knowledge import dark_knowledge, seen  # noqa: E402
from limbeck.objectives.divergence.kd import kd  # noqa: E402
from limbeck.objectives.divergence.self_evolution import self_evolution  # noqa: E402
from limbeck.objectives.ops import Signal  # noqa: E402


def events(count=50, words=12):
    torch.manual_seed(0)
    student, teacher = (torch.randn(count, words, dtype=torch.float64).log_softmax(-1) for _ in range(2))
    return Events(student, teacher, torch.randint(0, words, (count,)), slice(0, count))


@pytest.mark.parametrize("view", ["full", "target", "top", "smooth", "permuted"])
def test_a_view_is_a_distribution(view):
    assert torch.allclose(seen(events(), view).exp().sum(-1), torch.ones(50).double())


def test_what_each_view_keeps():
    e = events()
    target = seen(e, "target")
    own = e.target_C[:, None]
    assert torch.allclose(target.gather(-1, own), e.teacher_CM.gather(-1, own))
    assert (target.exp().sort(-1).values[:, 1:-1].std(-1) < 0.1).all()
    top = seen(e, "top", k=3)
    assert torch.allclose(top.topk(3).values, e.teacher_CM.topk(3).values)
    smooth = seen(e, "smooth", smooth=0.12).exp()
    assert torch.allclose(smooth.gather(-1, own), torch.full((50, 1), 0.89).double())


def test_permuting_keeps_the_largest_and_all_the_values_and_loses_who_has_them():
    e = events()
    permuted = seen(e, "permuted")
    assert torch.equal(permuted.argmax(-1), e.teacher_CM.argmax(-1))
    assert torch.equal(permuted.sort(-1).values, e.teacher_CM.sort(-1).values)
    moved = (permuted != e.teacher_CM).double().mean()
    assert moved > 0.7
    assert torch.equal(permuted, seen(e, "permuted"))


def test_the_full_view_is_distillation_and_confidence_weighs_the_text():
    batch, student, teacher = world()
    assert torch.allclose(
        loss_of(dark_knowledge, batch, student, teacher), loss_of(kd, batch, student, teacher)
    )
    weight = teacher.softmax(-1).amax(-1)
    logp = student.log_softmax(-1).gather(-1, batch.target_N[:, None])[:, 0]
    got = loss_of(dark_knowledge, batch, student, teacher, view="confidence")
    assert torch.allclose(got, -(weight * logp).sum() / weight.sum())


def test_the_gradient_on_the_true_word_rescales_as_the_paper_says():
    """Of (1-l) CE + l KL against CE alone: (1-l) + l (p - q) / (q - 1) … in the paper's signs."""
    batch, student, teacher = world()
    share = 0.4
    (mixed,) = torch.autograd.grad(loss_of(kd, batch, student, teacher, ce=1 - share), student)
    (plain,) = torch.autograd.grad(loss_of(kd, batch, student, teacher, ce=1.0), student)
    target = batch.target_N[:, None]
    p, q = (values.softmax(-1).gather(-1, target)[:, 0] for values in (teacher, student.detach()))
    ratio = (mixed.gather(-1, target) / plain.gather(-1, target))[:, 0]
    assert torch.allclose(ratio, (1 - share) + share * (p - q) / (1 - q), atol=1e-9)


def test_without_a_prior_self_evolution_is_distillation():
    batch, student, teacher = world()
    plain = loss_of(kd, batch, student, teacher, ce=0.5)
    assert torch.allclose(loss_of(self_evolution, batch, student, teacher, most=0.0), plain, atol=1e-7)
    assert torch.allclose(loss_of(self_evolution, batch, student, teacher, threshold=1e6), plain, atol=1e-7)


def test_hard_tokens_learn_through_the_proxy():
    batch, student, teacher = world()
    policy = Policy(batch, Head(student))
    loss = self_evolution(batch, policy, Signal(teacher=Live(Head(teacher))), threshold=0.9, ce=0.0)
    hard = float(loss.metrics["hard"][0] / loss.metrics["hard"][1])
    assert 0 < hard < 1
    plain = loss_of(kd, batch, student, teacher)
    assert float(loss.sum / loss.count) < float(plain)
    p, q = teacher.softmax(-1), student.softmax(-1)
    known = 0.5 * torch.nn.functional.one_hot(batch.target_N, 6) + 0.5 * p
    d = (known * (known / q).log()).sum(-1).detach()
    g = (0.5 * (1 - (0.9 - d).exp()) * (d > 0.9))[:, None]
    expected = (p * (p / ((1 - g) * q + g * known)).log()).sum(-1).mean()
    assert float(loss.sum / loss.count) == pytest.approx(expected.item(), abs=1e-9)


def test_the_control_mixes_into_as_many_tokens():
    batch, student, teacher = world()
    torch.manual_seed(0)
    settings = {"threshold": 0.9, "ce": 0.0}
    chance = loss_of(self_evolution, batch, student, teacher, **settings, pick="random")
    chosen = loss_of(self_evolution, batch, student, teacher, **settings)
    assert chance.item() != pytest.approx(chosen.item())
