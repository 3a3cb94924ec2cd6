"""A right and a wrong trace side by side, as problems for whoever is to learn which is better."""

from __future__ import annotations

from itertools import islice, product
from typing import Literal

from limbeck.curation.tasks._tasks import solved, task
from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem, Trace
from limbeck.texts.questions import problem_id
from limbeck.texts.templates import check_fields, fill
from limbeck.texts.traces import full_text

TEMPLATE = (
    "{question}\n\nSolution 1:\n{first}\n\nSolution 2:\n{second}\n\n"
    "Which solution is right? Answer with 1 or 2 alone."
)


def comparison_tasks(
    data: Data,
    *,
    template: str = "",
    first: str = "1",
    second: str = "2",
    orders: Literal["both", "first", "second"] = "both",
    per_problem: int = 1,
    solve: Literal["", "word", "thought"] = "",
    before: str = "",
    format: str = "plain",
) -> Data:
    """Ask which of two traces of a problem is the right one, in both orders: two problems for every pair.

    Pairs are those the data has; where it has none, right traces meet wrong ones that bear no mark but
    ``wrong``.

    Args:
        template: with ``{first}``, ``{second}`` and, where wanted, ``{question}``; empty takes ``TEMPLATE``.
        first, second: the reference answers.
        orders: where the right one stands; ``both`` asks about every pair twice, so that no place is right
            more often.
        per_problem: at most so many pairs of a problem; 0 means no limit.
        solve: add a trace to learn from: the ``word`` alone, or after a ``thought``: both traces'
            ``params["thought"]`` in order, or the right trace itself.
        before: what stands between thought and word.
        format: of the added traces, a name of ``formats/``.

    Returns:
        The tasks alone, problems of verifier ``exact``; the compared traces stay with the stage they come
        from. ``meta`` has ``item`` (the question asked about), ``first`` and ``second`` (the texts),
        ``right`` (which of them, 1 or 2), ``pair`` (the same for both orders) and ``thought``.

    Raises:
        LimbeckError: a template without a field, equal answers, an unknown format, or no pair.
    """
    template = template or TEMPLATE
    _check(template, first, second)
    known = {problem.id: problem for problem in data.problems if not problem.marks}
    made = Data()
    seen = set()
    for about, chosen, rejected in _pairs(data, known, per_problem):
        good, bad = full_text(chosen), full_text(rejected)
        for place in {"both": (1, 2), "first": (1,), "second": (2,)}[orders]:
            texts = {"first": good, "second": bad} if place == 1 else {"first": bad, "second": good}
            text = fill(template, question=about.question, **texts)
            pair = problem_id(f"{good}\n{bad}\n{about.id}")
            meta = {"item": about.question, **texts, "right": place, "pair": pair, "thought": good}
            asked = task(about, text, first if place == 1 else second, meta)
            if good == bad or asked.id in seen:
                continue
            seen.add(asked.id)
            made.problems.append(asked)
            if solve:
                thought = _thought(chosen, rejected, place) if solve == "thought" else ""
                made.traces.append(solved(asked, f"{thought}{before}{asked.answer}", format, "choice"))
    if data.traces and not made.problems:
        told = f"{len(data.traces):,} traces hold no right and wrong one of one problem"
        raise LimbeckError(f"curation/comparison_tasks: {told}")
    return made


def _check(template: str, first: str, second: str) -> None:
    check_fields(template, ("first", "second"), "curation/comparison_tasks")
    if first.strip() == second.strip():
        raise LimbeckError(f"comparison_tasks: first={first!r} and second={second!r} cannot be told apart")


def _thought(chosen: Trace, rejected: Trace, place: int) -> str:
    """What is thought of the first trace, then of the second."""
    thoughts = [str(trace.params.get("thought", "")) for trace in (chosen, rejected)]
    return "|".join(thoughts if place == 1 else thoughts[::-1]) if all(thoughts) else full_text(chosen)


def _pairs(data: Data, asked: dict[str, Problem], per_problem: int) -> list[tuple[Problem, Trace, Trace]]:
    """Problem, right trace, wrong trace."""
    if data.pairs:
        traces = data.trace_by_id()
        kept = [pair for pair in data.kept_pairs() if pair.problem_id in asked]
        return [(asked[pair.problem_id], traces[pair.chosen], traces[pair.rejected]) for pair in kept]
    pairs = []
    groups = data.by_problem()
    for problem in asked.values():
        judged = groups.get(problem.id, [])
        right = [trace for trace in judged if trace.outcome == "correct" and {*trace.marks} <= {"not_first"}]
        wrong = [trace for trace in judged if trace.outcome == "wrong"]
        wrong = [trace for trace in wrong if {*trace.marks} <= {"wrong", "not_first"}]
        pairs += [(problem, *both) for both in islice(product(right, wrong), per_problem or None)]
    return pairs
