"""A router's line between two models, what it learns, and how it is kept."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.networks.routing import Known, Router, Shape, entropy, learn  # noqa: E402

SHAPE = Shape(logits=3, states=4, width=8, blocks=2)


def known(probability, divergent, entropies=None) -> Known:
    torch.manual_seed(0)
    tensors = (torch.tensor(probability), torch.tensor(entropies or probability), torch.tensor(divergent))
    return Known(Router(SHAPE).eval(), *tensors, small="aa", large="bb")


HELD = known([0.1, 0.9, 0.3, 0.7, 0.5], [0, 1, 0, 0, 1], [5.0, 1.0, 4.0, 2.0, 3.0])


@pytest.mark.parametrize(("rate", "beyond"), [(0.2, 1), (0.4, 2), (0.6, 3), (1.0, 5)])
def test_a_rate_is_the_share_beyond_the_line(rate, beyond):
    line = HELD.line("router", rate, 0.95)
    assert int((HELD.probability_N > line).sum()) == beyond
    assert HELD.at("router", line)["rate"] == pytest.approx(rate)


def test_recall_draws_the_line_just_below_what_must_be_caught():
    # Both divergent tokens, 0.9 and 0.5, take 0.7 with them; one of two is 0.9 alone.
    assert HELD.at("router", HELD.line("router", 0.0, 1.0)) == {"recall": 1.0, "rate": pytest.approx(0.6)}
    assert HELD.at("router", HELD.line("router", 0.0, 0.5)) == {"recall": 0.5, "rate": pytest.approx(0.2)}
    # Of the entropies the divergent ones are 1 and 3, so all five are beyond.
    assert HELD.at("entropy", HELD.line("entropy", 0.0, 1.0)) == {"recall": 1.0, "rate": 1.0}
    with pytest.raises(LimbeckError, match="give a rate"):
        known([0.1, 0.2], [0, 0]).line("router", 0.0, 0.95)
    with pytest.raises(LimbeckError, match="no problem was held out"):
        known([], []).line("router", 0.5, 0.95)


def test_entropy_is_in_nats():
    logits = torch.tensor([[0.0, 0.0, 0.0, 0.0], [99.0, 0.0, 0.0, 0.0]])
    assert entropy(logits).tolist() == pytest.approx([math.log(4), 0.0], abs=1e-6)


def test_it_learns_what_the_small_model_knows_of_itself():
    """Divergent where the second number of the hidden state is above one: six of a hundred or so."""
    torch.manual_seed(1)
    read = (torch.randn(600, 3), torch.randn(600, 4), torch.randn(600, 4))
    divergent = (read[1][:, 1] > 1.5).to(torch.int8)
    held = torch.arange(600) % 4 == 0
    router = Router(SHAPE)
    probability = learn(router, read, divergent, held, steps=200, batch=64, lr=1e-2, seed=0)
    caught = (probability > 0.5) == (divergent > 0)
    assert caught[held].double().mean() > 0.95
    assert torch.equal(router(read).sigmoid(), probability)


def test_it_comes_back_as_it_was_kept(tmp_path):
    HELD.save(tmp_path)
    back = Known.load(str(tmp_path))
    read = (torch.randn(5, 3), torch.randn(5, 4), torch.randn(5, 4))
    assert torch.equal(back.router(read), HELD.router(read))
    assert torch.equal(back.divergent_N, HELD.divergent_N)
    assert (back.small, back.large) == ("aa", "bb")
    with pytest.raises(LimbeckError, match=r"holds no router\.safetensors"):
        Known.load(str(tmp_path / "none"))
