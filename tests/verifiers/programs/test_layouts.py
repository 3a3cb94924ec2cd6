"""The layouts in which data sets keep tests: a right program, a wrong one, and a test that is broken."""

from __future__ import annotations

import json

import pytest

from limbeck import sandbox
from limbeck.checkers.cases import read_tests
from limbeck.errors import LimbeckError
from limbeck.records import Problem, Trace, Verdict
from limbeck.shapes.verified import verify_rows
from limbeck.verifiers.answers.math import math
from limbeck.verifiers.programs.stdin_stdout import stdin_stdout
from limbeck.verifiers.programs.unit_tests import unit_tests

needs_sandbox = pytest.mark.skipif(not sandbox.kind()[0], reason=f"no sandbox here: {sandbox.kind()[1]}")

RIGHT = "def total(numbers, start=0):\n    return start + sum(numbers)\n"
WRONG = "def total(numbers, start=0):\n    return max([start, *numbers])\n"
METHOD = (
    "class Solution:\n    def total(self, numbers: List[int], start: int = 0) -> int:\n        return {}\n"
)
LEET_RIGHT, LEET_WRONG = METHOD.format("start + sum(numbers)"), METHOD.format("start")
READS = "numbers = input().split()\nprint({}(map(int, numbers)))\n"
ADDS, TAKES = READS.format("sum"), READS.format("max")
CALLS = {"fn_name": "total", "inputs": [[[1, 2]], [[3], 4]], "outputs": [3, [7]]}
TEXTS = {"inputs": ["1 2\n", ["3 4", ""]], "outputs": ["3\n", ["7"]]}
TYPED = [{"type": "function_call", "fn_name": "total", "input": [[1, 2]], "output": [3]}]
SPOKEN = [{"type": "stdin_stdout", "input": "1 2\n", "output": "3\n", "fn_name": None}]
CHECK = (
    "def check(candidate):\n    assert candidate(numbers=[1, 2]) == 3\n    assert candidate([3], 4) == 7\n"
)
STARTER = "class Solution:\n    def total(self, numbers: List[int], start: int = 0) -> int:\n        "
FUNCTIONS = {
    "KodCode": {"test": "from solution import total\n\ndef test_sum():\n    assert total([1, 2]) == 3\n"},
    "APPS, a mapping": {"input_output": CALLS},
    "TACO, text": {"input_output": json.dumps(CALLS)},
    "Eurus": {"reward_model": {"style": "rule", "ground_truth": json.dumps(CALLS)}},
    "SYNTHETIC-1": {"verification_info": {"language": "python", "test_cases": TYPED}},
    "SYNTHETIC-1, literals": {"verification_info": str({"language": "python", "test_cases": TYPED})},
    "SYNTHETIC-2": {"verification_info": json.dumps({"test_cases": json.dumps(TYPED)})},
    "DeepCoder": {"tests": json.dumps(TYPED)},
    "AceCode": {"test_cases": ["assert total([1, 2]) == 3", "assert total([3], 4) == 7"]},
    "OpenCodeInstruct": {"unit_tests": json.dumps(["assert total([1, 2]) == 3"])},
    "MBPP": {"test_list": ["assert total([1, 2]) == 3"], "test_setup_code": ""},
    "a check alone": {"test": CHECK},
    "functional": {"tests": json.dumps({"functional": CHECK})},
}
METHODS = {
    "LeetCode": {"entry_point": "Solution().total", "prompt": "from typing import *\n", "test": CHECK},
    "LeetCode without an entry": {"starter_code": STARTER, "test": CHECK},
    "a check alone": {"test": CHECK},
    "an instance": {"test": "s = Solution()\nassert s.total([1, 2]) == 3\nassert s.total([3], 4) == 7"},
    "LiveCodeBench": {
        "starter_code": STARTER, "metadata": '{"func_name": "total"}',
        "public_test_cases": json.dumps([{"input": "[3]\n4", "output": "7", "testtype": "functional"}]),
    },
}  # fmt: skip
STREAMS = {
    "APPS": {"input_output": json.dumps(TEXTS)},
    "CodeContests": {
        "public_tests": {"input": ["1 2\n"], "output": ["3\n"]},
        "private_tests": {"input": [], "output": []},
        "generated_tests": {"input": ["3 4"], "output": ["7"]},
    },
    "Codeforces": {"official_tests": [{"input": "1 2\n", "output": "3\n"}]},
    "SYNTHETIC-1": {"verification_info": {"language": "python", "test_cases": SPOKEN}},
    "SYNTHETIC-2": {"verification_info": json.dumps({"ground_truth": json.dumps({"test_cases": SPOKEN})})},
    "DeepCoder": {"tests": json.dumps(SPOKEN)},
}


