"""Programs as answers: unit tests, input and output, programs of thought, equations."""

from __future__ import annotations

import ast
import json
from concurrent.futures import Future

import pytest
from paths import SHARED

from limbeck import sandbox
from limbeck.checkers import exchange as exchange
from limbeck.checkers.cases import read_tests
from limbeck.checkers.code import defined, source_of
from limbeck.checkers.streams import alike
from limbeck.errors import LimbeckError
from limbeck.problems.benchmarks.humaneval import humaneval
from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.answers.math import math
from limbeck.verifiers.programs.equations import equations
from limbeck.verifiers.programs.program import program
from limbeck.verifiers.programs.stdin_stdout import stdin_stdout
from limbeck.verifiers.programs.unit_tests import unit_tests

needs_sandbox = pytest.mark.skipif(not sandbox.kind()[0], reason=f"no sandbox here: {sandbox.kind()[1]}")
HUMANEVAL = SHARED / "code/HumanEval.jsonl.gz"


def trace(answer: str, **more) -> Trace:
    return Trace(id="t", problem_id="p", answer=answer, **more)


def problem(answer: str | None = None, **meta) -> Problem:
    return Problem(id="p", question="", answer=answer, meta=meta)


def settled(verdict: Verdict | Future[Verdict]) -> Verdict:
    return verdict if isinstance(verdict, Verdict) else verdict.result()


def test_the_source_is_the_last_block_that_defines_what_is_wanted():
    text = "```python\ndef f(): return 1\n```\nthen\n```python\ndef g(): return 2\n```\nand\n```bash\nls\n```"
    assert source_of(trace(text), "f") == "def f(): return 1"
    assert source_of(trace(text)) == "def g(): return 2"
    assert source_of(trace("x = 1")) == "x = 1"
    assert source_of(trace("", reasoning="so\n```py\nx = 2\n```")) == "x = 2"
    assert source_of(trace("```python\nx = 3")) == "x = 3"
    assert source_of(trace("", reasoning="no code")) == ""
    assert defined("import x\ndef f(): pass\nclass C: pass\ng = lambda: 1\nh = 2") == ["f", "C", "g"]
    for bad in ("def f(:", "x\0", "(" * 5000):
        with pytest.raises(SyntaxError):
            defined(bad)


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, -(10**50), 2.5, float("inf"), "ä\n", b"\x00", 1j, [1, [2]], (1,), {1, 2},
        frozenset({3}),
        {"a": [1], (1, 2): None},
    ],
)  # fmt: skip
def test_plain_data_survives_the_way(value):
    assert exchange.unpack(json.loads(json.dumps(exchange.pack(value)))) == value


def test_what_is_no_plain_data_is_refused():
    for odd in (object(), iter([]), lambda: 1, [object()]):
        with pytest.raises(exchange.Odd):
            exchange.pack(odd)
    nested: list = []
    for _ in range(100):
        nested = [nested]
    with pytest.raises(exchange.Odd, match="nested too deeply"):
        exchange.pack(nested)


TESTED = {
    "entry_point": "f",
    "test": "def check(c):\n    assert c([3, 1, 2]) == [1, 2, 3]\n    assert c([]) == []",
}


@needs_sandbox
@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        ("def f(x): return sorted(x)", "correct", ""),
        ("```python\ndef f(x):\n    return sorted(x)\n```", "correct", ""),
        ("f = lambda x: sorted(x)", "correct", ""),
        ("def f(x): return x", "wrong", "assertion"),
        ("def f(x): return sorted(x)[9]", "wrong", "IndexError"),
        ("def g(x): return sorted(x)", "wrong", "KeyError"),
        ("def f(x) return", "wrong", "SyntaxError"),
        ("raise ValueError('no')", "wrong", "ValueError"),
        ("def f(x): return (y for y in sorted(x))", "unknown", "no plain data: generator"),
        ("def f(x):\n    while True: pass", "timeout", "stopped"),
        ("", "unparsed", "no program"),
    ],
)
def test_a_function_against_its_tests(answer, outcome, reason):
    verdict = settled(unit_tests(problem(**TESTED), trace(answer), seconds=3.0))
    assert verdict.outcome == outcome, verdict
    assert reason in verdict.reason


