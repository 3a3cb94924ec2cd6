"""Solutions written in chunks, as questions whether they are finished."""

from __future__ import annotations

from typing import Literal

from limbeck.curation.tasks._tasks import task
from limbeck.errors import LimbeckError
from limbeck.records import Data, Outcome, Pair, Problem, Trace, Verdict
from limbeck.texts.stopping import TEMPLATE
from limbeck.texts.templates import check_fields, fill
from limbeck.texts.traces import full_text

MAKES_PAIRS = True
MISSED = ("wrong", "unparsed")
"""Ends that an answer was to be had instead of: a solution that stops too early has none to read."""


def stop_tasks(
    data: Data,
    *,
    template: str = "",
    stop_word: str = "finished",
    go_word: str = "continue",
    ties: Literal["drop", "stop"] = "drop",
) -> Data:
    """Pair stopping with going on, at each place of a solution where only one of them leads to the answer.

    Flow-DPO, arXiv 2410.22304: what the model that stops learns from; its answers as supervised data, too.

    Args:
        data: solutions of `teachers/incremental`.
        template: the ``stop_template`` they were written with, with ``{question}`` and ``{partial}``;
            empty takes the same default.
        stop_word, go_word: as there.
        ties: where both lead to the answer, ``stop`` prefers the shorter way. The paper drops such places;
            but a first stop model, made from a writer that ends by itself, would hardly hear when to stop.

    Returns:
        A problem for each such place, with two traces, of which the wrong decision is marked ``wrong``, and
        their pair.

    Raises:
        LimbeckError: a template without its fields, or no solution tells what its places lead to.
    """
    template = template or TEMPLATE
    check_fields(template, ("question", "partial"), "curation/stop_tasks")
    told = [trace for trace in data.traces if "stops" in trace.params]
    if data.traces and not told:
        raise LimbeckError(
            f"stop_tasks: none of {len(data.traces):,} traces says what stopping leads to; "
            "teachers/incremental notes it where branches are at least 1"
        )
    problems, made = data.problem_by_id(), Data()
    known: set[str] = set()
    for trace in told:
        for written, stopping, going in trace.params["stops"]:
            about = problems.get(trace.problem_id)
            right = _right(stopping, going, ties)
            if about is None or about.marks or right is None:
                continue
            question = fill(template, question=about.question, partial=full_text(trace)[:written])
            asked = task(about, question, stop_word if right else go_word, {"trace": trace.id})
            if asked.id not in known:
                known.add(asked.id)
                _add(made, asked, (stop_word, go_word) if right else (go_word, stop_word))
    return made


def _right(stopping: Outcome, going: Outcome, ties: str) -> bool | None:
    """Whether stopping is right; None where neither or both are, or nobody knows."""
    if stopping == "correct" and (going in MISSED or (going == "correct" and ties == "stop")):
        return True
    return False if going == "correct" and stopping in MISSED else None


def _add(made: Data, asked: Problem, words: tuple[str, str]) -> None:
    made.problems.append(asked)
    chosen, rejected = _decision(asked, words[0], "correct"), _decision(asked, words[1], "wrong")
    made.traces += [chosen, rejected]
    made.pairs.append(Pair(problem_id=asked.id, chosen=chosen.id, rejected=rejected.id))


def _decision(asked: Problem, word: str, outcome: Outcome) -> Trace:
    return Trace(
        id=f"{asked.id}#{outcome}",
        problem_id=asked.id,
        answer=word,
        model="stop_tasks",
        finish="stop",
        verdicts=[Verdict("stop_tasks", outcome, word)],
        marks=[] if outcome == "correct" else ["wrong"],
    )
