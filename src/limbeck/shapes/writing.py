"""One row of each shape: the columns its tools read, made of a problem and the traces that stand in the row.

What other tools pass over (ids, who wrote a trace, what a verifier said, licences) is added in one place,
`trace_columns`, `pair_columns` and `problem_columns`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from limbeck.generation import Messages
from limbeck.records import Pair, Problem, Trace
from limbeck.tables import Row
from limbeck.texts.messages import as_messages, context_of, prior_turns, system_of
from limbeck.texts.traces import full_text

LICENSES = ("license", "licence")
"""Where ``problem.meta`` says under which licence a source is shared."""


@dataclass(frozen=True)
class Item:
    """What makes a row: a problem, its traces in the row (of a pair: chosen, rejected), the row's number from
    0, and the model that a request names."""

    problem: Problem
    traces: list[Trace] = field(default_factory=list)
    pair: Pair | None = None
    index: int = 0
    model: str = ""


RowOf = Callable[[Item], Row]


def license_of(problem: Problem) -> str:
    """The licence a problem's source gives; empty where it gives none."""
    given = (problem.meta.get(name) for name in LICENSES)
    return next((text for text in given if isinstance(text, str) and text), "")


def problem_columns(item: Item) -> Row:
    """Where a problem comes from."""
    problem = item.problem
    return {
        "problem_id": problem.id,
        "reference": problem.answer,
        "source": problem.source,
        "verifier": problem.verifier,
        "license": license_of(problem),
    }


def trace_columns(item: Item) -> Row:
    """Where a trace comes from: its problem, who wrote it, and the last verdict on it."""
    (trace,) = item.traces
    verdict = trace.verdicts[-1] if trace.verdicts else None
    return {
        "id": trace.id,
        **problem_columns(item),
        "model": trace.model,
        "outcome": verdict.outcome if verdict else "",
        "verdict_by": verdict.verifier if verdict else "",
        "score": verdict and verdict.score,
    }


def pair_columns(item: Item) -> Row:
    """Where both traces of a pair come from, and what the pair weighs."""
    chosen, rejected = item.traces
    return {
        **problem_columns(item),
        "chosen_id": chosen.id,
        "rejected_id": rejected.id,
        "chosen_model": chosen.model,
        "rejected_model": rejected.model,
        "weight": item.pair.weight if item.pair else 1.0,
    }


def _assistant(trace: Trace) -> Messages:
    return [{"role": "assistant", "content": full_text(trace)}]


def messages(item: Item) -> Row:
    """Unmarked traces of unmarked problems as a chat each."""
    return {"messages": as_messages(item.problem) + _assistant(item.traces[0])}


def prompt_completion(item: Item) -> Row:
    """Unmarked traces of unmarked problems; prompt and completion are chats, so a trainer applies its
    template."""
    return {"prompt": as_messages(item.problem), "completion": _assistant(item.traces[0])}


def preference(item: Item) -> Row:
    """Unmarked pairs of unmarked problems."""
    chosen, rejected = item.traces
    return {
        "prompt": as_messages(item.problem),
        "chosen": _assistant(chosen),
        "rejected": _assistant(rejected),
    }


def is_right(item: Item) -> bool:
    """The label of a trace for KTO."""
    return item.traces[0].outcome == "correct"


def kto(item: Item) -> Row:
    """Correct unmarked traces with label true; wrong ones that bear no mark but ``wrong`` with label
    false."""
    return {**prompt_completion(item), "label": is_right(item)}


def prompt_only(item: Item) -> Row:
    """Unmarked problems as prompts; ``solution`` is the reference answer, which rewards are given."""
    return {"prompt": as_messages(item.problem), "solution": item.problem.answer or ""}


def alpaca(item: Item) -> Row:
    """Unmarked traces of unmarked problems as an instruction and its output."""
    return {**_instruction(item.problem), "output": full_text(item.traces[0])}


def alpaca_preference(item: Item) -> Row:
    """Unmarked pairs of unmarked problems as an instruction and two outputs."""
    chosen, rejected = map(full_text, item.traces)
    return {**_instruction(item.problem), "chosen": chosen, "rejected": rejected}


def _instruction(problem: Problem) -> Row:
    turns = [turn["content"] for turn in prior_turns(problem)]
    history = [list(pair) for pair in zip(turns[::2], turns[1::2], strict=True)]
    asked = {"instruction": problem.question, "input": ""}
    # Null, not empty: ms-swift makes a system turn of an empty text, which displaces a template's default.
    return {**asked, "system": system_of(problem) or None, "history": history}


_SPEAKERS = {"system": "system", "user": "human", "assistant": "gpt"}


def _spoken(chat: Messages) -> list[Row]:
    return [{"from": _SPEAKERS[turn["role"]], "value": turn["content"]} for turn in chat]


