"""Signals from outside: the same training from a live teacher and from a stored one; what is stored, and how
small."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import small_world

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.networks import stored  # noqa: E402
from limbeck.networks.teachers import Live, Top  # noqa: E402
from limbeck.objectives.ops import token_mean  # noqa: E402
from limbeck.pipeline.context import Context  # noqa: E402
from limbeck.pipeline.registry import Bound  # noqa: E402
from limbeck.pipeline.store import MemoryShards  # noqa: E402
from limbeck.training.signals import Signals  # noqa: E402


def bound(function, needs, **more) -> Bound:
    """A function as an objective."""
    module = ModuleType(function.__name__)
    vars(module).update({function.__name__: function, "NEEDS": needs, **more})
    return Bound(function.__name__, module, {})


def forward_kl(batch, policy, signal):
    def kl(events):
        p = events.teacher_CM.exp()
        gap = torch.where(p > 0, events.teacher_CM, 0.0) - events.student_CM
        return (p * gap).sum(-1)

    return token_mean(policy.against(signal.teacher, kl), batch)


FORWARD_KL = bound(forward_kl, ("traces", "teacher"))


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A student and a teacher with one vocabulary."""
    folder = tmp_path_factory.mktemp("pair")
    return small_world.student(folder / "s"), small_world.student(folder / "t", width=32, seed=1)


def store(folder, model, **more):
    from limbeck.teachers.measure.score import score

    return score(MemoryShards([small_world.world()]), model=model, ctx=Context(folder), **more)


def weights(path):
    from safetensors.torch import load_file

    return load_file(f"{path}/model.safetensors")


def test_training_from_a_live_teacher_and_from_a_stored_one_is_the_same(tmp_path, pair):
    start, teacher = pair
    live = small_world.train(tmp_path / "live", start, use=FORWARD_KL, teacher=teacher, steps=5)
    kept = store(tmp_path / "kept", teacher, k=0)
    from_store = small_world.train(tmp_path / "stored", start, use=FORWARD_KL, signal=kept, steps=5)
    a, b = weights(live), weights(from_store)
    assert all(torch.allclose(a[name], b[name], atol=1e-5) for name in a)
    losses = [[row["loss"] for row in small_world.curve(tmp_path / each)] for each in ("live", "stored")]
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    assert losses[0][-1] < losses[0][0]


def test_the_likeliest_tokens_and_the_rest_are_one_whole():
    torch.manual_seed(0)
    teacher_NV, logits_NV = (
        torch.randn(6, 20, dtype=torch.float64).log_softmax(-1),
        torch.randn(6, 20).double(),
    )
    top = teacher_NV.topk(4)
    rest_N = teacher_NV.scatter(-1, top.indices, -torch.inf).logsumexp(-1)
    target_N = torch.cat([top.indices[:3, 1], top.indices[3:, 0]])
    target_N[5] = teacher_NV[5].argmin()
    events = Top(top.indices, top.values, rest_N).events(logits_NV, target_N, slice(0, 6), 1.0)
    for side in (events.student_CM, events.teacher_CM):
        assert torch.allclose(side.exp().sum(-1), torch.ones(6, dtype=torch.float64))
    assert events.target_C.tolist() == [1, 1, 1, 0, 0, 4]
    student_NV = logits_NV.log_softmax(-1)
    assert torch.allclose(events.student_CM[:, :4], student_NV.gather(-1, top.indices))
    with pytest.raises(LimbeckError, match="temperature 1, the objective asks for 2"):
        Top(top.indices, top.values, rest_N).events(logits_NV, target_N, slice(0, 6), 2.0)


@pytest.mark.parametrize("exact", [True, False])
def test_a_teacher_that_is_sure_leaves_a_rest_all_the_same(exact):
    """The kept tokens reach 1 in float32, and more once they are rounded; the rest is stored, not what they
    leave."""
    rng = np.random.default_rng(0)
    logits = 15 * rng.normal(size=(200, 1000))
    logp = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    ids = np.argsort(-logp, 1)[:, :128]
    rest = np.logaddexp.reduce(np.where((np.arange(1000) == ids[:, :, None]).any(1), -np.inf, logp), axis=1)
    row = stored.pack(np.take_along_axis(logp, ids, 1), ids, rest, logp[:, 0], exact).unpack()
    top = Top(*(torch.from_numpy(row[name]) for name in ("top_ids", "top_logp", "top_rest")))
    top = Top(top.ids_NK.long(), top.logp_NK, top.rest_N)
    events = top.events(torch.zeros(200, 1000), torch.zeros(200).long(), slice(0, 200), 1.0)
    assert events.teacher_CM.isfinite().all()
    assert torch.allclose(events.teacher_CM.exp().sum(-1), torch.ones(200), atol=1e-5)
    assert torch.allclose(events.teacher_CM[:, -1], torch.from_numpy(rest).float(), atol=1e-4)


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_everything_stored_serves_any_temperature(temperature):
    from limbeck.networks.logp import Head

    logits = torch.randn(4, 9, dtype=torch.float64)
    batch = SimpleNamespace(columns={"top_logp": (logits / temperature).log_softmax(-1)})
    kept = Signals(("teacher",), None, temperature=temperature)._stored(batch)
    for asked in (1.0, 2.0, 0.5):
        live = Live(Head(logits)).log_probs(torch.arange(4), asked)
        assert torch.allclose(live, kept.log_probs(torch.arange(4), asked))