@needs_sandbox
def test_asserts_methods_and_changes_in_place():
    listed = problem(test_list=["assert f(2) == 4", "assert f(0) == 0"])
    assert settled(unit_tests(listed, trace("def f(x): return x * 2"))).outcome == "correct"
    assert settled(unit_tests(listed, trace("def f(x): return x + 2"))).outcome == "wrong"
    method = problem(entry_point="Solution.twice", test="def check(c):\n    assert c(3) == 6")
    assert (
        settled(unit_tests(method, trace("class Solution:\n    def twice(self, x): return x * 2"))).outcome
        == "correct"
    )
    place = problem(test="x = [3, 1]\nf(x)\nassert x == [1, 3]\nd = {}\ng(d)\nassert d == {1: 2}")
    code = "def f(x): x.sort()\ndef g(d): d[1] = 2"
    assert settled(unit_tests(place, trace(code))).outcome == "correct"
    prompted = problem(
        entry_point="f", prompt="def help(x): return x\n\ndef f(x):\n", test="assert f(1) == help(1)"
    )
    assert settled(unit_tests(prompted, trace("    return x"))).outcome == "correct"
    assert settled(unit_tests(problem(), trace("x"))).outcome == "unknown"


@needs_sandbox
def test_a_test_that_fails_by_itself_says_nothing_of_the_program():
    assert (
        settled(unit_tests(problem(test="assert f(1 ==", entry_point="f"), trace("def f(x): pass"))).outcome
        == "unknown"
    )
    off = problem(prompt="x = 1 / 0", test="assert f(1)")
    assert settled(unit_tests(off, trace("def f(x): return x"))).outcome == "unknown"


CASES = {"cases": [{"input": "1 2\n", "output": "3\n"}, {"input": "5 5", "output": "10"}]}


@needs_sandbox
@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        ("a, b = map(int, input().split())\nprint(a + b)", "correct", "2 cases"),
        ("a, b = map(int, input().split())\nprint(a + b, end='  \\n\\n')", "correct", "2 cases"),
        ("a, b = map(int, input().split())\nprint(a * b + 1)", "wrong", "case 1: '26"),
        ("print(3)", "wrong", "case 1: '3"),
        ("import sys; sys.exit(1)", "wrong", "case 0: exit code 1"),
        ("print(1 / 0)", "wrong", "case 0: ZeroDivisionError"),
        ("while True: pass", "timeout", "case 0"),
    ],
)
def test_a_program_against_input_and_output(answer, outcome, reason):
    verdict = settled(stdin_stdout(problem(**CASES), trace(answer), seconds=2.0))
    assert verdict.outcome == outcome, verdict
    assert reason in verdict.reason


def test_cases_come_in_several_shapes_and_numbers_may_be_near():
    public = json.dumps([{"input": "1", "output": "2", "testtype": "stdin"}])
    private = [{"input": "3", "output": "4"}]
    both = problem(public_test_cases=public, private_test_cases=private)
    assert read_tests(both).streams == [("1", "2"), ("3", "4")]
    functional = problem(public_test_cases=[{"input": "1", "output": "2", "testtype": "functional"}])
    assert settled(stdin_stdout(functional, trace("1"))).outcome == "unknown"
    assert settled(stdin_stdout(problem(), trace("1"))).outcome == "unknown"
    assert alike("1.0001 x", "1.0002 x", 1e-3)
    assert not alike("1.0001", "1.0002", 0)
    assert not alike("1 2", "1", 1.0)


@needs_sandbox
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("ans = 6 * 7", "correct"), ("answer = 42.0", "correct"), ("print('so')\nprint(42)", "correct"),
        ("def solution():\n    return 84 / 2", "correct"), ("6 * 7", "correct"), ("ans = 41", "wrong"),
        ("ans = 1 / 0", "wrong"), ("x = 42", "unparsed"), ("while True: pass", "timeout"),
    ],
)  # fmt: skip
def test_a_program_of_thought(answer, outcome):
    verdict = settled(program(problem("42"), trace(answer), verifier=math, seconds=3.0))
    assert verdict.outcome == outcome, verdict


