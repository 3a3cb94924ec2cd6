"""Contest problems in LiveCodeBench's shape: cases in all their wrappings, functions and programs, hostile
pickles."""

from __future__ import annotations

import base64
import json
import pickle
import zlib

import pytest

from limbeck import sandbox
from limbeck.checkers.cases import read_tests
from limbeck.errors import LimbeckError
from limbeck.problems.benchmarks.livecodebench import livecodebench
from limbeck.records import Problem, Trace
from limbeck.verifiers.programs.stdin_stdout import stdin_stdout
from limbeck.verifiers.programs.unit_tests import unit_tests

boxed = pytest.mark.skipif(not sandbox.kind()[0], reason=f"no sandbox here: {sandbox.kind()[1]}")
STARTER = "class Solution:\n    def pairs(self, nums: List[int], k: int) -> List[List[int]]:\n        "
PAIRS = [
    {"input": "[1, 2, 3]\n4", "output": "[[1, 3]]", "testtype": "functional"},
    {"input": "[]\n0", "output": "[]", "testtype": "functional"},
]
SUMS = [{"input": "1 2\n", "output": "3\n", "testtype": "stdin"}]
RIGHT = """class Solution:
    def pairs(self, nums: List[int], k: int) -> List[List[int]]:
        return [(a, b) for a, b in combinations(nums, 2) if a + b == k and pow(2, 3, 5) == 3]
"""


def packed(cases) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(cases)))).decode()


def row(**more) -> dict:
    return {
        "question_title": "Pairs", "question_content": "Find all pairs.", "platform": "leetcode",
        "contest_date": "2024-08-10T00:00:00", "starter_code": STARTER, "difficulty": "easy",
        "public_test_cases": json.dumps(PAIRS[:1]), "private_test_cases": packed(PAIRS[1:]),
        "metadata": json.dumps({"func_name": "pairs"}), **more,
    }  # fmt: skip


@pytest.fixture
def data(tmp_path):
    program = row(
        question_content="Add.", starter_code="", public_test_cases=json.dumps(SUMS),
        private_test_cases=packed(SUMS),
        metadata="{}", contest_date="2023-05-01T00:00:00",
    )  # fmt: skip
    path = tmp_path / "test.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in (row(), program)))
    return str(path)


def asked(verifier, problem: Problem, answer: str):
    verdict = verifier(problem, Trace(id="t", problem_id=problem.id, answer=answer))
    return verdict if not hasattr(verdict, "result") else verdict.result(60)


def test_problems_are_read_by_kind_and_day(data):
    function, program = livecodebench(path=data).problems
    assert (function.verifier, program.verifier) == ("unit_tests", "stdin_stdout")
    assert "class Solution" in function.question
    assert "standard input" in program.question
    assert [p.id for p in livecodebench(path=data, since="2024-01-01").problems] == [function.id]
    assert [p.id for p in livecodebench(path=data, until="2023-12-31").problems] == [program.id]
    assert read_tests(program).streams == [("1 2\n", "3\n")] * 2
    assert read_tests(function).entry == "Solution.pairs"


@boxed
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (f"```python\n{RIGHT}```", "correct"),
        (RIGHT.replace("== k", "!= k"), "wrong"),
        (
            "def pairs(nums, k):\n    return [[a, b] for a, b in combinations(nums, 2) if a + b == k]",
            "correct",
        ),
        ("class Solution:\n    def other(self): pass", "wrong"),
        ("class Solution:\n    def pairs(self, nums, k):\n        while True: pass", "timeout"),
        ("class Solution:\n    def pairs(self, nums, k):\n        import os; os._exit(0)", "wrong"),
        (
            "class Any(list):\n    def __eq__(self, other): return True\n"
            "class Solution:\n    def pairs(self, nums, k): return Any()",
            "wrong",
        ),
        ("", "unparsed"),
    ],
)
def test_a_function_is_called_case_by_case(data, answer, outcome):
    function, _ = livecodebench(path=data).problems
    verdict = asked(lambda p, t: unit_tests(p, t, seconds=3.0), function, answer)
    assert verdict.outcome == outcome, verdict


@boxed
def test_a_program_reads_both_lists_of_cases(data):
    _, program = livecodebench(path=data).problems
    assert asked(stdin_stdout, program, "print(sum(map(int, input().split())))").reason == "2 cases"
    assert asked(stdin_stdout, program, "print(0)").outcome == "wrong"


class Evil:
    def __reduce__(self):
        import os

        return os.system, ("touch /tmp/limbeck-was-here",)


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        (base64.b64encode(zlib.compress(pickle.dumps(Evil()))).decode(), "only plain data"),
        ("not base 64!", "neither JSON"),
        (base64.b64encode(b"not compressed").decode(), "neither JSON"),
        (base64.b64encode(zlib.compress(b"not pickled")).decode(), "cases cannot be read"),
        ("[1", "cases cannot be read"),
    ],
)
def test_cases_that_cannot_be_read_are_unknown(cases, said):
    problem = Problem(id="p", question="", meta=row(private_test_cases=cases))
    for verifier in (unit_tests, stdin_stdout):
        verdict = asked(verifier, problem, RIGHT)
        assert (verdict.outcome, said in verdict.reason) == ("unknown", True), verdict


def test_a_file_of_another_shape_is_named(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"question": "1"}\n')
    with pytest.raises(LimbeckError, match="question_content"):
        livecodebench(path=str(path))
