"""The same answer without its reasoning, beside the trace that thinks."""

from __future__ import annotations

from msgspec.structs import replace

from limbeck.records import Data, Pair

MAKES_PAIRS = True


def bare_answers(data: Data, *, reasoning: str = "") -> Data:
    """Pair each kept trace with a twin that answers at once: chosen thinks, rejected does not.

    Objectives that align a bare answer with a chain of thought learn from such pairs (``cross`` of
    objectives/ot, after CoT2Align, arXiv 2502.16806). A twin bears the mark ``bare``, which keeps it out of
    what learns from single traces.

    Args:
        reasoning: what stands in the reasoning's place, such as a sign that there is none.

    Returns:
        The data with twins and pairs added. A trace without an answer, or without reasoning to leave out, has
        no twin.
    """
    marked = {problem.id for problem in data.problems if problem.marks}
    twins, pairs = [], []
    for trace in data.kept():
        if (
            trace.problem_id in marked
            or not trace.answer.strip()
            or trace.reasoning.strip() == reasoning.strip()
        ):
            continue
        twin = replace(
            trace,
            id=f"{trace.id}/bare",
            reasoning=reasoning,
            marks=["bare"],
            parents=[trace.id],
            tokens=None,
            weights=[],
        )
        twins.append(twin)
        pairs.append(Pair(problem_id=trace.problem_id, chosen=trace.id, rejected=twin.id))
    return Data(data.problems, [*data.traces, *twins], [*data.pairs, *pairs])
