"""What failed programs did right: their beginnings up to a state that a right program reaches."""

from __future__ import annotations

from msgspec.structs import replace

from limbeck.checkers.straight_line import run
from limbeck.records import Data, Trace, Verdict
from limbeck.texts.traces import full_text

SUFFIX = "/partial"
"""What the id of a prefix has behind that of the program it began."""


def known_states(data: Data) -> Data:
    """Add each failed program's longest prefix whose state a right program of its problem reaches: partially
    correct.

    A state is the sorted values of all variables after a statement, so that neither their names nor the order
    they were computed in count (Learning Math Reasoning from Self-Sampled Solutions, arXiv 2205.14318). A
    prefix that begins a right program or another prefix word for word says nothing new and is left out.

    Returns:
        The data with prefixes added: ``finish`` is ``length``, so that training appends no end, the last
        verdict is ``unknown`` and ``parents`` names the failed program. Right programs are those without a
        mark.
    """
    added: dict[str, list[Trace]] = {}
    done = {parent for trace in data.traces if trace.id.endswith(SUFFIX) for parent in trace.parents}
    for problem_id, traces in data.by_problem().items():
        right = [full_text(trace) for trace in traces if trace.outcome == "correct" and not trace.marks]
        known = {state for text in right for state in run(text).states}
        prefixes: dict[str, Trace] = {}
        for trace in traces:
            failed = trace.outcome in ("wrong", "unparsed") and trace.id not in done
            if failed and (prefix := _longest(full_text(trace), known)):
                prefixes.setdefault(prefix, trace)
        old = [full_text(trace) for trace in traces if trace.id.endswith(SUFFIX)]
        added[problem_id] = []
        for text, trace in prefixes.items():
            others = [other for other in prefixes if other != text]
            if not _begins_another(text, [*right, *old, *others]):
                added[problem_id].append(_partial(trace, text))
    partial = [trace for problem in data.problems for trace in added.get(problem.id, [])]
    return Data(data.problems, [*data.traces, *partial], data.pairs)


def _longest(program: str, known: set[tuple[int, ...]]) -> str:
    """The statements up to the last known state; empty where none is."""
    states = run(program).states
    count = max((at for at, state in enumerate(states, 1) if state in known), default=0)
    return ";".join(program.strip().split(";")[:count])


def _begins_another(text: str, others: list[str]) -> bool:
    return any(other.startswith(f"{text};") or other == text for other in others)


def _partial(trace: Trace, text: str) -> Trace:
    verdict = Verdict("known_states", "unknown", reason="the beginning of a failed program")
    return replace(
        trace,
        id=f"{trace.id}{SUFFIX}",
        reasoning="",
        answer=text,
        format="plain",
        finish="length",
        marks=[],
        tokens=None,
        parents=[trace.id],
        verdicts=[*trace.verdicts, verdict],
    )
