"""Programs that read standard input and write standard output, as in programming contests."""

from __future__ import annotations

from concurrent.futures import Future

from limbeck.checkers import functions, streams
from limbeck.checkers.cases import read_tests
from limbeck.checkers.code import limits
from limbeck.records import Problem, Trace, Verdict

VERSION = 6
WANTS_ANSWER = False


def stdin_stdout(
    problem: Problem, trace: Trace, *, seconds: float = 5.0, memory_mb: int = 1024, tolerance: float = 0.0
) -> Verdict | Future[Verdict]:
    """Whether a program prints what is expected for each input, compared outside of it, word by word.

    Cases are read as `limbeck.checkers.cases` reads them: ``meta["cases"]``, a list of ``{input, output}``;
    ``public_test_cases`` and ``private_test_cases`` (LiveCodeBench); ``input_output`` with ``inputs`` and
    ``outputs`` (APPS, TACO); ``public_tests``, ``private_tests`` and ``generated_tests`` (CodeContests);
    ``verification_info`` (SYNTHETIC); the reference itself (verl). Each as a value or as JSON of one; a text
    may be a list of lines. Space between words and at the ends does not count. The first case that fails
    decides, later ones are not run. Whatever it printed, a program that ends by a signal or with another exit
    code than 0 is not ``correct``. A problem whose cases call a function is judged as `verifiers/unit_tests`
    would, so that a file of both kinds needs one verifier.

    Args:
        seconds: wall clock for each case.
        memory_mb: address space.
        tolerance: words that are numbers are equal within so much, absolute or relative; 0 compares text.
    """
    try:
        tests = read_tests(problem)
    except ValueError as error:
        return Verdict("stdin_stdout", "unknown", reason=f"the problem's cases cannot be read: {error}"[:200])
    most = limits(seconds, memory_mb)
    if tests.streams:
        return streams.judged("stdin_stdout", tests.streams, trace, most, tolerance)
    return functions.judged("stdin_stdout", tests, problem.question, trace, most)
