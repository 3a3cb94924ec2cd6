"""Programs that would be their own judge, programs that talk too much, and answers around programs."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from limbeck import sandbox
from limbeck.checkers.code import LONGEST, TooLong, not_run, source_of
from limbeck.records import Problem, Trace, Verdict
from limbeck.texts.steps import segment
from limbeck.verifiers.answers.exact import exact
from limbeck.verifiers.ops import judge
from limbeck.verifiers.programs.equations import equations
from limbeck.verifiers.programs.program import program
from limbeck.verifiers.programs.stdin_stdout import stdin_stdout
from limbeck.verifiers.programs.unit_tests import unit_tests
from limbeck.verifiers.queries.path import path

pytestmark = pytest.mark.skipif(not sandbox.kind()[0], reason=f"no sandbox here: {sandbox.kind()[1]}")


def ask(check, answer: str, meta: dict, gold: str | None = None, **options) -> Verdict:
    problem = Problem(id="p", question="", answer=gold, meta=meta)
    trace = Trace(id="t", problem_id="p", answer=answer)
    [(_, verdict)] = judge(lambda p, t: check(p, t, **options), [(0, problem, trace)])
    return verdict


def fenced(code: str, language: str = "python") -> str:
    return f"```{language}\n{code}\n```"


ZERO = "def f(x):\n    return 0\n"
RIGHT = "def f(x):\n    return 2 * x\n"
ASSERTS = {
    "tests": [
        "assert abs(f(2) - 4) < 1",
        "assert all(f(x) == 2 * x for x in range(4))",
        "assert len([f(1)]) == 1",
    ]
}
CHECK = {"test": "def check(candidate):\n    assert candidate(2) == 4\n"}


@pytest.mark.parametrize(
    "more",
    [
        "def abs(x):\n    return 0\ndef all(x):\n    return True",
        "all = lambda x: True\nabs = lambda x: 0",
        "class AssertionError(Exception):\n    pass\ndef all(x):\n    return 1\ndef abs(x):\n    return 0",
        "def range(n):\n    return []\ndef abs(x):\n    return 0",
    ],
)
def test_a_candidates_names_are_not_the_tests_own(more):
    assert ask(unit_tests, fenced(ZERO + more), ASSERTS).outcome == "wrong"
    assert ask(unit_tests, fenced(RIGHT + more), ASSERTS).outcome == "correct"


def test_a_helper_of_the_prompt_stays_the_prompts():
    prompt = "def double(x):\n    return 2 * x\n\ndef f(x):\n"
    meta = {
        "prompt": prompt,
        "entry_point": "f",
        "test": "def check(candidate):\n    assert candidate(2) == double(2)\n",
    }
    assert ask(unit_tests, fenced("def double(x):\n    return 0\n" + ZERO), meta).outcome == "wrong"
    assert ask(unit_tests, fenced(RIGHT), meta).outcome == "correct"
    assert ask(unit_tests, "  return double(x)", meta).outcome == "correct"


def test_a_check_without_an_entry_point_is_not_left_out():
    assert ask(unit_tests, fenced(ZERO), CHECK).outcome == "wrong"
    assert ask(unit_tests, fenced(RIGHT), CHECK).outcome == "correct"
    two = fenced("def g(x):\n    return 0\n" + RIGHT)
    verdict = ask(unit_tests, two, CHECK)
    assert (verdict.outcome, "calls no function" in verdict.reason) == ("unknown", True)
    assert ask(unit_tests, two, {**CHECK, "prompt": "def f(x):\n"}).outcome == "correct"
    constants = {"test": "class TestF:\n    def test(self):\n        assert 2 + 2 == 4\n"}
    assert ask(unit_tests, fenced(ZERO), constants).outcome == "unknown"
    words = {**ASSERTS, "prompt": "Write a function f that doubles."}
    assert ask(unit_tests, fenced(RIGHT), words).outcome == "correct"
    assert ask(unit_tests, fenced(ZERO), words).outcome == "wrong"


@pytest.mark.parametrize(
    "error", ["StopIteration", "StopAsyncIteration", "GeneratorExit", "SystemExit", "KeyboardInterrupt"]
)
def test_an_exception_that_ends_loops_ends_no_test(error):
    meta = {
        "tests": ["for got in map(f, [1, 2]):\n    assert got == 7", "assert list(map(f, [1])) in ([], [7])"]
    }
    assert ask(unit_tests, fenced(f"def f(x):\n    raise {error}"), meta).outcome == "wrong"


def test_what_a_candidate_prints_and_how_long_its_integers_are_does_not_count_against_it():
    chatty = "import sys\nprint('x' * 3_000_000)\n"
    chatty += "def f(x):\n    print('y' * 3_000_000, file=sys.stderr)\n    return 2 * x\n"
    assert ask(unit_tests, fenced(chatty), ASSERTS).outcome == "correct"
    large = {"tests": ["assert f(1) == 10 ** 6000"]}
    assert ask(unit_tests, fenced("def f(x):\n    return 10 ** 6000"), large).outcome == "correct"
    assert ask(unit_tests, fenced("def f(x):\n    return 10 ** 6000 + 1"), large).outcome == "wrong"
    cases = {"cases": [{"input": "", "output": "1" + "0" * 6000}]}
    assert ask(stdin_stdout, fenced("print(10 ** 6000)"), cases).outcome == "correct"
    long = {"cases": [{"input": "", "output": "word " * 400_000}]}
    assert ask(stdin_stdout, fenced("print('word ' * 400_000)"), long).outcome == "correct"
    assert (
        ask(program, fenced("answer = 10 ** 6000"), {}, gold="1" + "0" * 6000, verifier=exact).outcome
        == "correct"
    )


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (
            f"Run it:\n{fenced('pip install f', 'bash')}\nSo:\n{fenced(RIGHT)}\nOutput:\n{fenced('4', '')}",
            "correct",
        ),
        (f"{fenced(RIGHT, 'Python3')}\n{fenced('[1, 2]', 'json')}", "correct"),
        ("1. Here:\n   ```python\n   def f(x):\n       return 2 * x\n   ```", "correct"),
        (RIGHT, "correct"),
        (f"It is ```f``` then:\n{fenced(RIGHT)}", "correct"),
        ("I do not know how this could be done.", "unparsed"),
        (fenced("echo 4", "bash"), "unparsed"),
        (fenced("def f(x) return 2 * x"), "wrong"),
    ],
)
def test_the_program_is_found_among_other_blocks(answer, outcome):
    assert ask(unit_tests, answer, {**ASSERTS, "entry_point": "f"}).outcome == outcome


LONG = 300_000


@pytest.mark.parametrize(
    "text",
    [
        "```" + "a" * LONG,
        "```" + " " * LONG + "x",
        "x = 1\n" + "```\n" * LONG,
        "`" * LONG,
        "\n" * LONG,
        "# " + "1" * LONG,
    ],
    ids=["letters", "blanks", "fences", "ticks", "lines", "digits"],
)
def test_long_answers_are_read_in_no_time(text):
    before = time.thread_time()
    with suppress(TooLong):
        source_of(Trace(id="t", problem_id="p", answer=text))
    segment(text)
    segment(text, "numbered")
    ask(equations, "x = 5" + "\n" * LONG + ".", {}, gold="5", verifier=exact, seconds=1.0)
    ask(path, "a " + "-" * LONG + " " * LONG + " b", {"facts": [["a", "r", "b"]]}, gold="b")
    assert time.thread_time() - before < 20  # they took hours


def test_a_program_beyond_all_measure_is_not_read():
    endless = fenced("x = [" + "1, " * LONGEST + "]")
    for verifier, options in ((unit_tests, {}), (stdin_stdout, {}), (program, {"verifier": exact})):
        verdict = ask(
            verifier, endless, {**ASSERTS, "cases": [{"input": "", "output": ""}]}, gold="1", **options
        )
        assert (verdict.outcome, "more than 1,000,000" in verdict.reason) == ("unknown", True)


def test_a_check_beside_asserts_is_not_left_out():
    two = fenced("def g(x):\n    return 0\n" + ZERO)
    beside = {"test": "assert g(1) == 0\n" + CHECK["test"]}
    verdict = ask(unit_tests, two, beside)
    assert (verdict.outcome, "nothing says which" in verdict.reason) == ("unknown", True)
    called = {"test": CHECK["test"] + "check(f)\n"}
    assert ask(unit_tests, two, called).outcome == "wrong"
    assert ask(unit_tests, fenced("def g(x):\n    return 0\n" + RIGHT), called).outcome == "correct"


def test_a_program_killed_from_outside_is_not_judged():
    killed = not_run("program", sandbox.Ran("error", code=-9))
    assert killed is not None
    assert killed.outcome == "unknown"
    assert not_run("program", sandbox.Ran("error", code=-11)) is None  # its own fault
