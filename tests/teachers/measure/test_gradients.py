"""teachers/gradients, and what reads its file: diversity, sparse, influential."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="gradients need the extra limbeck[train]")

from flat import flat  # noqa: E402
from small_world import student, world  # noqa: E402

from limbeck import vectors  # noqa: E402
from limbeck.curation.select.influential import influential  # noqa: E402
from limbeck.curation.select.sparse import sparse  # noqa: E402
from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.networks.gradients import Sketch, gradients  # noqa: E402
from limbeck.networks.probe import Probe  # noqa: E402
from limbeck.pipeline.context import Context  # noqa: E402
from limbeck.pipeline.store import MemoryShards  # noqa: E402
from limbeck.records import Data, Problem, Trace  # noqa: E402

stage, diversity = flat("teachers/gradients"), flat("evaluation/diversity")


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> str:
    return str(student(tmp_path_factory.mktemp("student"), world(6)))


def context(folder) -> Context:
    return Context(folder, report=lambda event: None)


def test_a_gradient_is_that_of_the_rows_mean_loss(model):
    """Compared with autograd's gradient of all weights, whose inner products the sketch keeps on average."""
    probe, data = Probe.open(model, precision="fp32"), world(3)
    rows, _ = probe.rows(data, data.traces[:3])
    network = probe.networks[0]
    direct = []
    for row in rows:
        network.requires_grad_(True)
        ids = torch.tensor(row.ids[None].astype(np.int64))
        loss = network.model(input_ids=ids).logits[0, row.start - 1 : -1].log_softmax(-1)
        picked = loss.gather(-1, ids[0, row.start :, None]).mean()
        grads = torch.autograd.grad(-picked, list(network.parameters()))
        direct.append(torch.cat([grad.reshape(-1) for grad in grads]))
    exact = torch.stack(direct)
    seeds = [torch.stack(list(gradients(network, rows, Sketch(4096, seed)))) for seed in range(8)]
    wanted = exact @ exact.T
    got = torch.stack([each @ each.T for each in seeds]).mean(0)
    assert torch.allclose(got, wanted, rtol=0.08, atol=0.04 * float(wanted.diagonal().mean()))
    assert not any(weight.requires_grad for weight in network.parameters())
    # The same seed gives the same numbers, another one others.
    again = torch.stack(list(gradients(network, rows, Sketch(4096, 0))))
    assert torch.equal(again, seeds[0])
    assert not torch.equal(seeds[0], seeds[1])


def test_only_some_weights_may_count(model):
    probe, data = Probe.open(model, precision="fp32"), world(2)
    rows, _ = probe.rows(data, data.traces[:1])
    [some] = gradients(probe.networks[0], rows, Sketch(64), "norm")
    [whole] = gradients(probe.networks[0], rows, Sketch(64))
    assert some.norm() > 0
    assert not torch.allclose(some, whole)
    with pytest.raises(LimbeckError, match="no weight has 'nrm'"):
        list(gradients(probe.networks[0], rows, Sketch(64), "nrm"))


def test_a_stage_writes_a_vector_for_each_kept_trace_and_goes_on(model, tmp_path):
    shards = MemoryShards([world(3), Data(world(6).problems[3:], world(6).traces[6:])])
    folder = stage(shards, model=model, size=32, ctx=context(tmp_path))
    read = vectors.Vectors.read(folder)
    kept = [trace.id for shard in shards for trace in shard.kept()]
    assert set(read.rows) == set(kept)
    assert np.allclose(np.linalg.norm(read.values_ND, axis=1), 1, atol=1e-5)
    (tmp_path / "index" / "00001.npz").unlink()
    before = (tmp_path / "index" / "00000.npz").stat().st_mtime_ns
    again = vectors.Vectors.read(stage(shards, model=model, size=32, ctx=context(tmp_path)))
    assert np.array_equal(again.values_ND, read.values_ND)
    assert (tmp_path / "index" / "00000.npz").stat().st_mtime_ns == before
    texts = vectors.Vectors.read(
        stage(shards, model=model, read="questions", size=32, ctx=context(tmp_path / "q"))
    )
    assert set(texts.rows) == {problem.id for shard in shards for problem in shard.problems}
    with pytest.raises(LimbeckError, match="nothing to read"):
        stage(MemoryShards([Data()]), model=model, ctx=context(tmp_path / "none"))


