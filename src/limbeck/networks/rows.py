"""From traces and pairs to tokenised items. A row that cannot be used is counted with its reason."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from msgspec import structs

from limbeck.errors import LimbeckError
from limbeck.networks.batch import Item, Items, Row, grouped, token_weights
from limbeck.networks.opening import open_tokenizer, vocabulary
from limbeck.networks.template import Template, check_template, encode, encode_spans, prompt_text, takes
from limbeck.records import Data, Pair, Problem, Trace
from limbeck.texts.messages import SYSTEM, as_messages, system_of
from limbeck.texts.traces import THINK, full_text, known_format

GRADED = {"wrong", "not_first"}
"""Marks that keep a trace out of supervised training alone."""
FOREIGN = "token_without_an_embedding"  # its tokenizer has grown and its embedding has not
SAME = "both_rows_are_the_same_tokens"
"""Why a pair is left out that has nothing to contrast, after the template and after the cut."""


class ChatTokenizer:
    """Turns traces into rows under one tokenizer and checked template.

    Args:
        max_tokens: most tokens a row may have, 0 for any.
        overlong: ``skip`` leaves longer rows out, ``truncate`` cuts their completion and appends no end of
            turn.
        spans: also say where each token lies in the completion's text.
    """

    def __init__(
        self,
        tokenizer: Any,
        template: Template,
        max_tokens: int = 0,
        overlong: str = "skip",
        spans: bool = False,
    ) -> None:
        self.tokenizer, self.template, self.spans = tokenizer, template, spans
        self.max_tokens = max_tokens
        self.overlong = overlong
        self.controls = {template.close_id, tokenizer.eos_token_id}
        self.unknown = tokenizer.unk_token_id
        self.cut: dict[str, int] = {}  # tokens that were cut off, by row
        self.size: float = math.inf

    @classmethod
    def open(cls, path: str, *settings: Any) -> ChatTokenizer:
        """The tokenizer in a folder or of a Hub id, its template checked; ``settings`` as above."""
        tokenizer = open_tokenizer(path)
        return cls(tokenizer, check_template(tokenizer), *settings)

    def read_by(self, *models: str) -> ChatTokenizer:
        """Leave out rows with tokens for which one of these models has no embedding.

        Raises:
            LimbeckError: the token that ends a turn, and with it every row, is one of them.
        """
        self.size = min(vocabulary(path) for path in models)
        if self.template.close_id >= self.size:
            token = self.tokenizer.convert_ids_to_tokens(self.template.close_id)
            raise LimbeckError(
                f"{models[-1]}: {token!r} (id {self.template.close_id:,}) ends a turn, and the embedding has "
                f"{self.size:,} rows; give it more with transformers' resize_token_embeddings"
            )
        return self

    @property
    def pad_id(self) -> int:
        """The padding token. No network sees its value, so the closing token does where there is none."""
        known: int | None = self.tokenizer.pad_token_id
        return self.template.close_id if known is None else known

    def prompts(self, problems: Iterable[Problem]) -> list[list[int]]:
        """Prompts as token ids.

        Raises:
            LimbeckError: the chat template refuses a problem's turns.
        """
        return encode(self.tokenizer, [prompt_text(self.tokenizer, as_messages(each)) for each in problems])

    def asked(self, problems: Iterable[Problem]) -> dict[str, list[int] | str]:
        """Prompts by problem id; one that the chat template refuses has the reason in its place.

        Raises:
            LimbeckError: the template takes no system turns and a problem has one: that is no single bad row.
        """
        texts: dict[str, str] = {}
        reasons: dict[str, list[int] | str] = {}
        for problem in problems:
            try:
                texts[problem.id] = prompt_text(self.tokenizer, as_messages(problem))
            except LimbeckError as error:
                bare = {name: value for name, value in problem.meta.items() if name != SYSTEM}
                if system_of(problem) and takes(
                    self.tokenizer, as_messages(structs.replace(problem, meta=bare))
                ):
                    raise
                words = " ".join(str(error.__cause__ or error).split())
                reasons[problem.id] = f"refused_by_the_chat_template ({words:.120})"
        asked = zip(texts, encode(self.tokenizer, [*texts.values()]), strict=True)
        return reasons | {key: FOREIGN if max(ids, default=0) >= self.size else ids for key, ids in asked}

    def rows(self, data: Data, wanted: Iterable[Trace]) -> dict[str, Row | str]:
        """Rows by trace id; a trace that gives none has the reason in its place."""
        problems = data.problem_by_id()
        rows: dict[str, Row | str] = {}
        ready: list[tuple[Trace, str]] = []
        for trace in wanted:
            if trace.problem_id not in problems:
                rows[trace.id] = "no_problem"
            elif not known_format(trace.format):
                rows[trace.id] = f"unknown_format_{trace.format}"
            elif not (text := full_text(trace)).strip():
                rows[trace.id] = "empty"
            else:
                ready.append((trace, text))
        asked = list(dict.fromkeys(trace.problem_id for trace, _ in ready))
        prompt_ids = self.asked(problems[key] for key in asked)
        for (trace, text), row in zip(ready, self._rows(ready, prompt_ids), strict=True):
            rows[trace.id] = row if isinstance(row, str) else self._valued(row, trace, text)
        return rows

    def _rows(
        self, ready: list[tuple[Trace, str]], prompt_ids: dict[str, list[int] | str]
    ) -> Iterator[Row | str]:
        texts = [self.completion(text) for _, text in ready]
        located = self.spans or any(trace.weights for trace, _ in ready)
        written = (
            encode_spans(self.tokenizer, texts)
            if located
            else [(ids, []) for ids in encode(self.tokenizer, texts)]
        )
        for (trace, _), text, (ids, spans) in zip(ready, texts, written, strict=True):
            prompt, ended = prompt_ids[trace.problem_id], trace.finish != "length"
            where = [*spans, (len(text),) * 2] if located else None
            if isinstance(prompt, str):
                yield prompt
            elif self.template.skips_thinking and text.lstrip().startswith(THINK):
                yield "thought_behind_a_prompt_that_closes_it"
            else:
                yield self.row(trace.id, trace.problem_id, prompt, ids, ended, where)

    def completion(self, text: str) -> str:
        """What is trained of a text."""
        # A prompt that already ends in <think> must not be followed by a second one.
        opening = self.template.opening
        if opening and not text.startswith(opening):
            return text.removeprefix(THINK).lstrip("\n") if text.startswith(THINK) else text
        return text.removeprefix(opening)

    def row(
        self,
        name: str,
        problem: str,
        prompt: list[int],
        completion: list[int],
        ended: bool,
        spans: Any = None,
    ) -> Row | str:
        """Prompt and completion as a row, or why they give none.

        Args:
            spans: of the completion's tokens and the end of turn.
        """
        if not prompt:
            return "empty_prompt"
        if not completion:
            return "empty"
        if not self.controls.isdisjoint(completion):
            return "control_token"
        if self.unknown is not None and self.unknown in completion:
            return "unknown_token"
        if max(completion) >= self.size:
            return FOREIGN
        if ended:
            completion = [*completion, self.template.close_id]
        room = self.max_tokens - len(prompt) if self.max_tokens else len(completion)
        if room <= 0:
            return "prompt_too_long"
        if len(completion) > room and self.overlong == "skip":
            return "too_long"
        if len(completion) > room:
            self.cut[name] = len(completion) - room
        kept = completion[:room]
        where = None if spans is None else np.array(spans[: len(kept)], dtype=np.int64).reshape(-1, 2)
        return Row(name, np.array(prompt + kept, dtype=np.int32), len(prompt), problem, spans=where)

    def _valued(self, row: Row, trace: Trace, text: str) -> Row:
        """With the trace's own numbers: its scores, whether it is right, its tokens' weights."""
        values = {"correct": float(trace.outcome == "correct"), **trace.scores}
        columns = {}
        if trace.weights:
            assert row.spans is not None, "traces with weights are located"
            # Weights count characters of the whole text, of which the prompt may have taken the beginning.
            shift = len(text) - len(self.completion(text))
            columns["weight"] = token_weights(row.spans + shift, trace.weights)
        return replace(row, values=values, columns=columns)


def problem_items(chat_tokenizer: ChatTokenizer, shards: Iterable[Data]) -> Items:
    """All problems without a mark, as prompts with nothing after them yet."""
    items = Items()
    for data in shards:
        kept = [problem for problem in data.problems if not problem.marks]
        prompts = chat_tokenizer.asked(kept)
        for problem in kept:
            items.problems[problem.id], prompt = problem, prompts[problem.id] or "empty_prompt"
            ids = np.array([] if isinstance(prompt, str) else prompt, dtype=np.int32)
            _add(
                items, 1.0, prompt if isinstance(prompt, str) else Row(problem.id, ids, len(ids), problem.id)
            )
    return check(items, "problems", "a curation stage has marked all, or the input is empty")


def trace_items(chat_tokenizer: ChatTokenizer, shards: Iterable[Data]) -> Items:
    """All kept traces, weighted by ``scores["weight"]`` where a trace has one."""
    items = Items()
    for data in shards:
        kept = data.kept()
        items.problems |= data.problem_by_id()
        rows = chat_tokenizer.rows(data, kept)
        doubtful = [trace for trace in kept if trace.verdicts and trace.outcome != "correct"]
        items.doubtful.update(trace.outcome for trace in doubtful)
        for trace in kept:
            _add(items, trace.scores.get("weight", 1.0), rows[trace.id])
    return check(items, "traces", "a curation stage has marked all, or the input is empty")


def _is_graded(trace: Trace) -> bool:
    """Found right or wrong, and marked for no other reason."""
    return trace.outcome in ("correct", "wrong") and {*trace.marks} <= GRADED


def graded_items(chat_tokenizer: ChatTokenizer, shards: Iterable[Data]) -> Items:
    """All traces found right or wrong, with their reward: ``scores["reward"]``, else 1 for right and 0 for
    wrong."""
    items = Items()
    for data in shards:
        dropped = {problem.id for problem in data.problems if problem.marks}
        graded = [each for each in data.traces if each.problem_id not in dropped and _is_graded(each)]
        items.problems |= data.problem_by_id()
        rows = chat_tokenizer.rows(data, graded)
        for trace in graded:
            row = rows[trace.id]
            if isinstance(row, Row):
                row = replace(row, values={"reward": row.values["correct"], **row.values})
            _add(items, trace.scores.get("weight", 1.0), row)
    items.items = grouped(items.items)
    return check(items, "traces", "a verifier must have found some right or wrong")


def pair_items(chat_tokenizer: ChatTokenizer, shards: Iterable[Data]) -> Items:
    """All kept pairs, weighted by ``Pair.weight``. A trace that is in several pairs is tokenised once."""
    items = Items()
    for data in shards:
        pairs = data.kept_pairs()
        traces = data.trace_by_id()
        wanted = {name: traces[name] for pair in pairs for name in _both(pair) if name in traces}
        rows = chat_tokenizer.rows(data, wanted.values())
        for pair in pairs:
            both = [rows.get(name, "no_trace") for name in _both(pair)]
            ids = [row.ids for row in both if isinstance(row, Row)]
            if len(ids) == 2 and np.array_equal(ids[0], ids[1]):
                # Pulled and pushed at once: at best nothing, under an asymmetric weight noise (REDI's alpha).
                both = [SAME]
            _add(items, pair.weight, *both)
    return check(items, "pairs", "put a curation stage such as curation/pairs before training")


def _both(pair: Pair) -> tuple[str, str]:
    return pair.chosen, pair.rejected


def _add(items: Items, weight: float, *rows: Row | str) -> None:
    reasons = [row for row in rows if isinstance(row, str)]
    if reasons:
        items.skipped[reasons[0]] += 1
    elif not (weight > 0 and math.isfinite(weight)):
        items.skipped["no_weight"] += 1
    else:
        items.items.append(Item(tuple(row for row in rows if isinstance(row, Row)), float(weight)))


def check(items: Items, what: str, remedy: str) -> Items:
    """Raise where nothing is left, saying why."""
    if items.items:
        return items
    if items.skipped:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in items.skipped.most_common())
        raise LimbeckError(f"no {what} left to train on: {reasons}")
    raise LimbeckError(f"the objective needs {what} and the data has none without a mark; {remedy}")
