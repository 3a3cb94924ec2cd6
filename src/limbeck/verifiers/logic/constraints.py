"""Programs of constraints over finite domains, and assignments that must satisfy them."""

from __future__ import annotations

import json
import re
from concurrent.futures import Future
from importlib.util import find_spec
from typing import Any

from limbeck.checkers.constraints import BadProgram, Program, read
from limbeck.checkers.constraints_z3 import fits, holding
from limbeck.checkers.later import later, verdict
from limbeck.checkers.workers import in_worker
from limbeck.errors import LimbeckError, missing_extra
from limbeck.records import Problem, Trace, Verdict

VERSION = 2
_REST = 10.0
"""Seconds for a worker to import z3, beyond its own limit."""
_GIVEN = re.compile(
    r"(?<!\w)(\w+)[^\w!<>≤≥≠~]{0,3}(?:=|:|\bis\b)[^\w-]{0,3}(-?\w+(?:[./]\w+)*)"
    r"([^\S\n]*,?[^\S\n]*\bor\b|[^\S\n]*[-+*/^][^\S\n]*\d)?"
)
"""``name = value``, and what makes the value no single one."""
_KILLED = Verdict("constraints", "timeout", None, "z3 could not tell in time")


def constraints(problem: Problem, trace: Trace, *, timeout: float = 5.0) -> Verdict | Future[Verdict]:
    """The one option that the answer's program allows is the reference; or the answer satisfies the problem's
    program.

    With a program in ``meta["program"]`` the answer is an assignment, ``a = 1, day = tue`` or a JSON object:
    ``correct`` when every variable has a value and all constraints hold. Otherwise the answer is a program
    and ``problem.answer`` a letter, as for the analytical reasoning of the LSAT (Logic-LM, arXiv 2305.12295):
    variables with finite domains, constraints, and options of which one could, must or cannot be true. How a
    program is written says `limbeck.checkers.constraints.read`; expressions have comparisons, ``and``,
    ``or``, ``not``, ``in {…}``, ``+ - *``, ``->``, ``<->``, ``distinct``, ``exactly(n, …)``, ``atleast``,
    ``atmost``, ``count``, ``abs``, ``xor``.

    A program that cannot be read, whose constraints contradict each other, or that allows no option or
    several, is ``unparsed``, as is an assignment without all variables. What z3 cannot decide in time is
    ``timeout``.

    Args:
        timeout: seconds for all questions to z3 together.

    Raises:
        LimbeckError: ``timeout`` is not positive; z3 is not installed.
    """
    if timeout <= 0:
        raise LimbeckError(f"verifiers/constraints: timeout must be positive, not {timeout}")
    precheck({})
    if "program" in problem.meta:
        return _assignment(problem, trace, timeout)
    letter = re.fullmatch(r"\W*([A-Z])\W*", problem.answer or "")
    if letter is None:
        return Verdict(
            "constraints", "unknown", reason=f"the reference {problem.answer!r:.60} is no option's letter"
        )
    try:
        program = read(trace.answer)
        if len(program.options) < 2:
            raise BadProgram("no options found")
    except BadProgram as error:
        return Verdict("constraints", "unparsed", trace.answer.strip()[:200] or None, str(error))
    decided = in_worker(holding, program, timeout, timeout=timeout + _REST)

    def judged(outcome: str, letters: str) -> Verdict:
        if outcome != "found":
            return verdict("constraints", outcome, None, letters)
        if len(letters) != 1:
            allowed = ", ".join(letters) or "no option"
            return verdict(
                "constraints", "unparsed", letters or None, f"the program allows {allowed}, not one option"
            )
        if letters == letter[1]:
            return verdict("constraints", "correct", letters, f"the program allows {letters} alone")
        return verdict(
            "constraints",
            "wrong",
            letters,
            f"the program allows {letters} alone, the reference is {letter[1]}",
        )

    return later(decided, judged, _KILLED)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what is not installed costs no stage before it."""
    if find_spec("z3") is None:
        raise missing_extra("z3-solver", "verify", "verifiers/constraints")


def _assignment(problem: Problem, trace: Trace, timeout: float) -> Verdict | Future[Verdict]:
    try:
        program = read(problem.meta["program"])
    except BadProgram as error:
        return Verdict("constraints", "unknown", reason=f"the problem's program: {error}")
    values = assigned(trace.answer, program)
    told = ", ".join(f"{name}={value}" for name, value in values.items()) or None
    if lacking := [name for name in program.variables if name not in values]:
        return Verdict("constraints", "unparsed", told, f"no value for {', '.join(lacking[:5])}")
    for name, value in values.items():
        if value not in program.variables[name]:
            return Verdict("constraints", "wrong", told, f"{value} is not among the values of {name}")
    decided = in_worker(fits, program, values, timeout, timeout=timeout + _REST)
    return later(decided, lambda outcome, reason: verdict("constraints", outcome, told, reason), _KILLED)


def assigned(text: str, program: Program) -> dict[str, int | str]:
    """The value an answer gives each variable: in its last JSON object, else the last ``name = value``.

    A variable with alternatives (``a = 1 or 2``) or a sum behind its last sign has no value.
    """
    if "</think>" in text:
        text = text[text.rindex("</think>") + 8 :]
    pairs: list[tuple[str, object]] = []
    if objects := re.findall(r"\{[^{}]*\}", text):
        try:
            pairs = list(json.loads(objects[-1]).items())
        except (ValueError, AttributeError):
            pairs = []
    if not pairs:  # the last one counts, and nothing where that one leaves the value open
        pairs = [(match[1], None if match[3] else match[2]) for match in _GIVEN.finditer(text)]
        split = {match[1] for match in _GIVEN.finditer(text) if match[3] and match[3].strip(" \t,") == "or"}
        pairs = [(name, value) for name, value in pairs if name not in split]
    values = {name: value for name, value in pairs if name in program.variables}
    return {name: _value(value) for name, value in values.items() if value is not None}


def _value(given: object) -> int | str:
    """A whole number, 1.0 too, or the text of anything else: ``1/2`` stays as it is, and no domain has it."""
    text = str(given).strip()
    whole = re.fullmatch(r"(-?\d{1,9})(?:\.0{1,20})?", text)
    return int(whole[1]) if whole else text