@needs_sandbox
def test_a_claim_over_a_table():
    pytest.importorskip("pandas", reason="tables need pandas")
    table = {"columns": ["city", "people"], "rows": [["A", 3], ["B", 5]]}
    asked = problem("8", table=table)
    assert (
        settled(program(asked, trace("df['people'].sum()"), verifier=math, table="meta")).outcome == "correct"
    )
    assert (
        settled(program(asked, trace("df['people'].max()"), verifier=math, table="meta")).outcome == "wrong"
    )
    fake = 'df.query(\'@__import__("os").system("id")\')'
    assert settled(program(asked, trace(fake), verifier=math, table="meta")).outcome == "wrong"
    assert settled(program(problem("8"), trace("1"), verifier=math, table="meta")).outcome == "unknown"


@needs_sandbox
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("x + y = 10\nx - y = 2\nanswer: x", "correct"), ("3x = 18", "correct"), ("2(n + 1) = 14", "correct"),
        ("apples = 2 * pears\npears = 3\nanswer: apples", "correct"),
        ("x^2 = 36\nx = 6 + y\ny = 0\nanswer: x", "correct"),
        ("x = 5", "wrong"), ("x = x + 1", "wrong"), ("x + y = 10\nanswer: x", "wrong"),
        ("x + y = 10", "unparsed"),
        ("nothing", "unparsed"), ("x = __import__('os').system('id')", "unparsed"),
    ],
)  # fmt: skip
def test_equations(answer, outcome):
    verdict = settled(equations(problem("6"), trace(answer), verifier=math, seconds=20.0))
    assert verdict.outcome == outcome, verdict


def test_without_a_sandbox_nothing_is_said_to_be_wrong(monkeypatch):
    monkeypatch.setattr(sandbox, "kind", lambda: ("", "none here"))
    for verdict in (
        unit_tests(problem(**TESTED), trace("def f(x): return x")),
        stdin_stdout(problem(**CASES), trace("print(1)")),
        program(problem("1"), trace("ans = 2"), verifier=math),
        equations(problem("1"), trace("x = 2"), verifier=math),
    ):  # fmt: skip
        assert settled(verdict).outcome == "unknown"
        assert "none here" in settled(verdict).reason


class Mutate(ast.NodeTransformer):
    """Turns the first comparison, arithmetic operator or number it meets into another."""

    done = False

    def visit_Compare(self, node):
        self.generic_visit(node)
        if not self.done:
            self.done, node.ops[0] = True, ast.NotEq() if isinstance(node.ops[0], ast.Eq) else ast.Eq()
        return node

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if not self.done:
            self.done, node.op = True, ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
        return node


@needs_sandbox
@pytest.mark.skipif(not HUMANEVAL.exists(), reason="no shared data here")
def test_canonical_solutions_of_humaneval_pass_and_mutants_do_not():
    data = humaneval(path=str(HUMANEVAL))
    assert len(data.problems) == 164
    chosen = data.problems[::8]
    good, bad = [], []
    for each in chosen:
        source = each.meta["prompt"] + each.meta["canonical_solution"]
        good.append(unit_tests(each, trace(each.meta["canonical_solution"])))
        tree, mutate = ast.parse(source), Mutate()
        if mutate.visit(tree) and mutate.done:
            bad.append(unit_tests(each, trace(ast.unparse(ast.fix_missing_locations(tree))), seconds=3.0))
    assert [settled(verdict).outcome for verdict in good] == ["correct"] * len(chosen)
    wrong = [settled(verdict).outcome for verdict in bad]
    # A few mutants are equal in effect, a few never end.
    assert wrong.count("correct") <= len(wrong) // 5
    assert wrong.count("wrong") >= len(wrong) // 2


def test_a_file_that_is_no_humaneval_is_named(tmp_path):
    (tmp_path / "x.jsonl").write_text('{"prompt": "def f(): pass", "entry_point": "f"}\n')
    with pytest.raises(LimbeckError, match="no column 'task_id'"):
        humaneval(path=str(tmp_path / "x.jsonl"))