def ask(check, answer: str, meta: dict, *, question: str = "", gold: str | None = None) -> Verdict:
    problem = Problem(id="p", question=question, answer=gold, meta=meta)
    verdict = check(problem, Trace(id="t", problem_id="p", answer=f"So:\n```python\n{answer}```"))
    return verdict if isinstance(verdict, Verdict) else verdict.result()


@needs_sandbox
@pytest.mark.parametrize("meta", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_function(meta):
    for verifier in (unit_tests, stdin_stdout):
        assert ask(verifier, RIGHT, meta).outcome == "correct"
        assert ask(verifier, WRONG, meta).outcome == "wrong"


@needs_sandbox
@pytest.mark.parametrize("meta", METHODS.values(), ids=METHODS)
def test_a_method_of_a_class(meta):
    assert ask(unit_tests, LEET_RIGHT, meta).outcome == "correct", ask(unit_tests, LEET_RIGHT, meta)
    assert ask(unit_tests, LEET_WRONG, meta).outcome == "wrong"
    helped = LEET_RIGHT.replace("return ", "return self.helped(0) + ")
    helped += "    def helped(self, n):\n        return n\n"
    undecided = meta == METHODS["a check alone"]
    assert ask(unit_tests, helped, meta).outcome == ("unknown" if undecided else "correct")


@needs_sandbox
@pytest.mark.parametrize("meta", STREAMS.values(), ids=STREAMS)
def test_a_program_of_text(meta):
    for verifier in (unit_tests, stdin_stdout):
        assert ask(verifier, ADDS, meta).outcome == "correct"
        assert ask(verifier, TAKES, meta).outcome == "wrong"


@needs_sandbox
def test_the_reference_itself_may_hold_the_cases_as_for_verl():
    assert ask(unit_tests, RIGHT, {}, gold=json.dumps(CALLS)).outcome == "correct"
    assert ask(unit_tests, WRONG, {}, gold=json.dumps(CALLS)).outcome == "wrong"
    assert ask(stdin_stdout, ADDS, {}, gold=json.dumps(TEXTS)).outcome == "correct"
    assert ask(stdin_stdout, TAKES, {}, gold=json.dumps(TEXTS)).outcome == "wrong"


def test_all_cases_of_all_columns_are_read():
    problem = Problem(id="p", question="", meta=STREAMS["CodeContests"])
    assert read_tests(problem).streams == [("1 2\n", "3\n"), ("3 4", "7")]
    assert read_tests(Problem(id="p", question="", meta=STREAMS["APPS"])).streams[1] == ("3 4\n", "7")


@pytest.mark.parametrize(
    ("meta", "reason"),
    [
        ({"input_output": {"inputs": ["1"], "outputs": []}}, "zip"),
        ({"verification_info": {"language": "rust", "test_cases": SPOKEN}}, "tests for rust"),
        ({"tests": json.dumps([*TYPED, *SPOKEN])}, "several kinds"),
        ({"cases": [{"input": "1"}]}, "input and output"),
        ({"input_output": {"fn_name": "f", "inputs": [3], "outputs": [3]}}, "arguments of a call"),
        ({"tests": [{"type": "function_call", "input": [1], "output": 1}]}, "nothing names"),
        ({"cases": 7}, "not int"),
        ({}, "no tests"),
    ],
)
def test_what_is_in_no_known_layout_is_unknown(meta, reason):
    for verifier in (unit_tests, stdin_stdout):
        verdict = ask(verifier, RIGHT, meta)
        assert (verdict.outcome, reason in verdict.reason) == ("unknown", True), verdict


@needs_sandbox
@pytest.mark.parametrize(
    "test",
    [
        "assert total([1, 2]) == 3 and",
        "import numpyy\nassert total(numpyy.array([1, 2])) == 3",
        "def check(candidate):\n    assert candidate(numbers([1, 2])) == 3\n",
        "def check(candidate):\n    data = [][0]\n    assert candidate([1, 2]) == 3\n",
        "def check(candidate):\n    assert 1 + 1 == 3\n    assert candidate([1, 2]) == 3\n",
        "from solution import total\nfile = open('gone.json')\ndef test_a():\n    assert total([]) == 0\n",
        "def check(candidate):\n    assert candidate([1, 2]) == three\n",
    ],
)
def test_an_error_of_the_test_is_no_fault_of_the_program(test):
    for program in (RIGHT, WRONG):
        verdict = ask(unit_tests, program, {"test": test, "entry_point": "total"})
        assert verdict.outcome == "unknown", verdict


@needs_sandbox
def test_a_program_without_the_function_is_wrong_where_it_was_asked_for():
    other = RIGHT.replace("total", "summed")
    asserts = {"test_list": ["assert total([1, 2]) == 3"]}
    assert ask(unit_tests, other, asserts).reason == "the program does not define total"
    assert ask(unit_tests, other, asserts).outcome == "wrong"
    assert ask(unit_tests, f"import math\n{other}total = summed\n", asserts).outcome != "wrong"
    named = "Write `total(numbers)`."
    assert ask(unit_tests, other, FUNCTIONS["KodCode"], question=named).outcome == "wrong"
    assert ask(unit_tests, other, FUNCTIONS["KodCode"], question="Add numbers.").outcome == "unknown"
    assert ask(unit_tests, RIGHT, FUNCTIONS["KodCode"], question=named).outcome == "correct"


@needs_sandbox
def test_rows_of_programs_need_no_column_of_answers():
    told = {
        "kodcode": {"question": "Add.", "solution": RIGHT, **FUNCTIONS["KodCode"]},
        "taco": {"question": "Add.", "input_output": json.dumps(CALLS), "starter_code": ""},
        "leetcode": {"query": "Add.", "starter_code": "", **METHODS["LeetCode"]},
        "contests": {"description": "Add.", **STREAMS["CodeContests"]},
        "verl": {"prompt": "Add.", "reward_model": {"style": "rule", "ground_truth": json.dumps(TEXTS)}},
    }
    programs = {"leetcode": (LEET_RIGHT, LEET_WRONG), "contests": (ADDS, TAKES), "verl": (ADDS, TAKES)}
    for name, row in told.items():
        rows = [{**row, "response": f"```python\n{code}```"} for code in programs.get(name, (RIGHT, WRONG))]
        assert [row["outcome"] for row in verify_rows(rows, unit_tests)] == ["correct", "wrong"], name
    with pytest.raises(LimbeckError, match="column 'answer'"):
        [*verify_rows([{"question": "Add.", "response": "3"}], math)]


STACK = """class Stack:
    limit = 9
    def __init__(self, items=()):
        self.items = list(items)
    @classmethod
    def of(cls, *items):
        return cls(items)
    def push(self, item):
        self.items.append(item)
        return self
    def pop(self):
        return self.items.pop()
    def __len__(self):
        return len(self.items)
    def __eq__(self, other):
        return True
    def __repr__(self):
        return f"Stack({self.items})"
"""


@needs_sandbox
@pytest.mark.parametrize(
    ("test", "outcome"),
    [
        (
            "s = Stack()\ns.push(1)\ns.push(2)\nassert s.pop() == 2 and len(s) == 1 and s.items == [1]",
            "correct",
        ),
        ("s = Stack([1]).push(2)\nassert s.pop() == 1", "wrong"),
        ("assert Stack.of(1, 2).pop() == 2", "correct"),
        ("assert repr(Stack.of(1)) == 'Stack([1])' and str(Stack()) == 'Stack([])'", "correct"),
        (
            "import pytest\ndef test_a():\n    with pytest.raises(IndexError):\n        Stack().pop()",
            "correct",
        ),
        ("s = Stack().push(1)\nassert not hasattr(s, 'peek') and hasattr(s, 'pop')", "correct"),
        ("assert Stack() == Stack([1])", "unknown"),
        ("assert Stack() != 3", "unknown"),
        ("assert isinstance(Stack().push(1), Stack)", "unknown"),
        ("assert Stack().push(1)", "unknown"),
        ("assert [item for item in Stack([1])] == [1]", "unknown"),
        ("Stack().push(1)\nassert Stack.limit == 9", "unknown"),
    ],
)
def test_objects_stay_on_the_programs_side(test, outcome):
    verdict = ask(unit_tests, STACK, {"test": test})
    assert verdict.outcome == outcome, verdict


@needs_sandbox
def test_what_the_prompt_imports_the_answer_need_not():
    meta = {
        "prompt": "from typing import List\nimport math\n\ndef up(xs: List[int]) -> int:\n    '''Up.'''\n",
        "entry_point": "up",
        "test": "def check(candidate):\n    assert candidate([1.5]) == 2\n",
    }
    answer = "from __future__ import annotations\ndef up(xs: List[int]) -> int:\n    return math.ceil({})\n"
    assert ask(unit_tests, answer.format("xs[0]"), meta).outcome == "correct"
    assert ask(unit_tests, answer.format("xs[0] + 1"), meta).outcome == "wrong"


@needs_sandbox
def test_json_names_keys_by_text():
    cases = {"fn_name": "inverted", "inputs": [[{"1": 5}]], "outputs": [{"5": 1}]}
    inverted = "def inverted(table):\n    return {{value: key + {} for key, value in table.items()}}\n"
    assert ask(unit_tests, inverted.format(0), {"input_output": cases}).outcome == "correct"
    assert ask(unit_tests, inverted.format(1), {"input_output": cases}).outcome == "wrong"