def test_stored_words_that_the_student_lacks_are_part_of_the_rest():
    """A teacher of 12 words, 3 of them padding to a student of 9; in the last row all that is stored is."""
    torch.manual_seed(0)
    logits_NV, logits_NV[3, 9:] = torch.randn(4, 12).double(), 50.0
    teacher_NV, student_N9 = logits_NV.log_softmax(-1), torch.randn(4, 9).double()
    top = teacher_NV.topk(3)
    rest_N = teacher_NV.scatter(-1, top.indices, -torch.inf).logsumexp(-1)
    events = Top(top.indices, top.values, rest_N).events(student_N9, torch.zeros(4).long(), slice(0, 4), 1.0)
    shared = top.indices < 9
    assert (~shared).any(-1).sum() >= 2
    assert not shared[3].any()
    student_NV = student_N9.log_softmax(-1)
    for row in range(4):
        for place in shared[row].nonzero().flatten():
            word = top.indices[row, place]
            assert events.student_CM[row, place] == pytest.approx(float(student_NV[row, word]))
            assert events.teacher_CM[row, place] == pytest.approx(float(teacher_NV[row, word]), abs=1e-6)
    for side in (events.student_CM, events.teacher_CM):
        assert torch.allclose(side.exp().sum(-1), torch.ones(4).double(), atol=2e-6)
    assert torch.equal(events.student_CM[:, :3][~shared], events.teacher_CM[:, :3][~shared])


def test_padded_vocabularies_are_compared_on_their_common_words():
    from limbeck.networks.logp import Head

    events = Live(Head(torch.randn(3, 12))).events(
        torch.randn(3, 10), torch.zeros(3).long(), slice(0, 3), 1.0
    )
    assert events.student_CM.shape == events.teacher_CM.shape == (3, 10)


def test_a_packed_trace_comes_back_and_a_byte_is_enough():
    rng = np.random.default_rng(0)
    logits = rng.gumbel(size=(50, 1000)) * 2
    logp = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    ids = np.argsort(-logp, 1)[:, :32]
    top = np.take_along_axis(logp, ids, 1)
    rest = np.log1p(-np.exp(top).sum(1))
    exact = stored.pack(top, ids, rest, logp[:, 0], exact=True).unpack()
    order = ids.argsort(1)
    assert np.array_equal(exact["top_ids"], np.take_along_axis(ids, order, 1))
    assert np.allclose(exact["top_logp"], np.take_along_axis(top, order, 1), atol=1e-6)
    assert np.allclose(exact["teacher_logp"], logp[:, 0], atol=1e-6)
    assert np.allclose(exact["top_rest"], rest, atol=1e-6)
    coarse = stored.pack(top, ids, rest, logp[:, 0], exact=False).unpack()
    step = 0.5 * np.diff(stored.LEVELS).min()
    assert np.abs(coarse["top_logp"] - exact["top_logp"]).max() <= abs(step)
    assert np.abs(np.exp(coarse["top_logp"]) - np.exp(exact["top_logp"])).max() < 0.02


def test_a_token_of_a_large_vocabulary_costs_less_than_300_bytes():
    """Ids as random as can be, log-probabilities as spread as those of a language model's first 128 words."""
    rng = np.random.default_rng(0)
    size, k = 200, 128
    ids = np.stack([rng.choice(151_936, k, replace=False) for _ in range(size)])
    logp = -1.5 - 1.8 * np.log(np.arange(1, k + 1)) - rng.random((size, k))
    rest = np.log(rng.random(size))
    packed = stored.pack(logp, ids, rest, logp[:, 0], exact=False)
    assert len(packed.data) / size <= 300


def test_an_objective_that_wants_logits_is_told_that_none_are_stored(tmp_path, pair):
    start, teacher = pair
    every = store(tmp_path, teacher, k=0)
    with pytest.raises(LimbeckError, match="a stored signal holds no logits"):
        small_world.train(
            tmp_path / "run", start, use=small_world.objective("standardised_logits"), signal=every, steps=1
        )


