"""What every objective keeps, made from its declaration alone: its needs, its settings, its learned parts.

A tiny student, teacher and reference read rows of ragged lengths, as the training loop has them read.
"""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from contract_cases import ADAPTED_FOR, entries, ready, with_options
from flat import with_settings

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import numpy as np  # noqa: E402
from transformers import Qwen3Config, Qwen3ForCausalLM  # noqa: E402

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.networks.batch import Item, Row, collate, grouped  # noqa: E402
from limbeck.networks.converting import converted  # noqa: E402
from limbeck.networks.policy import Network, Sizes, run  # noqa: E402
from limbeck.training.needs import asked, check_needs, wants_whole_step  # noqa: E402
from limbeck.training.settings import Learning  # noqa: E402
from limbeck.training.signals import Signals  # noqa: E402

OBJECTIVES = entries("objectives")
STUDENTS = {"mixers": "recurrent"}
"""Objectives for students of one kind, and the network that is one."""
VOCABULARY = 32
LENGTHS = [(2, 3), (3, 1), (1, 5), (2, 4), (4, 2), (1, 3)]
"""Of prompt and completion, row by row; three problems of two traces each, a right and a wrong one."""

DRAWN = {("self_evolution", "random"), ("dark_knowledge", "permuted")}
"""Settings that draw at random token by token, so that another cut draws otherwise."""


def whole_step(entry, setting) -> bool:
    chosen = {(entry.name, value) for value in setting.values()}
    return wants_whole_step(ready(entry, **setting)) or bool(chosen & DRAWN)


def network(seed: int, vocabulary: int = VOCABULARY, layers: int = 2) -> Network:
    torch.manual_seed(seed)
    config = Qwen3Config(
        vocab_size=vocabulary, hidden_size=16, intermediate_size=16, num_hidden_layers=layers,
        num_attention_heads=2, num_key_value_heads=1, head_dim=8, initializer_range=0.3,
    )  # fmt: skip
    return Network(Qwen3ForCausalLM(config).double(), layers=True)


@pytest.fixture(scope="module")
def networks() -> dict[str, Network]:
    made = {"student": network(0), "teacher": network(1), "start": network(2), "other": network(3, 24)}
    recurrent = converted(network(4).model, [], conv=4, rotary=True, mapped=True, seed=4)
    made["recurrent"] = Network(recurrent, layers=True)
    for name in ("teacher", "start", "other"):
        made[name].requires_grad_(False).eval()
    return made


def rows() -> list[Row]:
    """Rows with every number and column that an objective may read."""
    draw = np.random.default_rng(0)
    made = []
    for index, (prompt, completion) in enumerate(LENGTHS):
        ids = draw.integers(1, VOCABULARY, prompt + completion).astype(np.int32)
        values = {
            "reward": float(index % 2 == 0), "nat_beta": 0.1 * index, "rewritten": float(index % 2),
            "quality": 0.2 + 0.1 * index, "anchor": float(index == 3),
        }  # fmt: skip
        columns = {"logp": draw.uniform(-3, -1, completion).astype(np.float32)}
        # The teacher's tokens are two characters long, the student's one.
        spans = np.array([[at, at + 1] for at in range(completion)])
        theirs = np.array([[at, min(at + 2, completion)] for at in range(0, completion, 2)])
        told = draw.integers(1, 24, prompt + len(theirs)).astype(np.int32)
        other = Row(f"t{index}", told, prompt, spans=theirs)
        made.append(Row(f"t{index}", ids, prompt, f"p{index // 2}", values, columns, other, spans))
    return made


