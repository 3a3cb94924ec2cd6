"""Functions held against unit tests that run in another process than they do."""

from __future__ import annotations

import json
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from limbeck import sandbox
from limbeck.checkers import exchange
from limbeck.checkers.cases import PRELUDE, calls, function_name
from limbeck.checkers.code import TooLong, defined, limits, not_run, outcome_of, source_of
from limbeck.records import Problem, Trace, Verdict

VERSION = 5
_FILES = {
    "limbeck/__init__.py": b"",
    "limbeck/checkers/__init__.py": b"",
    "limbeck/checkers/exchange.py": Path(exchange.__file__).read_bytes(),
    "limbeck/checkers/pytest_style.py": Path(exchange.__file__).with_name("pytest_style.py").read_bytes(),
}
"""What both sandboxes hold; nothing else of this package is there."""
_LEAD = 'import json, sys; sys.path.insert(0, "."); from limbeck.checkers import exchange; '
_TEST = _LEAD + "a = json.load(open('a.json')); exchange.test(a['prompt'], a['test'], a['names'], a['entry'])"
_SERVE = _LEAD + "exchange.serve({code!r})"


def unit_tests(
    problem: Problem, trace: Trace, *, seconds: float = 10.0, memory_mb: int = 1024
) -> Verdict | Future[Verdict]:
    """Whether a function passes its tests: ``meta["test"]``, a ``check(candidate)`` as in HumanEval, or
    asserts.

    Test and candidate run in two sandboxes and exchange plain data, so that nothing a candidate prints,
    patches or compares equal to, and no exit, can make a test pass. A function that answers with anything but
    plain data (numbers, text, bytes, None, lists, tuples, sets, mappings) is ``unknown``, as is a test that
    calls none; one that does not end is ``timeout``. Of the candidate's names a test sees those alone that it
    speaks of, never ``len``.

    ``meta["entry_point"]`` names the function (``Solution.method`` of a class), else the prompt's last one
    does or, for a ``check``, the answer's only one; ``meta["prompt"]``, source before it, goes before an
    answer that does not define it, and is at the test's hand too. ``meta["tests"]`` or ``meta["test_list"]``
    may be a list of asserts, ``test_imports`` and ``test_setup_code`` go before them (MBPP).

    ``meta["input_output"]`` with a ``fn_name`` is a function's cases (APPS, TACO).

    Test functions and classes, as for pytest and unittest, are run; what they import under a name that no
    module has is the answer. Fixtures of pytest's own, a module that is not there, and an exception that the
    answer defines are ``unknown``.

    Args:
        seconds: wall clock for all tests of a trace together.
        memory_mb: address space, of candidate and of test.
    """
    meta = problem.meta
    try:
        tests, entry, prompt, lead = _tests(meta)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return Verdict("unit_tests", "unknown", reason=f"the problem's cases cannot be read: {error}"[:200])
    whole = _whole(prompt)
    prompt = prompt if whole else ""  # a task in plain words is no source
    if not isinstance(tests, str) or not tests.strip():
        return Verdict(
            "unit_tests", "unknown", reason="the problem has no tests: meta has no test, tests or test_list"
        )
    try:
        source = source_of(trace, entry.split(".")[0])
    except TooLong as error:
        return Verdict("unit_tests", "unknown", reason=str(error))
    if not source.strip():
        return Verdict("unit_tests", "unparsed", reason="no program in the answer")
    try:
        source, names = _completed(source, prompt, entry)
    except SyntaxError as error:
        shown = f"{prompt.rstrip()}\n{source}"[:200]
        return Verdict("unit_tests", "wrong", shown, f"SyntaxError: {error}"[:200])
    entry = _entry(whole, tests, names) if not entry else _called(entry, names) if lead else entry
    asked = {"prompt": whole, "test": tests, "names": names, "entry": entry}
    return _asked(asked, lead + source, source, limits(seconds, memory_mb))


def _asked(asked: dict[str, Any], code: str, source: str, most: sandbox.Limits) -> Future[Verdict]:
    """The verdict of a test's sandbox, with the code that answers it in the other one."""
    ran = sandbox.run(
        _TEST,
        files={**_FILES, "a.json": json.dumps(asked).encode()},
        peer=_SERVE.format(code=code),
        peer_files=_FILES,
        limits=most,
    )
    promise: Future[Verdict] = Future()
    ran.add_done_callback(lambda done: promise.set_result(_verdict(done.result(), source)))
    return promise


def _completed(source: str, prompt: str, entry: str) -> tuple[str, list[str]]:
    """The source, behind the prompt where it needs it, and what it defines.

    Raises:
        SyntaxError: it is no Python, with the prompt or without.
    """
    whole = f"{prompt.rstrip()}\n{source}"
    try:
        names = defined(source)
    except SyntaxError as error:
        # A body alone goes on where the prompt ends; the first error is the one to be told.
        try:
            return whole, defined(whole)
        except SyntaxError:
            raise error from None
    if entry and entry.split(".")[0] not in names and prompt:
        return whole, defined(whole)
    return source, names


def _tests(meta: dict[str, Any]) -> tuple[Any, str, str, str]:
    """Source of the tests, the function they call, source that goes before it where it is lacking, and before
    all."""
    if name := function_name(meta):
        owner = "Solution." if "class Solution" in str(meta.get("starter_code") or "") else ""
        return calls(meta), owner + name, "", PRELUDE
    tests = meta.get("test") or meta.get("tests") or meta.get("test_list") or ""
    if isinstance(tests, str) and tests.lstrip().startswith('["'):
        tests = json.loads(tests)
    parts = [meta.get("test_setup_code") or "", meta.get("test_imports") or "", tests]
    tests = "\n".join(part if isinstance(part, str) else "\n".join(map(str, part)) for part in parts)
    return tests, str(meta.get("entry_point") or ""), str(meta.get("prompt") or ""), ""


def _entry(prompt: str, tests: str, names: list[str]) -> str:
    """The function asked for where the problem does not say: the prompt's last, or a ``check``'s only one."""
    asked = [name for name in defined(prompt) if name in names]
    return asked[-1] if asked else names[0] if len(names) == 1 and "def check(" in tests else ""


def _called(entry: str, names: list[str]) -> str:
    """The function that cases call, as the answer has it: bare, or a method of its ``Solution``."""
    if "Solution" not in names:
        return entry.removeprefix("Solution.")
    return entry if entry in names or "." in entry else f"Solution.{entry}"


def _whole(prompt: str) -> str:
    """A prompt that ends in a bare signature, made a source of its own; nothing of one that is no source."""
    for text in (prompt, f"{prompt.rstrip()}\n    pass\n"):
        try:
            defined(text)
        except SyntaxError:
            continue
        return text
    return ""


def _verdict(ran: sandbox.Ran, source: str) -> Verdict:
    shown = source[:200]
    if verdict := not_run("unit_tests", ran, shown):
        if ran.status in ("memory", "output"):
            return Verdict(
                "unit_tests", "unknown", shown, f"the test itself took more {ran.status} than allowed"
            )
        return verdict
    try:
        outcome, reason = json.loads(ran.stdout)
    except ValueError:
        return Verdict("unit_tests", "unknown", shown, f"the test ended without a word: {ran.stderr[-150:]}")
    return Verdict("unit_tests", outcome_of(outcome), shown, str(reason)[:200])
