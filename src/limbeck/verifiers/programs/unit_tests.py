"""Functions held against unit tests that run in another process than they do."""

from __future__ import annotations

from concurrent.futures import Future

from limbeck.checkers import functions, streams
from limbeck.checkers.cases import read_tests
from limbeck.checkers.code import limits
from limbeck.records import Problem, Trace, Verdict

VERSION = 6
WANTS_ANSWER = False


def unit_tests(
    problem: Problem, trace: Trace, *, seconds: float = 10.0, memory_mb: int = 1024
) -> Verdict | Future[Verdict]:
    """Whether a function passes its tests: ``meta["test"]``, a ``check(candidate)`` as in HumanEval, or
    asserts.

    Test and candidate run in two sandboxes and exchange plain data, so that nothing a candidate prints,
    patches or compares equal to, and no exit, can make a test pass. Objects of the candidate's own classes
    stay on its side: a test may call their methods and read their attributes, and is ``unknown`` where it
    compares one, as where a function answers with anything else but plain data (numbers, text, bytes, None,
    lists, tuples, sets, mappings). Of the candidate's names a test sees those alone that it speaks of, never
    ``len``.

    ``meta["entry_point"]`` names the function (``Solution.method`` of a class), else the prompt's last one or
    ``starter_code`` does or, for a ``check``, the answer's only one; ``meta["prompt"]``, source before it,
    is imported for the answer and goes before one that does not define it, and is at the test's hand too.
    ``meta["tests"]`` or ``meta["test_list"]`` may be a list of asserts, ``test_imports`` and
    ``test_setup_code`` go before them (MBPP). Cases that call a function by its name are read from wherever
    `limbeck.checkers.cases` knows them (APPS, TACO, LiveCodeBench, SYNTHETIC, verl); of cases of text a
    program is judged as `verifiers/stdin_stdout` would, ``seconds`` for each.

    Test functions and classes, as for pytest and unittest, are run; what they import under a name that no
    module has, such as ``from solution import f`` (KodCode), is the answer. An error of the test before the
    answer is first called is the test's own and ``unknown``, as are fixtures of pytest's own, a module that
    is not there, and an exception that the answer defines. An answer that defines none of what asserts call,
    or lacks a function that the question names, is ``wrong``.

    Args:
        seconds: wall clock for all tests of a trace together.
        memory_mb: address space, of candidate and of test.
    """
    try:
        tests = read_tests(problem)
    except ValueError as error:
        return Verdict("unit_tests", "unknown", reason=f"the problem's cases cannot be read: {error}"[:200])
    most = limits(seconds, memory_mb)
    if tests.streams:
        return streams.judged("unit_tests", tests.streams, trace, most)
    return functions.judged("unit_tests", tests, problem.question, trace, most)
