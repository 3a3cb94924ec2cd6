"""Questions behind worked examples."""

from __future__ import annotations

import random
from collections.abc import Iterator

from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem, Trace
from limbeck.texts.demonstrations import Spoil, spoiled
from limbeck.texts.messages import asked_id, context_meta, prior_turns, system_of
from limbeck.texts.traces import full_text
from limbeck.types import Count, Shards


def shots(shards: Shards, *, k: Count = 2, spoil: Spoil = "", seed: int = 0) -> Iterator[Data]:
    """Show ``k`` solved problems before each question, as earlier turns of its chat (few-shot prompting).

    Brown et al. 2020, arXiv 2005.14165, section 2. Examples are right traces of other problems of the same
    set, drawn by seed and problem.

    Args:
        shards: problems and the traces that may be shown.
        k: examples before each question, none twice.
        spoil: what is wrong with the examples: see `limbeck.texts.demonstrations`; empty for nothing.

    Returns:
        The problems under new ids, their examples before any turns they had; with all traces, pairs and
        marks.

    Raises:
        LimbeckError: fewer than ``k`` + 1 problems with a trace to show.
    """
    examples: dict[str, tuple[str, str]] = {}
    asked = 0
    for data in shards:
        problems = data.problem_by_id()
        asked += len(problems)
        for trace in data.kept():
            if trace.problem_id in problems:
                examples.setdefault(trace.problem_id, (problems[trace.problem_id].question, full_text(trace)))
    if asked and len(examples) <= k:
        raise LimbeckError(f"curation/shots: k={k}: {len(examples)} problems have a trace to show")
    names = sorted(examples)
    for data in shards:
        made = {problem.id: _shown(problem, names, examples, k, spoil, seed) for problem in data.problems}
        pairs = [replace(pair, problem_id=made[pair.problem_id].id) for pair in data.pairs]
        yield Data([*made.values()], [_of(trace, made) for trace in data.traces], pairs)


def _shown(
    problem: Problem, names: list[str], examples: dict[str, tuple[str, str]], k: int, spoil: Spoil, seed: int
) -> Problem:
    rng = random.Random(f"shots/{seed}/{problem.id}")
    drawn = [name for name in rng.sample(names, k + 1) if name != problem.id][:k]
    turns = []
    for name in drawn:
        question, text = examples[name]
        turns += [{"role": "user", "content": question}, {"role": "assistant", "content": text}]
    if spoil:
        turns = spoiled([*turns, {"role": "user", "content": problem.question}], spoil)[:-1]
    context = context_meta(system_of(problem), [*turns, *prior_turns(problem)])
    return replace(problem, id=asked_id(problem.question, context), meta={**problem.meta, **context})


def _of(trace: Trace, made: dict[str, Problem]) -> Trace:
    return replace(trace, problem_id=made[trace.problem_id].id) if trace.problem_id in made else trace
