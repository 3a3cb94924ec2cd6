"""What methods' ``estimate`` hooks share: how long a prompt is about, and what asking it so often costs at
most."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from limbeck.records import Data

CHARACTERS = 3.5
"""Characters of a token, about: more in English prose, fewer in mathematics. An endpoint's own tokenizer is
not ours to ask."""
STEPS = "how many steps a trace has"
"""What the calls of methods that ask about each step depend on."""
Counts = dict[str, Any]
"""What is known of a step's input: numbers of ``problems`` and ``traces``; where they are known,
``question_tokens`` and ``trace_tokens``, the mean length of a question with the turns before it, and of a
trace."""


def tokens(*texts: str) -> float:
    """How many tokens texts have, about."""
    return sum(map(len, texts)) / CHARACTERS


def prompt(counts: Counts, *around: str, trace: bool = False, more: float = 0.0) -> float | None:
    """Tokens of a prompt that shows a question, about; None where nobody knows how long questions are.

    Args:
        around: texts beside it: the template, the system turn.
        trace: whether it shows a trace too.
        more: tokens of what else it shows, such as what the model wrote before.
    """
    shown = [counts.get("question_tokens"), counts.get("trace_tokens") if trace else 0.0]
    lengths = [length for length in shown if length is not None]
    return sum(lengths) + tokens(*around) + more if len(lengths) == len(shown) else None


def asked(samples: int, prompt: float | None, most: int) -> Counts:
    """What ``samples`` requests of one completion each are: ``samples``, ``prompt_tokens`` (left out where
    unknown) and ``max_tokens``.

    Args:
        prompt: tokens of one prompt.
        most: new tokens of one completion at most.
    """
    known = {} if prompt is None else {"prompt_tokens": round(samples * prompt)}
    return {"samples": samples, **known, "max_tokens": samples * most}


def measured(data: Iterable[Data]) -> Counts:
    """The counts of data at hand."""
    from limbeck.texts.messages import as_messages

    counts = dict.fromkeys(("problems", "traces", "pairs"), 0)
    questions = traces = 0
    for part in data:
        for name in counts:
            counts[name] += len(getattr(part, name))
        chats = (as_messages(problem) for problem in part.problems)
        questions += sum(len(turn["content"]) for chat in chats for turn in chat)
        traces += sum(len(trace.reasoning) + len(trace.answer) for trace in part.traces)
    return {**counts, **lengths(questions, counts["problems"], traces, counts["traces"])}


def lengths(questions: int, problems: int, traces: int, written: int) -> Counts:
    """Mean lengths in tokens, from characters of so many problems' questions and so many written traces."""
    known = {}
    if problems:
        known["question_tokens"] = questions / problems / CHARACTERS
    if written:
        known["trace_tokens"] = traces / written / CHARACTERS
    return known
