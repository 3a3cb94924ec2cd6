"""`students/compress`: folders that hold what was asked for, and mistakes that they name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import small_world

torch = pytest.importorskip("torch", reason="students need the extra limbeck[train]")

from transformers import AutoModelForCausalLM  # noqa: E402

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models.local import Local  # noqa: E402
from limbeck.networks.compressing import layers, rounded  # noqa: E402
from limbeck.networks.opening import load  # noqa: E402
from limbeck.networks.rounding import FILE  # noqa: E402
from limbeck.pipeline.context import Context  # noqa: E402
from limbeck.pipeline.parameters import ready  # noqa: E402
from limbeck.pipeline.store import MemoryShards  # noqa: E402

CALIBRATED = ("gptq", "wanda", "sparsegpt", "layer_drop")


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> str:
    return small_world.student(tmp_path_factory.mktemp("start"), layers=2)


def made(name: str, start: str, folder: Path, **settings) -> str:
    folder.mkdir(exist_ok=True)
    inputs = [MemoryShards([small_world.world(8)])] if name in CALIBRATED else []
    return ready(f"students/{name}", student=start, ctx=Context(folder), **settings)(*inputs)


def weights(path: str) -> list[torch.Tensor]:
    return [layer.weight for layer in layers(load(path))]


@pytest.mark.parametrize("name", ["rounded", "gptq"])
def test_sixteen_bits_are_the_student_itself(name, start, tmp_path):
    path = made(name, start, tmp_path, bits=16)
    assert all(
        torch.equal(a, b) for a, b in zip(load(start).parameters(), load(path).parameters(), strict=True)
    )
    assert not (Path(path) / FILE).exists()


@pytest.mark.parametrize("name", ["wanda", "sparsegpt", "magnitude"])
def test_pruning_empties_its_share(name, start, tmp_path):
    untouched = weights(made(name, start, tmp_path / "none", share=0.0))
    assert all(torch.equal(*pair) for pair in zip(weights(start), untouched, strict=True))
    for weight in weights(made(name, start, tmp_path / "half", share=0.5)):
        assert (weight == 0).double().mean() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("name", ["wanda", "sparsegpt"])
def test_a_pattern_holds_in_every_row(name, start, tmp_path):
    for weight in weights(made(name, start, tmp_path, pattern="2:4")):
        groups = weight[:, : weight.shape[1] // 4 * 4].unflatten(1, (-1, 4))
        assert ((groups == 0).sum(-1) >= 2).all()


def test_groups_have_scales_of_their_own(start, tmp_path):
    path = made("rounded", start, tmp_path, bits=3, group=4)
    for before, after in zip(weights(start), weights(path), strict=True):
        assert torch.equal(after, torch.cat([rounded(part, 3) for part in before.split(4, 1)], 1))


def test_gptq_on_its_own_text_keeps_its_outputs_nearer_than_rounding(start, tmp_path):
    ids = torch.tensor([load_ids(start)])
    with torch.no_grad():
        dense, plain, solved = (
            load(path)(ids).logits.log_softmax(-1)
            for path in (
                start,
                made("rounded", start, tmp_path / "plain", bits=3),
                made("gptq", start, tmp_path / "gptq", bits=3),
            )
        )
    gaps = [float((dense.exp() * (dense - other)).sum(-1).mean()) for other in (plain, solved)]
    assert gaps[1] < gaps[0]


def load_ids(start: str) -> list[int]:
    from limbeck.networks.rows import ChatTokenizer

    data = small_world.world(8)
    rows = ChatTokenizer.open(start).rows(data, data.kept()).values()
    return [token for row in rows for token in row.ids.tolist()]


def test_a_shorter_student_is_an_ordinary_folder(start, tmp_path):
    path = made("layer_drop", start, tmp_path)
    plain = AutoModelForCausalLM.from_pretrained(path)
    assert plain.config.num_hidden_layers == len(plain.model.layers) == 1
    with pytest.raises(LimbeckError, match="layers=2: the model has 2"):
        made("layer_drop", start, tmp_path, layers=2)


def test_a_rounding_student_samples_alike_alone_and_in_company(start, tmp_path):
    path = made("rounded", start, tmp_path, bits=16, activations=4, cache=3)
    assert json.loads((Path(path) / FILE).read_text()) == {"activations": 4, "cache": 3}
    chats = [[{"role": "user", "content": text}] for text in ("1+2", "7+1", "12+30+4")]
    sampling = Sampling(n=1, temperature=1.0, max_tokens=12, seed=3)
    together = {index: each.text for index, _, each in Local(path).stream(chats, sampling)}
    alone = [next(Local(path).stream([chat], sampling))[2].text for chat in chats]
    assert [together[index] for index in range(3)] == alone
    again = made("rounded", path, tmp_path / "again", bits=4)
    assert json.loads((Path(again) / FILE).read_text()) == {"activations": 4, "cache": 3}


def test_a_rounding_student_is_not_trained(start, tmp_path):
    path = made("rounded", start, tmp_path / "made", cache=4)
    with pytest.raises(LimbeckError, match="no gradient"):
        small_world.train(tmp_path / "train", path, steps=1)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("rounded", {"bits": 1}),
        ("rounded", {"cache": 17}),
        ("rounded", {"activations": 0}),
        ("gptq", {"bits": 32}),
        ("wanda", {"share": 1.0}),
        ("sparsegpt", {"pattern": "3:4"}),
        ("magnitude", {"share": -0.1}),
        ("layer_drop", {"layers": 0}),
    ],
)
def test_a_width_that_is_no_width_is_refused_when_planned(name, settings):
    with pytest.raises(LimbeckError, match=next(iter(settings))):
        ready(f"students/{name}", student="x", ctx=Context(None), **settings)


def test_nothing_to_calibrate_on_is_an_error(start, tmp_path):
    data = small_world.world(3)
    for trace in data.traces:
        trace.marks.append("unwanted")
    with pytest.raises(LimbeckError, match="no text to calibrate on"):
        ready("students/gptq", student=start, ctx=Context(tmp_path))(MemoryShards([data]))
