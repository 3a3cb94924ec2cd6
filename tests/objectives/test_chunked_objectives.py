"""Objectives on whole distributions give the same in chunks as from the [tokens, vocabulary] matrix, in value
and gradient."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from feature_cases import BATCH as PLAIN  # noqa: E402
from token_cases import BATCH, OTHER  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

from limbeck.networks.logp import Head  # noqa: E402
from limbeck.networks.moments import moments, parts_of  # noqa: E402
from limbeck.networks.policy import Policy  # noqa: E402
from limbeck.networks.teachers import Live  # noqa: E402
from limbeck.objectives.features.standardised_logits import standardised_logits  # noqa: E402
from limbeck.objectives.ops import Signal  # noqa: E402
from limbeck.objectives.tokenizers import _align  # noqa: E402
from limbeck.objectives.tokenizers.aligned_kl import aligned_kl, moved, word_map  # noqa: E402
from limbeck.objectives.tokenizers.uld import uld  # noqa: E402

WORDS = (tuple("abcdefghi"), (*"abcdefgh", "ab", "bb", "xy", "ia", "x"))


class Small(Policy):
    """One that holds the logits of two or three tokens at a time."""

    def of_some(self, index_S, function, other=0):
        return super().of_some(index_S, function, other, budget=26)

    def of_moments(self, function):
        return super().of_moments(function, budget=26)


def leaves(count, words, seed, width=4):
    generator = torch.Generator().manual_seed(seed)
    shapes = (count, width), (words, width), (words,)
    return [torch.randn(shape, dtype=torch.float64, generator=generator).requires_grad_() for shape in shapes]


def teacher(count, words, seed=5):
    return Live(Head(*(each.detach() for each in leaves(count, words, seed, width=2))))


def outside():
    given = {"other": OTHER, "spans_N2": OTHER.columns["spans"], "words": WORDS}
    return Signal(teacher=teacher(5, 13), **given)


def graded():
    return Signal(teacher=teacher(6, 9), progress=1.0)


def by_hand(name, logits_NV, batch, signal):
    """The formula of the paper, from whole logits, and the log-probability of each target."""
    logp_N = logits_NV.log_softmax(-1).gather(-1, batch.target_N[:, None])[:, 0]
    theirs = signal.teacher.head.logits(slice(None))
    if name == "standardised_logits":
        seen = [(x - x.mean(0)) / (x.var(0, correction=0) + 1e-5).sqrt() / 4 for x in (logits_NV, theirs)]
        q, p = (each.log_softmax(-1) for each in seen)
        gap_N = (p.exp() * (p - q)).sum(-1)
        weight_N = batch.weight_B[batch.row_N]
        return (weight_N * (gap_N - logp_N)).sum() / weight_N.sum()
    policy = Policy(batch, Head(logits_NV))
    ours, others = _align.pair_tokens(batch, policy, signal, "characters")
    q, p = logits_NV[ours].log_softmax(-1), theirs[others].log_softmax(-1)
    if name == "uld":
        gap_P = _align.sorted_distance(q, p)
        gap_B, pairs_B = (torch.zeros(2).double().index_add(0, batch.row_N[ours], x) for x in
                          (gap_P, torch.ones_like(gap_P)))  # fmt: skip
        mean_B = torch.zeros(2).double().index_add(0, batch.row_N, logp_N) / batch.count_B
        return (batch.weight_B * (1.5 * gap_B / pairs_B - mean_B)).sum() / batch.weight_B.sum()
    top = p.topk(5, -1)
    target = moved(top.values.exp(), top.indices, word_map(*signal.words), len(signal.words[0]))
    gap_P = (target * (target.clamp(min=1e-12).log() - q)).sum(-1)
    loss_N = (-0.5 * logp_N).index_add(0, ours, 0.5 * gap_P)
    weight_N = batch.weight_B[batch.row_N]
    return (weight_N * loss_N).sum() / weight_N.sum()


CASES = {
    "uld": (uld, {"pairing": "characters"}, BATCH, outside),
    "aligned_kl": (aligned_kl, {"pairing": "characters"}, BATCH, outside),
    "standardised_logits": (standardised_logits, {}, PLAIN, graded),
}  # fmt: skip


@pytest.mark.parametrize("kind", [Policy, Small])
@pytest.mark.parametrize("name", CASES)
def test_an_objective_is_the_same_in_chunks_as_by_hand_from_whole_logits(name, kind):
    objective, settings, batch, make = CASES[name]
    mine, signal = leaves(len(batch.target_N), 9, 1), make()
    loss = objective(batch, kind(batch, Head(*mine)), signal, **settings)
    expected = by_hand(name, mine[0] @ mine[1].T + mine[2], batch, signal)
    assert float((loss.sum / loss.count).detach()) == pytest.approx(float(expected.detach()), rel=1e-10)
    got = torch.autograd.grad(loss.sum / loss.count, mine)
    for ours, theirs in zip(got, torch.autograd.grad(expected, mine), strict=True):
        assert torch.allclose(ours, theirs, rtol=0, atol=1e-10)


class Watch(TorchDispatchMode):
    """Remembers the largest tensor that is made."""

    largest = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        for tensor in out if isinstance(out, tuple | list) else [out]:
            if isinstance(tensor, torch.Tensor):
                self.largest = max(self.largest, tensor.numel())
        return out


@pytest.mark.parametrize("name", CASES)
def test_no_more_logits_are_held_than_the_budget_allows(name, monkeypatch):
    objective, settings, batch, make = CASES[name]
    mine, signal = leaves(len(batch.target_N), 9, 1, width=2), make()
    monkeypatch.setattr(
        "limbeck.networks.moments.parts_of", lambda count, words, *_: parts_of(count, words, 26)
    )
    with Watch() as watch:
        objective(batch, Small(batch, Head(*mine)), signal, **settings).sum.backward()
    assert watch.largest <= 26 < len(batch.target_N) * 9


@pytest.mark.parametrize("name", CASES)
def test_the_head_is_applied_once_for_all_that_an_objective_asks(name):
    """Log-probabilities of the text come of the same chunks: no second set of logits and no second gradient
    as large as the head's matrix."""
    objective, settings, batch, make = CASES[name]
    policy = Small(batch, Head(*leaves(len(batch.target_N), 9, 1)))
    loss = objective(batch, policy, make(), **settings).sum
    nodes, custom, seen = [loss.grad_fn], set(), set()
    while nodes:
        node = nodes.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        custom |= {node} if "Chunked" in node.name() else set()
        nodes += [each for each, _ in node.next_functions]
    assert len(custom) == 1


def test_moments_over_parts_are_those_of_the_whole_far_from_zero():
    logits_NV = torch.randn(50, 7, generator=torch.Generator().manual_seed(2)) + 1e4
    over = moments(lambda part: logits_NV[part], parts_of(50, 7, budget=7 * 8))
    exact = logits_NV.double()
    assert torch.allclose(over.mean_V.double(), exact.mean(0), rtol=1e-6)
    assert torch.allclose(over.var_V.double(), exact.var(0, correction=0), rtol=1e-3)
