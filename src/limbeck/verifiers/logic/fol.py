"""First-order logic programs: what the answer's formulas entail is the label."""

from __future__ import annotations

import json
import re
from concurrent.futures import Future
from importlib.util import find_spec
from typing import Any

from limbeck.checkers.fol import BadFormula, Formula, decide, parse
from limbeck.checkers.later import later
from limbeck.checkers.workers import in_worker
from limbeck.errors import LimbeckError, missing_extra
from limbeck.records import Problem, Trace, Verdict
from limbeck.texts.fences import bodies

VERSION = 2
_REST = 10.0
"""Seconds for a worker to import z3, beyond its own limit."""
_MOST = 200
_LONGEST = 4000
_LABELS = {
    **dict.fromkeys(("true", "yes", "entailment", "entailed"), "True"),
    **dict.fromkeys(("false", "no", "contradiction", "contradicted"), "False"),
    **dict.fromkeys(("uncertain", "unknown", "neutral", "undetermined", "neither"), "Uncertain"),
}
_PREMISES = r"premises?|given|facts?|rules?|axioms?|assumptions?|hypotheses"
_HEADING = re.compile(
    rf"\W*(?:(?:the|given|following)\s+)*({_PREMISES}|first[- ]order[- ]logic \w+|conclusions?|query|question"
    r"|hypothesis|goal|predicates|constants|fol)\W*$"
    rf"|\W*({_PREMISES}|conclusions?|query|hypothesis|goal|fol|text)(?:\s*\d+)?[\s*_]*:\s*(.*)",
    re.I,
)
_FORMULA_SIGNS = re.compile(r"[∀∃→↔∧∨¬⊕]")
_UNREAD = ("predicates", "constants", "text")
_LAST = ("conclusion", "conclusions", "query", "question", "hypothesis", "goal")


def fol(problem: Problem, trace: Trace, *, timeout: float = 5.0) -> Verdict | Future[Verdict]:
    """The label that the answer's premises and conclusion give, decided by z3, is the reference's.

    ``problem.answer`` is ``True``, ``False`` or ``Uncertain`` (``Unknown``), or the letter of one in
    ``meta["options"]``. The answer holds formulas one a line, under the headings ``Premises:`` and
    ``Conclusion:`` (of several fenced blocks the last one counts), or ``{"premises": […], "conclusion": …}``;
    behind ``:::`` a line may say what it means. The conclusion follows: True; its contrary follows: False;
    neither: Uncertain. With three labels a match is weak evidence that the formulas say what the question
    says: this is the check of Logic-LM (arXiv 2305.12295).

    A line that is no formula, or a formula under no heading, makes the answer ``unparsed`` and is named.
    Premises that contradict each other prove anything, so they and a reference of another form are
    ``unknown``; what z3 cannot decide in time is ``timeout``.

    Args:
        timeout: seconds for both questions to z3 together.

    Raises:
        LimbeckError: ``timeout`` is not positive; z3 is not installed.
    """
    if timeout <= 0:
        raise LimbeckError(f"verifiers/fol: timeout must be positive, not {timeout}")
    precheck({})
    label = _label(problem)
    if label is None:
        return Verdict("fol", "unknown", reason=f"the reference {problem.answer!r:.60} is no truth value")
    try:
        premises, conclusion = program(trace.answer)
    except BadFormula as error:
        return Verdict("fol", "unparsed", trace.answer.strip()[:200] or None, str(error))
    decided = in_worker(decide, premises, conclusion, timeout, timeout=timeout + _REST)

    def judged(derived: str, reason: str) -> Verdict:
        if not derived:
            return Verdict("fol", "unknown" if "contradict" in reason else "timeout", None, reason)
        if derived == label:
            return Verdict("fol", "correct", derived, reason)
        return Verdict("fol", "wrong", derived, f"{reason}; the reference is {label}")

    return later(decided, judged, Verdict("fol", "timeout", None, f"z3 could not tell within {timeout:g} s"))


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what is not installed costs no stage before it."""
    if find_spec("z3") is None:
        raise missing_extra("z3-solver", "verify", "verifiers/fol")


def _label(problem: Problem) -> str | None:
    answer = (problem.answer or "").strip().rstrip(".")
    for option in problem.meta.get("options") or []:
        if match := re.match(r"\W*([A-Z])\W+(\w+)", str(option)):
            answer = match.group(2) if match.group(1) == answer else answer
    return _LABELS.get(answer.lower())


def program(text: str) -> tuple[list[Formula], Formula]:
    """Premises and conclusion of an answer.

    Raises:
        BadFormula: there is no conclusion, there are too many lines, or one is no formula.
    """
    if "</think>" in text:
        text = text[text.rindex("</think>") + 8 :]
    if len(text) > 50 * _LONGEST:
        raise BadFormula(f"an answer longer than {50 * _LONGEST:,} characters")
    blocks = bodies(text)
    premises, conclusions = _json(blocks[-1] if blocks else text) or _lines(blocks[-1] if blocks else text)
    if len(conclusions) != 1:
        raise BadFormula(
            f"{len(conclusions) or 'no'} conclusion{'s'[: len(conclusions) != 1]} found, one is wanted"
        )
    if len(premises) > _MOST:
        raise BadFormula(f"more than {_MOST} premises")
    formulas = []
    for number, line in enumerate([*premises, *conclusions], 1):
        try:
            formulas.append(parse(line))
        except BadFormula as error:
            which = f"premise {number}" if number <= len(premises) else "the conclusion"
            raise BadFormula(f"{which}: {error}") from None
    return formulas[:-1], formulas[-1]


def _json(text: str) -> tuple[list[str], list[str]] | None:
    try:
        given = json.loads(text)
        return [str(line) for line in given["premises"]], [str(given["conclusion"])]
    except (ValueError, TypeError, LookupError, RecursionError):
        return None


def _lines(text: str) -> tuple[list[str], list[str]]:
    """Formulas under their headings; words before the first heading, and what names mean, are not read.

    Raises:
        BadFormula: a formula stands under no heading: without it another label may follow.
    """
    sections: dict[str, list[str]] = {"premises": [], "conclusion": [], "": []}
    section, headed = "", False
    for line in text.splitlines():
        if heading := _HEADING.match(line[:_LONGEST]):
            name = (heading.group(1) or heading.group(2)).lower()
            section = "conclusion" if name in _LAST else "" if name in _UNREAD else "premises"
            line, headed = heading.group(3) or "", True
        if line := _bare(line):
            if not section and _is_formula(line, headed):
                raise BadFormula(f"{line[:80]!r} stands under no heading of premises")
            sections[section].append(line)
    if sections["premises"] and not sections["conclusion"] and re.search(r"^\W*fol\W*:", text, re.I | re.M):
        # A formula for each sentence: the last is asked for.
        return sections["premises"][:-1], sections["premises"][-1:]
    return sections["premises"], sections["conclusion"]


def _is_formula(line: str, headed: bool) -> bool:
    """Whether a line outside the sections is one; below a heading of names ``Dog(x)`` only names one."""
    if headed or "(" not in line:
        return bool(_FORMULA_SIGNS.search(line))
    try:
        parse(line)
    except BadFormula:
        return bool(_FORMULA_SIGNS.search(line))
    return True


def _bare(line: str) -> str:
    """A line without bullets, numbers, math signs and what stands behind ``:::``."""
    line = re.sub(r"^\s*(?:[-*•]\s+|\(?\d+[.)]\s+)", "", line.split(":::", 1)[0])
    return line.strip().strip("`$*").strip().rstrip(".;").strip()
