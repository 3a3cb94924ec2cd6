"""`decoding/directed` and `teachers/inclination`: directions made by hand, found, and put into states."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import small_world
from flat import flat

torch = pytest.importorskip("torch")

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Completion, Sampling  # noqa: E402
from limbeck.judging.prompt_scores import Replies, inclinations  # noqa: E402
from limbeck.models.scripted import Scripted  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.networks.inclined import Inclined, fitted, put  # noqa: E402
from limbeck.networks.twins import last_states  # noqa: E402
from limbeck.pipeline.context import Context  # noqa: E402
from limbeck.pipeline.parameters import ready  # noqa: E402
from limbeck.pipeline.store import MemoryShards  # noqa: E402

WARM = Sampling(n=4, temperature=1.0, top_p=1.0, max_tokens=8, seed=5)
CHATS = [[{"role": "user", "content": question}] for question in ("1+2", "3+4", "0+1+1")]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    torch.manual_seed(0)
    folder = small_world.student(tmp_path_factory.mktemp("model"), layers=3, width=32, template="bare")
    return transformers(path=folder)


@pytest.fixture
def part(tmp_path):
    """A direction made by hand: along the first axis of the middle layer."""
    unit, offset = torch.zeros(3, 32), torch.zeros(3, 32)
    unit[:, 0] = 1.0
    made = Inclined(unit, offset, torch.full((3,), 4.0), torch.tensor([0.1, 0.9, 0.2]), 1)
    made.save(tmp_path)
    return str(tmp_path)


def ids(model):
    return [[each.ids for each in row] for row in model.generate(CHATS, WARM)]


def steered(model, part, **settings):
    return ready("decoding/directed", model=model, direction=part, **settings)()


def test_a_state_is_put_where_it_was_to_be_and_stays_elsewhere():
    unit_D, offset_D = torch.tensor([0.6, 0.8, 0.0]), torch.tensor([1.0, 0.0, 0.0])
    state_RTD = torch.tensor([[[2.0, 3.0, 5.0]]])
    # (h - offset)·u = 0.6 + 2.4 = 3, so h goes 1 - 3 = -2 along u.
    put_D = put(state_RTD, unit_D, offset_D, 1.0)[0, 0]
    assert put_D.tolist() == pytest.approx([2.0 - 1.2, 3.0 - 1.6, 5.0])
    torch.testing.assert_close(put(state_RTD, unit_D, offset_D, 3.0), state_RTD)


def test_the_layer_that_is_named_is_the_one_that_is_changed(model, part):
    for layer, expected in ((-1, 1), (0, 0), (2, 2)):
        other = steered(model, part, coefficient=-0.5, scale=2.0, layer=layer).changed.network
        states = last_states(other, [[5, 6, 7], [8, 9]])
        before = last_states(model.network, [[5, 6, 7], [8, 9]])
        torch.testing.assert_close(states[:expected], before[:expected])
        # -0.5 times 2 times a reach of 4.
        assert states[expected, :, 0].tolist() == pytest.approx([-4.0, -4.0], abs=1e-5)
        torch.testing.assert_close(states[expected, :, 1:], before[expected, :, 1:])


def test_steering_changes_what_is_written_and_what_is_scored_but_not_the_model(model, part):
    before, scored = ids(model), model.score(CHATS, ["3", "7", "2"])
    other = steered(model, part, coefficient=20.0)
    assert ids(other) != before
    assert other.score(CHATS, ["3", "7", "2"]) != scored
    assert (ids(model), model.score(CHATS, ["3", "7", "2"])) == (before, scored)


def test_what_is_scored_is_what_is_drawn_from(model, part):
    other = steered(model, part, coefficient=3.0)
    sampling = Sampling(n=2, temperature=1.0, top_p=1.0, max_tokens=5, seed=1, logprobs=True)
    for index, _, completion in other.stream(CHATS, sampling):
        given = [*model.prompt_ids(CHATS)[index], *completion.ids]
        with torch.no_grad():
            logp_TV = other.changed.network(input_ids=torch.tensor([given])).logits[0].log_softmax(-1)
        start = len(given) - len(completion.ids)
        read = [float(logp_TV[place - 1, given[place]]) for place in range(start, len(given))]
        assert completion.logprobs == pytest.approx(read, abs=1e-4)


def test_directions_by_hand():
    # One layer of two axes; neutral prompts at (1, 1), high ones beyond on the first axis, low on the second.
    states_LPD = torch.tensor(
        [[[1.0, 1.0], [5.0, 1.0], [3.0, 1.0], [1.0, 3.0], [2.0, 1.0], [1.0, 2.0], [1.0, 1.0]]]
    )
    scores_P = torch.tensor([0.0, 1.0, 0.5, -1.0, 0.5, -0.5, 0.0])
    held_P = torch.tensor([False] * 4 + [True] * 3)
    made = fitted(states_LPD, scores_P, held_P, 0.1, 1)
    assert made.offset_LD.tolist() == [[1.0, 1.0]]
    assert made.unit_LD[0].tolist() == pytest.approx([math.sqrt(0.5), -math.sqrt(0.5)])
    # High prompts lie at 4 / √2 and 2 / √2, low ones at -2 / √2.
    assert float(made.reach_L[0]) == pytest.approx(3 * math.sqrt(0.5))
    assert float(made.correlation_L[0]) == pytest.approx(1.0)
    with pytest.raises(LimbeckError, match="0 prompts above 1, 0 below -1, 3 held out"):
        fitted(states_LPD, scores_P, held_P, 1.0, 1)


def test_the_last_layers_are_not_chosen():
    torch.manual_seed(0)
    scores_P = torch.linspace(-1, 1, 12)
    held_P = torch.arange(12) % 3 == 1
    noise_LPD = torch.randn(3, 12, 4)
    noise_LPD[2, :, 0] = 100 * scores_P
    noise_LPD[1, :, 0] += 2 * scores_P
    assert fitted(noise_LPD, scores_P, held_P, 0.1, 3).layer == 2
    assert fitted(noise_LPD, scores_P, held_P, 0.1, 2).layer < 2


def test_replies_count_by_their_kind_and_probability():
    replies = Replies(positive="no", partial="perhaps", negative="yes", n=4)
    assert [replies.score(text) for text in ("no", "perhaps", "yes", "yes and no", "so")] == [
        1,
        0.5,
        -1,
        0,
        0,
    ]

    class Told:
        def generate(self, chats, sampling):
            assert sampling.logprobs
            assert (sampling.n, sampling.temperature, sampling.top_p) == (4, 1.0, 1.0)
            drawn = [("no", 0.5), ("no", 0.5), ("perhaps", 0.25), ("yes", 0.125)]
            return [[Completion(text=text, logprobs=[math.log(p), 0.0]) for text, p in drawn]]

    # 0.5 · 1 + 0.25 / 2 - 0.125, what came twice counted once.
    assert inclinations(Told(), [[]], replies, 0) == pytest.approx([0.5])


def test_a_direction_is_found_where_a_model_has_one(model, tmp_path):
    """Half of the questions make one sign likelier than the other: the direction tells which."""
    data = small_world.world(60)
    for problem in data.problems:
        problem.question = problem.question.replace("+", "")
    first = model.generate([[{"role": "user", "content": p.question}] for p in data.problems], WARM)
    signs = sorted(
        {completion.text[:1] for row in first for completion in row if completion.text[:1].isalnum()}
    )
    positive, negative = (
        f"^[{''.join(half)}]" for half in (signs[: len(signs) // 2], signs[len(signs) // 2 :])
    )
    log: list[str] = []
    context = Context(tmp_path, report=lambda event: log.append(event.get("message", "")))
    settings = {"positive": positive, "negative": negative, "n": 20, "max_tokens": 1, "threshold": 0.0}
    part = flat("teachers/inclination")(MemoryShards([data]), model=model.path, ctx=context, **settings)
    made = Inclined.load(part)
    assert made.unit_LD.shape == made.offset_LD.shape == (3, 32)
    assert made.unit_LD.norm(dim=-1).tolist() == pytest.approx([1.0] * 3, abs=1e-5)
    assert made.layer < 2, "a fifth of three layers, the last one, is left out"
    assert any("correlation with the score by layer" in line for line in log)

    def high(coefficient: float) -> float:
        rows = steered(model, part, coefficient=coefficient, scale=4.0).generate(CHATS, WARM)
        return sum(completion.text[:1] in positive for row in rows for completion in row)

    assert high(1.0) >= high(-1.0)


def test_what_cannot_work_is_told(model, part, tmp_path):
    with pytest.raises(LimbeckError, match="layer=3: the direction has layers 0 to 2"):
        ids(steered(model, part, layer=3))
    wide = transformers(path=small_world.student(tmp_path / "wide", width=48, template="bare"))
    with pytest.raises(LimbeckError, match="of a network 32 wide, not of one 48 wide"):
        ids(steered(wide, part))
    with pytest.raises(LimbeckError, match="holds no direction"):
        ids(steered(model, str(tmp_path / "wide")))
    with pytest.raises(LimbeckError, match="not of this process"):
        steered(Scripted(["x"]), part)
    given = SimpleNamespace(data=MemoryShards([small_world.world(3)]), ctx=Context(tmp_path / "none"))
    for settings, message in (
        ({"positive": "", "negative": "x"}, "positive is empty"),
        ({"positive": "(", "negative": "x"}, "is no regular expression"),
        ({"positive": "~", "negative": "~"}, "0 prompts above 0.1"),
    ):
        with pytest.raises(LimbeckError, match=message):
            flat("teachers/inclination")(given.data, model=model.path, ctx=given.ctx, **settings)
