"""Yes, no or undecided."""

from __future__ import annotations

import re

from limbeck.answers.extract import find_answer
from limbeck.records import Problem, Trace, Verdict

VERSION = 3
_SAID = re.compile(
    r"(?:(?:\b(?P<not>not|never|isn['’]t)|\b\w+(?P<nt>n['’]t))\s+)?(?:entirely\s+)?\b"
    r"(?:(?P<yes>yes|true|correct)|(?P<no>no(?=\W*$)|false|incorrect|untrue))\b",
    re.I,
)
_OPEN = re.compile(
    r"\b(?:uncertain|unknown|undetermined|undecided|maybe|can(?:not|['’]t) be (?:determined|known|proven)"
    r"|cannot (?:determine|tell))\b",
    re.I,
)
_CLAUSE = re.compile(r"[.,;:!?)\n]+|\s[-–]\s|[—–]|\b(?:because|since|but|so|therefore|thus|hence)\b", re.I)
_NEGATES = re.compile(
    r"\b(?:not|never|cannot|no|none|nothing|nobody|neither|nor|hardly|barely|scarcely|without|unlikely"
    r"|doubt\w*|den(?:y|ies)|refutes?|fails?|far from|opposite|contrary|converse|negation"
    r"|if|unless|whether|were|would be|assum\w+|suppos\w+"
    r"|might|may|could|possibly|partial(?:ly)?|partly|somewhat|mostly|ain['’]t)\b|n['’]t\b",
    re.I,
)
"""Words that turn, or take the ground from, what is said beside them."""
_REPLY = re.compile(r"\W*no\s+(?:it|this|that|they|he|she|we|there)\b", re.I)
_LETTERS = {"y": "yes", "n": "no"}
_COMMAND = re.compile(r"\\[a-zA-Z]+|[{}$*_]")
_LONGEST = 2000


def yes_no(problem: Problem, trace: Trace) -> Verdict:
    """Yes (true), no (false) or undecided (unknown, uncertain), as the reference says.

    ``Yes, because …``, ``It is not true``, ``{"answer": false}`` and ``The statement is uncertain.`` are
    read. An answer that says both, or none of the three, is ``unparsed``, as is one with a negation or a
    condition other than a plain ``not`` (``not always true``, ``if it were true``); a reference that is none
    of them is ``unknown``.
    """
    gold = _stance((problem.answer or "").strip()[:_LONGEST])
    if gold is None:
        return Verdict(
            "yes_no", "unknown", reason=f"the reference {(problem.answer or '')[:80]!r} is not yes or no"
        )
    answer = find_answer(trace.answer)
    if answer is None:
        return Verdict("yes_no", "unparsed", reason="no answer found")
    stance = _stance(answer[:_LONGEST])
    if stance is None:
        return Verdict("yes_no", "unparsed", answer[:200], "neither yes nor no, or both")
    if stance == gold:
        return Verdict("yes_no", "correct", stance, f"{stance} = {gold}")
    return Verdict("yes_no", "wrong", stance, f"{stance} is not {gold}")


def _stance(text: str) -> str | None:
    """``yes``, ``no`` or ``undecided`` where a text says one of them and nothing else."""
    text = _COMMAND.sub(" ", text)
    if letter := _LETTERS.get(text.strip(" .\"'()").lower()):
        return letter
    stances: set[str | None] = set()
    for place, clause in enumerate(_CLAUSE.split(text)):
        if place == 0 and _REPLY.match(clause):
            stances.add("no")
        else:
            stances |= _said(clause)
    return stances.pop() if len(stances) == 1 else None


def _said(clause: str) -> set[str | None]:
    """What one clause says; None among it where something else than a plain ``not`` may turn it."""
    rest, opened = _OPEN.subn(" ", clause)
    stances: set[str | None] = {"undecided"} if opened else set()
    plain, words = rest, 0
    for word in _SAID.finditer(rest):
        turned = bool(word["not"] or word["nt"])
        stances.add("yes" if bool(word["yes"]) != turned else "no")
        # After a plain yes or no a negation belongs to what is explained: "Yes it does not rain".
        whole = word[0].lower() in ("yes", "no")
        words += not whole
        end = len(rest) if whole else word.end()
        plain = plain[: word.start()] + " " * (end - word.start()) + plain[end:]
    if words > 1 or (stances and _NEGATES.search(plain)):  # "false that it is not true"
        stances |= {None}
    return stances
