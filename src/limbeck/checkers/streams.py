"""Programs held against cases of standard input and standard output."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import Future

from msgspec.structs import replace

from limbeck import sandbox
from limbeck.checkers.code import TooLong, in_turn, not_run, source_of
from limbeck.records import Outcome, Trace, Verdict


def judged(
    name: str, cases: list[tuple[str, str]], trace: Trace, most: sandbox.Limits, tolerance: float = 0.0
) -> Verdict | Future[Verdict]:
    """The verdict, under a verifier's name, of an answer's program, run once for each case until one
    fails."""
    try:
        source = source_of(trace)
    except TooLong as error:
        return Verdict(name, "unknown", reason=str(error))
    if not source.strip():
        return Verdict(name, "unparsed", reason="no program in the answer")
    shown = source[:200]

    def steps() -> Iterator[tuple[Future[sandbox.Ran], Callable[[sandbox.Ran], Verdict | None]]]:
        for number, (given, wanted) in enumerate(cases):
            room = replace(most, output=most.output + 2 * len(wanted))
            ran = sandbox.run(source, stdin=given, limits=room)
            yield ran, _judge(name, number, wanted, shown, tolerance)

    return in_turn(steps(), Verdict(name, "correct", shown, f"{len(cases)} cases"))


def _judge(
    name: str, number: int, wanted: str, shown: str, tolerance: float
) -> Callable[[sandbox.Ran], Verdict | None]:
    def judge(ran: sandbox.Ran) -> Verdict | None:
        if verdict := not_run(name, ran, shown):
            return Verdict(name, verdict.outcome, shown, f"case {number}: {verdict.reason}")
        if ran.status == "error":
            last = ran.stderr.strip().rpartition("\n")[2] or f"exit code {ran.code}"
            # It may be right where the module is.
            outcome: Outcome = "unknown" if last.startswith("ModuleNotFoundError:") else "wrong"
            return Verdict(name, outcome, shown, f"case {number}: {last}"[:200])
        if not alike(ran.stdout, wanted, tolerance):
            return Verdict(name, "wrong", shown, f"case {number}: {ran.stdout[:80]!r}, not {wanted[:80]!r}")
        return None

    return judge


def alike(printed: str, wanted: str, tolerance: float) -> bool:
    """Whether two texts have the same words; numbers may differ by ``tolerance``, absolute or relative."""
    ours, theirs = printed.split(), wanted.split()
    return len(ours) == len(theirs) and all(_same(a, b, tolerance) for a, b in zip(ours, theirs, strict=True))


def _same(a: str, b: str, tolerance: float) -> bool:
    if a == b or not tolerance:
        return a == b
    try:
        return math.isclose(float(a), float(b), rel_tol=tolerance, abs_tol=tolerance)
    except ValueError:
        return False
