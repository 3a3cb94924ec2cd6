"""Alignment of two tokenisations and the losses that go over it."""

from __future__ import annotations

import random
from types import SimpleNamespace

import numpy as np
import pytest
import small_world

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from limbeck.curation.rewrite.bare_answers import bare_answers  # noqa: E402
from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.objectives.tokenizers import _align as A  # noqa: E402
from limbeck.objectives.tokenizers.aligned_kl import moved, word_map  # noqa: E402
from limbeck.records import Data, Pair, Problem, Trace  # noqa: E402


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


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A student of characters and a teacher of byte pairs."""
    folder = tmp_path_factory.mktemp("two")
    return small_world.student(folder / "s"), small_world.student(
        folder / "t", tokenizer="bpe", vocab=300, seed=1
    )


@pytest.mark.parametrize(
    ("name", "params", "metric"),
    [
        ("uld", {}, "profile"),
        ("uld", {"pairing": "characters"}, "profile"),
        ("aligned_kl", {}, "divergence"),
        ("aligned_kl", {"pairing": "characters", "k": 2}, "divergence"),
        ("ot", {"steps": 20}, "transport"),
    ],
)
def test_training_over_two_vocabularies_brings_them_nearer(tmp_path, pair, name, params, metric):
    start, teacher = pair
    small_world.train(
        tmp_path,
        start,
        use=small_world.objective(name, **params),
        teacher=teacher,
        steps=12,
        batch=16,
        lr=2e-2,
    )
    rows = small_world.curve(tmp_path)
    assert np.mean([row[metric] for row in rows[-3:]]) < np.mean([row[metric] for row in rows[:3]])
    assert rows[-1]["logp"] > rows[0]["logp"]


def test_bare_answers_pair_thinking_with_answering_at_once():
    whole = Data(
        [Problem(id="a1", question="2+2")],
        [
            Trace(id="t", problem_id="a1", reasoning="2 and 2", answer="4", weights=[(0, 2, 0.5)]),
            Trace(id="w", problem_id="a1", reasoning="2 and 3", answer="5", marks=["wrong"]),
            Trace(id="b", problem_id="a1", answer="4"),
            Trace(id="n", problem_id="a1", reasoning="so", answer=" "),
        ],
    )
    data = bare_answers(whole)
    assert data.traces[:4] == whole.traces
    (twin,) = data.traces[4:]
    assert (twin.id, twin.reasoning, twin.answer, twin.marks, twin.parents, twin.weights) == (
        "t/bare", "", "4", ["bare"], ["t"], [],
    )  # fmt: skip
    assert data.pairs == [Pair(problem_id="a1", chosen="t", rejected="t/bare")]
    signed = bare_answers(whole, reasoning="=")
    assert [t.reasoning for t in signed.traces[4:]] == ["=", "="]


def test_bare_answers_come_nearer_to_the_chain_of_thought(tmp_path, pair):
    start, teacher = pair
    data = bare_answers(Data(small_world.world().problems, small_world.world().traces))
    use = small_world.objective("ot", cross=1.0, steps=20)
    small_world.train(tmp_path, start, data, use=use, teacher=teacher, steps=12, batch=16, lr=2e-2)
    rows = small_world.curve(tmp_path)
    assert np.mean([row["cross"] for row in rows[-3:]]) < np.mean([row["cross"] for row in rows[:3]])


def test_a_cross_term_wants_pairs(tmp_path, pair):
    start, teacher = pair
    data = Data(small_world.world().problems, small_world.world().traces)
    with pytest.raises(LimbeckError, match="needs pairs"):
        small_world.train(
            tmp_path, start, data, use=small_world.objective("ot", cross=1.0), teacher=teacher, steps=1
        )


def test_a_shuffled_teacher_is_another_one(tmp_path, pair):
    start, teacher = pair
    losses = []
    for shuffled in (False, True):
        use = small_world.objective("uld", shuffled=shuffled)
        small_world.train(tmp_path / str(shuffled), start, use=use, teacher=teacher, steps=1)
        losses.append(small_world.curve(tmp_path / str(shuffled))[0]["profile"])
    assert losses[0] != losses[1]


def test_one_vocabulary_is_not_asked_to_be_two(tmp_path, pair):
    start, _ = pair
    with pytest.raises(LimbeckError, match=r"a teacher with a tokenizer of its own.*set teacher:"):
        small_world.train(tmp_path, start, use=small_world.objective("uld"), steps=1)
