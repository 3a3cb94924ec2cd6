"""What rewards share."""

from __future__ import annotations

from dataclasses import dataclass

from limbeck.records import Problem, Trace


@dataclass
class Group:
    """All traces of one problem in a step."""

    problem: Problem
    traces: list[Trace]
