"""How right pseudo-labels are, where the source's answers are known after all."""

from __future__ import annotations

from collections import Counter

from msgspec.structs import replace

from limbeck.answers.ballots import ballot
from limbeck.errors import LimbeckError, nearest
from limbeck.evaluation.samples import benchmark_of, like, results, stored
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Results, Trace, Verdict
from limbeck.types import Verifier
from limbeck.verifiers.ops import verify


def pseudo_labels(
    data: Data,
    *,
    verifier: Verifier,
    teacher: str = "",
    name: str = "",
    benchmark: str = "",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """Hold labels that `curation/agreed` or `curation/majority` set against the source's own answers.

    Each problem counts whose ``meta["gold"]`` is known. One without a label is not right: abstaining costs as
    much as erring, so that labels may be compared problem by problem.

    Args:
        verifier: compares a label with the source's answer.
        teacher: measure a single teacher instead: the answer that most of its traces give, the earlier one of
            equals.
        name: of the labels in the results; by default the teacher's, or ``labels``.
        benchmark: one name for all; by default source and split of the first problem.

    Returns:
        ``pass@1``, the share of problems with the right label, and ``unparsed``, the share without one. A
        claim on it says ``temperature: null``.

    Raises:
        LimbeckError: no problem has a known answer in ``meta["gold"]``, or an unknown teacher.
    """
    known = [problem for problem in data.problems if problem.meta.get("gold") is not None]
    if not known:
        raise LimbeckError(
            "evaluation/pseudo_labels: no problem has meta['gold']; run curation/agreed on answered ones"
        )
    writers = {trace.model for trace in data.traces}
    if teacher and teacher not in writers:
        raise LimbeckError(
            f"evaluation/pseudo_labels: nobody called {teacher!r} wrote{nearest(teacher, writers)}"
        )
    groups = data.by_problem()
    where = benchmark or benchmark_of(known[0])
    labels = []
    for problem in known:
        written = [trace for trace in groups.get(problem.id, []) if trace.model == teacher]
        answer = _commonest(written) if teacher else problem.answer or ""
        labels.append(Trace(id=f"{problem.id}#label", problem_id=problem.id, answer=answer, finish="stop"))
    asked = {problem.id: _unlabelled(problem) for problem in known}
    judged = list(verify(verifier, asked, [label for label in labels if label.answer]))
    none = [replace(label, verdicts=[Verdict("", "unparsed")]) for label in labels if not label.answer]
    read = Data(list(asked.values()), [stored(trace, where) for trace in [*judged, *none]])
    ctx.log(f"{len(judged):,} of {len(known):,} problems have a label")
    common = like(name or teacher or "labels", [seed])
    return Results(results(read, ["pass@1", "unparsed"], common), read)


def _unlabelled(problem: Problem) -> Problem:
    """The problem as its source has it."""
    return replace(problem, answer=str(problem.meta["gold"]), marks=[])


def _commonest(traces: list[Trace]) -> str:
    able = [trace for trace in traces if {*trace.marks} <= {"wrong", "off_label", "unsure"}]
    votes = Counter(value for trace in able if (value := ballot(trace.answer)) is not None)
    won = votes.most_common(1)[0][0] if votes else None
    return next((trace.answer for trace in able if won is not None and ballot(trace.answer) == won), "")
