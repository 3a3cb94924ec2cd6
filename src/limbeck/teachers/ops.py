"""What teachers share: settings checked, a completion as a trace, and what is said of failures and cost."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from msgspec import to_builtins

from limbeck.budget import UNASKED
from limbeck.drawing import Prompting
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Model, Sampling
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace
from limbeck.texts.templates import check_fields
from limbeck.texts.traces import format_named, parsed
from limbeck.types import Format

MARKS = {"length": "truncated", "error": "error"}
"""Why a trace that did not end by itself must not be learned from, right or wrong."""


def check(prompting: Prompting, sampling: Sampling) -> None:
    """Raise where the settings can give no traces.

    Raises:
        LimbeckError: naming the setting and its value.
    """
    check_fields(prompting.template, ("question",), "what a teacher is asked")
    for name, value, good in (
        ("samples per problem", sampling.n, sampling.n >= 1),
        ("max_tokens", sampling.max_tokens, sampling.max_tokens >= 1),
        ("temperature", sampling.temperature, sampling.temperature >= 0),
        ("top_p", sampling.top_p, 0 < sampling.top_p <= 1),
    ):
        if not good:
            raise LimbeckError(f"{name} cannot be {value:g}")


@dataclass
class Writer:
    """Turns one model's completions into traces and keeps count.

    Trace ids are ``problem#model-number``; where the data has that one already, a further number makes it
    new. ``kind`` stands behind the model's name, so that arms which ask one model in two ways can be merged.
    """

    model: Model
    format: str
    sampling: Sampling
    data: Data
    kind: str = ""
    tokens: int = 0
    made: int = 0
    failures: list[str] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.form: Format = format_named(self.format, "a teacher's format")
        self.taken = {trace.id for trace in self.data.traces}

    def trace(self, problem: Problem, number: int, completion: Completion) -> Trace:
        """A completion, counted, as a trace; one that was cut off or failed is marked."""
        self.count(completion)
        return self.built(problem, number, completion)

    def count(self, completion: Completion) -> None:
        """Take note of a request's reply."""
        self.made += 1
        self.tokens += completion.tokens or 0
        if completion.finish == "error":
            self.failures.append(completion.error)

    def built(self, problem: Problem, number: int, completion: Completion) -> Trace:
        """The same of text that several requests, or a part of one, have given: nothing is counted."""
        reasoning, answer = parsed(self.form, completion.text, self.format)
        params: dict[str, Any] = {
            "temperature": self.sampling.temperature,
            "top_p": self.sampling.top_p,
            "max_tokens": self.sampling.max_tokens,
            "seed": self.sampling.seed,
            "sample": number,
        }
        if completion.error:
            params["error"] = completion.error
        if completion.spent:
            params["spent"] = to_builtins(completion.spent)
        return Trace(
            id=self.name(problem, number),
            problem_id=problem.id,
            reasoning=reasoning,
            answer=answer,
            format=self.format,
            model=self.model.name,
            params=params,
            finish=completion.finish,
            tokens=completion.tokens,
            scores=dict(completion.scores or {}),
            marks=[MARKS[completion.finish]] if completion.finish in MARKS else [],
        )

    @property
    def unasked(self) -> bool:
        """Whether a spent budget left something unasked: there is no use in a further round."""
        return any(each.startswith(UNASKED) for each in self.failures)

    def name(self, problem: Problem, number: int) -> str:
        """The id of a problem's trace number ``number``."""
        return self.free(f"{problem.id}#{self.model.name}{self.kind}-{number}")

    def free(self, name: str) -> str:
        """An id that the data does not have: this one, or with a number behind it."""
        fresh, again = name, 2
        while fresh in self.taken:
            fresh, again = f"{name}-{again}", again + 1
        return fresh

    def rate(self) -> str:
        """Samples and tokens per second so far."""
        seconds = max(time.monotonic() - self.begun, 1e-3)
        return f"{self.made / seconds:,.1f} samples/s, {self.tokens / seconds:,.0f} tokens/s"

    def close(self, ctx: Context) -> None:
        """Tell of failures and of what was paid.

        Raises:
            LimbeckError: when every request failed; not where a spent budget left some unasked.
        """
        if self.failures:
            reason = self.failures[0] or "no reason given"
            asked = [each for each in self.failures if not each.startswith(UNASKED)]
            if len(asked) == self.made:
                raise LimbeckError(f"all {self.made:,} requests failed; the first: {reason}")
            ctx.log(
                f"{len(self.failures):,} of {self.made:,} requests failed and are marked; the first: {reason}"
            )
        usage = self.model.describe().get("usage")
        if usage and usage["requests"]:
            paid = f", {usage['usd']:.2f} USD" if usage["usd"] else ""
            ctx.log(
                f"{usage['requests']:,} requests answered: {usage['prompt_tokens']:,} prompt and "
                f"{usage['completion_tokens']:,} completion tokens{paid}"
            )
