"""Questions that say whether to think, with the traces that do as they say."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace
from limbeck.texts.messages import asked_id, context_of
from limbeck.texts.templates import check_fields, fill
from limbeck.types import CountOrNone

WHERE = "curation/mode_tokens"
TEMPLATE = "{question} {mode}"


def mode_tokens(
    data: Data,
    *,
    slow: str = "/think",
    fast: str = "/no_think",
    longest: CountOrNone = 0,
    template: str = TEMPLATE,
    paired: bool = False,
    ctx: Context,
) -> Data:
    """Ask each unmarked problem once for each mode that its kept traces are in: ``/think`` or ``/no_think``.

    So that one student learns both and is told which, as Qwen3 is (arXiv 2505.09388, section 4.3);
    `curation/answer_only` makes the traces of the fast mode where there are none.

    Args:
        slow: the mode of traces that think.
        fast: the mode of those that do not.
        longest: characters of reasoning up to which a trace is fast; 0 for none at all.
        template: of the question, with ``{question}`` and ``{mode}``.
        paired: leave problems out whose traces are all in one mode.

    Returns:
        The questions with a mode alone, ``meta["mode"]`` being the token and ``meta["problem_id"]`` the
        problem it was, with the traces in that mode and their verdicts, which are on the same answer.

    Raises:
        LimbeckError: a template without its fields, or modes that are the same or empty.
    """
    _check(slow, fast, template)
    made = Data()
    groups = Data(data.problems, data.kept()).by_problem()
    for problem in data.problems:
        modes: dict[str, list[Trace]] = {}
        for trace in groups.get(problem.id, []):
            mode = fast if len(trace.reasoning.strip()) <= longest else slow
            modes.setdefault(mode, []).append(trace)
        if problem.marks or (paired and len(modes) < 2):
            continue
        for mode, traces in sorted(modes.items(), key=lambda each: each[0] != slow):
            question = fill(template, question=problem.question, mode=mode)
            name = asked_id(question, context_of(problem))
            meta = {**problem.meta, "mode": mode, "problem_id": problem.id}
            made.problems.append(replace(problem, id=name, question=question, meta=meta))
            made.traces += [replace(each, id=f"{each.id}/{mode}", problem_id=name) for each in traces]
    counts = [sum(problem.meta["mode"] == mode for problem in made.problems) for mode in (slow, fast)]
    ctx.log(f"{counts[0]:,} questions in mode {slow}, {counts[1]:,} in mode {fast}")
    return made


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _check(given["slow"], given["fast"], given["template"])


def _check(slow: str, fast: str, template: str) -> None:
    check_fields(template, ("question", "mode"), WHERE)
    if not (slow.strip() and fast.strip()) or slow == fast:
        raise LimbeckError(f"{WHERE}: slow={slow!r}, fast={fast!r}: two different tokens tell modes apart")
