"""A small set, read more often."""

from __future__ import annotations

from msgspec.structs import replace

from limbeck.records import Data
from limbeck.types import Count


def repeated(data: Data, *, k: Count = 4) -> Data:
    """Add copies of every kept trace, ``k`` of each in all, so that a small set weighs more in a mixture.

    What multi-task mixtures do with data sets of few rows (LogiGLUE, arXiv 2310.00836). Copies are traces of
    their own, behind the others of the shard, with the original as parent.
    """
    made = Data(data.problems, [*data.traces], data.pairs)
    for number in range(1, k):
        for trace in data.kept():
            made.traces.append(replace(trace, id=f"{trace.id}#again-{number}", parents=[trace.id]))
    return made
