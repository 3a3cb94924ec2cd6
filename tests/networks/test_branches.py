"""Students of two branches: how they begin, what is trained, and that a folder gives them back whole."""

from __future__ import annotations

import copy

import pytest
import small_world

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from transformers import AutoModelForCausalLM  # noqa: E402

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.networks.branches import FILE, Branches, restored  # noqa: E402
from limbeck.pipeline.registry import Bound, method  # noqa: E402
from limbeck.students.adapt.dual_lora import dual_lora  # noqa: E402

IDS = torch.tensor([[5, 6, 7, 8, 9]])


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("branches")
    return small_world.student(folder / "s"), small_world.student(folder / "n", seed=1)


def opened(path):
    return AutoModelForCausalLM.from_pretrained(path)


def test_a_layer_by_hand():
    """With one query and key of ones everything can be said on paper."""
    layer = Branches(torch.nn.Linear(1, 1, bias=False), torch.tensor([[3.0]]), None, r=1, scale=2.0, beta=0.5)
    for part, value in (
        (layer.base, 1.0),
        (layer.down, 0.5),
        (layer.up, 1.0),
        (layer.query, 1.0),
        (layer.key, 1.0),
    ):
        torch.nn.init.constant_(part.weight, value)
    x = torch.tensor([[2.0]])
    right, wrong = 2.0 + 2.0 * 1.0 * 0.5 * 2.0, 6.0
    alpha = 0.5 * (2 * torch.sigmoid(torch.tensor(2.0 * (wrong - right))) - 1)
    assert layer(x).item() == pytest.approx(((1 - alpha) * right + alpha * wrong).item())
    assert abs(alpha) <= 0.5


def test_it_begins_as_the_model_it_was_and_trains_its_updates_alone(pair):
    student, negative = pair
    model = opened(student)
    with torch.no_grad():
        before = model(IDS).logits
        dual = dual_lora(model, negative=negative)
        assert torch.allclose(dual(IDS).logits, before, atol=1e-6)
    trained = {name.split(".")[-2] for name, value in dual.named_parameters() if value.requires_grad}
    assert trained == {"down", "up", "query", "key"}


def test_the_wrong_branch_can_be_taken_and_subtracted(pair):
    student, negative = pair
    dual = dual_lora(opened(student), negative=negative)
    layer = next(layer for layer in dual.modules() if isinstance(layer, Branches))
    x = torch.randn(50, layer.down.in_features)
    torch.nn.init.normal_(layer.query.weight, std=3.0)
    with torch.no_grad():
        share = (layer(x) - layer.base(x)) / (torch.nn.functional.linear(x, layer.negative) - layer.base(x))
    assert share.min() < -0.1
    assert share.max() > 0.1
    assert share.abs().max() <= 0.5 + 1e-4


def test_training_keeps_both_branches_and_the_folder_gives_them_back(tmp_path, pair):
    student, negative = pair
    adapt = Bound("dual_lora", method("students/dual_lora").load(), {"negative": negative, "r": 4})
    small_world.train(tmp_path, student, adapt=adapt, steps=8, lr=3e-2)
    folder = tmp_path / "model"
    assert (folder / FILE).is_file()
    plain, whole = opened(folder), restored(opened(folder), str(folder))
    with torch.no_grad():
        assert torch.allclose(plain(IDS).logits, opened(student)(IDS).logits, atol=1e-5)
        assert not torch.allclose(whole(IDS).logits, plain(IDS).logits, atol=1e-3)
    wrong = dict(opened(negative).named_modules())
    for name, layer in whole.named_modules():
        if isinstance(layer, Branches):
            assert torch.equal(layer.negative, wrong[name].weight)
            assert not torch.equal(layer.negative, layer.base.weight)
            assert layer.up.weight.abs().sum() > 0
    again = small_world.train(tmp_path / "again", str(folder), steps=1, lr=0.0)
    twice = restored(opened(tmp_path / "again/model"), str(tmp_path / "again/model"))
    with torch.no_grad():
        assert torch.allclose(twice(IDS).logits, whole(IDS).logits, atol=1e-5)
    del again
    sampling = Sampling(temperature=0.0, max_tokens=8)
    asked = [[{"role": "user", "content": "3+4"}]]
    model = copy.copy(transformers(path=str(folder)))
    assert model.generate(asked, sampling)[0][0].ids is not None


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"targets": "q_prj"}, "no linear layer named 'q_prj'; did you mean 'q_proj'"),
        ({"r": 0}, "r=0 must be positive"),
        ({"negative": "/nowhere"}, "cannot open the negative '/nowhere'"),
    ],
)
def test_what_does_not_fit_is_named(pair, more, message):
    student, negative = pair
    with pytest.raises(LimbeckError, match=message):
        dual_lora(opened(student), **{"negative": negative, **more})


def test_a_negative_of_another_shape_is_named(tmp_path, pair):
    wide = small_world.student(tmp_path / "w", width=32)
    with pytest.raises(LimbeckError, match=r"q_proj is \(.*\) here, \(.*\) in the negative"):
        dual_lora(opened(pair[0]), negative=wide)