def stored(folder, values: dict[str, list[float]]) -> str:
    vectors.write(folder, 0, list(values), np.array(list(values.values())))
    return str(folder)


def asked(*names: str) -> Data:
    problems = [Problem(id=name, question=f"question {name}") for name in names]
    traces = [Trace(id=f"{name}1", problem_id=name, reasoning=f"so {name}", answer="1") for name in names]
    return Data(problems, traces)


def test_influential_takes_what_points_where_the_target_does(tmp_path):
    values = {"a1": [1.0, 0.1], "b1": [-1.0, 0.0], "c1": [1.0, 1.0], "d1": [0.0, 1.0]}
    mine = stored(tmp_path / "mine", values)
    target = stored(tmp_path / "target", {"t1": [1.0, 0.0], "t2": [1.0, 0.0]})
    data = asked("a", "b", "c", "d", "e")
    log: list[str] = []
    ctx = Context(tmp_path, report=lambda event: log.append(event["message"]))
    [made] = influential(MemoryShards([data]), gradients=mine, target=target, n=2, ctx=ctx)
    assert {problem.id: problem.marks for problem in made.problems} == {
        "a": [], "b": ["uninfluential"], "c": [], "d": ["uninfluential"], "e": ["uninfluential"],
    }  # fmt: skip
    assert made.problems[2].meta["influence"] == pytest.approx(0.5**0.5)
    assert log == ["1 problems have no gradient and are not chosen"]
    away = stored(tmp_path / "away", {"t1": [1.0, 0.0], "t2": [-1.0, 0.0]})
    with pytest.raises(LimbeckError, match="cancel out"):
        list(influential(MemoryShards([data]), gradients=mine, target=away, n=2, ctx=ctx))
    wide = stored(tmp_path / "wide", {"t1": [1.0, 0.0, 0.0]})
    with pytest.raises(LimbeckError, match="2 and 3 numbers"):
        list(influential(MemoryShards([data]), gradients=mine, target=wide, n=2, ctx=ctx))


def test_sparse_leaves_what_lies_in_small_clusters(tmp_path):
    crowd = {f"p{number}": [1.0, 0.001 * number, 0.0] for number in range(20)}
    pool = stored(tmp_path / "pool", {**crowd, "q0": [0.0, 1.0, 0.0], "q1": [0.0, 1.0, 0.01]})
    fresh = stored(tmp_path / "new", {"a1": [1.0, 0.02, 0.0], "b1": [0.1, 1.0, 0.0], "c1": [0.9, 0.1, 0.0]})
    data = asked("a", "b", "c", "d")
    ctx = context(tmp_path)
    [made] = sparse(MemoryShards([data]), gradients=fresh, pool=pool, k=2, ctx=ctx)
    assert [problem.marks for problem in made.problems] == [["dense"], [], ["dense"], ["no_gradient"]]
    assert all(not problem.marks for problem in data.problems)


def test_diversity_tells_a_set_of_copies_from_a_set_of_kinds(tmp_path):
    data = asked("a", "b", "c", "d")
    alike = stored(tmp_path / "alike", {f"{name}1": [1.0, 0.0, 0.0, 0.0] for name in "abcd"})
    apart = stored(tmp_path / "apart", {f"{name}1": np.eye(4)[at] for at, name in enumerate("abcd")})
    values = {}
    for name, file in (("alike", alike), ("apart", apart)):
        made = diversity(data, gradients=file, grams=1, ctx=context(tmp_path))
        values[name] = {result.metric: result.value for result in made.results}
        assert made.data.traces[0].scores == values[name]
    assert (values["alike"]["g_vendi"], values["apart"]["g_vendi"]) == (pytest.approx(1), pytest.approx(4))
    assert values["alike"]["vendi"] == values["apart"]["vendi"] > 1
    # Words of "question a so a1" and its like: "question" and "so" a quarter each, eight others 1/16 each.
    entropy = 2 * 0.25 * np.log(4) + 8 * np.log(16) / 16
    assert values["alike"]["ngram_entropy"] == pytest.approx(entropy)
    with pytest.raises(LimbeckError, match="none of the kept traces"):
        diversity(asked("x"), gradients=alike, ctx=context(tmp_path))
