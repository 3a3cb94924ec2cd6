"""What an objective cannot do without is said before any training."""

from __future__ import annotations

import re

import pytest
import small_world

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from limbeck.cli.browsing import show  # noqa: E402
from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.networks.batch import Item, Row, grouped  # noqa: E402
from limbeck.objectives.ops import Loss  # noqa: E402
from limbeck.pipeline.registry import Bound, method, methods  # noqa: E402
from limbeck.training.needs import asked, check_needs, check_values  # noqa: E402
from limbeck.training.settings import Learning  # noqa: E402


def bound(kind: str, name: str, **params) -> Bound:
    return Bound(name, method(f"{kind}/{name}").load(), params)


STUDENT = bound("rollouts", "student")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((1.0, 1.0), r"its sum is 1\.0"),
        ((torch.tensor(1.0), 1.0), r"its count is 1\.0"),
        ((torch.tensor(1.0), torch.tensor(1.0), {"kl": (torch.tensor(1.0), 2)}), r"its metrics\['kl'\] is 2"),
        ((torch.tensor(1.0), torch.tensor(1.0), {"kl": (2, torch.tensor(1.0))}), r"its metrics\['kl'\] is 2"),
        ((torch.ones(3), torch.tensor(3.0)), r"one number; its sum is of shape \[3\]"),
    ],
)
def test_a_loss_holds_tensors(parts, message):
    with pytest.raises(LimbeckError, match=message):
        Loss(*parts)


@pytest.mark.parametrize(
    ("objective", "more", "message"),
    [
        (
            bound("objectives", "topr"),
            {},
            r"sampled_logp.*behaviour: scored and signal.*behaviour: reference, or a rollout",
        ),
        (bound("objectives", "negative_aware"), {}, "sampled_logp"),
        (
            bound("objectives", "topr", behaviour="scored"),
            {},
            r"teacher_logp.*set teacher: to a model, or signal",
        ),
        (
            bound("objectives", "kd", temperature=0.0),
            {"teacher": "t"},
            "'kd': temperature must be positive, got 0",
        ),
        (
            bound("objectives", "token_graph", cold=0),
            {"teacher": "t"},
            "'token_graph': cold must be positive, got 0",
        ),
        (
            bound("objectives", "grpo"),
            {"rollout": STUDENT, "reward": bound("rewards", "likelihood", proxy="start")},
            "reward 'likelihood' asks the start model, and objective 'grpo' keeps none",
        ),
        (bound("objectives", "sft"), {"teacher": "t"}, "teacher is given, and neither.*take teacher: out"),
        (bound("objectives", "dpo"), {"signal": "s"}, "signal is given, and the objective reads no teacher"),
        (
            bound("objectives", "topr", behaviour="reference"),
            {"signal": "s"},
            "signal is given, and the objective reads",
        ),
        (bound("objectives", "sft"), {"sampler": "m"}, "sampler is given, and there is no rollout"),
    ],
)
def test_what_is_lacking_is_said_with_how_to_supply_it(objective, more, message):
    with pytest.raises(LimbeckError, match=message):
        check_needs(asked(objective), objective, Learning(**more))


def test_what_is_there_is_accepted():
    verified = {"rollout": STUDENT, "reward": bound("rewards", "likelihood", proxy="start")}
    for objective, more in (
        (bound("objectives", "topr"), {"rollout": STUDENT, "reward": bound("rewards", "likelihood")}),
        (bound("objectives", "topr", behaviour="scored"), {"signal": "s"}),
        (bound("objectives", "grpo", kl=0.1), verified),
        (bound("objectives", "kd", temperature=0.5), {"teacher": "t"}),
        (bound("objectives", "topr", behaviour="scored"), {"teacher": "t"}),
        (bound("objectives", "sft"), {"teacher": "t", "rollout": bound("rollouts", "teacher")}),
    ):
        check_needs(asked(objective), objective, Learning(**more))


def row(name: str, **values: float) -> Row:
    return Row(name, torch.arange(3).numpy(), 1, "p", values=values)


def test_a_number_that_traces_lack_is_said_before_training(tmp_path):
    calibrated, kid = bound("objectives", "negative_calibrated"), bound("objectives", "kid")
    rows = [row("a", nat_beta=0.1), row("b")]
    with pytest.raises(
        LimbeckError, match=r"'nat_beta' of each trace, and 1 of 2 traces have none, the first is b: put"
    ):
        check_values(calibrated, None, rows)
    check_values(calibrated, None, rows[:1])
    check_values(kid, bound("rollouts", "rewritten"), rows)
    student = small_world.student(tmp_path / "s")
    with pytest.raises(
        LimbeckError, match=r"'kid' needs 'rewritten'.*60 of 60 traces.*set rollout: rewritten"
    ):
        small_world.train(tmp_path / "run", student, use=kid, teacher=student, steps=1)


def test_rewards_of_plus_and_minus_one_are_right_and_wrong():
    for wrong in (0.0, -1.0):
        items = grouped(
            [Item((row(str(i), reward=reward),)) for i, reward in enumerate([1.0, wrong, wrong, wrong])]
        )
        assert [item.rows[0].values["group_right"] for item in items] == [0.25] * 4


WEIGHED = ("old_logp(", "log_ratio(", "author_logp(", "reference_N, batch)")
"""What an objective calls that weighs a trace by its probability now over that under its author."""
RATIOS = [
    entry.name
    for entry in methods("objectives").values()
    if entry.path.parent.name in ("reinforcement", "supervised")
    and any(call in entry.path.read_text(encoding="utf-8") for call in WEIGHED)
]


def test_there_are_objectives_that_weigh_traces():
    assert {"grpo", "kdrl", "rloo", "topr", "negative_aware", "mirror_descent"} <= {*RATIOS}


@pytest.mark.parametrize("name", RATIOS)
def test_an_objective_says_whose_importance_ratios_it_takes(name, capsys):
    """Numeric noise of tokens adds up over a sequence, so a user has to know."""
    show(f"objectives/{name}")
    shown = " ".join(capsys.readouterr().out.split())
    assert re.search(r"importance ratio[^.]{0,30}\b(token|sequence)", shown, re.IGNORECASE)
