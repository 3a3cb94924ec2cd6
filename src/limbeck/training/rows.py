"""From traces and pairs to tokenised items. A row that cannot be used is counted with its reason, never cut unsaid."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np

from limbeck.errors import LimbeckError
from limbeck.records import Data, Pair, Trace
from limbeck.training.batch import Item, Items, Row
from limbeck.training.template import THINK, Template, encode, prompt_text


@cache
def _format(name: str) -> Any:
    """The module of `limbeck.formats` that joins a trace's two parts, or None where there is none of that name."""
    if not name.isidentifier() or name.startswith("_"):
        return None
    try:
        module = importlib.import_module(f"limbeck.formats.{name}")
    except ModuleNotFoundError:
        return None
    return module if hasattr(module, "render") else None


class Tokeniser:
    """Turns traces into rows under one tokenizer and checked template.

    Args:
        max_tokens: most tokens a row may have, 0 for any.
        overlong: ``skip`` leaves longer rows out, ``truncate`` cuts their completion and appends no end of turn.
    """

    def __init__(self, tokenizer: Any, template: Template, max_tokens: int = 0, overlong: str = "skip") -> None:
        self.tokenizer = tokenizer
        self.template = template
        self.max_tokens = max_tokens
        self.overlong = overlong
        self.controls = {template.close_id, tokenizer.eos_token_id}
        self.unknown = tokenizer.unk_token_id

    def rows(self, data: Data, wanted: Iterable[Trace]) -> dict[str, Row | str]:
        """Rows by trace id; a trace that gives none has the reason in its place."""
        problems = data.problem_by_id()
        found: dict[str, Row | str] = {}
        ready: list[tuple[Trace, str]] = []
        for trace in wanted:
            form = _format(trace.format)
            if trace.problem_id not in problems:
                found[trace.id] = "no_problem"
            elif form is None:
                found[trace.id] = f"unknown_format_{trace.format}"
            elif not (text := form.render(trace.reasoning, trace.answer)).strip():
                found[trace.id] = "empty"
            else:
                ready.append((trace, text))
        asked = list(dict.fromkeys(trace.problem_id for trace, _ in ready))
        prompts = encode(self.tokenizer, [prompt_text(self.tokenizer, problems[key].question) for key in asked])
        prompt_ids = dict(zip(asked, prompts, strict=True))
        completions = encode(self.tokenizer, [self._completion(text) for _, text in ready])
        for (trace, _), completion in zip(ready, completions, strict=True):
            found[trace.id] = self._row(trace, prompt_ids[trace.problem_id], completion)
        return found

    def _completion(self, text: str) -> str:
        # A prompt that already ends in <think> must not be followed by a second one.
        return text.removeprefix(THINK).lstrip("\n") if self.template.opens_thinking else text

    def _row(self, trace: Trace, prompt: list[int], completion: list[int]) -> Row | str:
        if not prompt:
            return "empty_prompt"
        if not self.controls.isdisjoint(completion):
            return "control_token"
        if self.unknown is not None and self.unknown in completion:
            return "unknown_token"
        if trace.finish != "length":
            completion = [*completion, self.template.close_id]
        room = self.max_tokens - len(prompt) if self.max_tokens else len(completion)
        if len(completion) > room and (self.overlong == "skip" or room <= 0):
            return "too_long"
        return Row(trace.id, np.array(prompt + completion[:room], dtype=np.int32), len(prompt))


def trace_items(tokeniser: Tokeniser, shards: Iterable[Data]) -> Items:
    """All kept traces, weighted by ``scores["weight"]`` where a trace has one."""
    found = Items()
    for data in shards:
        kept = data.kept()
        rows = tokeniser.rows(data, kept)
        for trace in kept:
            _add(found, trace.scores.get("weight", 1.0), rows[trace.id])
    return _check(found, "traces", "a curation stage has marked all, or the input is empty")


def pair_items(tokeniser: Tokeniser, shards: Iterable[Data]) -> Items:
    """All kept pairs, weighted by ``Pair.weight``. A trace that is in several pairs is tokenised once."""
    found = Items()
    for data in shards:
        pairs = data.kept_pairs()
        traces = data.trace_by_id()
        wanted = {name: traces[name] for pair in pairs for name in _both(pair) if name in traces}
        rows = tokeniser.rows(data, wanted.values())
        for pair in pairs:
            _add(found, pair.weight, *(rows.get(name, "no_trace") for name in _both(pair)))
    return _check(found, "pairs", "put a curation stage such as curation/pairs before training")


def _both(pair: Pair) -> tuple[str, str]:
    return pair.chosen, pair.rejected


def _add(found: Items, weight: float, *rows: Row | str) -> None:
    reasons = [row for row in rows if isinstance(row, str)]
    if reasons:
        found.skipped[reasons[0]] += 1
    elif not (weight > 0 and math.isfinite(weight)):
        found.skipped["no_weight"] += 1
    else:
        found.items.append(Item(tuple(row for row in rows if isinstance(row, Row)), float(weight)))


def _check(found: Items, what: str, remedy: str) -> Items:
    if found.items:
        return found
    if found.skipped:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in found.skipped.most_common())
        raise LimbeckError(f"no {what} left to train on: {reasons}")
    raise LimbeckError(f"the objective needs {what} and the data has none without a mark; {remedy}")
