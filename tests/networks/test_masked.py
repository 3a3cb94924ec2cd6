"""Masked diffusion: what is seen, what is trained, what is written, and that the folder keeps it."""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest
import small_world

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models.local import Local  # noqa: E402
from limbeck.networks.batch import Item, Row, collate  # noqa: E402
from limbeck.networks.denoising import chosen, cut  # noqa: E402
from limbeck.networks.masked import Region  # noqa: E402
from limbeck.networks.opening import load  # noqa: E402
from limbeck.networks.policy import Network, run  # noqa: E402
from limbeck.objectives.ops import Signal  # noqa: E402
from limbeck.pipeline.context import Context  # noqa: E402
from limbeck.pipeline.parameters import ready  # noqa: E402

LENGTH = 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> str:
    start = small_world.student(tmp_path_factory.mktemp("start"))
    place = tmp_path_factory.mktemp("masked")
    return ready("students/masked_diffusion", student=start, length=LENGTH, block=2, ctx=Context(place))()


def row(name: str, prompt: int, written: int, **columns) -> Row:
    ids = np.arange(5, 5 + prompt + written, dtype=np.int32)
    return Row(name, ids, prompt, values={}, columns=columns)


def test_an_answers_region_is_filled_up_with_end_tokens():
    batch = collate([Item((row("a", 3, 2),)), Item((row("b", 1, 5),))])
    region = Region.of(batch.ids_BT, batch.mask_BT, 4, end=9)
    assert region.ids_BT.tolist() == [[5, 6, 7, 8, 9, 9, 9], [5, 6, 7, 8, 9, 10, 9]]
    assert region.answer_BT.int().tolist() == [[0, 0, 0, 1, 1, 1, 1], [0, 1, 1, 1, 1, 1, 0]]
    assert region.written_BT.int().tolist() == [[0, 0, 0, 1, 1, 0, 0], [0, 1, 1, 1, 1, 1, 0]]
    assert region.real_BT.int().tolist() == [[1] * 7, [1] * 6 + [0]]


def test_what_comes_later_is_seen_and_what_is_hidden_is_not(folder):
    model = load(folder).eval()
    way = model.added
    ids = torch.tensor([[5, 6, 7, 8]])
    other, real = torch.tensor([[5, 6, 7, 9]]), torch.ones(1, 4, dtype=torch.bool)
    hides = torch.tensor([[False, False, False, True]])
    with torch.no_grad():
        assert not torch.allclose(model(ids).logits[:, 0], model(other).logits[:, 0], atol=1e-5)
        with way.hiding(hides, real):
            hidden = model(ids).logits
            assert torch.equal(model(other).logits, hidden)
        # Padding behind changes nothing.
        wide, more = torch.tensor([[5, 6, 7, 8, 3, 3]]), torch.tensor([[1, 1, 1, 1, 0, 0]]).bool()
        with way.hiding(torch.nn.functional.pad(hides, (0, 2)), more):
            assert torch.allclose(model(wide).logits[:, :4], hidden, atol=1e-5)


def expectation(model, only: Row) -> float:
    """LLaDA's bound, all masks enumerated: a mask of k of n has the weight of its Beta integral."""
    way, start = model.added, only.start
    ids = torch.tensor(only.ids.astype(np.int64))[None]
    real = torch.ones_like(ids, dtype=torch.bool)
    total = 0.0
    for mask in product((False, True), repeat=LENGTH):
        if any(mask):
            hides = torch.tensor([[False] * start + list(mask)])
            with torch.no_grad(), way.hiding(hides, real):
                logp = model(ids).logits.log_softmax(-1).gather(-1, ids[..., None])[..., 0]
            # The integral of t^(k-1) (1-t)^(n-k), which is 1 / (k C(n, k)).
            weight = 1 / (sum(mask) * comb(LENGTH, sum(mask)))
            total -= weight * float(logp[hides].sum())
    return total / LENGTH


def test_the_loss_is_an_unbiased_estimate_of_its_expectation_over_all_masks(folder):
    model = load(folder)
    only = row("a", 2, LENGTH)
    wanted = expectation(model.eval(), only)
    network = Network(model).train()
    batch = collate([Item((only,))] * 4000)
    torch.manual_seed(0)
    with torch.no_grad():
        policy = run(network, network, batch)
        loss = ready("objectives/sft")(policy.batch, policy, Signal())
    per_row = -(policy.logp_B / LENGTH)
    error = float(per_row.std()) / 4000**0.5
    assert float(loss.sum / loss.count) == pytest.approx(wanted, abs=4 * error)
    assert error < 0.03 * wanted
    # A share of about one half of the tokens was hidden, each once in 1 / t.
    assert float((policy.batch.token_weight_N > 0).float().mean()) == pytest.approx(0.5, abs=0.03)


