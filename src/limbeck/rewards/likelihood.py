"""No verifier: reasoning is good that makes the reference answer likely."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from limbeck.errors import LimbeckError
from limbeck.rewards.ops import Group, length

if TYPE_CHECKING:
    from limbeck.training.rollout_context import Role, RolloutContext


def asks(proxy: str = "lagged", **params: object) -> tuple[str, ...]:
    """The start model, where it is the proxy."""
    return ("start",) if proxy == "start" else ()


def likelihood(
    groups: list[Group],
    context: RolloutContext,
    *,
    reasoning: float = 1.0,
    efficiency: float = 1.0,
    format: float = 1.0,
    ranked: bool = True,
    proxy: Literal["lagged", "student", "start"] = "lagged",
    sync: int = 10,
    keep: float = 0.9,
) -> list[list[float]]:
    """Reasoning is ranked by the perplexity of the reference answer after it; no answer is ever checked
    (NOVER).

    ArXiv 2505.16022. ``P = exp(NLL / max(1, 1 + log10 length))``, the answer's negative log-likelihood per
    token. A trace earns ``(n - rank) / n`` by ascending P, and the share of other traces that it beats in
    both P and length, and a point for its form. A malformed trace (cut off, or without reasoning or answer)
    earns nothing else.

    Args:
        reasoning, efficiency, format: weights of the three parts.
        ranked: without, the first part is ``1 / P`` itself.
        proxy: who is asked: a ``lagged`` copy of the policy, the ``student`` as it stands, or the model
            before training (``start``, where an objective keeps one).
        sync: steps after which the lagged copy takes over ``1 - keep`` of the policy.
        keep: share of itself that the copy keeps then.

    Raises:
        LimbeckError: ``sync`` is not positive, or ``keep`` no share.
    """
    if sync < 1 or not 0 <= keep <= 1:
        raise LimbeckError(f"rewards/likelihood: sync={sync} must be positive, keep={keep} between 0 and 1")
    if proxy == "lagged":
        context.lag(sync, keep)
    rewards = []
    for group in groups:
        formed = [trace.finish == "stop" and bool(trace.reasoning and trace.answer) for trace in group.traces]
        known = Group(
            group.problem, [trace for trace, good in zip(group.traces, formed, strict=True) if good]
        )
        scored = iter(_parts(known, context, reasoning, efficiency, ranked, proxy))
        rewards.append([format + next(scored) if good else 0.0 for good in formed])
    return rewards


def _parts(
    group: Group, context: RolloutContext, reasoning: float, efficiency: float, ranked: bool, proxy: Role
) -> list[float]:
    """First and second part of well-formed traces."""
    if not group.traces:
        return []
    lengths = [length(trace) for trace in group.traces]
    logps = context.answer_logp(group, proxy)
    perplexities = []
    for logp, tokens in zip(logps, lengths, strict=True):
        perplexities.append(math.exp(-logp / max(1.0, 1 + math.log10(max(1, tokens)))))
    n, parts = len(lengths), []
    both = list(zip(lengths, perplexities, strict=True))
    for tokens, perplexity in both:
        # Equals share the better rank; the best earns 1.
        rank = sum(other < perplexity for other in perplexities)
        first = (n - rank) / n if ranked else 1 / perplexity
        beaten = sum(tokens < longer and perplexity < worse for longer, worse in both)
        parts.append(reasoning * first + efficiency * beaten / max(1, n - 1))
    return parts
