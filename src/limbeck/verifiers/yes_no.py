"""Yes, no or undecided."""

from __future__ import annotations

import re

from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers._extract import find_answer

_SAID = re.compile(
    r"\b(?P<not>not|isn't|n't|never)?\s*(?:entirely\s+)?\b"
    r"(?:(?P<yes>yes|true|correct)|(?P<no>no(?=\s*(?:$|[,.;:!)*\-–—\"']))|false|incorrect|untrue)"
    r"|(?P<open>uncertain|unknown|undetermined|undecided|maybe|cannot be (?:determined|known|proven)"
    r"|can't be determined|cannot (?:determine|tell)))\b",
    re.I,
)
_FIRST = re.compile(r"\W*(?:(yes|true|y)|(no|false|n))\b", re.I)
_COMMAND = re.compile(r"\\[a-zA-Z]+|[{}$*_]")
_LONGEST = 2000


def yes_no(problem: Problem, trace: Trace) -> Verdict:
    """Yes (true), no (false) or undecided (unknown, uncertain), as the reference says.

    ``Yes, because …``, ``It is not true``, ``{"answer": false}`` and ``The statement is uncertain.`` are read. An
    answer that says both, or none of the three, is ``unparsed``; a reference that is none of them is ``unknown``.
    """
    gold = _stance((problem.answer or "").strip())
    if gold is None:
        return Verdict("yes_no", "unknown", reason=f"the reference {(problem.answer or '')[:80]!r} is not yes or no")
    found = find_answer(trace.answer)
    if found is None:
        return Verdict("yes_no", "unparsed", reason="no answer found")
    said = _stance(found[:_LONGEST])
    if said is None:
        return Verdict("yes_no", "unparsed", found[:200], "neither yes nor no, or both")
    if said == gold:
        return Verdict("yes_no", "correct", said, f"{said} = {gold}")
    return Verdict("yes_no", "wrong", said, f"{said} is not {gold}")


def _stance(text: str) -> str | None:
    """``yes``, ``no`` or ``undecided`` where a text says one of them and nothing else."""
    text = _COMMAND.sub(" ", text)
    first = _FIRST.match(text)
    stances = {("yes" if first[1] else "no")} if first else set()
    for said in _SAID.finditer(text):
        if said["open"]:
            stances.add("undecided")
        else:
            stances.add("yes" if bool(said["yes"]) != bool(said["not"]) else "no")
    return stances.pop() if len(stances) == 1 else None
