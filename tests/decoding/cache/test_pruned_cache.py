"""`decoding/pruned_cache`: what is kept by which rule, how much, and that nothing is dropped at ratio 1."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import small_world

torch = pytest.importorskip("torch")

from limbeck.decoding.cache.pruned_cache import Pruning  # noqa: E402
from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models.scripted import Scripted  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.pipeline.parameters import ready  # noqa: E402

CHATS = [[{"role": "user", "content": question}] for question in ("1+2", "3+4+1+1", "0+5")]
WARM = Sampling(n=3, temperature=1.0, top_p=1.0, max_tokens=40, seed=5, logprobs=True)
SMALL = {"every": 8, "recent": 4, "kernel": 3}
RULES = ("attention", "cumulative", "recency", "random")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    torch.manual_seed(0)
    sizes = {"layers": 2, "width": 32, "heads": 4, "kv_heads": 2}
    return transformers(path=small_world.student(tmp_path_factory.mktemp("model"), template="bare", **sizes))


def drawn(model, sampling=WARM, **settings):
    pruned = ready("decoding/pruned_cache", model=model, **{**SMALL, **settings})()
    return [[(each.ids, each.logprobs) for each in row] for row in pruned.generate(CHATS, sampling)]


@pytest.mark.parametrize("by", RULES)
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_at_ratio_1_samples_are_those_of_the_whole_cache_to_the_bit(model, by, temperature):
    sampling = Sampling(n=3, temperature=temperature, top_p=1.0, max_tokens=40, seed=5, logprobs=True)
    whole = [[(each.ids, each.logprobs) for each in row] for row in model.generate(CHATS, sampling)]
    assert drawn(model, sampling, ratio=1.0, by=by) == whole


@pytest.mark.parametrize("by", RULES)
@pytest.mark.parametrize(("every", "ratio", "recent"), [(8, 4.0, 4), (6, 2.0, 6), (5, 4.0, 1), (4, 1.5, 2)])
def test_a_layer_holds_as_much_as_the_formula_says(by, every, ratio, recent):
    policy = Pruning(by, every, ratio, recent, 3, 0)
    rows = [SimpleNamespace(prompt=[1], number=0), SimpleNamespace(prompt=[2], number=0)]
    policy.begin(None, rows, torch.ones(2, 5, dtype=torch.bool))
    keys = [torch.randn(2, 1, 5, 2) for _ in range(2)]
    for tokens in range(1, 41):
        for layer in range(2):
            keys[layer] = torch.cat([keys[layer], torch.randn(2, 1, 1, 2)], 2)
            seen_RK = torch.ones(2, keys[layer].shape[2], dtype=torch.bool)
            assert policy.read(layer, torch.randn(2, 2, 2), keys[layer], seen_RK) is None
        for layer in range(2):
            kept = policy.keep(layer, keys[layer], keys[layer])
            keys[layer] = keys[layer] if kept is None else kept[0]
        whole, rest = divmod(tokens, every)
        held = min(whole * every, int(whole * every / ratio) + recent) + rest
        assert [key.shape[2] - 5 for key in keys] == [held, held]


def kept_of(policy, query, keys, prompt=1) -> list[float]:
    """Which keys, given as numbers, a policy of one layer and one row keeps after reading the last."""
    values = torch.tensor(keys)
    policy.begin(None, [SimpleNamespace(prompt=[1], number=0)], torch.ones(1, prompt, dtype=torch.bool))
    for count in range(prompt + 1, len(keys) + 1):
        key_RGKD = values[:count].view(1, 1, -1, 1)
        seen_RK = torch.ones(1, count, dtype=torch.bool)
        policy.read(0, torch.full((1, 1, 1), query), key_RGKD, seen_RK)
        kept = policy.keep(0, key_RGKD, key_RGKD)
    assert kept is not None
    return kept[0].view(-1).tolist()


KEYS = [9.0, 1.0, 4.0, 2.0, 3.0, 0.0, 7.0]
"""The prompt's, then six that were written; the last is recent."""


def test_attention_keeps_what_recent_queries_look_at():
    # One query of 1: the softmax over 1 4 2 3 0 rises with the key, and 6 / 2 of the five are kept, in order.
    assert kept_of(Pruning("attention", 6, 2.0, 1, 1, 0), 1.0, KEYS) == [9.0, 4.0, 2.0, 3.0, 7.0]
    # A query of -1 looks at the small ones.
    assert kept_of(Pruning("attention", 6, 2.0, 1, 1, 0), -1.0, KEYS) == [9.0, 1.0, 2.0, 0.0, 7.0]


