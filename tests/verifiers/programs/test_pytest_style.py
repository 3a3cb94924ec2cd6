"""Tests as people keep them, for pytest or unittest, with the modules and fixtures that they lean on."""

from __future__ import annotations

import json

import pytest

from limbeck import sandbox
from limbeck.checkers.pytest_style import Approx
from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.programs.stdin_stdout import stdin_stdout
from limbeck.verifiers.programs.unit_tests import unit_tests

needs_sandbox = pytest.mark.skipif(not sandbox.kind()[0], reason=f"no sandbox here: {sandbox.kind()[1]}")

RIGHT = "def inc(n):\n    return n + 1\n"
WRONG = "def inc(n):\n    return n\n"
ONE = "def test_one():\n    assert inc(1) == 2\n"
CASES = """@pytest.mark.parametrize('a, b', [(0, 1), pytest.param(1, 2)])
def test_all(a, b):
    assert inc(a) == b
"""
CASE = "@pytest.mark.parametrize('a', [(1,), (2,)])\ndef test_all(a):\n    assert inc(*a) == a[0] + 1\n"
FIXTURE = """@pytest.fixture
def number():
    yield 1
def test_one(number):
    assert inc(number) == pytest.approx(2)
"""
RAISES = "def test_bad():\n    with pytest.raises(TypeError, match='str'):\n        inc('a')\n"
UNITTEST = """import unittest
class TestInc(unittest.TestCase):
    def setUp(self):
        self.number = 1
    def test_one(self):
        with self.subTest("one"):
            self.assertEqual(inc(self.number), 2)
if __name__ == "__main__":
    unittest.main()
"""
STYLES = {
    "from solution": f"from solution import inc\n{ONE}",
    "all from main": f"from main import *\n{ONE}",
    "a module": "import solution\ndef test_one():\n    assert solution.inc(1) == 2\n",
    "a package": "import src.app as app\ndef test_one():\n    assert app.inc(1) == 2\n",
    "relative": f"from .solution import inc\n{ONE}",
    "called as a module of Python's": f"from code import inc\n{ONE}",
    "no import": ONE,
    "unittest": f"from solution import inc\n{UNITTEST}",
    "a class": "class TestInc:\n    def setup_method(self):\n        self.x = 1\n"
    "    def test_one(self):\n        assert inc(self.x) == 2\n",
    "parametrized": f"import pytest\n{CASES}",
    "a tuple is one value": f"import pytest\n{CASE}",
    "a fixture": f"import pytest\n{FIXTURE}",
    "raises": f"import pytest\n{RAISES}{ONE}",
    "called by itself": "def test(f):\n    assert f(1) == 2\ntest(inc)\n",
    "setup": "import math\nassert math.isclose(inc(1), 2)",
}  # fmt: skip


def ask(check, answer: str, **meta) -> Verdict:
    problem = Problem(id="p", question="", meta=meta)
    verdict = check(problem, Trace(id="t", problem_id="p", answer=answer))
    return verdict if isinstance(verdict, Verdict) else verdict.result()


@needs_sandbox
@pytest.mark.parametrize("test", STYLES.values(), ids=STYLES)
def test_tests_are_run_as_they_are_kept(test):
    assert ask(unit_tests, RIGHT, test=test).outcome == "correct"
    assert ask(unit_tests, WRONG, test=test).outcome == "wrong"


