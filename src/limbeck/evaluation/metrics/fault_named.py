"""Whether a verifier names the kind of fault that was planted."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace

UNIT = "share"


def fault_named(
    problem: Problem, traces: list[Trace], *, only: str = "", param: str = "fault"
) -> float | None:
    """Share of the traces whose last verdict read out what ``params[param]`` says was planted.

    Problems whose traces say nothing of it are left out.

    Args:
        only: look at this kind of fault alone; empty takes all.
        param: where the planted kind stands.
    """
    told = (trace for trace in traces if trace.params.get(param) and only in ("", trace.params[param]))
    return ops.mean(_read_out(trace) == str(trace.params[param]) for trace in told)


def _read_out(trace: Trace) -> str | None:
    return trace.verdicts[-1].extracted if trace.verdicts else None
