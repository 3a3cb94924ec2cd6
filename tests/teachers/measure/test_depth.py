"""teachers/depth: steps of traces scored by what a network's late layers do."""

from __future__ import annotations

import numpy as np
import pytest
import small_world
from flat import flat

torch = pytest.importorskip("torch")

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.networks import depth as library  # noqa: E402
from limbeck.networks.probe import Probe  # noqa: E402
from limbeck.pipeline.context import Context  # noqa: E402
from limbeck.pipeline.store import MemoryShards  # noqa: E402
from limbeck.problems.worlds.operands import operands  # noqa: E402
from limbeck.records import Data  # noqa: E402

DATA = operands(n=6, low=3, high=5, solve="steps")


def depth(data, **given):
    return Data.join([*flat("teachers/depth")(MemoryShards([data]), **given)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> str:
    torch.manual_seed(0)
    return small_world.student(tmp_path_factory.mktemp("student"), DATA, layers=3, template="bare")


def test_steps_and_features_are_those_of_the_network(folder, tmp_path):
    made = depth(DATA, model=folder, separator=";", precision="fp32", ctx=Context(tmp_path))
    probe = Probe.open(folder, precision="fp32", layers=True)
    rows, _ = probe.rows(DATA, DATA.traces)
    read = {
        rows[place].id: values for place, values in probe.tokens(rows, library.Reader(probe.networks[0], 0.5))
    }
    for trace in made.traces:
        score_n, surprisal_n, entropy_n = read[trace.id]
        assert trace.scores["length"] == len(score_n) == len(trace.reasoning) + 2  # the answer and the end
        assert trace.scores["surprisal"] == pytest.approx(surprisal_n.mean(), abs=1e-5)
        assert trace.scores["uncertainty"] == pytest.approx(entropy_n.mean(), abs=1e-5)
        steps = [name for name in trace.scores if name.startswith("depth/")]
        count = trace.reasoning.count(";")
        assert steps == [f"depth/{at}" for at in range(count)]
        # ``;3+8=1`` is six tokens of one character.
        means = [score_n[6 * at : 6 * at + 6].mean() for at in range(count - 1)]
        assert [trace.scores[name] for name in steps[:-1]] == pytest.approx(means, abs=1e-6)
        assert trace.scores["depth_mean"] == pytest.approx(np.mean([trace.scores[name] for name in steps]))
        assert 0 < trace.scores["depth_attention"] < 1


def test_a_network_of_one_layer_has_none_to_compare(tmp_path):
    flat_one = small_world.student(tmp_path / "one", DATA, template="bare")
    with pytest.raises(LimbeckError, match="1 layer and no inner one"):
        depth(DATA, model=flat_one, ctx=Context(tmp_path))
    with pytest.raises(LimbeckError, match="no regular expression"):
        depth(DATA, model=flat_one, separator="(", ctx=Context(tmp_path))