@needs_sandbox
@pytest.mark.parametrize(
    ("test", "reason"),
    [
        ("import numby as np\ndef test_one():\n    assert np.array(inc(1)) == 2\n", "needs array of 'numby'"),
        ("from solution import dec\ndef test_one():\n    assert dec(1) == 0\n", "needs dec of 'solution'"),
        ("def test_one(capsys):\n    assert inc(1) == 2\n", "fixture 'capsys'"),
        ("async def test_one():\n    assert inc(1) == 2\n", "coroutine"),
        (f"import pytest\n@pytest.mark.skipif(True, reason='')\n{ONE}", "mark.skipif"),
        (f"import pytest\npytest.importorskip('x')\n{ONE}", "pytest.importorskip"),
        (f"import pytest\n{RAISES}".replace("TypeError", "inc"), "own exception inc"),
        (f"from . import inc\n{ONE}", "own package"),
        ("def test_one():\n    assert 1 + 1 == 2\n", "calls no function"),
    ],
)  # fmt: skip
def test_what_a_test_lacks_here_is_no_fault_of_the_program(test, reason):
    verdict = ask(unit_tests, RIGHT, test=test)
    assert (verdict.outcome, reason in verdict.reason) == ("unknown", True), verdict


@needs_sandbox
def test_a_program_whose_module_is_not_here_is_unknown():
    verdict = ask(unit_tests, f"import numby\n{RIGHT}", test=ONE)
    assert (verdict.outcome, verdict.reason) == ("unknown", "not here: No module named 'numby'")
    cases = [{"input": "", "output": "1"}]
    assert ask(stdin_stdout, "import numby\nprint(1)", cases=cases).outcome == "unknown"


@needs_sandbox
def test_no_end_and_no_odd_value_is_the_exception_that_a_test_expects():
    expects = "import pytest\ndef test_bad():\n    with pytest.raises(Exception):\n        inc(1)\n"
    assert ask(unit_tests, "def inc(n):\n    import os\n    os._exit(0)\n", test=expects).outcome == "wrong"
    assert ask(unit_tests, "def inc(n):\n    return object()\n", test=expects).outcome == "unknown"
    assert ask(unit_tests, "def inc(n):\n    raise ValueError\n", test=expects).outcome == "correct"


@needs_sandbox
@pytest.mark.parametrize(
    "meta",
    [
        {"tests": "assert inc(1) == 2"},
        {"tests": '["assert inc(1) == 2", "assert inc(2) == 3"]'},
        {"test_list": ["assert isclose(inc(1), 2)"], "test_setup_code": "from math import isclose"},
        {"test_list": ["assert math.isclose(inc(1), 2)"], "test_imports": ["import math"]},
        {"input_output": json.dumps({"fn_name": "inc", "inputs": [[1], [2]], "outputs": [[2], 3]})},
    ],
)
def test_tests_are_read_from_where_data_sets_keep_them(meta):
    assert ask(unit_tests, RIGHT, **meta).outcome == "correct"
    assert ask(unit_tests, WRONG, **meta).outcome == "wrong"


@needs_sandbox
def test_a_method_serves_where_cases_call_a_function():
    cases = {"fn_name": "inc", "inputs": [[1]], "outputs": [2]}
    method = "class Solution:\n    def inc(self, n):\n        return n + 1\n"
    assert ask(unit_tests, method, input_output=cases).outcome == "correct"


@needs_sandbox
def test_inputs_and_outputs_in_two_lists_are_cases_of_text():
    cases = json.dumps({"inputs": ["1\n", ["2", "3"]], "outputs": ["1", ["2"]]})
    assert ask(stdin_stdout, "print(input())", input_output=cases).outcome == "correct"
    verdict = ask(stdin_stdout, "print(1)", input_output=cases)
    assert (verdict.outcome, verdict.reason) == ("wrong", "case 1: '1\\n', not '2'")
    assert ask(stdin_stdout, "print(1)", input_output="{").outcome == "unknown"


@pytest.mark.parametrize(
    ("expected", "value", "same"),
    [
        (0.3, 0.1 + 0.2, True),
        (1.0, 1.000002, False),
        ([1.0, {"a": 2.0}], [1.0000001, {"a": 2.0}], True),
        ([1.0], [1.0, 2.0], False),
        (0.0, 1e-13, True),
        (float("inf"), float("inf"), True),
        (1.0, "1", False),
    ],
)
def test_about_equal_is_within_a_millionth(expected, value, same):
    assert (value == Approx(expected)) is same
