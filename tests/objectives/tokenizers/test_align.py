"""Losses across two tokenizers against values worked by hand, linear programmes and finite differences."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from limbeck.networks.batch import Batch, Item, Row, collate  # noqa: E402
from limbeck.objectives.ops import Signal  # noqa: E402
from limbeck.objectives.tokenizers import _align as A  # noqa: E402
from limbeck.objectives.tokenizers.aligned_kl import aligned_kl  # noqa: E402
from limbeck.objectives.tokenizers.ot import Plan, ot  # noqa: E402
from limbeck.objectives.tokenizers.uld import uld  # noqa: E402

# Row a reads "12+3": the student's tokens 1 2 + 3, the teacher's 12 +3. Row b reads "45", one token each on
# one side.
OURS = [[(0, 1), (1, 2), (2, 3), (3, 4), (4, 4)], [(0, 1), (1, 2), (2, 2)]]
THEIRS = [[(0, 2), (2, 4), (4, 4)], [(0, 2), (2, 2)]]


def located(spans: list[list[tuple[int, int]]], weights: tuple[float, ...] = (1.0, 3.0)) -> Batch:
    """Rows with a prompt of two tokens and a completion token for each span; the last one ends the turn."""
    rows = [
        Row(f"r{index}", np.arange(len(row) + 2), 2, spans=np.array(row, dtype=np.int64))
        for index, row in enumerate(spans)
    ]
    return collate([Item((row,), weight) for row, weight in zip(rows, weights, strict=True)])


BATCH, OTHER = located(OURS), located(THEIRS)


def says(logits: torch.Tensor, batch: Batch) -> SimpleNamespace:
    """What a policy and a teacher have in common, from whole logits ``[N, V]``."""
    logp = logits.log_softmax(-1)
    logp_N = logp[:, 0]
    mean_B = logp_N.new_zeros(2).index_add(0, batch.row_N, logp_N) / batch.count_B
    return SimpleNamespace(
        log_probs=lambda index, temperature=1.0: (logits[index] / temperature).log_softmax(-1),
        logp_N=logp_N, mean_B=mean_B, spans_N2=batch.columns["spans"],
    )  # fmt: skip


def signal(logits: torch.Tensor, **more) -> Signal:
    return Signal(teacher=says(logits, OTHER), other=OTHER, spans_N2=OTHER.columns["spans"], **more)


def mean(loss) -> torch.Tensor:
    return loss.sum / loss.count


def metric(loss, name: str) -> float:
    total, count = loss.metrics[name]
    return float(total / count)


def logits(count: int, words: int, seed: int) -> torch.Tensor:
    return torch.randn(count, words, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("pairing", "pairs"),
    [("index", [[0, 0], [1, 1], [5, 3]]), ("characters", [[0, 0], [2, 1], [5, 3]])],
)
def test_pairs_stay_in_their_row_and_leave_ends_aside(pairing, pairs):
    own, other = A.pair_tokens(BATCH, says(logits(8, 5, 0), BATCH), signal(logits(5, 7, 1)), pairing)
    assert torch.stack([own, other], 1).tolist() == pairs


@pytest.mark.parametrize("pairing", ["index", "characters"])
def test_uld_is_a_mean_of_traces_means(pairing):
    x, y = logits(8, 5, 0), logits(5, 7, 1)
    policy, outside = says(x, BATCH), signal(y)
    own, other = A.pair_tokens(BATCH, policy, outside, pairing)
    gap = A.sorted_distance(policy.log_probs(own), outside.teacher.log_probs(other))
    # Row a has two pairs and weight 1, row b one and weight 3.
    expected = ((gap[0] + gap[1]) / 2 + 3 * gap[2]) / 4
    loss = uld(BATCH, policy, outside, weight=1.5, pairing=pairing)
    assert metric(loss, "profile") == pytest.approx(float(expected))
    cross = -(policy.mean_B[0] + 3 * policy.mean_B[1]) / 4
    assert float(mean(loss)) == pytest.approx(float(cross + 1.5 * expected))
    renamed = uld(BATCH, policy, signal(y[:, torch.randperm(7)]), weight=1.5, pairing=pairing)
    assert float(mean(renamed)) == pytest.approx(float(mean(loss)))


@pytest.mark.parametrize(("ours", "theirs"), [(5, 5), (4, 6), (6, 3)])
def test_a_profile_distance_is_twice_the_cheapest_transport_between_ranks(ours, theirs):
    linprog = pytest.importorskip("scipy.optimize", reason="the linear programme needs scipy").linprog
    q, p = logits(1, ours, 2).log_softmax(-1), logits(1, theirs, 3).log_softmax(-1)
    width = max(ours, theirs)
    masses = [
        np.pad(np.sort(values.exp().numpy().ravel())[::-1], (0, width - values.shape[-1]))
        for values in (q, p)
    ]
    sums = np.concatenate([np.kron(np.eye(width), np.ones(width)), np.kron(np.ones(width), np.eye(width))])
    best = linprog((1 - np.eye(width)).ravel(), A_eq=sums, b_eq=np.concatenate(masses))
    assert float(A.sorted_distance(q, p)) == pytest.approx(2 * best.fun, abs=1e-9)


def test_edits_recover_the_tokens_that_two_tokenisations_share():
    """Sums, cut into numbers and signs, or with every number of three digits in two: what both have must
    meet."""
    rng = random.Random(0)
    right = total = 0
    for _ in range(40):
        numbers = [str(rng.randint(1, 999)) for _ in range(20)]
        ours, theirs, planted = [], [], {}
        for number in numbers:
            for sign in (number, rng.choice("+-=")):
                if len(sign) == 3:
                    ours += [sign[:2], sign[2:]]
                else:
                    planted[len(ours)] = len(theirs)
                    ours.append(sign)
                theirs.append(sign)
        found = dict(A.edit_path(ours, theirs).tolist())
        right += sum(found.get(a) == b for a, b in planted.items())
        total += len(planted)
    assert total > 800
    assert right / total > 0.98


def test_a_path_of_edits_goes_one_way():
    rng = random.Random(1)
    for _ in range(50):
        one, other = ("".join(rng.choices("abc", k=rng.randint(0, 12))) for _ in range(2))
        steps = np.diff(A.edit_path(one, other), axis=0)
        assert (steps >= 1).all()


@pytest.mark.parametrize("seed", range(3))
def test_the_plan_is_the_gradient_of_entropic_transport(seed):
    """So holding it fixed, as the objective does, gives the gradient of what Sinkhorn minimises."""
    cost, epsilon = torch.rand(4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)), 0.1

    def paid(changed: torch.Tensor) -> float:
        plan = A.sinkhorn(changed, epsilon, 5000)
        return float((plan * changed).sum() + epsilon * (plan * plan.log()).sum())

    plan, step = A.sinkhorn(cost, epsilon, 5000), 1e-5
    for i, j in ((0, 0), (1, 3), (3, 4)):
        move = torch.zeros_like(cost)
        move[i, j] = step
        assert (paid(cost + move) - paid(cost - move)) / (2 * step) == pytest.approx(
            float(plan[i, j]), abs=1e-6
        )


def test_transport_of_what_must_go_everywhere_is_the_mean_cost():
    """One teacher's token takes all mass, so that the plan is known: each of the student's sends its
    share."""
    batch, other = located([[(0, 1), (1, 1)]], (1.0,)), located([[(0, 0)]], (1.0,))
    states = torch.zeros(1, 4, 2, dtype=torch.float64)
    states[0, 2:] = torch.tensor([[1.0, 0.0], [0.0, 5.0]])
    theirs = torch.zeros(1, 3, 2, dtype=torch.float64)
    theirs[0, 2] = torch.tensor([3.0, 0.0])
    same = torch.nn.ModuleList([torch.nn.Identity(), torch.nn.Identity()])
    policy = SimpleNamespace(
        layers=(states, states), extra=same, mean_B=torch.tensor([-2.0]).double(),
        spans_N2=batch.columns["spans"],
        log_probs=lambda index, temperature=1.0: torch.zeros(len(index), 3).double().log_softmax(-1),
    )  # fmt: skip
    outside = Signal(teacher=policy, layers=(theirs, theirs), other=other, spans_N2=other.columns["spans"])
    loss = ot(batch, policy, outside, alpha=0.25)
    assert metric(loss, "transport") == pytest.approx((0 + 1) / 2)
    assert float(mean(loss)) == pytest.approx(0.75 * 2 + 0.25 * 0.5)


def test_a_bare_answer_is_moved_to_the_chain_of_thought_alone():
    """A chain whose states are the teacher's, and a bare answer at a right angle to half of them."""

    def paired(lengths: tuple[int, int]) -> Batch:
        rows = tuple(
            Row(f"r{i}", np.arange(n + 2), 2, spans=np.array([(k, k + 1) for k in range(n)]))
            for i, n in enumerate(lengths)
        )
        return collate([Item(rows, 3.0)])

    batch, other = paired((2, 1)), paired((2, 1))
    chain = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).double()
    states, theirs = torch.zeros(2, 4, 2).double(), torch.zeros(2, 4, 2).double()
    states[0, 2:], states[1, 2] = chain, chain[0]
    theirs[0, 2:], theirs[1, 2] = chain, -chain[0]
    same = torch.nn.ModuleList([torch.nn.Identity(), torch.nn.Identity()])
    policy = SimpleNamespace(
        layers=(states, states), extra=same, mean_B=torch.tensor([-2.0, -4.0]).double(),
        spans_N2=batch.columns["spans"],
        log_probs=lambda index, temperature=1.0: torch.zeros(len(index), 3).double().log_softmax(-1),
    )  # fmt: skip
    outside = Signal(teacher=policy, layers=(theirs, theirs), other=other, spans_N2=other.columns["spans"])
    loss = ot(batch, policy, outside, alpha=0.25, cross=2.0, bare=0.5, plan=Plan(epsilon=0.01, steps=500))
    assert metric(loss, "cross") == pytest.approx((0 + 1) / 2)
    assert metric(loss, "transport") == pytest.approx((0 + 2) / 2, abs=1e-6)
    alone = 0.75 * 4 + 0.25 * 2
    assert float(mean(loss)) == pytest.approx(0.75 * 2 + 0.5 * alone + 0.25 * 2 * 0.5, abs=1e-6)
    assert float(loss.count) == 3


