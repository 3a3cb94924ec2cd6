"""`decoding/antidistillation` and `teachers/loss_gradient`: harm, both ways, and what it does to draws."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import small_world
from flat import flat

torch = pytest.importorskip("torch")

from limbeck.decoding.token.antidistillation import Difference, Harm  # noqa: E402
from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models.scripted import Scripted  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.networks.directional import direction, moved, rate  # noqa: E402
from limbeck.networks.opening import load  # noqa: E402
from limbeck.networks.probe import Probe  # noqa: E402
from limbeck.pipeline.context import Context  # noqa: E402
from limbeck.pipeline.parameters import ready  # noqa: E402
from limbeck.pipeline.store import MemoryShards  # noqa: E402

WARM = Sampling(n=3, temperature=0.8, top_p=1.0, max_tokens=8, seed=5)
CHATS = [[{"role": "user", "content": question}] for question in ("1+2", "3+4", "0+1+1")]
PREFIXES = [[5, 6, 7], [8, 9], [4, 4, 10, 11, 3]]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A teacher, a proxy and the gradient of its loss on right traces."""
    folder = tmp_path_factory.mktemp("house")
    data = small_world.world(12)
    torch.manual_seed(0)
    teacher = small_world.student(folder / "teacher", data, layers=2, width=32, template="bare")
    proxy = small_world.student(folder / "proxy", data, template="bare", seed=4)
    context = Context(folder / "gradient")
    part = flat("teachers/loss_gradient")(MemoryShards([data]), model=proxy, ctx=context)
    return SimpleNamespace(
        teacher=transformers(path=teacher), proxy=proxy, part=part, data=data, folder=folder
    )


def poisoned(house, **settings):
    given = {"model": house.teacher, "proxy": house.proxy, "gradient": house.part, **settings}
    return ready("decoding/antidistillation", **given)()


def ids(model, sampling=WARM):
    return [[each.ids for each in row] for row in model.generate(CHATS, sampling)]


def loss(network, house):
    """Mean over right traces of the mean loss of their tokens, the plain way."""
    probe = Probe.open(house.proxy)
    rows, _ = probe.rows(house.data, house.data.kept())
    losses = []
    for row in rows:
        ids_T = torch.tensor(row.ids, dtype=torch.long)
        logp_TV = network(input_ids=ids_T[None]).logits[0].log_softmax(-1)
        places = torch.arange(row.start, len(ids_T))
        losses.append(-logp_TV[places - 1, ids_T[places]].mean())
    return torch.stack(losses).mean()


def test_the_gradient_is_that_of_the_mean_loss(house):
    network = load(house.proxy).eval()
    along = direction(network, house.part)
    loss(network, house).backward()
    for name, weight in network.named_parameters():
        torch.testing.assert_close(along[name], weight.grad, atol=1e-6, rtol=1e-4)
    cut = flat("teachers/loss_gradient")(
        MemoryShards([house.data]), model=house.proxy, ctx=Context(house.folder / "cut"),
        max_tokens_per_microbatch=40,
    )  # fmt: skip
    for name, value in direction(network, cut).items():
        torch.testing.assert_close(value, along[name], atol=1e-6, rtol=1e-4)


def test_exact_harm_is_the_inner_product_of_gradients_and_the_difference_comes_near(house):
    network = load(house.proxy).eval()
    network.set_attn_implementation("eager")
    along = direction(network, house.part)
    exact_RV = rate(network, along, PREFIXES)
    for prefix, exact_V in zip(PREFIXES, exact_RV, strict=True):
        for token in (3, 7, 12):
            network.zero_grad()
            network(input_ids=torch.tensor([prefix])).logits[0, -1].log_softmax(-1)[token].backward()
            inner = sum(float((along[name] * each.grad).sum()) for name, each in network.named_parameters())
            assert float(exact_V[token]) == pytest.approx(inner, abs=1e-4, rel=1e-3)
    rows = [SimpleNamespace(prompt=prefix, number=0, seen=prefix) for prefix in PREFIXES]
    near_RV = Difference(moved(network, along, 0.01), moved(network, along, -0.01), 0.01).read(rows)
    together = torch.stack([exact_RV.flatten(), near_RV.flatten()])
    assert float(torch.corrcoef(together)[0, 1]) > 0.999
    torch.testing.assert_close(near_RV, exact_RV, atol=0.02, rtol=0.05)


