"""The seam before a token is drawn: what a steering sees, what it may change, and what stays as it was."""

from __future__ import annotations

from itertools import pairwise

import pytest
import small_world

torch = pytest.importorskip("torch")

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models import sampler  # noqa: E402
from limbeck.models.journal import Journal  # noqa: E402
from limbeck.models.scripted import scripted  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402

WARM = Sampling(n=4, temperature=1.0, top_p=1.0, max_tokens=30, seed=5)
QUESTIONS = [[{"role": "user", "content": question}] for question in ("1+2", "3+4", "0+1+1", "7+1+1+1+1")]


class Noting:
    """A steering that changes nothing and notes what it is called with."""

    def __init__(self):
        self.calls, self.rows = [], []

    def begin(self, model, rows):
        self.calls.append("begin")
        self.rows = list(rows)

    def logits(self, logits_RV, rows):
        assert len(rows) == len(logits_RV)
        assert all(row in self.rows for row in rows), "only rows that have begun"
        self.calls.append("logits")
        return logits_RV

    def end(self):
        self.calls.append("end")


class Without(Noting):
    """Forbids tokens."""

    def __init__(self, *tokens):
        super().__init__()
        self.tokens = list(tokens)

    def logits(self, logits_RV, rows):
        logits_RV = logits_RV.clone()
        logits_RV[:, self.tokens] = -torch.inf
        return logits_RV


class Toward(Noting):
    """Adds a bias to one token."""

    def __init__(self, token, bias):
        super().__init__()
        self.token, self.bias = token, bias

    def logits(self, logits_RV, rows):
        return logits_RV + self.bias * torch.nn.functional.one_hot(
            torch.tensor(self.token), logits_RV.shape[-1]
        )


class Contrast(Noting):
    """Away from what the network thinks after the last two tokens alone; no token comes twice in a row."""

    def begin(self, model, rows):
        super().begin(model, rows)
        self.model = model

    def logits(self, logits_RV, rows):
        super().logits(logits_RV, rows)
        last_R2 = torch.tensor([row.seen[-2:] for row in rows])
        amateur_RV = self.model(input_ids=last_R2).logits[:, -1]
        return (2 * logits_RV - amateur_RV).scatter(1, last_R2[:, 1:], -torch.inf)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> str:
    torch.manual_seed(0)
    return small_world.student(tmp_path_factory.mktemp("student"), template="bare")


@pytest.fixture(scope="module")
def model(folder):
    return transformers(path=folder)


def ids(model, sampling=WARM) -> list[list[list[int]]]:
    return [[completion.ids for completion in row] for row in model.generate(QUESTIONS, sampling)]


def test_a_steering_that_changes_nothing_changes_nothing(model):
    assert ids(model.steered(Noting())) == ids(model)
    assert model.steering is None


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_forbidden_token_is_never_drawn(model, temperature):
    sampling = Sampling(n=8, temperature=temperature, top_p=1.0, max_tokens=30)
    drawn = {token for row in ids(model, sampling) for each in row for token in each}
    forbidden = sorted(drawn)[:3]
    steered = {
        token for row in ids(model.steered(Without(*forbidden)), sampling) for each in row for token in each
    }
    assert steered
    assert not steered & set(forbidden)


def test_a_bias_shows_in_the_draws_and_in_the_log_probabilities(model):
    token = model._loaded[1]("1", add_special_tokens=False)["input_ids"][0]
    sampling = Sampling(n=400, temperature=1.0, top_p=1.0, max_tokens=1, logprobs=True)
    plain = model.generate(QUESTIONS[:1], sampling)[0]
    steered = model.steered(Toward(token, 3.0)).generate(QUESTIONS[:1], sampling)[0]
    (before,) = {c.logprobs[0] for c in plain if c.ids == [token]}
    (after,) = {c.logprobs[0] for c in steered if c.ids == [token]}
    p = torch.tensor(before).exp()
    odds = p / (1 - p) * torch.e**3
    assert after == pytest.approx(float((odds / (1 + odds)).log()), abs=1e-4)
    share = sum(c.ids == [token] for c in steered) / 400
    assert share == pytest.approx(float(odds / (1 + odds)), abs=0.1)
    assert share > sum(c.ids == [token] for c in plain) / 400 + 0.1


@pytest.mark.parametrize(
    ("tokens", "stragglers", "compact"), [(200, 0.9, 0.15), (120, 0.15, 0.15), (300, 0.5, 1.0), (1, 0, 0)]
)
def test_what_a_steering_sees_does_not_depend_on_how_batches_are_cut(
    folder, model, monkeypatch, tokens, stragglers, compact
):
    together = ids(model.steered(Contrast()))
    assert together != ids(model)
    assert all(a != b for row in together for each in row for a, b in pairwise(each))
    monkeypatch.setattr(sampler, "STRAGGLERS", stragglers)
    monkeypatch.setattr(sampler, "COMPACT", compact)
    steering = Contrast()
    assert ids(transformers(path=folder, batch_tokens=tokens).steered(steering)) == together
    assert steering.calls.count("begin") > 1


def test_every_batch_begins_and_ends_once_even_where_nobody_reads_on(folder):
    steering = Noting()
    stream = transformers(path=folder, batch_tokens=100).steered(steering).stream(QUESTIONS, WARM)
    next(stream)
    stream.close()
    assert steering.calls[-1] == "end"
    ids(transformers(path=folder, batch_tokens=100).steered(steering))
    borders = [call for call in steering.calls if call != "logits"]
    assert borders == ["begin", "end"] * (len(borders) // 2)


def test_impossible_logits_are_one_error(model):
    everything = range(model._loaded[0].config.vocab_size)
    with pytest.raises(LimbeckError, match="steering Without leaves a row without a token to draw"):
        ids(model.steered(Without(*everything)))

    class Short(Noting):
        def logits(self, logits_RV, rows):
            return logits_RV[:, 1:]

    with pytest.raises(LimbeckError, match=r"steering Short gives logits of shape \(16, \d+\)"):
        ids(model.steered(Short()))


def test_models_without_logits_say_so_and_a_steered_one_scores_nothing(model, tmp_path):
    with pytest.raises(LimbeckError, match="'scripted' cannot be steered; use a local model"):
        scripted(replies=["x"]).steered(Noting())
    with pytest.raises(LimbeckError, match="is steered and cannot score"):
        model.steered(Noting()).score(QUESTIONS[:1], ["1"])
    journal = Journal(model, tmp_path / "journal.jsonl")
    assert ids(journal.steered(Without(3))) == ids(model.steered(Without(3)))
    assert not journal.path.exists()


def test_a_journal_hands_on_what_rollouts_ask_of_a_sampler(folder, tmp_path):
    model = transformers(path=folder)
    journal = Journal(transformers(path=folder), tmp_path / "journal.jsonl")
    prompts = model._prompt_ids(QUESTIONS)
    wanted = [[0, 1]] * len(prompts)
    journal.sync(model._loaded[0])
    handed = sorted((i, j, c.ids) for i, j, c in journal.continue_ids(prompts, wanted, WARM))
    assert handed == sorted((i, j, c.ids) for i, j, c in model.continue_ids(prompts, wanted, WARM))