def test_scores_are_averaged_over_neighbours_and_zeros_beyond_the_ends():
    # exp of 5 0 0 0 1: averaged over three, the second has as much as the first, the third nearly nothing.
    keys = [9.0, 5.0, 0.0, 0.0, 0.0, 1.0, 7.0]
    policy = Pruning("attention", 6, 3.0, 1, 3, 0)
    assert kept_of(policy, 1.0, keys) == [9.0, 5.0, 0.0, 7.0]
    policy.queries = {0: [torch.ones(1, 1, 1)]}
    score = policy._score(0, torch.tensor(keys[1:6]).view(1, 1, 5, 1))[0]
    soft = torch.tensor(keys[1:6]).softmax(-1)
    padded = [0.0, *soft.tolist(), 0.0]
    assert score.tolist() == pytest.approx([sum(padded[i : i + 3]) / 3 for i in range(5)])


def test_recency_keeps_the_latest_and_chance_some():
    assert kept_of(Pruning("recency", 6, 2.0, 1, 1, 0), 1.0, KEYS) == [9.0, 2.0, 3.0, 0.0, 7.0]
    some = kept_of(Pruning("random", 6, 2.0, 1, 1, 0), 1.0, KEYS)
    assert some == [key for key in KEYS if key in some]
    assert (some[0], some[-1], len(some)) == (9.0, 7.0, 5)
    assert len({tuple(kept_of(Pruning("random", 6, 2.0, 1, 1, seed), 1.0, KEYS)) for seed in range(9)}) > 1


def test_cumulative_attention_remembers_what_old_queries_looked_at():
    # Each query is 1. What stood first was attended to by all of them.
    total = torch.zeros(7)
    for count in range(2, 8):
        total[:count] += torch.tensor(KEYS[:count]).softmax(-1)
    best = sorted(total[1:6].topk(3).indices.tolist())
    expected = [9.0, *(KEYS[1 + place] for place in best), 7.0]
    assert kept_of(Pruning("cumulative", 6, 2.0, 1, 1, 0), 1.0, KEYS) == expected


def test_what_is_kept_keeps_its_place_in_the_text(model):
    """Dropping is hiding: each token's logits are those of a whole pass in which it sees what was held."""
    sampling = Sampling(n=1, temperature=0.0, max_tokens=24, logprobs=True)
    pruned = ready("decoding/pruned_cache", model=model, by="recency", **SMALL)()
    (sample,) = pruned.generate(CHATS[:1], sampling)[0]
    network = model._loaded[0]
    prompt = model._prompt_ids(CHATS[:1])[0]
    ids = [*prompt, *sample.ids]
    seen = torch.zeros(len(ids), len(ids), dtype=torch.bool)
    held = list(range(len(prompt)))
    for place in range(len(ids)):
        if place >= len(prompt):
            held.append(place)
        seen[place, [each for each in held if each <= place]] = True
        read = place - len(prompt) + 1
        if read > 0 and read % 8 == 0:
            written = [each for each in held if each >= len(prompt)]
            held = [*range(len(prompt)), *written[-(read // 4 + 4) :]]
    assert not seen[-1].all()
    with torch.inference_mode():
        logits = network(torch.tensor([ids]), attention_mask=seen[None, None]).logits[0]
    logp = logits.log_softmax(-1)[len(prompt) - 1 : -1].gather(1, torch.tensor(sample.ids)[:, None])[:, 0]
    assert logp.tolist() == pytest.approx(sample.logprobs, abs=1e-5)


def test_samples_do_not_depend_on_how_batches_are_cut(model):
    for by in RULES:
        together = drawn(model, by=by)
        model.batch_tokens, before = 1, model.batch_tokens
        alone = drawn(model, by=by)
        model.batch_tokens = before
        assert [[ids for ids, _ in row] for row in alone] == [[ids for ids, _ in row] for row in together]


def test_bad_settings_are_told(model):
    with pytest.raises(LimbeckError, match="recent=9: at most every=8"):
        ready("decoding/pruned_cache", model=model, every=8, recent=9)()
    with pytest.raises(LimbeckError, match="kernel=4: an odd number"):
        ready("decoding/pruned_cache", model=model, kernel=4)()
    with pytest.raises(LimbeckError, match=r"ratio.*0\.5"):
        ready("decoding/pruned_cache", model=model, ratio=0.5)()
    with pytest.raises(LimbeckError, match="shows no cache"):
        ready("decoding/pruned_cache", model=Scripted(["x"]))()