def test_a_step_towards_a_token_moves_the_loss_by_its_harm(house):
    network = load(house.proxy).eval()
    network.set_attn_implementation("eager")
    along = direction(network, house.part)
    (harm_V,) = rate(network, along, PREFIXES[:1])
    for token in (int(harm_V.argmax()), int(harm_V.argmin())):
        tried = load(house.proxy).eval()
        logp = tried(input_ids=torch.tensor(PREFIXES[:1])).logits[0, -1].log_softmax(-1)[token]
        before = loss(tried, house)
        logp.backward()
        with torch.no_grad():
            for weight in tried.parameters():
                weight += 1e-3 * weight.grad
            change = float(loss(tried, house) - before) / 1e-3
        assert change == pytest.approx(float(harm_V[token]), rel=0.1)


def test_no_strength_is_plain_sampling(house):
    assert ids(poisoned(house, strength=0.0)) == ids(house.teacher)


@pytest.mark.parametrize("scores", ["difference", "exact"])
def test_strength_raises_what_harms(house, scores):
    model = poisoned(house, strength=30.0, scores=scores)
    assert ids(model) != ids(house.teacher)
    assert ids(model) == ids(model)


def test_both_ways_say_the_same_at_every_token_that_is_drawn(house):
    exact = poisoned(house, scores="exact").reader()

    class Both:
        read_by = poisoned(house, epsilon=3e-3).reader()
        worst, steps = 0.0, 0

        def read(self, rows):
            harm_RV = self.read_by.read(rows)
            # The embedding of padding is zero, where a norm bends too sharply for any difference.
            kept = torch.tensor([0 not in row.seen for row in rows])
            self.worst = max(self.worst, float((harm_RV - exact.read(rows))[kept].abs().max()))
            self.steps += 1
            return harm_RV

        def forget(self):
            self.read_by.forget()

    both = Both()
    assert ids(house.teacher.steered(Harm(both, 3.0 * WARM.temperature))) != ids(house.teacher)
    assert both.steps >= WARM.max_tokens
    assert both.worst < 0.01


def test_the_formula_by_hand():
    class Reader:
        def read(self, rows):
            return torch.tensor([[0.0, 1.0, -2.0]])

    # τ = 0.5, λ = 3: log p / τ + λ Δ are the logits below over τ.
    logits_RV = Harm(Reader(), 3.0 * 0.5).logits(torch.tensor([[1.0, 2.0, 3.0]]), [None])
    assert (logits_RV / 0.5).tolist() == [[2.0, 4.0 + 3.0, 6.0 - 6.0]]


def test_what_the_proxies_read_is_counted(house):
    completion = poisoned(house).generate(CHATS, WARM)[0][0]
    assert completion.spent["proxy"].tokens == completion.spent["writer"].tokens == completion.tokens


def test_what_does_not_fit_is_told(house, tmp_path):
    other = small_world.student(tmp_path / "wide", house.data, width=32, template="bare")
    with pytest.raises(LimbeckError, match=r"another network: for model\.embed_tokens\.weight of shape"):
        ids(poisoned(house, proxy=other))
    foreign = small_world.student(tmp_path / "foreign", house.data, tokenizer="bpe", vocab=300)
    with pytest.raises(LimbeckError, match="have different tokens"):
        ids(poisoned(house, proxy=foreign))
    with pytest.raises(LimbeckError, match="holds no gradient"):
        ids(poisoned(house, gradient=str(tmp_path)))
    with pytest.raises(LimbeckError, match="not of this process"):
        poisoned(house, model=Scripted(["x"]))
    marked = small_world.world(2)
    for trace in marked.traces:
        trace.marks.append("wrong")
    with pytest.raises(LimbeckError, match="nothing to read"):
        flat("teachers/loss_gradient")(
            MemoryShards([marked]), model=house.proxy, ctx=Context(tmp_path / "none")
        )
