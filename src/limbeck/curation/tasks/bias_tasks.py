"""A judge's verdicts on biased twins, as problems for whoever is to learn to see the bias."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from limbeck.curation.tasks._tasks import solved, task
from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem
from limbeck.texts.templates import check_fields, fill

LABELS = {
    "": "No",
    "verbosity": "Verbosity",
    "position": "Position",
    "bandwagon": "Bandwagon",
    "sentiment": "Sentiment",
}
TEMPLATE = (
    "{question}\n\nA judge answered: {verdict}\n\nWas the judge moved by a bias? Think, then end with one "
    "word: Verbosity, Position, Bandwagon, Sentiment or No."
)


def bias_tasks(
    data: Data,
    *,
    template: str = "",
    labels: dict[str, str] = {},  # noqa: B006 read as configuration, never changed
    solve: Literal["", "word", "thought"] = "",
    before: str = "",
    format: str = "plain",
) -> Data:
    """Ask which bias moved a judge: the twin's where its verdict on the twin is wrong, none where it is right
    (RBD).

    ArXiv 2505.17100, section 3. A wrong verdict on a clean comparison has no bias to blame, unless the same
    judge is right on the comparison with the solutions swapped: then it is its place that decided.

    Args:
        data: problems of `curation/biased_twins` with a judge's verified answers; the first answer counts.
        template: with ``{question}`` and ``{verdict}``, the judge's answer; empty takes ``TEMPLATE``.
        labels: the reference answer for each bias, and under the empty name for none; empty takes ``LABELS``.
        solve: add a trace: the ``word`` alone, or after a ``thought``, the right solution, as a teacher whose
            label is known to be right writes it.
        before: what stands between thought and word.
        format: of the added traces.

    Returns:
        The tasks alone, problems of verifier ``exact`` with ``meta["judged"]`` and ``meta["bias"]``, the bias
        that is to blame; the judged traces stay with the stage they come from.

    Raises:
        LimbeckError: a template without its fields, a bias without a label, or no verdict.
    """
    template, labels = template or TEMPLATE, labels or LABELS
    check_fields(template, ("question", "verdict"), "curation/bias_tasks")
    judged = [trace for trace in data.traces if trace.outcome in ("correct", "wrong")]
    first = {trace.problem_id: trace for trace in reversed(judged)}
    outcome = {name: trace.outcome for name, trace in first.items()}
    swaps = _swaps(data)
    made = Data()
    seen = set()
    for problem in data.problems:
        trace = first.get(problem.id)
        if trace is None or problem.marks:
            continue
        bias = _bias(problem, outcome, swaps.get(problem.id, ""))
        if bias not in labels:
            raise LimbeckError(f"bias_tasks: labels has none for {bias!r}")
        text = fill(template, question=problem.question, verdict=trace.answer.strip())
        asked = task(problem, text, labels[bias], {"judged": trace.id, "bias": bias})
        if asked.id in seen:
            continue
        seen.add(asked.id)
        made.problems.append(asked)
        if solve:
            thought = str(problem.meta["thought"]) if solve == "thought" else ""
            made.traces.append(solved(asked, f"{thought}{before}{labels[bias]}", format, "bias"))
    if data.traces and not made.problems:
        raise LimbeckError(f"bias_tasks: none of {len(data.traces):,} answers is found right or wrong")
    return made


def _swaps(data: Data) -> dict[str, str]:
    """Each comparison's twin with the solutions swapped, by id, both ways."""
    swaps = {str(problem.meta["swap"]): problem.id for problem in data.problems if problem.meta.get("swap")}
    twins = [problem for problem in data.problems if problem.meta.get("bias") == "position"]
    swaps |= {str(problem.meta["twin"]): problem.id for problem in twins}
    return swaps | {twin: clean for clean, twin in swaps.items()}


def _bias(problem: Problem, outcome: Mapping[str, str], swap: str) -> str:
    """The bias that explains a verdict, empty for none."""
    if outcome[problem.id] == "correct":
        return ""
    kind = str(problem.meta.get("bias", ""))
    if kind in ("", "position"):
        return "position" if outcome.get(swap) == "correct" else ""
    return kind
