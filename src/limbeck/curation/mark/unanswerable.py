"""Questions that those who tried to answer them call unanswerable."""

from __future__ import annotations

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace
from limbeck.texts.premises import LACKS
from limbeck.texts.tags import behind_thought
from limbeck.texts.traces import full_text


def unanswerable(
    data: Data,
    *,
    share: float = 0.5,
    least: int = 1,
    tail: int = 600,
    models: tuple[str, ...] = (),
    ctx: Context,
) -> Data:
    """Mark questions ``unanswerable`` whose traces mostly end by saying that something is not given.

    Words alone decide, in the last ``tail`` characters behind the thought. A trace that answers all the same
    and never says so is not noticed, so that of ill-posed questions many are missed; of well-posed ones
    hardly any is marked (missing premises, arXiv 2504.06514; measured in ``claims/agreement-steps.md``).

    Args:
        share: of the problem's traces that must say so, more than that or all.
        least: fewest traces.
        tail: characters at a trace's end that are read.
        models: whose traces count; empty means everybody's.

    Returns:
        The data; ``meta["unanswerable"]`` is the share. Traces cut off do not count.

    Raises:
        LimbeckError: a share, or a number, out of range.
    """
    if not 0 <= share <= 1 or least < 1 or tail < 1:
        raise LimbeckError(
            f"curation/unanswerable: share={share}, least={least}, tail={tail} is out of range"
        )
    groups = data.by_problem()

    def looked(problem: Problem) -> Problem:
        finished = [trace for trace in groups.get(problem.id, []) if trace.finish != "length"]
        finished = [trace for trace in finished if not models or trace.model in models]
        if len(finished) < least:
            return problem
        refusing = sum(refuses(trace, tail) for trace in finished) / len(finished)
        problem = replace(problem, meta={**problem.meta, "unanswerable": refusing})
        return marked(problem, "unanswerable") if refusing > share or refusing == 1 else problem

    problems = [looked(problem) for problem in data.problems]
    count = sum("unanswerable" in problem.marks for problem in problems)
    ctx.log(f"{count:,} of {len(problems):,} questions are unanswerable")
    return Data(problems, data.traces, data.pairs)


def refuses(trace: Trace, tail: int = 600) -> bool:
    """Whether a trace's end, behind its thought, says that the question cannot be answered."""
    return bool(LACKS.search(behind_thought(full_text(trace))[1].rstrip()[-tail:]))
