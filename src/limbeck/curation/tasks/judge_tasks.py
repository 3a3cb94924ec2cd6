"""Judged traces as problems for whoever is to learn to judge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from limbeck.curation.tasks._tasks import solved, task
from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem, Trace
from limbeck.texts.templates import check_fields, fill
from limbeck.texts.traces import full_text

TEMPLATE = "{question}\n\nA solution:\n{trace}\n\nIs this solution right? Answer with one word: yes or no."


def judge_tasks(
    data: Data,
    *,
    template: str = "",
    right: str = "yes",
    wrong: str = "no",
    solve: Literal["", "word", "thought"] = "word",
    before: str = "",
    format: str = "plain",
    balanced: bool = True,
) -> Data:
    """Ask of each judged trace whether it is right: what reward models and discriminators learn.

    Truncated, failed and otherwise marked traces are passed over; equal texts of a problem are asked about
    once, and not at all where their verdicts differ.

    Args:
        template: with ``{trace}`` and, where wanted, ``{question}``; the one the model will be asked with;
            empty takes ``TEMPLATE``.
        right, wrong: the reference answers, one word each.
        solve: add the trace to learn from. ``word`` is the verdict alone; ``thought`` writes the judged
            trace's ``params["thought"]`` first, or a right trace of the same problem; what has neither is
            left out.
        before: what stands between thought and word.
        format: of the added traces, a name of ``formats/``.
        balanced: mark the problems that one verdict has more of than the other ``surplus``.

    Returns:
        The tasks alone, problems of verifier ``exact``; ``meta["judged"]`` is the trace's id,
        ``meta["about"]`` its problem's. The judged traces stay with the stage they come from.

    Raises:
        LimbeckError: a template without ``{trace}``, an unknown format, or no trace was judged.
    """
    template = template or TEMPLATE
    check_fields(template, ("trace",), "curation/judge_tasks")
    thoughts = _right_texts(data)
    made: dict[str, Problem] = {}
    told: dict[str, Trace] = {}
    clash: set[str] = set()
    for about, trace in _judged(data):
        if solve == "thought" and not _thought(trace, thoughts):
            continue
        text = fill(template, question=about.question, trace=full_text(trace))
        word = right if trace.outcome == "correct" else wrong
        new = task(about, text, word, {"judged": trace.id, "about": about.id})
        if made.setdefault(new.id, new).answer != word:
            clash.add(new.id)
        if solve and made[new.id] is new:
            thought = _thought(trace, thoughts) if solve == "thought" else ""
            told[new.id] = solved(new, f"{thought}{before}{word}", format, "verdict")
    if data.traces and not made:
        raise LimbeckError(
            f"curation/judge_tasks: none of {len(data.traces):,} traces without a mark is right or wrong"
        )
    kept = [problem for name, problem in made.items() if name not in clash]
    if balanced:
        _balance(kept, right)
    return Data(kept, [told[problem.id] for problem in kept if problem.id in told])


def _judged(data: Data) -> Iterator[tuple[Problem, Trace]]:
    """Traces found right or wrong, with their problems; neither bears a mark that forbids its use."""
    problems = {problem.id: problem for problem in data.problems if not problem.marks}
    for trace in data.traces:
        usable = trace.outcome in ("correct", "wrong") and {*trace.marks} <= {"wrong", "not_first"}
        if usable and trace.problem_id in problems:
            yield problems[trace.problem_id], trace


def _right_texts(data: Data) -> dict[str, str]:
    """The first right trace of each problem."""
    right = [trace for trace in reversed(data.traces) if trace.outcome == "correct" and not trace.marks]
    return {trace.problem_id: full_text(trace) for trace in right}


def _thought(trace: Trace, thoughts: dict[str, str]) -> str:
    return str(trace.params.get("thought") or thoughts.get(trace.problem_id, ""))


def _balance(problems: list[Problem], right: str) -> None:
    """Mark what one side has more than the other; problem ids are digests, so their order is a draw."""
    sides = [[problem for problem in problems if (problem.answer == right) is side] for side in (True, False)]
    fewest = min(map(len, sides))
    for side in sides:
        for problem in sorted(side, key=lambda problem: problem.id)[fewest:]:
            problem.marks = [*problem.marks, "surplus"]
