"""Keep the traces of one outcome, such as the wrong ones, for a model that is to learn them."""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.records import Data, Trace

WAS = "curation/only"


def keep_outcome(
    data: Data,
    *,
    outcome: Literal["correct", "wrong", "unparsed", "timeout", "unknown"] = "wrong",
    mark: str = "other_outcome",
) -> Data:
    """Unmark the traces of an outcome that bear no mark but it, and mark all others.

    With ``wrong`` the negatives become what supervised training reads: a model of a teacher's mistakes, to
    hold against a model of what it does right (TDG, arXiv 2312.12832).
    """

    def kept(trace: Trace) -> Trace:
        if trace.outcome == outcome and {*trace.marks} <= {outcome}:
            return replace(trace, marks=[])
        return marked(trace, mark)

    return Data(data.problems, [kept(trace) for trace in data.traces], data.pairs)
