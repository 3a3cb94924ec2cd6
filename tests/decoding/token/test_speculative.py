"""`decoding/speculative` and `decoding/prompt_lookup`: the large model's own samples in fewer passes."""

from __future__ import annotations

import pytest
import small_world

torch = pytest.importorskip("torch")

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models._drafted import settled  # noqa: E402
from limbeck.models.scripted import Scripted  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.networks.drafting import Draft  # noqa: E402
from limbeck.pipeline.parameters import ready  # noqa: E402

GREEDY = Sampling(n=1, temperature=0.0, max_tokens=30)
CHATS = [[{"role": "user", "content": question}] for question in ("1+2", "3+4+1", "9+9", "12+12+12+12")]


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> list[str]:
    """A large model and a small one, neither trained."""
    made = []
    for seed, width in ((0, 32), (1, 16)):
        torch.manual_seed(seed)
        made.append(small_world.student(tmp_path_factory.mktemp("model"), width=width, template="bare"))
    return made


@pytest.fixture(scope="module")
def model(folders):
    return transformers(path=folders[0])


@pytest.fixture(scope="module")
def small(folders):
    return transformers(path=folders[1])


def speculative(model, draft, **given):
    return ready("decoding/speculative", model=model, draft=draft, **given)()


def lookup(model, **given):
    return ready("decoding/prompt_lookup", model=model, **given)()


def ids(model, sampling: Sampling) -> list[list[int]]:
    return [reply.ids for replies in model.generate(CHATS, sampling) for reply in replies]


def test_greedy_samples_are_those_of_the_model_alone(model, small):
    alone = ids(model, GREEDY)
    for made in (speculative(model, small, ahead=3), speculative(model, model), lookup(model)):
        assert ids(made, GREEDY) == alone


def test_a_draft_of_the_model_itself_is_always_accepted(model):
    (reply,) = speculative(model, model, ahead=4).generate(CHATS[:1], GREEDY)[0]
    assert reply.tokens == 30
    # Four guesses and one token of its own a pass.
    assert reply.scores == {"passes": 6.0, "drafted": 24.0, "accepted": 24.0}
    warm = Sampling(n=1, temperature=1.0, top_p=0.9, max_tokens=30, seed=3)
    (reply,) = speculative(model, model, ahead=4).generate(CHATS[1:2], warm)[0]
    assert reply.scores["accepted"] >= reply.tokens * 4 // 5 - 4
    assert reply.spent["target"].tokens == reply.tokens
    assert reply.spent["draft"].tokens == reply.scores["drafted"]


def test_a_loop_is_looked_up(model):
    """An untrained model repeats itself when greedy: it then takes few passes."""
    (reply,) = lookup(model, ahead=8).generate(CHATS[:1], GREEDY)[0]
    assert reply.scores["passes"] < reply.tokens
    assert reply.scores["passes"] + reply.scores["accepted"] == reply.tokens


def test_what_is_looked_up_is_what_followed_the_longest_words_last():
    from limbeck.decoding.token.prompt_lookup import Seen

    def guess(longest: int, *seen: int) -> list[int]:
        return Seen(longest).draft(list(seen), 2, lambda *_: (0, None)).ids

    assert guess(2, 1, 2, 7, 8, 9, 2, 5, 1, 2) == [7, 8], "two words before one"
    assert guess(1, 1, 2, 7, 8, 9, 2, 5, 1, 2) == [5, 1], "the last place"
    assert guess(3, 4, 4) == [4]
    assert guess(3, 1, 2, 3) == []


def draws(p: list[float], q: list[float] | None, n: int, guess: int = 0) -> torch.Tensor:
    """Shares of what a position holds when a token of q, or the same one each time, is drafted."""
    numbers = torch.rand(n, 3, generator=torch.Generator().manual_seed(0))
    counts = torch.zeros(len(p))
    logits_KV = torch.tensor([p, p]).log()
    how = Sampling(temperature=1.0, top_p=1.0)
    for drafted, accepted, instead in numbers:
        token = guess if q is None else int((torch.tensor(q).cumsum(0) <= drafted).sum())
        draft = Draft([token], None if q is None else torch.tensor([q]))
        counts[settled(logits_KV, draft, how, accepted[None], torch.stack([instead, instead]))[0]] += 1
    return counts


@pytest.mark.parametrize(
    ("p", "q"),
    [([0.5, 0.3, 0.2], [0.1, 0.2, 0.7]), ([0.6, 0.4, 0.0], [0.2, 0.3, 0.5]), ([0.2, 0.5, 0.3], None)],
)
def test_what_is_written_has_the_distribution_of_the_model(p, q):
    n = 1500
    counts = draws(p, q, n)
    expected = torch.tensor(p) * n
    assert counts[expected == 0].sum() == 0
    chi2 = ((counts - expected) ** 2 / expected.clamp(min=1e-9))[expected > 0].sum()
    assert chi2 < 13.8, "0.1% of chi-square with two degrees of freedom"


