"""Pairs that are too long to train on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError, missing_extra
from limbeck.generation import Messages
from limbeck.networks.template import chat_text, encode
from limbeck.records import Data, Pair
from limbeck.texts.messages import as_messages
from limbeck.texts.traces import full_text

Measure = Callable[[Messages], int]
"""Turns to a number of tokens."""

CHARS_PER_TOKEN = 3
"""The estimate without a tokenizer: mathematics in English comes to about three characters per token."""


def length(
    data: Data,
    *,
    prompt: int = 800,
    chosen: int = 19_000,
    rejected: int = 19_000,
    tokenizer: str = "",
    template: bool = True,
) -> Data:
    """Mark pairs ``long_prompt``, ``long_chosen`` or ``long_rejected`` whose part has more tokens than its
    limit.

    REDI's filter (arXiv 2505.24850, section 3 and its scripts): 800, 19,000 and 19,000 tokens leave 53,175
    pairs.

    Args:
        prompt: most tokens of the question and the turns before it.
        chosen: most tokens of the right trace's full text.
        rejected: most tokens of the wrong trace's full text.
        tokenizer: a folder or Hub id. Empty counts a trace's recorded ``tokens`` where it has them and
            otherwise estimates one token for every three characters, rounded up.
        template: measure each part as a chat of its own, rendered by the tokenizer's chat template, as the
            paper does (a template that adds a system block adds its tokens to both). False measures the bare
            text plus one token for the end, as the paper's verifier ablation does.

    Raises:
        LimbeckError: the tokenizer cannot be loaded, or a trace's format is unknown.
    """
    traces, problems = data.trace_by_id(), data.problem_by_id()
    measure = _tokens(tokenizer, template) if tokenizer else _estimate

    @cache
    def of_trace(trace_id: str) -> int:
        trace = traces[trace_id]
        return (
            trace.tokens
            if not tokenizer and trace.tokens is not None
            else measure([{"role": "assistant", "content": full_text(trace)}])
        )

    @cache
    def of_prompt(problem_id: str) -> int:
        return measure(as_messages(problems[problem_id]))

    def reasons(pair: Pair) -> Iterable[str]:
        if of_prompt(pair.problem_id) > prompt:
            yield "long_prompt"
        if of_trace(pair.chosen) > chosen:
            yield "long_chosen"
        if of_trace(pair.rejected) > rejected:
            yield "long_rejected"

    return Data(data.problems, data.traces, [marked(pair, *reasons(pair)) for pair in data.pairs])


def _estimate(turns: Messages) -> int:
    return sum(-(-len(turn["content"]) // CHARS_PER_TOKEN) for turn in turns)


@cache
def _load(tokenizer: str) -> Any:
    try:
        from transformers import AutoTokenizer
    except ImportError:
        raise missing_extra("transformers", "train", "measuring in tokens") from None
    try:
        return AutoTokenizer.from_pretrained(tokenizer)
    except (OSError, ValueError) as error:
        raise LimbeckError(f"cannot load the tokenizer {tokenizer!r}: {error}") from error


def _tokens(tokenizer: str, template: bool) -> Measure:
    loaded = _load(tokenizer)
    rendered = template and getattr(loaded, "chat_template", None)

    def measure(turns: Messages) -> int:
        texts = [chat_text(loaded, turns)] if rendered else [turn["content"] for turn in turns]
        return sum(len(ids) + (not rendered) for ids in encode(loaded, texts))

    return measure
