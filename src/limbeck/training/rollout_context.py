"""Who takes part in a rollout: the student as it stands, its teacher, and what rollouts and rewards may ask
of them."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor

from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models.local import Local
from limbeck.networks.batch import Batch, Item, Row
from limbeck.networks.logp import map_logits, target_logp
from limbeck.networks.policy import Network, Policy
from limbeck.networks.probe import Probe, undisturbed
from limbeck.networks.template import encode, encode_spans
from limbeck.records import Group, Problem, Trace
from limbeck.texts.traces import joined_text, split_text
from limbeck.training.drift import Drift

if TYPE_CHECKING:
    from limbeck.generation import Model
    from limbeck.networks.rows import ChatTokenizer

Role = Literal["student", "teacher", "start", "lagged"]


@dataclass(frozen=True)
class Continuation:
    """A continuation: its tokens (an end token among them), their log-probabilities at temperature 1, whether
    it ended by itself, and the temperature at which the student has drawn it."""

    ids: list[int]
    logps: list[float]
    ended: bool
    temperature: float = 1.0


@dataclass
class RolloutContext:
    """What a rollout works with.

    Attributes:
        networks: ``student``, and where there are such ``teacher``, ``start`` (the student before training)
            and ``lagged`` (see `lag`).
        sampler: where the student's text comes from; None: from the network itself.
        problems: by id.
        seed: of this step.
        step: number of the step; progress: share of the training that is done, 0 to 1.
        memory: plain numbers a rollout keeps from step to step; ``loss`` is that of the last step.
        max_tokens: padded tokens in memory at a time.
        traces: of this step, by id; rows: the same as tokens.
        buffer: items a rollout keeps; lost when a run is interrupted.
        items: all that is drawn from.
        shown: numbers of this step's rollout for the curve.
        rank: number of this process, and of how many.
        log: hears what is to be said once.
        drift: of the first rollouts, see `as_sampled`.
    """

    networks: dict[str, Network]
    chat_tokenizer: ChatTokenizer
    problems: dict[str, Problem]
    sampler: Model | None = None
    teacher_chat_tokenizer: ChatTokenizer | None = None
    seed: int = 0
    step: int = 0
    progress: float = 0.0
    memory: dict[str, float] = field(default_factory=dict)
    max_tokens: int = 4096
    traces: dict[str, Trace] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    buffer: list[Item] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    shown: dict[str, float] = field(default_factory=dict)
    rank: tuple[int, int] = (0, 1)
    log: Callable[[str], None] = print
    drift: Drift | None = None
    _lagged_at: int = -1

    @property
    def ends(self) -> list[int]:
        """Tokens that end a completion."""
        return sorted(self.chat_tokenizer.controls - {None})

    @property
    def rng(self) -> np.random.Generator:
        """Random numbers of this step."""
        return np.random.default_rng(self.seed)

    def network(self, role: Role) -> Network:
        """One of the networks.

        Raises:
            LimbeckError: there is none.
        """
        if role not in self.networks:
            raise LimbeckError(f"this rollout needs a {role}; give training/fit the parameter {role}")
        return self.networks[role]

    def lag(self, every: int, keep: float) -> None:
        """Keep the network ``lagged``: a copy of the student that every ``every`` steps takes over
        ``1 - keep`` of it.

        It is lost when a run is interrupted, and begins anew from the student as it then stands.
        """
        if "lagged" not in self.networks:
            self.networks["lagged"] = copy.deepcopy(self.network("student")).requires_grad_(False)
        elif self.step % every == 0 and self.step != self._lagged_at:
            with torch.no_grad():
                pairs = zip(
                    self.networks["lagged"].parameters(), self.network("student").parameters(), strict=True
                )
                for lagged, now in pairs:
                    lagged.lerp_(now, 1 - keep)
        self._lagged_at = self.step

    def write(
        self, prompts: Sequence[Sequence[int]], n: int = 1, temperature: float = 1.0, top_p: float = 1.0,
        max_tokens: int = 256, role: Role = "student",
    ) -> list[list[Continuation]]:  # fmt: skip
        """``n`` continuations of each prompt, given as token ids; a prompt that comes twice gets others each
        time."""
        sampling = Sampling(
            n=n, temperature=temperature, top_p=top_p, max_tokens=max_tokens, seed=self.seed, logprobs=True,
            ends=tuple(self.ends),
        )  # fmt: skip
        written: list[list[Continuation | None]] = [[None] * n for _ in prompts]
        # A sample is a function of seed, prompt and number: what is asked for again needs numbers of its own.
        wanted = [range(first, first + n) for first in self.numbers([tuple(ids) for ids in prompts], n)]
        network = self.network(role)
        model: Model = Local.live(network.model, self.chat_tokenizer.tokenizer)
        if role == "student" and self.sampler is not None:
            model = self.sampler
            model.sync(network.model)
        with undisturbed([network]):
            for index, number, completion in model.continue_ids(prompts, wanted, sampling):
                if completion.finish == "error" or completion.ids is None or completion.logprobs is None:
                    raise LimbeckError(
                        f"a rollout failed: {completion.error or 'the sampler gives no token ids'}"
                    )
                # Greedy text is drawn from no distribution.
                drawn_at = temperature if role == "student" and temperature > 0 else 1.0
                continuation = Continuation(
                    completion.ids, completion.logprobs, completion.finish == "stop", drawn_at
                )
                written[index][number - wanted[index].start] = continuation
        return [[each for each in row if each is not None] for row in written]

    def numbers(self, asked: Sequence[Hashable], n: int) -> list[int]:
        """The first of ``n`` numbers for each, such that no two of the same share one, on this process or
        another."""
        rank, ranks = self.rank
        seen: Counter[Hashable] = Counter()
        firsts = []
        for each in asked:
            firsts.append((seen[each] * ranks + rank) * n)
            seen[each] += 1
        return firsts

    def row(
        self, asked: Row, written: Continuation, number: int, format: str = "plain", writer: str = "student"
    ) -> Row | None:
        """A continuation of ``asked``'s prompt as a row to train on; its trace is in `traces`.

        None, and one more ``untold`` in the curve, where the teacher's tokens cannot say the text.
        """
        prompt, ids, logps = asked.ids[: asked.start], written.ids, written.logps
        name = f"{asked.problem}#{writer}-{self.step}-{number}"
        text = self.chat_tokenizer.tokenizer.decode(ids[:-1] if written.ended else ids)
        reasoning, answer = split_text(text, format, "rollout")
        whole = np.concatenate([prompt, np.array(ids, dtype=prompt.dtype)])
        row = Row(
            name, whole, asked.start, asked.problem, columns={"logp": np.array(logps, dtype=np.float32)}
        )
        if self.teacher_chat_tokenizer is not None:
            told = self.retell(row, text, written.ended)
            self.shown["untold"] = self.shown.get("untold", 0.0) + (told is None)
            if told is None:
                return None
            row = told
        self.traces[name] = Trace(
            id=name, problem_id=asked.problem, reasoning=reasoning, answer=answer, format=format,
            model=writer,
            finish="stop" if written.ended else "length", tokens=len(ids), params={"step": self.step},
        )  # fmt: skip
        self.rows[name] = row
        return row

    def retell(self, row: Row, text: str, ended: bool) -> Row | None:
        """The row with its text in the teacher's tokens beside it, both with where their tokens lie, if that
        can be."""
        assert self.teacher_chat_tokenizer is not None, "only where the teacher has its own tokenizer"
        sides = []
        for side in (self.chat_tokenizer, self.teacher_chat_tokenizer):
            ((ids, spans),) = encode_spans(side.tokenizer, [text])
            (prompt,) = side.prompts([self.problems[row.problem]])
            sides.append(side.row(row.id, row.problem, prompt, ids, ended, [*spans, (len(text),) * 2]))
        ours, theirs = sides
        return replace(ours, other=theirs) if isinstance(ours, Row) and isinstance(theirs, Row) else None

    def ask(
        self,
        role: Role,
        rows: Sequence[Row],
        function: Callable[[Tensor, Tensor], Tensor],
        dtype: Any = np.float32,
    ) -> list[np.ndarray]:
        """A number for each trained token of each row from a network's logits.

        Args:
            function: of ``logits_CV`` and the trained tokens ``target_C``, one token at a time.
        """

        def reading(batch: Batch, policy: Policy) -> Tensor:
            assert policy.head is not None, "a probe's policies have heads"
            return map_logits(policy.head, lambda logits, part: function(logits, batch.target_N[part]))

        probe = Probe([self.network(role)], self.max_tokens)
        values = dict(probe.tokens(rows, reading))
        return [values[place][0].astype(dtype) for place in range(len(rows))]

    def logps(self, role: Role, rows: Sequence[Row]) -> list[np.ndarray]:
        """Log-probability of each trained token."""
        return self.ask(
            role, rows, lambda logits, target: logits.log_softmax(-1).gather(-1, target[:, None])[:, 0]
        )

    def as_sampled(self, items: list[Item], temperature: float) -> list[Item]:
        """The student's own items with log-probabilities, and the value ``temperature``, of their sampling.

        Samplers tell them at temperature 1 and in their own arithmetic. Where they drew at another, or do not
        compute as training does (it in bfloat16, a server), the student reads its items once more, so that
        ratios begin at 1. How far the sampler's are from that is said once; see `limbeck.training.drift`.
        """
        alike = self.sampler is None and self.network("student").dtype is None
        then = [item.rows[0].columns.get("logp", np.array([np.nan])) for item in items]
        # What two have written, or is told in other tokens, has no author whose log-probabilities these were.
        known = bool(items) and all(np.isfinite(each).all() for each in then)
        if not items or (temperature == 1.0 and (not known or (alike and self.drift is not None))):
            return items

        def logps(logits_CV: Tensor, target_C: Tensor) -> Tensor:
            kinds = (logits_CV / temperature, logits_CV) if temperature != 1.0 else (logits_CV,)
            return torch.stack([target_logp(each, target_C) for each in kinds], 1)

        read = self.ask("student", [item.rows[0] for item in items], logps)
        taken = not alike or temperature != 1.0
        if known and self.drift is None:
            self.drift = Drift.of(then, [each[:, -1] for each in read])
            if told := self.drift.told(taken):
                self.log(told)
        return [self._told(*pair, temperature) for pair in zip(items, read, strict=True)] if taken else items

    def _told(self, item: Item, read: np.ndarray, temperature: float) -> Item:
        """An item with what the student has read at ``temperature``, the first column."""
        row = item.rows[0]
        values = row.values if temperature == 1.0 else {**row.values, "temperature": temperature}
        row = replace(row, values=values, columns={**row.columns, "logp": read[:, 0].copy()})
        self.rows[row.id] = row
        return replace(item, rows=(row,))

    def answer_logp(self, group: Group, role: Role = "student") -> list[float]:
        """Mean log-probability per token of the problem's reference answer after each trace's reasoning.

        NOVER's perplexity is the exponential of its negative (arXiv 2505.16022).
        """
        problem, chat_tokenizer = group.problem, self.chat_tokenizer
        (prompt,) = chat_tokenizer.prompts([problem])
        answer = problem.answer or ""
        rows = []
        for trace in group.traces:
            # Not the text without an answer: a format may leave its tags out of that, and the reasoning
            # would then count as part of the answer.
            text = joined_text(trace.reasoning, answer, trace.format)
            lead, whole = (chat_tokenizer.completion(part) for part in (text.removesuffix(answer), text))
            before, ids = encode(chat_tokenizer.tokenizer, [lead, whole])
            same = [a == b for a, b in zip(before, ids, strict=False)]
            start = same.index(False) if False in same else min(len(before), len(ids) - 1)
            rows.append(
                Row(trace.id, np.array(prompt + ids, dtype=np.int32), len(prompt) + start, problem.id)
            )
        return [float(values.mean()) for values in self.logps(role, rows)]
