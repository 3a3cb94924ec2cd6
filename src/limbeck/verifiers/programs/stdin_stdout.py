"""Programs that read standard input and write standard output, as in programming contests."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

from msgspec.structs import replace

from limbeck import sandbox
from limbeck.checkers.cases import listed
from limbeck.checkers.code import TooLong, in_turn, limits, not_run, source_of
from limbeck.records import Outcome, Problem, Trace, Verdict

VERSION = 5
Case = tuple[str, str]


def stdin_stdout(
    problem: Problem, trace: Trace, *, seconds: float = 5.0, memory_mb: int = 1024, tolerance: float = 0.0
) -> Verdict | Future[Verdict]:
    """Whether a program prints what is expected for each input, compared outside of it, word by word.

    Cases are ``meta["cases"]``, a list of ``{input, output}``; or, as in LiveCodeBench,
    ``meta["public_test_cases"]`` and ``meta["private_test_cases"]``, of test type ``stdin``; or, as in APPS
    and TACO, ``meta["input_output"]``, ``inputs`` and ``outputs`` or JSON of them. Space between
    words and at the ends does not count. The first case that fails decides, later ones are not run. Whatever
    it printed, a program that ends by a signal or with another exit code than 0 is not ``correct``.

    Args:
        seconds: wall clock for each case.
        memory_mb: address space.
        tolerance: words that are numbers are equal within so much, absolute or relative; 0 compares text.
    """
    try:
        cases = cases_of(problem.meta)
    except (ValueError, KeyError, TypeError) as error:
        return Verdict("stdin_stdout", "unknown", reason=f"the problem's cases cannot be read: {error}"[:200])
    if not cases:
        return Verdict("stdin_stdout", "unknown", reason="the problem has no cases of input and output")
    try:
        source = source_of(trace)
    except TooLong as error:
        return Verdict("stdin_stdout", "unknown", reason=str(error))
    if not source.strip():
        return Verdict("stdin_stdout", "unparsed", reason="no program in the answer")
    shown, most = source[:200], limits(seconds, memory_mb)

    def steps() -> Iterator[tuple[Future[sandbox.Ran], Callable[[sandbox.Ran], Verdict | None]]]:
        for number, (given, wanted) in enumerate(cases):
            room = replace(most, output=most.output + 2 * len(wanted))
            ran = sandbox.run(source, stdin=given, limits=room)
            yield ran, _judge(number, wanted, shown, tolerance)

    return in_turn(steps(), Verdict("stdin_stdout", "correct", shown, f"{len(cases)} cases"))


def _judge(number: int, wanted: str, shown: str, tolerance: float) -> Callable[[sandbox.Ran], Verdict | None]:
    def judge(ran: sandbox.Ran) -> Verdict | None:
        if verdict := not_run("stdin_stdout", ran, shown):
            return Verdict("stdin_stdout", verdict.outcome, shown, f"case {number}: {verdict.reason}")
        if ran.status == "error":
            last = ran.stderr.strip().rpartition("\n")[2] or f"exit code {ran.code}"
            # It may be right where the module is.
            outcome: Outcome = "unknown" if last.startswith("ModuleNotFoundError:") else "wrong"
            return Verdict("stdin_stdout", outcome, shown, f"case {number}: {last}"[:200])
        if not alike(ran.stdout, wanted, tolerance):
            return Verdict(
                "stdin_stdout", "wrong", shown, f"case {number}: {ran.stdout[:80]!r}, not {wanted[:80]!r}"
            )
        return None

    return judge


def cases_of(meta: dict[str, Any]) -> list[Case]:
    """Input and output of every case.

    Raises:
        ValueError, KeyError, TypeError: they are in no shape known here.
    """
    cases = listed(meta)
    for case in cases:
        if case.get("testtype", "stdin") != "stdin":
            raise ValueError(
                f"test type {case['testtype']!r}, not stdin; verifiers/unit_tests checks functions"
            )
    return [(str(case["input"]), str(case["output"])) for case in cases]


def alike(printed: str, wanted: str, tolerance: float) -> bool:
    """Whether two texts have the same words."""
    ours, theirs = printed.split(), wanted.split()
    return len(ours) == len(theirs) and all(_same(a, b, tolerance) for a, b in zip(ours, theirs, strict=True))


def _same(a: str, b: str, tolerance: float) -> bool:
    if a == b or not tolerance:
        return a == b
    try:
        return math.isclose(float(a), float(b), rel_tol=tolerance, abs_tol=tolerance)
    except ValueError:
        return False