def test_a_reading_hides_the_same_places_whatever_the_batch(folder):
    network = Network(load(folder)).eval()
    first, second = row("a", 9, 2), row("b", 6, 3)
    way = network.model.added
    with torch.no_grad():
        plain = run(network, network, collate([Item((first,))])).logp_N
        with way.read_as(1):
            alone = run(network, network, collate([Item((first,))])).logp_N
            both = run(network, network, collate([Item((first,)), Item((second,))])).logp_N
        with way.read_as(4):
            other = run(network, network, collate([Item((first,))])).logp_N
    assert torch.allclose(alone, both[:2], atol=1e-5)
    assert not torch.allclose(alone, other, atol=1e-6)
    assert not torch.allclose(alone, plain, atol=1e-6)


def test_an_update_compares_like_with_like(folder):
    network = Network(load(folder))
    way = network.model.added
    bare = row("a", 9, 2)
    readings = {}
    network.eval()
    for number in range(3):
        with torch.no_grad(), way.read_as(number):
            logp_N = run(network, network, collate([Item((bare,))])).logp_N
            readings[f"reading{number}"] = logp_N.numpy()
    network.train()
    read = row("a", 9, 2, logp=np.zeros(2, np.float32), **readings)
    seen = set()
    for _ in range(20):
        policy = run(network, network, collate([Item((read,))]))
        assert torch.allclose(policy.logp_N, policy.batch.columns["logp"], atol=1e-5)
        seen.add(float(policy.batch.columns["logp"][0]))
    assert len(seen) == 3


def test_tokens_are_chosen_by_their_share_and_told_at_temperature_one():
    logits = torch.tensor([[[0.0, 1.0, 2.0]]])
    logp = logits.log_softmax(-1)[0, 0]
    assert chosen(logits, 0.0, 1.0, None)[0].item() == 2
    # From the likeliest on: shares 0.665, 0.245, 0.090.
    for number, token in ((0.6, 2), (0.7, 1), (0.95, 0)):
        picked, told = chosen(logits, 1.0, 1.0, torch.tensor([[number]]))
        assert (picked.item(), told.item()) == (token, pytest.approx(logp[token].item()))
    assert chosen(logits, 1.0, 0.6, torch.tensor([[0.999]]))[0].item() == 2
    assert cut([4, 7, 1, 5], [1], 9) == ([4, 7, 1], True)
    assert cut([4, 7, 1, 5], [1], 2) == ([4, 7], False)


def test_what_it_writes_depends_on_seed_prompt_and_number_alone(folder):
    chats = [[{"role": "user", "content": text}] for text in ("1+2", "7+1+5", "12+3")]
    sampling = Sampling(n=2, temperature=1.0, top_p=0.9, max_tokens=8, seed=3, logprobs=True)
    together = {(at, n): each for at, n, each in Local(folder).stream(chats, sampling)}
    assert len(together) == 6
    for at, chat in enumerate(chats):
        alone = {n: each for _, n, each in Local(folder).stream([chat], sampling)}
        assert [alone[n].ids for n in (0, 1)] == [together[at, n].ids for n in (0, 1)]
    assert any(together[at, 0].ids != together[at, 1].ids for at in range(3))
    assert all(len(each.ids) == len(each.logprobs) <= LENGTH for each in together.values())
    with pytest.raises(LimbeckError, match="no stop strings"):
        list(Local(folder).stream(chats, Sampling(max_tokens=4, stop=("+",))))
    with pytest.raises(LimbeckError, match="token by token"):
        Local(folder).score(chats[:1], ["3"])


def test_it_is_trained_kept_and_opened_again(folder, tmp_path):
    path = small_world.train(tmp_path, folder, small_world.world(12), steps=3)
    before, after = load(folder), load(path)
    assert after.added.settings == before.added.settings
    assert not torch.equal(after.added.hidden_D, before.added.hidden_D)
    data = small_world.world(12)
    rewarded = small_world.train(
        tmp_path / "rl", path, data, use=small_world.objective("grpo"), steps=2, batch=2, reuse=2,
        rollout=ready("rollouts/denoised", n=2, readings=2, max_tokens=4),
        reward=ready("rewards/verified", verifier="exact"),
    )  # fmt: skip
    assert load(rewarded).added.settings == before.added.settings


def test_mistakes_are_named(folder, tmp_path):
    with pytest.raises(LimbeckError, match="block=3 does not divide length=4"):
        ready("students/masked_diffusion", student=folder, length=4, block=3, ctx=Context(tmp_path))()
    with pytest.raises(LimbeckError, match="kind 'masked' already"):
        ready("students/masked_diffusion", student=folder, ctx=Context(tmp_path))()
    start = small_world.student(tmp_path / "start")
    with pytest.raises(LimbeckError, match="must come from students/masked_diffusion"):
        small_world.train(
            tmp_path, start, use=small_world.objective("grpo"), steps=1, batch=2,
            rollout=ready("rollouts/denoised", n=2), reward=ready("rewards/verified", verifier="exact"),
        )  # fmt: skip
