"""objectives/self_reflection and the triplets it learns from: values worked by hand."""

from __future__ import annotations

import math

import pyarrow.parquet as pq
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import small_world  # noqa: E402
from objective_cases import mean, metrics, row  # noqa: E402

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.networks.batch import Item, collate  # noqa: E402
from limbeck.networks.policy import Policy  # noqa: E402
from limbeck.networks.rows import ChatTokenizer  # noqa: E402
from limbeck.networks.triplets import triplet_items  # noqa: E402
from limbeck.objectives.ops import Signal  # noqa: E402
from limbeck.objectives.preference.self_reflection import self_reflection  # noqa: E402
from limbeck.pipeline import plan as planning  # noqa: E402
from limbeck.pipeline import recipe as recipes  # noqa: E402
from limbeck.records import Data, Problem, Trace, Verdict  # noqa: E402
from limbeck.training.needs import asked  # noqa: E402

# Two anchors of weights 1 and 3; the second has no wrong rationale beside it.
ITEMS = [
    Item((row("a", 2, rival=1), row("p", 1, rival=1), row("n", 3, rival=1)), 1.0),
    Item((row("b", 1, rival=0), row("q", 2, rival=0), row("b", 1, rival=0)), 3.0),
]
BATCH = collate(ITEMS)
# Means per token: a -1, b -2; what p, q, n say of themselves counts for nothing.
LOGP = torch.tensor([-0.5, -1.5, -2.0, -9.0, -9.0, -9.0, -9.0, -9.0, -9.0, -9.0])


def policy(*last: tuple[float, float]) -> Policy:
    """Whose last layer holds one state per row, at the row's last token, and another one before it."""
    states = torch.full((*BATCH.mask_BT.shape, 2), -1.0)
    for place, state in enumerate(last):
        states[place, int(BATCH.mask_BT[place].nonzero().max())] = torch.tensor(state)
    return Policy(BATCH, logp_N=LOGP, layers=(torch.zeros_like(states), states))


def test_the_loss_by_hand():
    # a with p: cos 0.6; a with n: cos 0.8. The other row has no rival, whatever its states are.
    policy_ = policy((1, 0), (1, 0), (3, 4), (1, 0), (4, 3), (0, 1))
    loss = self_reflection(BATCH, policy_, Signal())
    assert mean(loss) == pytest.approx((1 * (1 + 0.5 * (1 - 0.6 + 0.8)) + 3 * 2) / 4)
    assert metrics(loss) == pytest.approx({"logp": -(1 + 3 * 2) / 4, "gap": -0.2})


def test_without_contrast_it_is_the_cross_entropy_of_each_right_trace():
    batch = collate([Item((row("a", 2),), 1.0), Item((row("b", 1),), 3.0)])
    loss = self_reflection(batch, Policy(batch, logp_N=LOGP[:3]), Signal(), contrast=0.0)
    assert mean(loss) == pytest.approx((1 + 3 * 2) / 4)
    assert asked(small_world.objective("self_reflection", contrast=0.0)) == ("traces",)


def test_beyond_the_margin_nothing_is_pushed():
    apart = policy((1, 0), (1, 0), (2, 0), (1, 0), (-1, 0), (0, 1))
    assert mean(self_reflection(BATCH, apart, Signal())) == pytest.approx(7 / 4)
    wider = self_reflection(BATCH, apart, Signal(), margin=2.5)
    assert mean(wider) == pytest.approx((7 + 0.5 * (2.5 - 2)) / 4)


def _trace(name: str, problem: str, outcome: str, *marks: str, **more) -> Trace:
    verdicts = [Verdict("exact", outcome)] if outcome else []
    return Trace(id=name, problem_id=problem, answer=name[-1], format="lines", verdicts=verdicts,
                 marks=[*marks], finish="stop", **more)  # fmt: skip


def _data() -> Data:
    problems = [Problem(id=name, question="1") for name in "pqr"]
    problems.append(Problem(id="s", question="1", marks=["too_hard"]))
    return Data(
        problems,
        [
            _trace("p1", "p", "correct"), _trace("p2", "p", "correct"), _trace("p3", "p", "correct"),
            _trace("p4", "p", "wrong", "wrong"), _trace("p5", "p", "wrong", "wrong", "not_first"),
            _trace("p6", "p", "wrong", "wrong", "truncated"), _trace("p7", "p", "unparsed", "unparsed"),
            _trace("q8", "q", "correct", scores={"weight": 2.0}), _trace("r9", "r", "wrong", "wrong"),
            _trace("s1", "s", "correct"), _trace("q0", "q", "", "error"),
        ],
    )  # fmt: skip


def test_who_is_compared_with_whom(tmp_path):
    folder = small_world.student(tmp_path / "s", _data(), layers=1, width=8, heads=2, template="bare")
    items = triplet_items(ChatTokenizer.open(str(folder), 0, "skip"), [_data()])
    told = {item.rows[0].id: [row.id for row in item.rows[1:]] for item in items.items}
    assert told == {"p1": ["p2", "p4"], "p2": ["p3", "p5"], "p3": ["p1", "p4"], "q8": ["q8", "q8"]}
    assert [item.rows[2].values["rival"] for item in items.items] == [1, 1, 1, 0]
    assert [item.weight for item in items.items] == [1, 1, 1, 2]


def test_training_parts_right_from_wrong_states(tmp_path):
    data = _data()
    start = small_world.student(tmp_path / "s", data, layers=1, width=16, heads=2, template="bare")
    use = small_world.objective("self_reflection", contrast=5.0)
    small_world.train(tmp_path / "fit", start, data, use, steps=12, batch=4, lr=3e-3)
    curve = pq.read_table(tmp_path / "fit" / "curve.parquet").to_pylist()
    assert curve[-1]["gap"] > curve[0]["gap"] + 0.1
    assert all(math.isfinite(point["logp"]) for point in curve)


def test_rollouts_make_no_triplets(tmp_path):
    page = recipes.load(
        "haste-world", settings={"sft.objective": "self_reflection", "sft.rollout": "student"}
    )
    with pytest.raises(LimbeckError, match="compares stored traces of a problem, which rollouts do not make"):
        planning.make(page, tmp_path)
