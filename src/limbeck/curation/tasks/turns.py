"""Long chains as conversations: one attempt a turn."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from limbeck.answers.boxes import boxed
from limbeck.answers.statements import stated
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace
from limbeck.texts.messages import PRIOR_TURNS, asked_id, context_meta, prior_turns, system_of
from limbeck.texts.parts import RIGHT, SUMMARY, parts_of, texts_of
from limbeck.texts.traces import full_text
from limbeck.types import Count

WHERE = "curation/turns"
NUDGE = "Are you sure? Go over it again, or try another way."
OPEN = "I have no answer yet."


def turns(
    data: Data, *, nudge: str = NUDGE, unanswered: str = OPEN, most: Count = 8, least: Count = 2, ctx: Context
) -> Data:
    """Make of each kept trace a conversation: its approaches, each a turn that ends with an answer (MinD).

    Done Is Better than Perfect, arXiv 2505.19788, section 3: a unit of thought, then what it comes to, so
    that whoever asks may stop at any turn. The paper has a model say what a unit comes to; here it is the
    trace's answer where `curation/segmented` calls the approach right, else what its own text states, else
    ``unanswered``.

    Args:
        data: traces that `curation/segmented` cut.
        nudge: what the user says between two turns.
        unanswered: what stands as the answer of a turn that states none.
        most: turns of a conversation; further ones are left out.
        least: approaches of a trace that makes one.

    Returns:
        The conversations alone, a problem for each turn behind those before it (``meta["prior_turns"]``),
        with ``meta["turn"]`` from 1 on and ``meta["problem_id"]``, and that turn as its trace, which names
        the whole as its parent. None is verified: turns that end on a wrong answer are there too, and a
        verifier tells them apart.

    Raises:
        LimbeckError: a text that is empty.
    """
    _check({"nudge": nudge, "unanswered": unanswered})
    problems, made = data.problem_by_id(), Data()
    taken: set[str] = set()
    conversations = 0
    for trace in data.kept():
        units = _units(trace, unanswered)[:most]
        if len(units) < least or trace.problem_id not in problems:
            continue
        conversations += 1
        problem = problems[trace.problem_id]
        told = prior_turns(problem)
        asked = problem.question
        for number, unit in enumerate(units, 1):
            turn = _turn(problem, asked, told, number)
            if turn.id not in taken:
                taken.add(turn.id)
                made.problems.append(turn)
            made.traces.append(replace(unit, id=f"{trace.id}/turn-{number}", problem_id=turn.id))
            told = [
                *told,
                {"role": "user", "content": asked},
                {"role": "assistant", "content": full_text(unit)},
            ]
            asked = nudge
    ctx.log(f"{len(made.traces):,} turns of {conversations:,} traces; verify them before use")
    return made


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _check(given)


def _check(given: dict[str, Any]) -> None:
    for name in ("nudge", "unanswered"):
        if not given[name].strip():
            raise LimbeckError(f"{WHERE}: {name} is empty: a turn says something")


def _units(trace: Trace, unanswered: str) -> list[Trace]:
    """The trace's approaches as traces; what stands before the first belongs to it, what sums up to the
    last."""
    parts = parts_of(trace)
    texts: list[str] = []
    states: list[str] = []
    number = 0
    for part, text in zip(parts, texts_of(trace.reasoning, parts), strict=True):
        if not texts or (part.approach > max(number, 1) and part.kind != SUMMARY):
            texts.append("")
            states.append("")
        number = max(number, part.approach)
        texts[-1] += text
        states[-1] = part.state or states[-1]
    units = []
    for place, (text, state) in enumerate(zip(texts, states, strict=True), 1):
        last = place == len(texts)
        answer = trace.answer if last or state == RIGHT else (boxed(text) or stated(text) or unanswered)
        bare = replace(trace, reasoning=text, answer=answer, params={}, tokens=None, verdicts=[], scores={})
        units.append(replace(bare, weights=[], parents=[trace.id]))
    return units


def _turn(problem: Problem, asked: str, told: list[dict[str, str]], number: int) -> Problem:
    context = context_meta(system_of(problem), told)
    rest = {name: value for name, value in problem.meta.items() if name != PRIOR_TURNS}
    meta = {**rest, **context, "turn": number, "problem_id": problem.id}
    return replace(problem, id=asked_id(asked, context), question=asked, meta=meta)