WORDS = (("1", "2", "+", "3"), ("12", "+3", "2", "x"))


def test_aligned_kl_by_hand():
    """Half the teacher's mass is on 12, which goes to 1; x goes nowhere; unpaired tokens have their
    cross-entropy."""
    teacher = torch.tensor([0.5, 0.1, 0.25, 0.15]).double().log().expand(5, 4)
    policy = says(torch.zeros(8, 4).double(), BATCH)
    loss = aligned_kl(BATCH, policy, signal(teacher, words=WORDS), k=4, ce=0.5, pairing="characters")
    kept = [0.5 / 0.85, 0.1 / 0.85, 0.25 / 0.85]
    gap = sum(p * math.log(4 * p) for p in kept)
    # Row a: two of five tokens are paired, weight 1; row b: one of three, weight 3.
    weight = 5 + 3 * 3
    assert metric(loss, "divergence") == pytest.approx(gap)
    assert metric(loss, "paired") == pytest.approx((2 + 3) / weight)
    assert float(mean(loss)) == pytest.approx(0.5 * gap * 5 / weight + 0.5 * math.log(4))


def test_fewer_words_of_the_teacher_are_scaled_to_one():
    teacher = torch.tensor([0.5, 0.1, 0.25, 0.15]).double().log().expand(5, 4)
    policy = says(torch.zeros(8, 4).double(), BATCH)
    loss = aligned_kl(BATCH, policy, signal(teacher, words=WORDS), k=1, pairing="characters")
    assert metric(loss, "divergence") == pytest.approx(math.log(4))


@pytest.mark.parametrize(
    ("objective", "params"),
    [
        (uld, {}),
        (uld, {"pairing": "characters", "temperature": 2.0}),
        (aligned_kl, {"pairing": "characters", "k": 3}),
    ],
)
def test_gradients_through_pairs(objective, params):
    outside = signal(logits(5, 4, 1), words=WORDS)
    x = logits(8, 4, 0).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: mean(objective(BATCH, says(x, BATCH), outside, **params)), (x,))


def test_what_has_nothing_in_common_is_no_match():
    assert A.edit_path(["ab", "q", "c"], ["ab", "z", "c"]).tolist() == [[0, 0], [2, 2]]


def test_a_token_that_weighs_nothing_has_no_part_in_profiles():
    weighed = replace(BATCH, token_weight_N=torch.tensor([1.0, 0, 1, 1, 1, 1, 1, 1]))
    x, outside = logits(8, 5, 0).requires_grad_(), signal(logits(5, 7, 1))
    A.profile_distance(weighed, says(x, BATCH), outside, "index").sum().backward()
    assert [bool(row.any()) for row in x.grad] == [True, False, False, False, False, True, False, False]
