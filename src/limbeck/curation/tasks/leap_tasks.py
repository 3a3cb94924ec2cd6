"""Solutions with steps left out, as problems whose answer is what is missing."""

from __future__ import annotations

import random
from typing import Any

from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.texts.leaps import LeapForm, body_of, drawn, leaps_of, steps_in
from limbeck.texts.questions import problem_id
from limbeck.texts.steps import Cutting, ends
from limbeck.types import Count, Share

WHERE = "curation/leap_tasks"


def leap_tasks(
    data: Data,
    *,
    form: LeapForm = LeapForm(),
    cutting: Cutting = Cutting(by="paragraphs"),
    least: Count = 6,
    none: Share = 0.2,
    most: Count = 2,
    long: Count = 10,
    seed: int = 0,
) -> Data:
    """Leave steps out of each kept trace and ask which are missing: what a bridge learns from (CoT-Bridge).

    ArXiv 2505.14684 and its released notebook: steps are drawn uniformly, never two in a row, never one of
    the last two.

    Args:
        cutting: what a step is; the paper's end with blank lines.
        least: traces of fewer steps are left out.
        none: probability that nothing is left out, so that the bridge learns to leave alone.
        most: most steps that are left out, one more in traces of more than ``long`` steps; each number from 1
            on is equally likely.

    Returns:
        The tasks alone, problems of verifier ``exact`` with a trace that solves each; ``meta["leaps"]`` lists
        after which steps one is missing, ``meta["steps"]`` counts those that are shown.

    Raises:
        LimbeckError: a template without its fields, or a separator that is no regular expression.
    """
    form.check(WHERE)
    problems = data.problem_by_id()
    made = Data()
    taken = set()
    for trace in data.kept():
        steps = steps_in(body_of(trace), cutting)
        if trace.problem_id not in problems or len(steps) < least:
            continue
        rng = random.Random(f"{seed}/{trace.id}")
        wanted = 0 if rng.random() < none else rng.randint(1, most + (len(steps) > long))
        dropped = drawn(len(steps), wanted, rng)
        left = [text.strip() for step, text in enumerate(steps) if step not in dropped]
        leaps = leaps_of(steps, dropped)
        asked, target = form.shown(problems[trace.problem_id].question, left), form.told(leaps)
        name = problem_id(asked)
        if name in taken:
            continue
        taken.add(name)
        meta = {"leaps": [leap.before for leap in leaps], "steps": len(left), "trace": trace.id}
        made.problems.append(Problem(id=name, question=asked, answer=target, verifier="exact", meta=meta))
        made.traces.append(_solved(name, target))
    return made


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    LeapForm.of(given).check(WHERE)
    ends("", Cutting.of(given))


def _solved(name: str, target: str) -> Trace:
    verdict = Verdict("exact", "correct", target)
    return Trace(id=f"{name}#dropped-0", problem_id=name, answer=target, finish="stop", verdicts=[verdict])
