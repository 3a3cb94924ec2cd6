"""Rows that wait take the places of rows that are over: who enters, what is computed, what is written."""

from __future__ import annotations

import pytest
import small_world

torch = pytest.importorskip("torch")

from limbeck.generation import Sampling  # noqa: E402
from limbeck.models import _refill, sampler  # noqa: E402
from limbeck.models._draw import choose, nucleus  # noqa: E402
from limbeck.models._queue import Queue, Row  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402

WARM = Sampling(n=5, temperature=1.0, top_p=1.0, max_tokens=40, seed=5, logprobs=True)
QUESTIONS = [[{"role": "user", "content": text}] for text in ("1+2", "3+4+5", "0", "7+1+1+1+1", "9+9")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> str:
    torch.manual_seed(0)
    return small_world.student(tmp_path_factory.mktemp("student"), template="bare")


@pytest.fixture(scope="module")
def plain(folder):
    return replies(transformers(path=folder))


def replies(model, sampling: Sampling = WARM) -> list:
    return [reply for row in model.generate(QUESTIONS, sampling) for reply in row]


def few_rows(monkeypatch, rows: int, compact: float) -> list[int]:
    """At most so many rows at once; notes how many are under way at each step."""
    monkeypatch.setattr(sampler, "rows_at_once", lambda _: rows)
    monkeypatch.setattr(sampler, "COMPACT", compact)
    alive: list[int] = []

    class Watched(sampler.Batch):
        def step(self):
            alive.append(int(self.alive_R.sum()))
            return super().step()

    monkeypatch.setattr(sampler, "Batch", Watched)
    return alive


@pytest.mark.parametrize(("rows", "compact"), [(4, 0.0), (4, 0.5), (1, 0.0), (7, 0.15)])
@pytest.mark.parametrize("block", [64, 5])
def test_samples_are_those_of_one_large_batch(folder, plain, monkeypatch, rows, compact, block):
    few_rows(monkeypatch, rows, compact)
    monkeypatch.setattr(sampler, "BLOCK", block)
    made = replies(transformers(path=folder))
    assert [reply.ids for reply in made] == [reply.ids for reply in plain]
    assert [reply.finish for reply in made] == [reply.finish for reply in plain]
    for mine, other in zip(made, plain, strict=True):
        assert mine.logprobs == pytest.approx(other.logprobs, abs=1e-4)


def test_places_do_not_stand_empty_while_rows_wait(folder, plain, monkeypatch):
    alive = few_rows(monkeypatch, 4, 0.0)
    replies(transformers(path=folder))
    total = sum(reply.tokens for reply in plain)
    assert sum(alive) == total, "every row under way writes a token a step"
    last = max(reply.tokens for reply in plain)
    assert alive[: len(alive) - last] == [4] * (len(alive) - last), "all places are taken until none waits"


def test_a_prompt_is_computed_once_though_its_samples_come_in_one_by_one(folder, monkeypatch):
    few_rows(monkeypatch, 2, 0.0)
    model = transformers(path=folder)
    prompts = []
    forward = sampler.Batch._forward

    def counted(batch, ids_RT):
        if ids_RT.shape[1] > 1:
            prompts.append(len(ids_RT))
        return forward(batch, ids_RT)

    monkeypatch.setattr(sampler.Batch, "_forward", counted)
    replies(model)
    assert sum(prompts) == len(QUESTIONS)


def test_a_stop_string_of_a_row_before_does_not_end_the_one_that_took_its_place(folder, plain, monkeypatch):
    stop = max((reply.text for reply in plain), key=len)[3:5]
    few_rows(monkeypatch, 3, 0.0)
    how = Sampling(n=5, temperature=1.0, top_p=1.0, max_tokens=40, seed=5, stop=(stop,))
    assert [reply.text for reply in replies(transformers(path=folder), how)] == [
        reply.text.partition(stop)[0] for reply in plain
    ]


def test_the_cache_stays_within_its_budget_while_rows_come_in(folder, plain, monkeypatch):
    held = []

    class Watched(sampler.Batch):
        def advance(self):
            super().advance()
            held.append(len(self.rows) * self.width)

    monkeypatch.setattr(sampler, "Batch", Watched)
    made = replies(transformers(path=folder, batch_tokens=200))
    assert [reply.ids for reply in made] == [reply.ids for reply in plain]
    assert max(held) <= 200


def test_a_batch_of_wide_prompts_is_not_refilled_when_many_narrow_ones_wait():
    rows = [Row([1] * 90, 0, number, 10) for number in range(2)]
    rows += [Row([1] * 5, 1, number, 10) for number in range(40)]
    queue = Queue(rows, 200, 100)
    batch = queue.batch()
    assert [len(row.prompt) for row in batch] == [90, 90]
    # Of 15 tokens each, 200 hold 13 rows.
    assert queue.ready() == 13
    assert queue.ready() > _refill.GROWN * len(batch)
    # Beside a row of 95 columns there is room for none: two of 95 + 10 are more than 200.
    assert queue.joining(1, 1, 95) == []
    assert len(queue.joining(5, 1, 20)) == 5


def nuclei(scale: float, size: int, kind: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(int(scale * 10))
    return (torch.randn(48, size, generator=draw) * scale).to(kind), torch.rand(48, generator=draw)


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("scale", "top_p"), [(1.0, 0.9), (3.0, 0.95), (6.0, 0.95), (6.0, 0.2)])
def test_a_nucleus_of_the_likeliest_is_that_of_all(kind, scale, top_p):
    """Ties, which bfloat16 has many of, go by the id of the token."""
    logits_RV, uniform_R = nuclei(scale, 5000, kind)
    how = Sampling(temperature=0.9, top_p=top_p)
    probs_RV = torch.softmax(logits_RV.float() / 0.9, -1)
    expected = []
    for probs_V, uniform in zip(probs_RV, uniform_R, strict=True):
        order = sorted(range(5000), key=lambda token: (-float(probs_V[token]), token))
        cdf = probs_V[order].cumsum(-1)
        inside = int((cdf - probs_V[order] < top_p).sum())
        expected.append(order[int((cdf <= uniform * cdf[inside - 1]).sum())])
    assert choose(logits_RV, how, uniform_R).tolist() == expected
    kept_RV = nucleus(logits_RV, how)
    assert kept_RV.sum(-1) == pytest.approx(torch.ones(48), abs=1e-4)
    assert all(kept_RV[row, token] > 0 for row, token in enumerate(expected))


def test_the_distribution_of_a_draw_is_one_hot_without_a_temperature():
    logits_RV = torch.tensor([[0.0, 2.0, 1.0]])
    assert nucleus(logits_RV, Sampling(temperature=0.0)).tolist() == [[0.0, 1.0, 0.0]]
    # e^2 and e^1 over their sum: 0.731 and 0.269 once the third is cut at 0.9 (0.665 + 0.245 = 0.910).
    kept = nucleus(logits_RV, Sampling(temperature=1.0, top_p=0.9))[0]
    assert kept.tolist() == pytest.approx([0.0, 0.7311, 0.2689], abs=1e-4)
