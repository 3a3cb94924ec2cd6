"""Where one decision comes to rest under objectives on pairs, as claims/when-negatives-teach has it."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from objective_cases import row, sigmoid  # noqa: E402

from limbeck.networks.batch import Item, collate  # noqa: E402
from limbeck.networks.policy import Policy  # noqa: E402
from limbeck.objectives.ops import Signal, row_sum  # noqa: E402
from limbeck.objectives.preference.dpo import dpo  # noqa: E402
from limbeck.objectives.preference.redi import redi  # noqa: E402


def rest(objective, chosen: float, rejected: float, lengths: tuple[int, int], **settings) -> float:
    """Descend to the probability of a first token that so many chosen and rejected traces begin with.

    Nothing else of a trace can be learned; the student begins with ``chosen``, as after SFT.
    """
    combinations = [(first, second) for first in (True, False) for second in (True, False)]
    weights = [
        (chosen if first else 1 - chosen) * (rejected if second else 1 - rejected)
        for first, second in combinations
    ]
    rows = [(row(f"w{at}", lengths[0]), row(f"l{at}", lengths[1])) for at in range(4)]
    batch = collate([Item(pair, weight) for pair, weight in zip(rows, weights, strict=True)])
    begins = [first for first, _ in combinations] + [second for _, second in combinations]

    def logp_N(z):
        parts = []
        for at, taken in enumerate(begins):
            decision = torch.nn.functional.logsigmoid(z if taken else -z)
            parts += [decision[None], torch.zeros(lengths[at >= 4] - 1)]
        return torch.cat(parts)

    z = torch.tensor(math.log(chosen / (1 - chosen)), requires_grad=True)
    start_N = logp_N(z).detach()
    signal = Signal(reference_B=row_sum(start_N, batch), reference_N=start_N)
    optimizer = torch.optim.Adam([z], lr=0.05)
    for _ in range(600):
        optimizer.zero_grad()
        loss = objective(batch, Policy.of(logp_N(z), batch), signal, **settings)
        (loss.sum / loss.count).backward()
        optimizer.step()
    return sigmoid(float(z.detach()))


def test_redi_rests_where_the_lengths_say():
    # p_w - (p_l - p_w) / (L_l / (alpha L_w) - 1)
    assert rest(redi, 0.5, 0.8, (4, 10), alpha=0.8) == pytest.approx(0.5 - 0.3 / 2.125, abs=0.005)
    assert rest(redi, 0.5, 0.55, (4, 4), alpha=0.8) == pytest.approx(0.3, abs=0.005)
    assert rest(redi, 0.5, 0.8, (4, 4), alpha=0.8) < 0.01


def test_dpo_fits_odds_whatever_the_lengths():
    # A shift of the logit by -log[odds(p_l) / odds(p_w)] / beta.
    for lengths in ((4, 4), (4, 10)):
        assert rest(dpo, 0.5, 0.8, lengths, beta=1.0) == pytest.approx(sigmoid(-math.log(4)), abs=0.005)
    assert rest(dpo, 0.5, 0.8, (4, 4), beta=0.2) < 0.01