def test_a_signal_of_other_tokens_or_traces_is_refused(tmp_path, pair):
    start, teacher = pair
    kept = store(tmp_path / "kept", teacher, k=4)
    about, records = stored.read(kept)
    assert about.k == 4
    assert len(records) == 60
    stranger = small_world.world()
    for trace in stranger.traces:
        trace.reasoning += " "
    with pytest.raises(LimbeckError, match="taken on other tokens of trace p0/right"):
        small_world.train(tmp_path / "a", start, stranger, use=FORWARD_KL, signal=kept, steps=1)
    for trace in stranger.traces:
        trace.id += "!"
    with pytest.raises(LimbeckError, match="no traces left to train on: 60 no_signal"):
        small_world.train(tmp_path / "b", start, stranger, use=FORWARD_KL, signal=kept, steps=1)


def test_needs_that_are_not_met_fail_before_anything_is_loaded(tmp_path):
    with pytest.raises(LimbeckError, match=r"'forward_kl' needs the teacher's distributions.*set teacher:"):
        small_world.train(tmp_path, "no/such/model", use=FORWARD_KL, steps=1)
    layers = bound(forward_kl, ("traces", "hidden"))
    with pytest.raises(LimbeckError, match="hidden states of student and teacher"):
        small_world.train(tmp_path, "no/such/model", use=layers, steps=1)
    with pytest.raises(LimbeckError, match="either a live teacher or a stored signal"):
        small_world.train(tmp_path, "no/such/model", use=FORWARD_KL, teacher="a", signal="b", steps=1)
    odd = bound(forward_kl, ("traces", "teachers"))
    with pytest.raises(LimbeckError, match=r"'teachers' .*did you mean 'teacher'"):
        small_world.train(tmp_path, "no/such/model", use=odd, steps=1)


def test_two_vocabularies_are_refused_where_one_is_needed(tmp_path, pair):
    start, _ = pair
    other = small_world.student(tmp_path / "other", tokenizer="bpe", vocab=300)
    with pytest.raises(LimbeckError, match=r"token by token.*'teacher_text'"):
        small_world.train(tmp_path / "a", start, use=FORWARD_KL, teacher=other, steps=1)


def test_an_objective_remembers_from_step_to_step_and_over_an_interruption(tmp_path, pair):
    start, _ = pair

    def counting(batch, policy, signal):
        seen = policy.logp_N.new_tensor(signal.memory["seen"])
        return token_mean(-policy.logp_N, batch, {"seen": (seen, torch.ones(()))})

    def after(memory, metrics):
        assert {"loss", "progress", "seen"} <= metrics.keys()
        return {"seen": memory["seen"] + 1}

    use = bound(counting, ("traces",), START={"seen": 0.0}, after=after)
    small_world.train(tmp_path, start, use=use, steps=7, save_every=2)
    assert [row["seen"] for row in small_world.curve(tmp_path)] == list(range(7))


def test_learned_parts_of_an_objective_are_trained_with_the_student(tmp_path, pair):
    start, teacher = pair

    def projected(batch, policy, signal):
        ours = policy.extra(policy.layers[-1])[batch.mask_BT]
        return token_mean((ours - signal.layers[-1][batch.mask_BT]).square().mean(-1), batch)

    built = []

    def build(student, teacher):
        assert (student.width, teacher.width) == (16, 32)
        built.append(torch.nn.Linear(student.width, teacher.width))
        return built[-1]

    use = bound(projected, ("traces", "hidden"), build=build)
    torch.manual_seed(0)
    small_world.train(tmp_path, start, use=use, teacher=teacher, steps=20, lr=3e-2)
    losses = [row["loss"] for row in small_world.curve(tmp_path)]
    assert losses[-1] < 0.7 * losses[0]
    assert built[0].weight.grad is None or built[0].weight.requires_grad


def test_the_same_text_in_two_tokenizers(tmp_path, pair):
    start, _ = pair
    other = small_world.student(tmp_path / "other", tokenizer="bpe", vocab=300)
    seen = []

    def both(batch, policy, signal):
        seen.append((policy.spans_N2, signal.spans_N2, len(signal.other.ids)))
        assert signal.teacher.log_probs(torch.arange(3)).shape == (3, len(signal.teacher.head.weight_VD))
        assert len(signal.layers) == 2
        return token_mean(-policy.logp_N, batch)

    use = bound(both, ("traces", "teacher_text", "hidden"))
    small_world.train(tmp_path / "run", start, use=use, teacher=other, steps=2)
    ours, theirs, rows = seen[0]
    assert rows == 8
    assert len(theirs) < len(ours)
    # Both cut the same texts, so both end in the same places.
    assert ours[:, 1].max() == theirs[:, 1].max()
