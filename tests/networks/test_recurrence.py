"""A recurrence with a decay: by hand, and the same in chunks, in steps and as a matrix."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="networks need the extra limbeck[train]")

from limbeck.networks.recurrence import chunked, mixing, step  # noqa: E402


def drawn(tokens: int = 37) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(0)
    like = {"dtype": torch.float64, "generator": generator}
    query, key = (torch.randn(2, 3, tokens, 5, **like) for _ in range(2))
    return query, key, torch.randn(2, 3, tokens, 4, **like), -torch.rand(2, 3, tokens, **like)


def by_steps(parts, state):
    made = []
    for place in range(parts[0].shape[2]):
        each, state = step(*(part[:, :, place] for part in parts), state)
        made.append(each)
    return torch.stack(made, 2), state


def test_half_of_the_state_stays_at_every_token():
    # 1, then 1/2 + 2, then 2.5 / 2 + 3.
    ones, values = torch.ones(1, 1, 3, 1), torch.tensor([1.0, 2.0, 3.0])[None, None, :, None]
    decay = torch.full((1, 1, 3), math.log(0.5))
    made, state = chunked(ones, ones, values, decay)
    assert made.flatten().tolist() == pytest.approx([1.0, 2.5, 4.25])
    assert state.item() == pytest.approx(4.25)
    rows = [[1, 0, 0], [0.5, 1, 0], [0.25, 0.5, 1]]
    assert torch.allclose(mixing(ones, ones, decay)[0, 0], torch.tensor(rows))


@pytest.mark.parametrize("chunk", [1, 4, 8, 64])
def test_chunks_and_steps_give_the_same_numbers(chunk):
    parts, zeros = drawn(), torch.zeros(2, 3, 5, 4, dtype=torch.float64)
    wanted, last = by_steps(parts, zeros)
    made, state = chunked(*parts, chunk=chunk)
    assert torch.allclose(made, wanted, rtol=0, atol=1e-12)
    assert torch.allclose(state, last, rtol=0, atol=1e-12)
    assert torch.allclose(mixing(*parts[:2], parts[3]) @ parts[2], wanted, rtol=0, atol=1e-12)


def test_a_text_in_two_pieces_is_the_text():
    parts = drawn()
    wanted, last = chunked(*parts, chunk=8)
    first, between = chunked(*(part[:, :, :13] for part in parts), chunk=8)
    second, state = chunked(*(part[:, :, 13:] for part in parts), between, chunk=8)
    assert torch.allclose(torch.cat([first, second], 2), wanted, rtol=0, atol=1e-12)
    assert torch.allclose(state, last, rtol=0, atol=1e-12)


def test_a_decay_that_forgets_all_has_a_gradient():
    query, key, value, decay = (part.requires_grad_() for part in drawn(9))
    made, _ = chunked(query, key, value, decay * 2000, chunk=4)
    made.sum().backward()
    assert all(part.grad.isfinite().all() for part in (query, key, value, decay))
    alone = (query * key).sum(-1, keepdim=True) * value
    assert torch.allclose(made[:, :, 1:], alone[:, :, 1:], atol=1e-3)