def items(needs) -> list[Item]:
    weights, made = (1.0, 2.0, 0.5), rows()
    if "triplets" in needs:
        threes = [(2 * at, 2 * at + 1, (2 * at + 2) % len(made)) for at in range(len(weights))]
        told = [
            [replace(made[at], values={"rival": float(three[0] != 2)}) for at in three] for three in threes
        ]
        return [Item(tuple(each), weight) for each, weight in zip(told, weights, strict=True)]
    if "pairs" in needs:
        return [Item((made[2 * at], made[2 * at + 1]), weight) for at, weight in enumerate(weights)]
    return grouped([Item((row,), weights[at // 2]) for at, row in enumerate(made)])


def with_parts(name: str, student: Network) -> Network:
    """The student, or a copy of it with what an objective trains beside it."""
    if name not in ADAPTED_FOR:
        return student
    copied = copy.deepcopy(student.model)
    return Network(with_settings(f"students/{name}", **ADAPTED_FOR[name])(copied).double(), layers=True)


class Scene:
    """An objective with all that it asks for."""

    def __init__(self, entry, networks, **setting) -> None:
        self.objective = ready(entry, **setting)
        self.needs = asked(self.objective)
        teacher = networks["other" if "teacher_text" in self.needs else "teacher"]
        student = networks[STUDENTS.get(entry.name, "student")]
        self.student, module = with_parts(entry.name, student), self.objective.module
        torch.manual_seed(5)
        sizes = [Sizes.of(each.model) for each in (self.student, teacher)]
        built = module.build(*sizes, **self.objective.params) if hasattr(module, "build") else None
        self.student.extra = None if built is None else built.double()
        wants_teacher = {"teacher", "teacher_logp", "teacher_text", "hidden"} & {*self.needs}
        self.signals = Signals(self.needs, teacher if wants_teacher else None, networks["start"])
        self.signals.memory = dict(getattr(module, "START", {}))
        self.signals.progress = 0.5
        words = tuple(f"w{at}" for at in range(VOCABULARY))
        self.signals.words = (words, words[:24])
        self.items = items(self.needs)

    def losses(self, parts, pad: int = 0) -> list[torch.Tensor]:
        """Sum, count and metrics over all parts, and the gradient of every weight."""
        self.student.zero_grad(set_to_none=True)
        totals = []
        for part in parts:
            torch.manual_seed(7)
            batch = collate(part, pad)
            loss = self.objective(batch, run(self.student, self.student, batch), self.signals.of(part, batch))
            loss.sum.backward()
            numbers = [
                loss.sum.detach(),
                loss.count,
                *(each for both in loss.metrics.values() for each in both),
            ]
            totals.append(torch.stack([torch.as_tensor(number).double() for number in numbers]))
        gradients = [each.grad.clone() for each in self.student.parameters() if each.grad is not None]
        return [torch.stack(totals).sum(0), *gradients]


def same(ours: list[torch.Tensor], theirs: list[torch.Tensor], scale: float = 1.0) -> bool:
    pairs = zip(ours, theirs, strict=True)
    return all(torch.allclose(scale * mine, other, rtol=1e-5, atol=1e-7) for mine, other in pairs)


CASES = with_options(OBJECTIVES)


@pytest.mark.parametrize(("entry", "setting"), CASES)
def test_loss_and_gradient_are_finite_and_the_student_learns_from_them(entry, setting, networks):
    scene = Scene(entry, networks, **setting)
    totals, *gradients = scene.losses([scene.items])
    assert totals.isfinite().all()
    assert totals[1] > 0, "a count to divide by"
    assert all(gradient.isfinite().all() for gradient in gradients)
    assert any(gradient.any() for gradient in gradients), "nothing to learn"


@pytest.mark.parametrize(("entry", "setting"), CASES)
def test_neither_order_nor_padding_changes_anything(entry, setting, networks):
    scene = Scene(entry, networks, **setting)
    whole = scene.losses([scene.items])
    assert same(whole, scene.losses([scene.items], pad=9))
    if not {(entry.name, value) for value in setting.values()} & DRAWN:
        assert same(whole, scene.losses([scene.items[::-1]]))


@pytest.mark.parametrize(("entry", "setting"), CASES)
def test_the_cut_into_micro_batches_changes_nothing(entry, setting, networks):
    if whole_step(entry, setting):
        pytest.skip("goes by what is in one micro-batch, as it declares")
    scene = Scene(entry, networks, **setting)
    whole = scene.losses([scene.items])
    assert same(whole, scene.losses([[item] for item in scene.items]))
    assert same(whole, scene.losses([scene.items[:1], scene.items[1:]]))


@pytest.mark.parametrize(("entry", "setting"), CASES)
def test_what_weighs_nothing_changes_nothing(entry, setting, networks):
    """Such items fill up a process's share of a step."""
    scene = Scene(entry, networks, **setting)
    *kept, last = scene.items
    if not whole_step(entry, setting):
        assert same(scene.losses([kept]), scene.losses([[*kept, replace(last, weight=0.0)]]))
    nothing, *gradients = scene.losses([[replace(last, weight=0.0)]])
    assert nothing.isfinite().all()
    assert not any(gradient.any() for gradient in gradients)


@pytest.mark.parametrize("entry", OBJECTIVES)
def test_needs_that_are_not_met_are_named(entry):
    objective = ready(entry)
    needs = asked(objective)
    supplied = {"traces", "pairs", "reference", "rewards", "triplets", "states"}  # from stored traces alone
    if lacking := [need for need in needs if need not in supplied]:
        with pytest.raises(LimbeckError, match=rf"'{entry.name}' needs .*\(({'|'.join(lacking)})\)"):
            check_needs(needs, objective, Learning())
    else:
        check_needs(needs, objective, Learning())


@pytest.mark.parametrize("entry", OBJECTIVES)
def test_a_temperature_of_nothing_is_refused(entry):
    for name in {"temperature", "hot", "cold"} & {*entry.params}:
        objective = ready(entry, **{name: 0.0})
        with pytest.raises(LimbeckError, match=f"'{entry.name}': {name} must be positive, got 0"):
            check_needs(asked(objective), objective, Learning(teacher="t"))
