"""How much of a trace follows the solution of the known problem that its own was made from."""

from __future__ import annotations

from msgspec.structs import replace

from limbeck.errors import nearest
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace
from limbeck.texts.similarity import Vector, cosine, vector
from limbeck.texts.steps import Cutting, ends


def contamination(
    data: Data,
    *,
    original: str = "original",
    modified: str = "solution",
    name: str = "contamination",
    cutting: Cutting = Cutting(by="paragraphs"),
    ctx: Context,
) -> Data:
    """Score each trace by the share of its paragraphs that are nearer the original solution than its own.

    Contamination ratio of ReasoningTrap (arXiv 2505.17225, section 4), with cosines of character trigrams in
    place of an embedding model, to the nearest paragraph of either solution. A paragraph as near to both, as
    before the two part, counts for neither.

    Args:
        original: key of ``meta`` with a solution of the problem before it was changed.
        modified: key of ``meta`` with a solution of the problem as it is.
        name: what the score is called.

    Returns:
        The data with ``scores["contamination"]``, from 0 to 1, one half where no paragraph decides; problems
        without both solutions are left out, and told.
    """
    problems = {problem.id: problem for problem in data.problems if _both(problem, original, modified)}
    if left := len(data.problems) - len(problems):
        keys = {key for problem in data.problems for key in problem.meta}
        lacking = next((key for key in (original, modified) if key not in keys), original)
        ctx.log(f"{left:,} problems have no text in meta[{lacking!r}]{nearest(lacking, keys)}")
    vectors = {}
    for problem in problems.values():
        vectors[problem.id] = [_paragraphs(str(problem.meta[key]), cutting) for key in (original, modified)]

    def scored(trace: Trace) -> Trace:
        if trace.problem_id not in vectors or not trace.reasoning:
            return trace
        old, new = vectors[trace.problem_id]
        nearer = [_nearest(each, old) - _nearest(each, new) for each in _paragraphs(trace.reasoning, cutting)]
        decided = [gap for gap in nearer if abs(gap) > 1e-9]
        share = sum(gap > 0 for gap in decided) / len(decided) if decided else 0.5
        return replace(trace, scores={**trace.scores, name: share})

    return Data(data.problems, [scored(trace) for trace in data.traces], data.pairs)


def _both(problem: Problem, original: str, modified: str) -> bool:
    return all(isinstance(problem.meta.get(key), str) for key in (original, modified))


def _paragraphs(text: str, cutting: Cutting) -> list[Vector]:
    cuts = ends(text, cutting)
    return [vector(text[begin:end]) for begin, end in zip([0, *cuts[:-1]], cuts, strict=True)]


def _nearest(paragraph: Vector, solution: list[Vector]) -> float:
    return max((cosine(paragraph, each) for each in solution), default=0.0)
