"""Rollouts and rewards inside the one loop."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
import small_world

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.objectives.ops import token_mean  # noqa: E402
from limbeck.pipeline.registry import Bound, method  # noqa: E402
from limbeck.pipeline.store import from_table  # noqa: E402
from limbeck.records import Trace  # noqa: E402
from limbeck.training.batch import Item, Row, collate, grouped  # noqa: E402
from limbeck.training.crew import Crew  # noqa: E402
from limbeck.training.policy import Network  # noqa: E402
from limbeck.training.rows import Tokeniser, problem_items  # noqa: E402
from limbeck.training.template import check_template  # noqa: E402


def bound(function, **more) -> Bound:
    module = ModuleType(function.__name__)
    vars(module).update({function.__name__: function, **more})
    return Bound(function.__name__, module, {})


def rollout(name: str, **params) -> Bound:
    return Bound(name, method(f"rollouts/{name}").load(), params)


def reinforce(batch, policy, signal):
    advantage_B = batch.values["reward"] - batch.values["group_mean"]
    return token_mean(-policy.logp_N * advantage_B[batch.row_N], batch, {
        "reward": (batch.values["reward"].sum(), torch.tensor(float(len(batch.ids)))),
        "drift": ((policy.logp_N.detach() - batch.columns["logp"]).abs().sum(), torch.tensor(float(len(batch.row_N)))),
    })  # fmt: skip


REINFORCE = bound(reinforce, NEEDS=("traces", "rewards"))


def short(groups, crew):
    """The shorter the better."""
    return [[-float(trace.tokens) for trace in group.traces] for group in groups]


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
def crew(start, other):
    """Student and teacher over one vocabulary, and twelve problems."""
    from limbeck.pipeline.store import MemoryShards
    from limbeck.training.setup import open_tokenizer

    tokenizer = open_tokenizer(start)
    tokeniser = Tokeniser(tokenizer, check_template(tokenizer))
    items = problem_items(tokeniser, MemoryShards([small_world.world(12)]))
    made = Crew({"student": open_network(start), "teacher": open_network(other)}, tokeniser, items.problems, seed=3)
    return made, items.items


def test_a_reward_that_wants_short_traces_gets_them(tmp_path, start):
    small_world.train(
        tmp_path, start, use=REINFORCE, rollout=rollout("student", n=6, max_tokens=24), reward=bound(short), steps=25,
        lr=3e-2, keep_rollouts=True,
    )  # fmt: skip
    rows = small_world.curve(tmp_path)
    assert np.mean([row["reward"] for row in rows[-5:]]) > np.mean([row["reward"] for row in rows[:5]]) + 5
    # One step per set of rollouts: what sampled is what is trained, up to rounding.
    assert max(row["drift"] for row in rows) < 1e-4
    import pyarrow.parquet as pq

    kept = from_table(pq.read_table(tmp_path / "rollouts" / "000003.parquet"), Trace)
    assert len(kept) == 48
    assert all(trace.scores["reward"] == -trace.tokens for trace in kept)


def test_reused_rollouts_drift_from_what_sampled_them(tmp_path, start):
    small_world.train(
        tmp_path, start, use=REINFORCE, rollout=rollout("student", n=2, max_tokens=12), reward=bound(short), steps=6,
        reuse=3, lr=3e-2,
    )  # fmt: skip
    drift = [row["drift"] > 1e-4 for row in small_world.curve(tmp_path)]
    assert drift == [False, True, True, False, True, True]


def test_a_killed_run_with_rollouts_goes_on_as_it_would_have(tmp_path, start):
    settings = {
        "use": REINFORCE, "rollout": rollout("student", n=2, max_tokens=8), "reward": bound(short), "steps": 8,
        "save_every": 4,
    }  # fmt: skip
    small_world.train(tmp_path / "whole", start, **settings)

    class Killed(Exception):
        pass

    def dying(batch, policy, signal):
        if signal.progress >= 5 / 8:
            raise Killed
        return reinforce(batch, policy, signal)

    with pytest.raises(Killed):
        small_world.train(tmp_path / "cut", start, **{**settings, "use": bound(dying, NEEDS=REINFORCE.module.NEEDS)})
    import json

    # The state belongs to an objective of another name; let it pass for the same.
    state = torch.load(tmp_path / "cut/state/last.pt")
    state["fingerprint"] = json.dumps(
        {**json.loads(state["fingerprint"]), "objective": ["reinforce", {}]}, sort_keys=True
    )
    torch.save(state, tmp_path / "cut/state/last.pt")
    log: list[str] = []
    small_world.train(tmp_path / "cut", start, log=log, **settings)
    assert "continues after step 4" in log
    assert small_world.curve(tmp_path / "cut") == small_world.curve(tmp_path / "whole")


def test_traces_without_a_reward_are_left_out_and_a_step_without_any_is_skipped(tmp_path, start):
    def none(groups, crew):
        return [[float("nan")] * len(group.traces) for group in groups]

    path = small_world.train(
        tmp_path, start, use=REINFORCE, rollout=rollout("student", n=2, max_tokens=4), reward=bound(none), steps=2
    )
    assert path
    assert [row["loss"] for row in small_world.curve(tmp_path)] == [0.0, 0.0]

    def bad(groups, crew):
        return [[float("inf")] * len(group.traces) for group in groups]

    with pytest.raises(LimbeckError, match=r"reward of rollout p\d+#student-0-0 is inf"):
        small_world.train(
            tmp_path / "b", start, use=REINFORCE, rollout=rollout("student", n=2), reward=bound(bad), steps=2
        )


def test_rewards_without_rollouts_come_from_the_traces(tmp_path, start):
    data = small_world.world()
    for trace in data.traces:
        trace.scores["reward"] = 1.0 if trace.id.endswith("right") else -1.0
        from limbeck.records import Verdict

        trace.verdicts = [Verdict("exact", "wrong" if trace.marks else "correct")]

    def look(batch, policy, signal):
        values = batch.values
        assert values["group_mean"].tolist() == [0.0] * 8
        assert values["group_size"].tolist() == [2.0] * 8
        assert values["group_std"].tolist() == pytest.approx([2**0.5] * 8)
        return token_mean(-policy.logp_N * values["reward"][batch.row_N], batch)

    small_world.train(tmp_path, start, data, use=bound(look, NEEDS=("traces", "rewards")), steps=2)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"rollout": "student"}, "rewards.*set reward:"),
        ({"reward": short}, "a reward is for rollouts"),
        ({"rollout": "student", "use": "dpo"}, "'dpo' learns from pairs, which rollouts do not make"),
    ],
)
def test_what_does_not_fit_together_is_refused(tmp_path, more, message):
    more = dict(more)
    use = small_world.objective(more.pop("use")) if "use" in more else REINFORCE
    if "rollout" in more:
        more["rollout"] = rollout(more["rollout"])
    if "reward" in more:
        more["reward"] = bound(more["reward"])
    with pytest.raises(LimbeckError, match=message):
        small_world.train(tmp_path, "no/model", use=use, steps=1, **more)


def test_group_statistics_are_those_of_samples():
    rows = [Row(str(i), np.arange(3, dtype=np.int32), 1, problem=f"p{i // 3}", values={"reward": float(r)})
            for i, r in enumerate([1, 0, 0, 5])]  # fmt: skip
    batch = collate(grouped([Item((row,)) for row in rows]))
    assert batch.values["group"].tolist() == [0, 0, 0, 1]
    assert batch.values["group_mean"].tolist() == pytest.approx([1 / 3] * 3 + [5])
    assert batch.values["group_std"].tolist() == pytest.approx([np.std([1, 0, 0], ddof=1)] * 3 + [0])
    assert batch.values["batch_std"].tolist() == pytest.approx([np.std([1, 0, 0, 5], ddof=1)] * 4)


def test_mixture_zero_is_the_stored_traces_and_one_is_the_students(crew):
    made, items = crew
    from limbeck.rollouts.mixture import mixture

    assert mixture(items, made, own=0.0) is items
    own = mixture(items, made, own=1.0, max_tokens=6)
    assert len(own) == 12
    assert all(item.rows[0].id in made.traces for item in own)


def test_teacher_rollouts_are_the_teachers(crew):
    made, items = crew
    from limbeck.rollouts.teacher import teacher

    rows = [item.rows[0] for item in teacher(items, made, temperature=0, max_tokens=5)]
    best = made.ask("teacher", rows, lambda logits, target: logits.argmax(-1) == target, bool)
    assert all(each.all() for each in best)


def test_speculative_sampling_has_both_ends(crew):
    made, items = crew
    from limbeck.rollouts.speculative import speculative
    from limbeck.rollouts.student import student

    free = speculative(items, made, top_k=10_000, draft=64, max_tokens=10)
    own = student(items, made, n=1, max_tokens=10)
    assert [item.rows[0].ids.tolist() for item in free] == [item.rows[0].ids.tolist() for item in own]
    assert made.shown["accepted"] == 1.0
    bound_rows = [item.rows[0] for item in speculative(items, made, top_k=1, teacher_temperature=0, max_tokens=10)]
    best = made.ask("teacher", bound_rows, lambda logits, target: logits.argmax(-1) == target, bool)
    assert all(each.all() for each in best)
    assert made.shown["accepted"] < 0.5
    half = [item.rows[0] for item in speculative(items, made, top_k=5, teacher_temperature=0, max_tokens=10)]
    inside = made.ask(
        "teacher", half, lambda logits, target: (logits > logits.gather(-1, target[:, None])).sum(-1) < 5, bool
    )
    assert all(each.all() for each in inside)


def test_replay_uses_its_buffer_as_held_out_traces_grow_unlikely(crew, monkeypatch):
    made, items = crew
    from limbeck.rollouts.replay import _is_held_out, replay

    made.memory.clear()
    made.items = [Item((Row(f"stored {i}", np.arange(4, dtype=np.int32), 2),)) for i in range(60)]
    assert 0 < sum(map(_is_held_out, made.items)) < 12
    assert replay(made.items, made) == [item for item in made.items if not _is_held_out(item)]
    settings = {"look_every": 1, "tolerance": 0.0, "max_tokens": 4, "capacity": 20}
    monkeypatch.setattr(Crew, "logps", lambda self, who, rows: [np.array([-made.memory["now"]])])
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


def test_rewriting_nothing_changes_nothing_and_the_end_stays(crew):
    made, items = crew
    from limbeck.rollouts.rewritten import rewritten
    from limbeck.rollouts.student import student

    written = student(items, made, n=1, max_tokens=12)
    same = rewritten(written, made, share=0.0)
    assert [item.rows[0].values["rewritten"] for item in same] == [0.0, 1.0] * len(written)
    assert all(np.array_equal(a.rows[0].ids, b.rows[0].ids) for a, b in zip(same[::2], same[1::2], strict=True))
    changed = rewritten(written, made, share=0.9)
    pairs = list(zip(changed[::2], changed[1::2], strict=True))
    assert any(not np.array_equal(a.rows[0].ids, b.rows[0].ids) for a, b in pairs)
    assert all(a.rows[0].ids[-1] == b.rows[0].ids[-1] for a, b in pairs)
    predicted = made.ask("student", [a.rows[0] for a, _ in pairs], lambda logits, _: logits.argmax(-1), np.int32)
    for (a, b), best in zip(pairs, predicted, strict=True):
        own, new = a.rows[0].ids[a.rows[0].start :], b.rows[0].ids[b.rows[0].start :]
        assert np.array_equal(new[own != new], best[own != new])


def test_temperature_and_length_follow_their_schedules(crew):
    made, items = crew
    from limbeck.rollouts.student import student

    made.progress = 0.5
    cold = student(items, made, n=2, temperature=1.0, end_temperature=0.0, max_tokens=4, end_tokens=12)
    assert cold[0].rows[0].ids.tolist() == cold[1].rows[0].ids.tolist()
    assert max(len(item.rows[0].ids) - item.rows[0].start for item in cold) <= 8
    made.progress = 0.0


def test_the_answers_likelihood_is_that_of_its_tokens_alone(crew):
    made, _ = crew
    from limbeck.rewards.ops import Group

    problem = made.problems["p0"]
    trace = Trace(id="x", problem_id="p0", reasoning="0 and 0 make ", answer="7")
    (value,) = made.answer_logp(Group(problem, [trace]))
    (prompt,) = made.tokeniser.prompts([problem.question])
    ids = made.tokeniser.tokenizer("0 and 0 make 0", add_special_tokens=False)["input_ids"]
    network = made.networks["student"]
    with torch.no_grad():
        logits = network.model(input_ids=torch.tensor([prompt + ids])).logits[0]
    assert value == pytest.approx(float(logits[-2].log_softmax(-1)[ids[-1]]), abs=1e-5)
