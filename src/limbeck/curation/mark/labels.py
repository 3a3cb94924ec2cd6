"""Verdicts from labels that came with the rows."""

from __future__ import annotations

from typing import Any, Literal

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError, nearest
from limbeck.records import Data, Outcome, Problem, Trace, Verdict

VERSION = 2  # the mark that a label brought does not outlive its verdict


def labels(
    data: Data,
    *,
    columns: tuple[str, ...] = ("llama_verification", "math_verify_reparsed_answer"),
    disagree: Literal["wrong", "unknown"] = "wrong",
) -> Data:
    """Judge each trace by label lists in its problem's ``meta``: correct when all labels are truthy.

    REDI's rules (arXiv 2505.24850, section 3, and its published scripts). Only problems that bear no mark yet
    are looked at. A problem is marked

    * ``empty`` when its question or its list of generations is empty,
    * ``label_mismatch`` when a label list is missing or not as long as the generations.

    Args:
        columns: keys of ``meta``, each a list with one label per generation.
        disagree: what a trace is that only some labels call right; ``wrong`` as in the paper, ``unknown``
            keeps it out of positives and negatives both. With ``unknown``, a missing (null) label counts as
            disagreement.

    Returns:
        One verdict per label column and a last one, ``labels``, that counts: a trace that it does not call
        wrong loses the mark ``wrong``, which an import gives by the first of the labels alone.

    Raises:
        LimbeckError: no problem has a column of that name.
    """
    known = {key for problem in data.problems for key in problem.meta}
    for column in columns:
        if data.problems and column not in known:
            raise LimbeckError(f"no problem has a label column {column!r}{nearest(column, known)}")
    groups = data.by_problem()
    judged: dict[str, Trace] = {}
    problems = []
    for problem in data.problems:
        traces = groups.get(problem.id, [])
        reason = "" if problem.marks else _fault(problem, traces, columns)
        problems.append(marked(problem, reason) if reason else problem)
        if not problems[-1].marks:
            for i, trace in enumerate(traces):
                index = trace.params.get("index", i)
                judged[trace.id] = _judge(trace, {c: problem.meta[c][index] for c in columns}, disagree)
    return Data(problems, [judged.get(trace.id, trace) for trace in data.traces], data.pairs)


def _fault(problem: Problem, traces: list[Trace], columns: tuple[str, ...]) -> str:
    if not problem.question or not traces:
        return "empty"
    lists = [problem.meta.get(column) for column in columns]
    fits = all(isinstance(values, list | tuple) and len(values) == len(traces) for values in lists)
    return "" if fits else "label_mismatch"


def _judge(trace: Trace, values: dict[str, Any], disagree: Literal["wrong", "unknown"]) -> Trace:
    single: list[Verdict] = []
    for column, value in values.items():
        outcome: Outcome = "unknown" if value is None else "correct" if value else "wrong"
        single.append(Verdict(column, outcome, reason=f"label {value!r}"))
    if all(values.values()):
        final: Outcome = "correct"
    elif disagree == "unknown" and any(value or value is None for value in values.values()):
        final = "unknown"
    else:
        final = "wrong"
    told = ", ".join(f"{column} {value!r}" for column, value in values.items())
    verdicts = [*trace.verdicts, *single, Verdict("labels", final, reason=told)]
    return replace(trace, verdicts=verdicts, marks=[it for it in trace.marks if final == it or it != "wrong"])
