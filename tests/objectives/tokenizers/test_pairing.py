"""How two tokenisations of one text are paired, and what is moved between them."""

from __future__ import annotations

import random
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from token_cases import BATCH, logits, mean, says, signal  # noqa: E402

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.objectives.tokenizers import _align as A  # noqa: E402
from limbeck.objectives.tokenizers.aligned_kl import aligned_kl, moved, word_map  # noqa: E402
from limbeck.objectives.tokenizers.uld import uld  # noqa: E402


def cut(text: str, sizes: list[int], rng: random.Random) -> tuple[list[str], np.ndarray]:
    """A text in tokens of random sizes, and where they lie."""
    tokens, spans, at = [], [], 0
    while at < len(text):
        size = rng.choice(sizes)
        tokens.append(text[at : at + size])
        spans.append((at, min(at + size, len(text))))
        at += size
    return tokens, np.array(spans)


def test_by_characters_pairs_what_begins_together():
    ours = np.array([[0, 1], [1, 2], [2, 3], [3, 4]])
    theirs = np.array([[0, 2], [2, 4]])
    assert A.by_characters(ours, theirs).tolist() == [[0, 0], [2, 1]]
    assert A.by_index(2, 3).tolist() == [[0, 0], [1, 1]]


def test_edits_find_a_planted_map():
    """Words of which some are cut in two on one side: the whole ones must find each other."""
    rng = random.Random(0)
    right = total = 0
    for _ in range(30):
        words = ["".join(rng.choices("abcdefgh", k=rng.randint(2, 5))) for _ in range(30)]
        ours: list[str] = []
        planted = {}
        for index, word in enumerate(words):
            if rng.random() < 0.2:
                ours += [word[:1], word[1:]]
            else:
                planted[len(ours)] = index
                ours.append(word)
        found = dict(A.edit_path(ours, words).tolist())
        right += sum(found.get(a) == b for a, b in planted.items())
        total += len(planted)
    assert right / total > 0.98


def test_edits_of_equals_and_of_nothing():
    assert A.edit_path(list("abc"), list("abc")).tolist() == [[0, 0], [1, 1], [2, 2]]
    assert A.edit_path(list("abxc"), list("abc")).tolist() == [[0, 0], [1, 1], [3, 2]]
    assert A.edit_path([], list("abc")).shape == (0, 2)


def test_characters_and_edits_agree_on_one_text():
    rng = random.Random(1)
    text = "".join(rng.choices("0123456789+;", k=200))
    ours, spans = cut(text, [1], rng)
    theirs, others = cut(text, [1, 2, 3], rng)
    by_text = A.by_characters(spans, others)
    assert len(by_text) == len(theirs)
    assert all(spans[a, 0] == others[b, 0] for a, b in by_text)
    assert len(A.edit_path(ours, theirs)) > 0.6 * len(theirs)


def test_sinkhorns_plan_is_nearly_the_cheapest_and_keeps_its_masses():
    linprog = pytest.importorskip("scipy.optimize", reason="the linear programme needs scipy").linprog
    torch.manual_seed(0)
    cost = torch.rand(6, 7, dtype=torch.float64)
    plan = A.sinkhorn(cost, epsilon=2e-3, steps=20_000)
    assert torch.allclose(plan.sum(0), torch.full((7,), 1 / 7).double(), atol=1e-6)
    assert torch.allclose(plan.sum(1), torch.full((6,), 1 / 6).double(), atol=1e-6)
    rows = np.zeros((13, 42))
    for i in range(6):
        rows[i, i * 7 : (i + 1) * 7] = 1
    for j in range(7):
        rows[6 + j, j::7] = 1
    best = linprog(cost.numpy().ravel(), A_eq=rows, b_eq=[1 / 6] * 6 + [1 / 7] * 7)
    assert float((plan * cost).sum()) == pytest.approx(best.fun, abs=1e-3)


def test_sorted_distance_sees_the_profile_alone():
    torch.manual_seed(0)
    p, q = (torch.randn(4, 9, dtype=torch.float64).log_softmax(-1) for _ in range(2))
    order = torch.randperm(9)
    assert torch.allclose(A.sorted_distance(q[:, order], p), A.sorted_distance(q, p))
    padded = torch.nn.functional.pad(p, (0, 5), value=-torch.inf)
    assert torch.allclose(A.sorted_distance(q, padded), A.sorted_distance(q, p))
    assert float(A.sorted_distance(p[:, order], p).sum()) == 0
    # Moving mass between ranks at cost 1: half the L1 distance is what a transport plan pays.
    a, b = q[0].exp().sort(descending=True).values, p[0].exp().sort(descending=True).values
    paid = 1 - float(torch.minimum(a, b).sum())
    assert float(A.sorted_distance(q[:1], p[:1])) == pytest.approx(2 * paid)
    logits = torch.randn(2, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: A.sorted_distance(x.log_softmax(-1), p[:2]), (logits,))


def test_words_go_to_the_longest_beginning():
    ours, theirs = ("", "1", "12", "+"), ("123", "1", "+4", "x", "")
    assert word_map(ours, theirs).tolist() == [2, 1, 3, -1, -1]
    p = torch.tensor([[0.5, 0.25, 0.25]])
    ids = torch.tensor([[0, 1, 3]])
    assert moved(p, ids, word_map(ours, theirs), 4).tolist() == [pytest.approx([0, 1 / 3, 2 / 3, 0])]
    both = moved(p, torch.tensor([[1, 1, 0]]), word_map(ours, theirs), 4)
    assert both.tolist() == [pytest.approx([0, 0.75, 0.25, 0])]


def test_an_unknown_pairing_is_named():
    batch = SimpleNamespace()
    with pytest.raises(LimbeckError, match="'indices'"):
        A.pair_tokens(batch, batch, batch, "indices")


@pytest.mark.parametrize(
    ("pairing", "pairs"),
    [("index", [[0, 0], [1, 1], [5, 3]]), ("characters", [[0, 0], [2, 1], [5, 3]])],
)
def test_pairs_stay_in_their_row_and_leave_ends_aside(pairing, pairs):
    own, other = A.pair_tokens(BATCH, says(logits(8, 5, 0), BATCH), signal(logits(5, 7, 1)), pairing)
    assert torch.stack([own, other], 1).tolist() == pairs


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


WORDS = (("1", "2", "+", "3"), ("12", "+3", "2", "x"))


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
