"""What a small model would have written in a large one's traces, and what would have come of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Sampling
from limbeck.models.local import Local
from limbeck.networks.routing import entropy, features
from limbeck.records import Data, Problem, Trace
from limbeck.teachers._verdicts import asked_of, settled
from limbeck.texts.traces import split_text
from limbeck.types import Verifier

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch, Row
    from limbeck.networks.policy import Policy
    from limbeck.networks.probe import Probe

Place = tuple[int, int]
"""A row and one of its trained tokens."""


@dataclass
class Labelled:
    """Tokens of a large model's traces as a small one reads them, each divergent or not.

    Args:
        small, large: probes of the two models.
        k: largest logits that are noted.
        max_tokens: of a continuation.
    """

    small: Probe
    large: Probe
    k: int
    max_tokens: int
    counts: Counter[str] = field(default_factory=Counter)
    names: list[str] = field(default_factory=list)
    parts: list[list[np.ndarray[Any, Any]]] = field(default_factory=list)

    def read(self, data: Data, verifier: Verifier) -> None:
        """Take in a shard's unmarked traces, those that the verifier calls correct."""
        problems = data.problem_by_id()
        judged = [(trace, asked_of(verifier, problems[trace.problem_id], trace)) for trace in data.kept()]
        traces = {each.id: each for each, verdict in judged if settled(verdict, each).outcome == "correct"}
        rows, _ = self.small.rows(data, traces.values())
        if not rows:
            return
        arrays = dict(self.small.tokens(rows, self._reading))
        mismatched: list[Place] = []
        for place, (*_, likeliest_n) in arrays.items():
            others = np.flatnonzero(likeliest_n != _trained(rows[place])).tolist()
            mismatched += [(place, token) for token in others]
        outcomes = self._judged(rows, mismatched, arrays, data, traces, verifier)
        for place, (*read, likeliest_n) in arrays.items():
            divergent_n = np.zeros(len(likeliest_n), np.int8)
            for token in range(len(likeliest_n)):
                outcome = outcomes.get((place, token), "same")
                divergent_n[token] = {"divergent": 1, "unknown": -1}.get(outcome, 0)
                self.counts[outcome] += 1
            known = divergent_n >= 0
            self.parts.append([*(each[known] for each in read), divergent_n[known]])
            self.names += [traces[rows[place].id].problem_id] * int(known.sum())

    def joined(self) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor, Tensor]:
        """What a router reads of all tokens, whether they are divergent, and the small model's entropy.

        Raises:
            LimbeckError: no trace was read.
        """
        if not self.parts:
            raise LimbeckError("teachers/token_router: no trace is without a mark and right by the verifier")
        columns = [torch.from_numpy(np.concatenate(column)) for column in zip(*self.parts, strict=True)]
        top_NK, state_ND, token_ND, entropy_N, divergent_N = columns
        return (top_NK, state_ND, token_ND), divergent_N, entropy_N

    def _reading(self, batch: Batch, policy: Policy) -> tuple[Tensor, ...]:
        assert policy.head is not None, "a probe's policies have a head"
        if policy.head.weight_VD is None:
            raise LimbeckError("teachers/token_router: the small model's head shows no hidden states")
        logits_NV = policy.head.logits(slice(None))
        most = min(self.k, logits_NV.shape[1])
        model = self.small.networks[0].model
        read = features(model, logits_NV, policy.head.hidden_ND, most)
        return (*read, entropy(logits_NV), logits_NV.argmax(-1))

    def _judged(
        self, rows: Sequence[Row], mismatched: list[Place], arrays: dict[int, list[np.ndarray[Any, Any]]],
        data: Data, traces: dict[str, Trace], verifier: Verifier,
    ) -> dict[Place, str]:  # fmt: skip
        """Of each token that the small model would have written otherwise: ``neutral``, ``divergent`` or
        ``unknown``."""
        problems, texts = data.problem_by_id(), self._texts(rows, mismatched, arrays)
        verdicts = {}
        for (place, token), completion in texts.items():
            trace = traces[rows[place].id]
            other = _as_trace(trace, problems[trace.problem_id], completion)
            verdicts[place, token] = (other, asked_of(verifier, problems[trace.problem_id], other))
        outcomes = {}
        for at, (other, verdict) in verdicts.items():
            outcome = settled(verdict, other).outcome if other.finish == "stop" else "unknown"
            divergent = outcome in ("wrong", "unparsed")
            outcomes[at] = "neutral" if outcome == "correct" else "divergent" if divergent else "unknown"
        return outcomes

    def _texts(
        self, rows: Sequence[Row], mismatched: list[Place], arrays: dict[int, list[np.ndarray[Any, Any]]]
    ) -> dict[Place, Completion]:
        """What the large model makes of each of the small one's tokens: the whole text."""
        assert self.large.chat_tokenizer is not None, "an opened probe has one"
        tokenizer = self.large.chat_tokenizer.tokenizer
        local = Local.live(self.large.networks[0].model, tokenizer, "large")
        sampling = Sampling(n=1, temperature=0.0, top_p=1.0, max_tokens=self.max_tokens)
        whole: dict[Place, Completion] = {}
        begun: dict[Place, list[int]] = {}
        for place, token in mismatched:
            row = rows[place]
            before = row.ids[row.start : row.start + token].tolist()
            likeliest = int(arrays[place][-1][token])
            if likeliest == tokenizer.eos_token_id:
                whole[place, token] = Completion(text=tokenizer.decode(before), finish="stop")
            else:
                begun[place, token] = [*before, likeliest]
        starts = {place: rows[place].ids[: rows[place].start].tolist() for place, _ in begun}
        prompts = [[*starts[place], *ids] for (place, _), ids in begun.items()]
        places = list(begun)
        for index, _, completion in local.continue_ids(prompts, [[0]] * len(prompts), sampling):
            text = tokenizer.decode(begun[places[index]]) + completion.text
            whole[places[index]] = Completion(text=text, finish=completion.finish)
        return whole


def _trained(row: Row) -> np.ndarray[Any, Any]:
    return row.ids[row.start :]


def _as_trace(trace: Trace, problem: Problem, completion: Completion) -> Trace:
    reasoning, answer = split_text(completion.text, trace.format)
    return Trace(
        id=f"{trace.id}/other", problem_id=problem.id, reasoning=reasoning, answer=answer,
        format=trace.format, finish=completion.finish,
    )  # fmt: skip
