"""Data into rows of each shape. Ids, reference and source go along as columns that other tools pass over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from limbeck.generation import Messages
from limbeck.records import Data, Problem, Trace
from limbeck.tables import Row
from limbeck.texts.messages import as_messages, context_of
from limbeck.texts.traces import full_text


def _assistant(trace: Trace) -> Messages:
    return [{"role": "assistant", "content": full_text(trace)}]


def _about(problem: Problem, trace: Trace | None = None) -> Row:
    about: Row = {"problem_id": problem.id, "reference": problem.answer, "source": problem.source}
    about["verifier"] = problem.verifier
    return about if trace is None else {"id": trace.id, **about, "model": trace.model}


def _kept(data: Data) -> Iterator[tuple[Problem, Trace]]:
    problems = data.problem_by_id()
    return ((problems[trace.problem_id], trace) for trace in data.kept())


def messages(data: Data) -> Iterator[Row]:
    """Unmarked traces of unmarked problems as a chat each."""
    for problem, trace in _kept(data):
        yield {"messages": as_messages(problem) + _assistant(trace), **_about(problem, trace)}


def sharegpt(data: Data) -> Iterator[Row]:
    """Unmarked traces of unmarked problems as a conversation each."""
    names = {"system": "system", "user": "human", "assistant": "gpt"}
    for problem, trace in _kept(data):
        chat = as_messages(problem) + _assistant(trace)
        turns = [{"from": names[turn["role"]], "value": turn["content"]} for turn in chat]
        yield {"conversations": turns, **_about(problem, trace)}


def responses(data: Data) -> Iterator[Row]:
    """Every trace, marked or not, as the flat row that `limbeck verify` reads, with its outcome if it has
    one."""
    problems = data.problem_by_id()
    for trace in data.traces:
        problem = problems[trace.problem_id]
        verdict = trace.verdicts[-1] if trace.verdicts else None
        about = _about(problem, trace)
        yield {
            "question": problem.question,
            "answer": about.pop("reference"),
            "response": full_text(trace),
            "outcome": verdict and verdict.outcome,
            "extracted": verdict and verdict.extracted,
            "reason": verdict and verdict.reason,
            **about,
            **context_of(problem),
        }


def prompt_completion(data: Data) -> Iterator[Row]:
    """Unmarked traces of unmarked problems; prompt and completion are chats, so a trainer applies its
    template."""
    for problem, trace in _kept(data):
        yield {"prompt": as_messages(problem), "completion": _assistant(trace), **_about(problem, trace)}


def preference(data: Data) -> Iterator[Row]:
    """Unmarked pairs of unmarked problems."""
    problems, by_id = data.problem_by_id(), data.trace_by_id()
    for pair in data.kept_pairs():
        problem = problems[pair.problem_id]
        yield {
            "prompt": as_messages(problem),
            "chosen": _assistant(by_id[pair.chosen]),
            "rejected": _assistant(by_id[pair.rejected]),
            **_about(problem),
            "chosen_id": pair.chosen,
            "rejected_id": pair.rejected,
            "weight": pair.weight,
        }


def kto(data: Data) -> Iterator[Row]:
    """Correct unmarked traces with label true; wrong ones that bear no mark but ``wrong`` with label
    false."""
    problems = {problem.id: problem for problem in data.problems if not problem.marks}
    for trace in data.traces:
        label = trace.outcome == "correct"
        usable = not trace.marks if label else trace.outcome == "wrong" and set(trace.marks) <= {"wrong"}
        if usable and (problem := problems.get(trace.problem_id)):
            yield {
                "prompt": as_messages(problem),
                "completion": _assistant(trace),
                "label": label,
                **_about(problem, trace),
            }


def openr1(data: Data) -> Iterator[Row]:
    """Every problem with all its generations, marked or not, and their label lists (null: no label).

    What verifiers found is one more list, ``correctness.limbeck``.
    """
    groups = data.by_problem()
    for index, problem in enumerate(data.problems):
        written = groups.get(problem.id, [])
        labels = {key: value for key, value in problem.meta.items() if _is_labels(value, len(written))}
        if any(trace.verdicts for trace in written):
            labels["limbeck"] = [{"correct": True, "wrong": False}.get(trace.outcome) for trace in written]
        finishes = [None if trace.finish == "unknown" else trace.finish for trace in written]
        rest = {key: value for key, value in problem.meta.items() if key not in labels}
        yield {
            "problem": problem.question,
            "answer": problem.answer,
            "source": problem.source,
            "generations": [full_text(trace) for trace in written],
            "correctness": labels,
            **({"finish_reasons": finishes} if any(finishes) else {}),
            "original_index": index,
            **rest,
        }


def _is_labels(value: Any, count: int) -> bool:
    whole = isinstance(value, list) and len(value) == count > 0
    return whole and all(label is None or isinstance(label, bool) for label in value)


def verl(data: Data) -> Iterator[Row]:
    """Unmarked problems as verl's reinforcement learning rows."""
    for index, problem in enumerate(problem for problem in data.problems if not problem.marks):
        yield {
            "data_source": problem.source or "limbeck",
            "prompt": as_messages(problem),
            "ability": str(problem.meta.get("ability") or "math"),
            "reward_model": {"style": "rule", "ground_truth": problem.answer},
            "extra_info": {
                "index": index,
                "split": problem.split,
                "problem_id": problem.id,
                "verifier": problem.verifier,
            },
        }


def traces(data: Data) -> Iterator[Row]:
    """Every trace with every field, its outcome and its problem; a problem without traces is a row with a
    null id."""
    groups = data.by_problem()
    for problem in data.problems:
        about = {"question": problem.question, "problem": msgspec.to_builtins(problem)}
        for trace in groups.get(problem.id, []):
            yield {**about, **msgspec.to_builtins(trace), "outcome": trace.outcome}
        if problem.id not in groups:
            yield {**about, "id": None}
