"""Each way to make a step's traces, with two small models that share a vocabulary."""

from __future__ import annotations

import numpy as np
import pytest
import small_world

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from limbeck.networks.batch import Item, Row  # noqa: E402
from limbeck.networks.policy import Network  # noqa: E402
from limbeck.networks.rows import ChatTokenizer, problem_items  # noqa: E402
from limbeck.networks.template import check_template  # noqa: E402
from limbeck.records import Trace  # noqa: E402
from limbeck.training.rollout_context import RolloutContext  # noqa: E402


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    return small_world.student(tmp_path_factory.mktemp("start"))


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    return small_world.student(tmp_path_factory.mktemp("other"), seed=7)


def open_network(path):
    from transformers import AutoModelForCausalLM

    return Network(AutoModelForCausalLM.from_pretrained(path)).eval()


@pytest.fixture(scope="module")
def context(start, other):
    """Student and teacher over one vocabulary, and twelve problems."""
    from limbeck.networks.opening import open_tokenizer
    from limbeck.pipeline.store import MemoryShards

    tokenizer = open_tokenizer(start)
    chat_tokenizer = ChatTokenizer(tokenizer, check_template(tokenizer))
    items = problem_items(chat_tokenizer, MemoryShards([small_world.world(12)]))
    made = RolloutContext(
        {"student": open_network(start), "teacher": open_network(other)},
        chat_tokenizer,
        items.problems,
        seed=3,
    )
    return made, items.items


def test_mixture_zero_is_the_stored_traces_and_one_is_the_students(context):
    made, items = context
    from limbeck.rollouts.mixture import mixture

    assert mixture(items, made, own=0.0) is items
    own = mixture(items, made, own=1.0, max_tokens=6)
    assert len(own) == 12
    assert all(item.rows[0].id in made.traces for item in own)


def test_teacher_rollouts_are_the_teachers(context):
    made, items = context
    from limbeck.rollouts.teacher import teacher

    rows = [item.rows[0] for item in teacher(items, made, temperature=0, max_tokens=5)]
    best = made.ask("teacher", rows, lambda logits, target: logits.argmax(-1) == target, bool)
    assert all(each.all() for each in best)


def test_speculative_sampling_has_both_ends(context):
    made, items = context
    from limbeck.rollouts.speculative import speculative
    from limbeck.rollouts.student import student

    free = speculative(items, made, top_k=10_000, draft=64, max_tokens=10)
    own = student(items, made, n=1, max_tokens=10)
    assert [item.rows[0].ids.tolist() for item in free] == [item.rows[0].ids.tolist() for item in own]
    assert made.shown["accepted"] == 1.0
    bound_rows = [
        item.rows[0] for item in speculative(items, made, top_k=1, teacher_temperature=0, max_tokens=10)
    ]
    best = made.ask("teacher", bound_rows, lambda logits, target: logits.argmax(-1) == target, bool)
    assert all(each.all() for each in best)
    assert made.shown["accepted"] < 0.5
    half = [item.rows[0] for item in speculative(items, made, top_k=5, teacher_temperature=0, max_tokens=10)]
    inside = made.ask(
        "teacher",
        half,
        lambda logits, target: (logits > logits.gather(-1, target[:, None])).sum(-1) < 5,
        bool,
    )
    assert all(each.all() for each in inside)


