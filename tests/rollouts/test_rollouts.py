"""Rollouts and rewards inside the one loop."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import small_world

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from rollout_cases import REINFORCE, bound, reinforce, rollout, short  # noqa: E402

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.networks.batch import Item, Row, collate, grouped  # noqa: E402
from limbeck.objectives.ops import token_mean  # noqa: E402
from limbeck.pipeline.arrow import from_table  # noqa: E402
from limbeck.pipeline.registry import Bound, method  # noqa: E402
from limbeck.records import Trace, Verdict  # noqa: E402


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    return small_world.student(tmp_path_factory.mktemp("start"))


def test_a_reward_that_wants_short_traces_gets_them(tmp_path, start):
    small_world.train(
        tmp_path, start, use=REINFORCE, rollout=rollout("student", n=6, max_tokens=24), reward=bound(short),
        steps=25,
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


def test_an_adapter_samples_as_it_is_trained(tmp_path, start):
    pytest.importorskip("peft", reason="adapters need the extra limbeck[peft]")
    adapter = Bound("lora", method("students/lora").load(), {"r": 4, "alpha": 8})
    small_world.train(
        tmp_path, start, use=REINFORCE, rollout=rollout("student", n=2, max_tokens=12), reward=bound(short),
        steps=4,
        lr=1e-2, adapt=adapter,
    )  # fmt: skip
    assert max(row["drift"] for row in small_world.curve(tmp_path)) < 1e-4


def test_tokens_that_two_have_chosen_have_the_log_probability_of_now():
    """Speculative rollouts know no sampling probability; a ratio to them is 1, not undefined."""
    from limbeck.objectives._policy import old_logp

    batch = SimpleNamespace(columns={"logp": torch.tensor([-1.0, float("nan")])})
    now = torch.tensor([-3.0, -2.0], requires_grad=True)
    assert old_logp(batch, SimpleNamespace(sampled_logp_N=now)).tolist() == [-1.0, -2.0]


def rewarded(batch, policy, signal):
    count = torch.tensor(float(len(batch.ids)))
    return token_mean(-policy.logp_N, batch, {"reward": (batch.values["reward"].sum(), count)})


def test_a_stored_trace_among_new_ones_keeps_its_verdicts_reward(tmp_path, start):
    data = small_world.world()
    for trace in data.traces:
        trace.verdicts = [Verdict("exact", "correct" if trace.id.endswith("right") else "wrong")]
    small_world.train(
        tmp_path, start, data=data, use=bound(rewarded, NEEDS=("traces", "rewards")),
        rollout=rollout("mixture", own=0.5, max_tokens=4),
        reward=bound(short), steps=6,
    )  # fmt: skip
    rewards = [row["reward"] for row in small_world.curve(tmp_path)]
    assert min(rewards) < 0 <= max(rewards), "steps of the student's traces, and of stored ones"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"rollout": rollout("teacher")}, "rollout 'teacher' asks a teacher: set teacher:"),
        (
            {
                "rollout": rollout("student"),
                "reward": Bound("pseudo", method("rewards/label_free").load(), {"source": "teacher"}),
            },
            "reward 'pseudo' asks a teacher",
        ),
    ],
)
def test_who_asks_a_teacher_needs_one(tmp_path, start, more, said):
    with pytest.raises(LimbeckError, match=said):
        small_world.train(tmp_path, start, use=bound(reinforce, NEEDS=("traces",)), **more)


def test_the_curve_keeps_columns_that_its_first_row_lacks(tmp_path):
    from limbeck.training.state import write_curve

    write_curve(tmp_path / "curve.parquet", [{"step": 1}, {"step": 2, "reward": 0.5}])
    import pyarrow.parquet as pq

    assert pq.read_table(tmp_path / "curve.parquet").to_pylist() == [
        {"step": 1, "reward": None}, {"step": 2, "reward": 0.5},
    ]  # fmt: skip


def test_reused_rollouts_drift_from_what_sampled_them(tmp_path, start):
    small_world.train(
        tmp_path, start, use=REINFORCE, rollout=rollout("student", n=2, max_tokens=12), reward=bound(short),
        steps=6,
        reuse=3, lr=3e-2,
    )  # fmt: skip
    drift = [row["drift"] > 1e-4 for row in small_world.curve(tmp_path)]
    assert drift == [False, True, True, False, True, True]


def test_a_killed_run_with_rollouts_goes_on_as_it_would_have(tmp_path, start):
    settings = {
        "use": REINFORCE, "rollout": rollout("student", n=2, max_tokens=8), "reward": bound(short),
        "steps": 8,
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
        small_world.train(
            tmp_path / "cut", start, **{**settings, "use": bound(dying, NEEDS=REINFORCE.module.NEEDS)}
        )
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
    def none(groups, context):
        return [[float("nan")] * len(group.traces) for group in groups]

    path = small_world.train(
        tmp_path,
        start,
        use=REINFORCE,
        rollout=rollout("student", n=2, max_tokens=4),
        reward=bound(none),
        steps=2,
    )
    assert path
    assert [row["loss"] for row in small_world.curve(tmp_path)] == [0.0, 0.0]

    def bad(groups, context):
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
