"""The recipes about judges: their arms spend alike, and a small model is judge, ranker and reward from end to
end."""

from __future__ import annotations

import math

import pytest
import small_world

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from flat import with_settings  # noqa: E402

from limbeck.curation.tasks.judge_tasks import judge_tasks  # noqa: E402
from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.evaluation.instruments.judged import judged as measured  # noqa: E402
from limbeck.models.local import Local  # noqa: E402
from limbeck.pipeline import recipe as recipes  # noqa: E402
from limbeck.pipeline.context import Context  # noqa: E402
from limbeck.pipeline.registry import Bound  # noqa: E402
from limbeck.records import Data, Problem, Trace, Verdict  # noqa: E402
from limbeck.rewards.judged import judged  # noqa: E402
from limbeck.rewards.ops import Group  # noqa: E402
from limbeck.verifiers.ops import verify  # noqa: E402

TOY = {"template": "{question}?{trace}", "right": "1", "wrong": "0"}


def world() -> Data:
    """One digit each, and a right and a wrong trace that says the digit: nothing to add up, soon learned."""
    data = Data()
    for digit in range(10):
        data.problems.append(Problem(id=f"p{digit}", question=str(digit), answer=str(digit)))
        for other in (digit, (digit + 3) % 10):
            outcome = "correct" if other == digit else "wrong"
            name = f"p{digit}/{other}"
            data.traces.append(
                Trace(id=name, problem_id=f"p{digit}", answer=str(other), verdicts=[Verdict("gold", outcome)])
            )
    return data


def bound(name: str, **params) -> Bound:
    return with_settings(f"verifiers/{name}", **params)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A reward model of the small world, trained by plain SFT on the words alone."""
    folder = tmp_path_factory.mktemp("rm")
    tasks = judge_tasks(world(), **TOY, before=";", format="lines")
    start = small_world.student(folder / "blank", tasks, layers=2, width=32, template="bare")
    return Local(small_world.train(folder / "fit", start, tasks, steps=300, batch=20, lr=5e-3))


def test_a_trained_reward_model_tells_right_from_wrong_and_is_measured(model, tmp_path):
    rm = bound("reward_model", model=model, template=TOY["template"], right=";1", wrong=";0")
    found = measured(world(), verifier=rm, ctx=Context(tmp_path))
    values = {row.metric: row.value for row in found.results}
    assert [values[name] for name in ("auc", "accuracy", "hit@1")] == pytest.approx([1, 1, 1])
    assert values["abstained"] == 0.0
    assert {trace.outcome for trace in found.data.traces} == {"correct", "wrong"}


def test_a_score_is_the_models_own_odds(model):
    data = world()
    rm = bound("reward_model", model=model, template=TOY["template"], right=";1", wrong=";0")
    done = next(iter(verify(rm, data.problem_by_id(), data.traces[:1])))
    prompt = [{"role": "user", "content": "0?0"}]
    yes, no = (sum(values) for values in model.score([prompt, prompt], [";1", ";0"]))
    assert done.scores["reward_model"] == pytest.approx(1 / (1 + math.exp(no - yes)), abs=1e-6)


def test_a_discriminator_reads_its_score_where_the_model_wrote_the_word(model):
    data = world()
    options = {
        "model": model,
        "template": TOY["template"],
        "before": ";",
        "right": "1",
        "wrong": "0",
        "force": ";",
    }
    thinking = bound("discriminator", **options, max_tokens=8, temperature=0.0)
    direct = bound("discriminator", **options, max_tokens=0)
    problems = data.problem_by_id()
    one, other = (list(verify(each, problems, data.traces)) for each in (thinking, direct))
    # The model writes ``;1`` or ``;0`` at once, so both weigh the words behind the same text.
    for first, second in zip(one, other, strict=True):
        assert first.scores["discriminator"] == pytest.approx(second.scores["discriminator"], abs=1e-5)
        assert first.outcome == ("correct" if first.id.endswith(first.problem_id[1:]) else "wrong")


def test_rewards_of_a_reward_model_rank_a_group(model):
    rm = bound("reward_model", model=model, template=TOY["template"], right=";1", wrong=";0")
    data = world()
    own = data.by_problem()["p4"]
    (right, wrong), *_ = judged([Group(data.problem_by_id()["p4"], own)], verifier=rm)
    assert 0 <= wrong < 0.5 < right <= 1


@pytest.mark.parametrize(
    ("name", "arms"),
    [
        ("reward-distillation", ("rl_reward", "rl_label")),
        ("reward-distillation", ("rl_reward", "rl_reward_s")),
        ("unifiedreward-think", ("grpo", "grpo_random")),
        ("rbd", ("rbd", "label")),
        ("reasoning-discriminator", ("thinks", "direct")),
    ],
)
def test_arms_that_are_compared_spend_alike(name, arms):
    """Equal updates, batches, rates and rollouts; what differs is what the arms are about."""
    one, other = ({**recipes.load(name).stages[arm].params} for arm in arms)
    for key in ("reward", "student"):
        one.pop(key, None), other.pop(key, None)
    assert one == other


def test_what_a_reward_model_is_asked_is_what_it_was_taught():
    stages = recipes.load("reward-distillation").stages
    asked = stages["rl_reward"].params["reward"]["judged"]["verifier"]["discriminator"]
    for key in ("template", "before", "right", "wrong"):
        assert asked[key] == stages["rm_lesson"].params[key]


def test_a_model_that_cannot_score_is_no_reward_model():
    from limbeck.models.openai import Endpoint

    asked = bound("reward_model", model=Endpoint("m", "http://127.0.0.1:9/v1", ""))(
        world().problems[0], world().traces[0]
    )
    with pytest.raises(LimbeckError, match="cannot score text"):
        asked.result()