def sharegpt(item: Item) -> Row:
    """Unmarked traces of unmarked problems as a conversation each."""
    return {"conversations": _spoken(messages(item)["messages"])}


def sharegpt_preference(item: Item) -> Row:
    """Unmarked pairs of unmarked problems: a conversation up to the question, and two turns."""
    chosen, rejected = (_spoken(_assistant(trace))[0] for trace in item.traces)
    return {"conversations": _spoken(as_messages(item.problem)), "chosen": chosen, "rejected": rejected}


def sharegpt_kto(item: Item) -> Row:
    """The traces of ``kto`` as conversations, with ``kto_tag`` true or false."""
    return {**sharegpt(item), "kto_tag": is_right(item)}


def swift_preference(item: Item) -> Row:
    """Unmarked pairs of unmarked problems: a chat with the chosen reply, the rejected one as a text."""
    chosen, rejected = item.traces
    chat = as_messages(item.problem) + _assistant(chosen)
    return {"messages": chat, "rejected_response": full_text(rejected)}


def swift_kto(item: Item) -> Row:
    """The traces of ``kto`` as chats, with ``label`` true or false."""
    return {**messages(item), "label": is_right(item)}


def swift_prompts(item: Item) -> Row:
    """Unmarked problems as chats without a reply; ``solution`` is the reference answer, which rewards are
    given."""
    return {"messages": as_messages(item.problem), "solution": item.problem.answer or ""}


def nemo_skills(item: Item) -> Row:
    """Unmarked traces of unmarked problems as NeMo-Skills stores generations."""
    (trace,) = item.traces
    return {
        "problem": item.problem.question,
        "expected_answer": item.problem.answer or "",
        "generation": full_text(trace),
        "predicted_answer": (trace.verdicts[-1].extracted or "") if trace.verdicts else "",
        **context_of(item.problem),
    }


def openai_requests(item: Item) -> Row:
    """Unmarked problems as requests of a batch to an OpenAI-compatible endpoint; ``custom_id`` is the
    problem's id."""
    return {
        "custom_id": item.problem.id,
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": item.model, "messages": as_messages(item.problem)},
    }


def responses(item: Item) -> Row:
    """Every trace, marked or not, as the flat row that `limbeck verify` reads, with its outcome if it has
    one."""
    (trace,), problem = item.traces, item.problem
    verdict = trace.verdicts[-1] if trace.verdicts else None
    return {
        "question": problem.question,
        "answer": problem.answer,
        "response": full_text(trace),
        "outcome": verdict and verdict.outcome,
        "extracted": verdict and verdict.extracted,
        "reason": verdict and verdict.reason,
        **context_of(problem),
    }


def openr1(item: Item) -> Row:
    """Every problem with all its generations, marked or not, and their label lists (null: no label).

    What verifiers found is one more list, ``correctness.limbeck``.
    """
    problem, written = item.problem, item.traces
    labels = {key: value for key, value in problem.meta.items() if _is_labels(value, len(written))}
    if any(trace.verdicts for trace in written):
        labels["limbeck"] = [{"correct": True, "wrong": False}.get(trace.outcome) for trace in written]
    finishes = [None if trace.finish == "unknown" else trace.finish for trace in written]
    rest = {key: value for key, value in problem.meta.items() if key not in labels}
    return {
        "problem": problem.question,
        "answer": problem.answer,
        "source": problem.source,
        "generations": [full_text(trace) for trace in written],
        "correctness": labels,
        **({"finish_reasons": finishes} if any(finishes) else {}),
        "original_index": item.index,
        **rest,
    }


def _is_labels(value: Any, count: int) -> bool:
    whole = isinstance(value, list) and len(value) == count > 0
    return whole and all(label is None or isinstance(label, bool) for label in value)


def verl(item: Item) -> Row:
    """Unmarked problems as verl's reinforcement learning rows."""
    problem = item.problem
    return {
        "data_source": problem.source or "limbeck",
        "prompt": as_messages(problem),
        "ability": str(problem.meta.get("ability") or "math"),
        "reward_model": {"style": "rule", "ground_truth": problem.answer},
        "extra_info": {
            "index": item.index,
            "split": problem.split,
            "problem_id": problem.id,
            "verifier": problem.verifier,
        },
    }


def traces(item: Item) -> Row:
    """Every trace with every field, its outcome and its problem; a problem without traces is a row with a
    null id."""
    about: Row = {"question": item.problem.question, "problem": msgspec.to_builtins(item.problem)}
    if not item.traces:
        return {**about, "id": None}
    return {**about, **msgspec.to_builtins(item.traces[0]), "outcome": item.traces[0].outcome}