def test_a_refused_draft_ends_there_and_an_accepted_one_gets_a_token_more():
    p = torch.tensor([[0.5, 0.5, 0.0], [0.9, 0.1, 0.0], [0.0, 0.0, 1.0]])
    how = Sampling(temperature=1.0, top_p=1.0)
    draft = Draft([0, 1], torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))
    # 0 is accepted below p / q = 0.5, then 1 below 0.1; in the stead of 1 only 0 is left.
    assert settled(p.log(), draft, how, [0.49, 0.09], [0.0, 0.0, 0.0]) == [0, 1, 2]
    assert settled(p.log(), draft, how, [0.49, 0.11], [0.0, 0.0, 0.0]) == [0, 0]
    assert settled(p.log(), draft, how, [0.51, 0.0], [0.0, 0.0, 0.0]) == [1]


def test_sampled_first_tokens_come_as_often_as_the_model_says(model, small):
    n = 300
    how = Sampling(n=n, temperature=0.8, top_p=1.0, max_tokens=2, seed=1)
    drawn = speculative(model, small, ahead=1).generate(CHATS[:1], how)[0]
    asked = torch.tensor(model._prompt_ids(CHATS[:1]))
    with torch.no_grad():
        expected = torch.softmax(model._loaded[0](asked).logits[0, -1] / 0.8, -1) * n
    counts = torch.bincount(torch.tensor([reply.ids[0] for reply in drawn]), minlength=len(expected))
    chi2, degrees = ((counts - expected) ** 2 / expected).sum(), len(expected) - 1
    assert chi2 < degrees + 5 * (2 * degrees) ** 0.5
    assert 0 < sum(reply.scores["accepted"] for reply in drawn) < n


def test_a_sample_depends_on_its_number_alone(model, small):
    how = Sampling(n=4, temperature=1.0, top_p=0.9, max_tokens=20, seed=7, logprobs=True)
    made = speculative(model, small)
    whole = made.generate(CHATS, how)
    some = {(i, j): reply for i, j, reply in made.stream_some(CHATS, [[3], [], [1, 2], [0]], how)}
    assert sorted(some) == [(0, 3), (2, 1), (2, 2), (3, 0)]
    for (i, j), reply in some.items():
        assert reply.ids == whole[i][j].ids
        assert reply.logprobs == pytest.approx(whole[i][j].logprobs, abs=1e-4)
        assert len(reply.logprobs) == reply.tokens
    assert len({tuple(reply.ids) for reply in whole[0]}) > 1


def test_a_stop_string_and_an_end_token_end_a_sample_within_a_draft(model):
    made = speculative(model, model, ahead=6)
    warm = Sampling(n=6, temperature=1.0, top_p=1.0, max_tokens=40, seed=5)
    free = [reply for replies in made.generate(CHATS, warm) for reply in replies]
    assert {reply.finish for reply in free} == {"stop", "length"}
    ended = next(reply for reply in free if reply.finish == "stop")
    assert ended.ids[-1] in model._ends
    stop = max((reply.text for reply in free), key=len)[4:6]
    held = made.generate(
        CHATS, Sampling(n=6, temperature=1.0, top_p=1.0, max_tokens=40, seed=5, stop=(stop,))
    )
    assert [reply.text for replies in held for reply in replies] == [r.text.partition(stop)[0] for r in free]


def test_what_cannot_draft_is_refused(model, small, tmp_path):
    with pytest.raises(LimbeckError, match="not of this process"):
        speculative(model, Scripted(["x"]))
    with pytest.raises(LimbeckError, match="not of this process"):
        lookup(Scripted(["x"]))
    with pytest.raises(LimbeckError, match="nobody can draft"):
        Scripted(["x"]).drafted(None, 1)
    other = small_world.student(tmp_path, small_world.world(1), template="chatml")
    with pytest.raises(LimbeckError, match="has other tokens"):
        speculative(model, transformers(path=other)).generate(CHATS[:1], GREEDY)
    model.drafted(None, 1)  # a copy: the model itself stays as it was
    assert model.drafting is None


def test_a_cache_that_forgets_is_refused(model):
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.for_model(
        "mistral", hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, sliding_window=6, vocab_size=len(model._loaded[1]), eos_token_id=1,
    )  # fmt: skip
    sliding = transformers(path="none")
    sliding.__dict__["_loaded"] = AutoModelForCausalLM.from_config(config).eval(), model._loaded[1]
    with pytest.raises(LimbeckError, match="'mistral' do not keep every position"):
        lookup(sliding).generate(CHATS[:1], GREEDY)