def test_replay_uses_its_buffer_as_held_out_traces_grow_unlikely(context, monkeypatch):
    made, items = context
    from limbeck.rollouts.replay import _is_held_out, replay

    made.memory.clear()
    made.items = [Item((Row(f"stored {i}", np.arange(4, dtype=np.int32), 2),)) for i in range(60)]
    assert 0 < sum(map(_is_held_out, made.items)) < 12
    assert replay(made.items, made) == [item for item in made.items if not _is_held_out(item)]
    settings = {"look_every": 1, "tolerance": 0.0, "max_tokens": 4, "capacity": 20}
    monkeypatch.setattr(RolloutContext, "logps", lambda self, role, rows: [np.array([-made.memory["now"]])])
    for loss in range(12):
        made.memory["now"], made.seed = 10.0 + loss, loss
        made.shown.clear()
        replay(items, made, **settings)
    assert made.memory["share"] == pytest.approx(1.0)
    assert made.shown["fresh"] == 1.0
    assert 12 <= len(made.buffer) <= 20
    made.progress = 1.0
    again = replay(items, made, **settings)
    assert made.shown == {"share": 1.0, "fresh": 0.0, "held_out": 21.0}
    assert all(any(item is kept for kept in made.buffer) for item in again)
    made.progress, made.seed = 0.0, 3


def test_rewriting_nothing_changes_nothing_and_the_end_stays(context):
    made, items = context
    from limbeck.rollouts.rewritten import rewritten
    from limbeck.rollouts.student import student

    written = student(items, made, n=1, max_tokens=12)
    same = rewritten(written, made, share=0.0)
    assert [item.rows[0].values["rewritten"] for item in same] == [0.0, 1.0] * len(written)
    assert all(
        np.array_equal(a.rows[0].ids, b.rows[0].ids) for a, b in zip(same[::2], same[1::2], strict=True)
    )
    changed = rewritten(written, made, share=0.9)
    pairs = list(zip(changed[::2], changed[1::2], strict=True))
    assert any(not np.array_equal(a.rows[0].ids, b.rows[0].ids) for a, b in pairs)
    assert all(a.rows[0].ids[-1] == b.rows[0].ids[-1] for a, b in pairs)
    predicted = made.ask(
        "student", [a.rows[0] for a, _ in pairs], lambda logits, _: logits.argmax(-1), np.int32
    )
    for (a, b), best in zip(pairs, predicted, strict=True):
        own, new = a.rows[0].ids[a.rows[0].start :], b.rows[0].ids[b.rows[0].start :]
        assert np.array_equal(new[own != new], best[own != new])


def test_temperature_and_length_follow_their_schedules(context):
    made, items = context
    from limbeck.rollouts.student import student

    made.progress = 0.5
    cold = student(items, made, n=2, temperature=1.0, end_temperature=0.0, max_tokens=4, end_tokens=12)
    assert cold[0].rows[0].ids.tolist() == cold[1].rows[0].ids.tolist()
    assert max(len(item.rows[0].ids) - item.rows[0].start for item in cold) <= 8
    made.progress = 0.0


def test_the_lagged_copy_follows_at_a_distance(context):
    made, _ = context
    network, made.step = made.networks["student"], 0
    weight = next(network.parameters())
    before = weight.detach().clone()
    made.lag(5, 0.9)
    with torch.no_grad():
        weight += 1.0
    for step in (0, 3, 5, 5, 9):
        made.step = step
        made.lag(5, 0.9)
        moved = 0.1 if step >= 5 else 0.0
        assert torch.allclose(next(made.networks["lagged"].parameters()), before + moved, atol=1e-6)
    with torch.no_grad():
        weight -= 1.0
    del made.networks["lagged"]


def test_the_answers_likelihood_is_that_of_its_tokens_alone(context):
    made, _ = context
    from limbeck.rewards.ops import Group

    problem = made.problems["p0"]
    trace = Trace(id="x", problem_id="p0", reasoning="0 and 0 make ", answer="7")
    (value,) = made.answer_logp(Group(problem, [trace]))
    (prompt,) = made.chat_tokenizer.prompts([problem])
    ids = made.chat_tokenizer.tokenizer("0 and 0 make 0", add_special_tokens=False)["input_ids"]
    network = made.networks["student"]
    with torch.no_grad():
        logits = network.model(input_ids=torch.tensor([prompt + ids])).logits[0]
    assert value == pytest.approx(float(logits[-2].log_softmax(-1)[ids[-1]]), abs=1e-5)
