"""A problem's tests in whichever layout a data set keeps them: source, calls with values, text in and out.

What is read is told by its form, not by the column it stands in: a text that begins like JSON is JSON (or
Python's own literals), one in base 64 is compressed cases, any other is source.
"""

from __future__ import annotations

import ast
import base64
import binascii
import io
import json
import pickle
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from limbeck.records import Problem

_MOST = 256 << 20
_SOURCES = ("test", "tests", "test_list", "test_code", "unit_tests", "functional", "assert_case")
_CASES = (
    *("cases", "public_test_cases", "private_test_cases", "test_cases", "input_output"),
    *("public_tests", "private_tests", "generated_tests", "official_tests"),
)
_WRAPPED = ("verification_info", "reward_model", "ground_truth")
_BEFORE = ("test_setup_code", "test_imports", "import_prefix")
_CHECK = """import json
def numbered(pairs):
    digits = bool(pairs) and all(key.lstrip("-").isdigit() for key, _ in pairs)
    return {{int(key) if digits else key: value for key, value in pairs}}
def plain(value):
    if isinstance(value, dict):
        return {{str(key): plain(each) for key, each in value.items()}}
    return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value
def check(candidate):
    for number, (args, wanted) in enumerate({cases!r}):
        got, wanted = plain(candidate(*json.loads(args, object_pairs_hook=numbered))), json.loads(wanted)
        assert got in wanted, f"case {{number}}: {{got!r}}, not {{wanted[0]!r}}"
"""
"""A test of a function that is called case by case. JSON has lists alone and names keys by text; the judges
of APPS make whole numbers of those that are digits."""
PRELUDE = """from bisect import *
from collections import *
from functools import *
from heapq import *
from itertools import *
from math import *
from builtins import *
from typing import *
import bisect, collections, functools, heapq, itertools, math, random, re, string, sys
"""
"""What the judges of such contests have imported before a solution begins; ``pow`` is the one of three
arguments."""


class Tests(NamedTuple):
    """``streams``, input and output of each case; or ``source`` that calls the function ``entry``.

    ``prompt`` is source that a task gives before the answer, ``starter`` the bare signature it asks for,
    ``lead`` what a judge has imported.
    """

    streams: list[tuple[str, str]]
    source: str = ""
    entry: str = ""
    prompt: str = ""
    starter: str = ""
    lead: str = ""


class _Case(NamedTuple):
    """One case; ``call`` is the function that it calls, empty where it is of text, None where one is called
    that only the problem can name."""

    given: Any
    wanted: Any
    call: str | None = ""


def read_tests(problem: Problem) -> Tests:
    """The tests of a problem; source goes before cases.

    Known are HumanEval, MBPP, KodCode, LeetCode (``test``, ``tests``, ``test_list``, ``entry_point``,
    ``prompt``, ``starter_code``), APPS and TACO (``input_output``), CodeContests (``public_tests`` and its
    siblings), LiveCodeBench (``public_test_cases``), SYNTHETIC (``verification_info``) and verl, where the
    reference itself is the cases.

    Raises:
        ValueError: there are none, or they are in no layout known here.
    """
    meta = problem.meta
    named = next((meta[name] for name in _SOURCES if meta.get(name)), None)
    parts: list[str | _Case] = [*_parts(named)]
    for name in _CASES if not any(isinstance(part, str) for part in parts) else ():
        parts += _parts(meta.get(name), source=False)
    for name in _WRAPPED if not parts else ():
        parts += _parts(meta.get(name))
    if not parts and (problem.answer or "").lstrip()[:1] in ("[", "{"):
        parts += _parts(problem.answer)
    if not parts:
        raise ValueError("the problem has no tests: meta has no test, tests, cases or input_output")
    sources = [part for part in parts if isinstance(part, str)]
    cases = [part for part in parts if not isinstance(part, str)]
    entry, starter = str(meta.get("entry_point") or ""), str(meta.get("starter_code") or "")
    entry = entry.replace("Solution().", "Solution.")
    prompt = meta["prompt"] if isinstance(meta.get("prompt"), str) else ""
    if sources:
        before = [part for name in _BEFORE for part in _lines(meta.get(name))]
        return Tests([], "\n".join([*before, *sources]), entry, prompt, starter)
    return _of_cases(cases, _function(meta), entry, starter)


def _of_cases(cases: list[_Case], function: str, entry: str, starter: str) -> Tests:
    called = {case.call or function or case.call for case in cases}
    if None in called or len(called) > 1:
        raise ValueError("cases of a function that nothing names, or of several kinds")
    name = called.pop()
    if not name:
        return Tests([(_stream(case.given), _stream(case.wanted)) for case in cases])
    owner = "Solution." if "class Solution" in starter else ""
    told = [tuple(map(json.dumps, _call(case))) for case in cases]
    return Tests([], _CHECK.format(cases=told), entry or owner + name, "", starter, PRELUDE)


def _function(meta: Mapping[str, Any]) -> str:
    """The function that LiveCodeBench's cases call."""
    told = meta.get("metadata") or {}
    told = json.loads(told) if isinstance(told, str) else told
    return str(told.get("func_name") or "") if isinstance(told, Mapping) else ""


def _call(case: _Case) -> tuple[list[Any], list[Any]]:
    """Arguments of a call, and what it may return.

    Text holds an argument a line. Values of APPS stand in a list of one in some rows and bare in others, so
    that either is right.
    """
    if isinstance(case.given, str):
        wanted = _value(case.wanted) if isinstance(case.wanted, str) else case.wanted
        return [_value(line) for line in case.given.split("\n") if line.strip()], [wanted]
    if not isinstance(case.given, list | tuple):
        raise ValueError(f"the arguments of a call are a list, not {type(case.given).__name__}")
    unwrapped = case.wanted if isinstance(case.wanted, list) and len(case.wanted) == 1 else []
    return [*case.given], [case.wanted, *unwrapped]


def _value(text: str) -> Any:
    """A value in JSON or in Python's own literals."""
    try:
        return json.loads(text)
    except ValueError:
        try:
            return ast.literal_eval(text.strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
            raise ValueError(f"neither JSON nor a value of Python's: {text[:60]!r}") from error


def _stream(value: Any) -> str:
    """Text as a stream has it: some keep it as a list of lines."""
    return "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _lines(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [*map(str, value or ())]


def _parts(value: Any, *, source: bool = True) -> list[str | _Case]:
    """Sources and cases that a column holds.

    Args:
        source: whether a text that is no JSON is source; else it is compressed cases.

    Raises:
        ValueError: no layout known here.
    """
    if value is None or value == "" or value == [] or value == {}:
        return []
    if isinstance(value, str):
        if value.lstrip()[:1] in ("[", "{"):
            return _parts(_value(value))
        return [value] if source else _parts(_unpacked(value))
    if isinstance(value, Mapping):
        return _of_mapping(value)
    if not isinstance(value, Iterable):
        raise ValueError(f"tests are text, a list or a mapping, not {type(value).__name__}")
    parts: list[str | _Case] = []
    for each in value:
        parts += [each] if isinstance(each, str) else [_case(each)]
    return parts


def _of_mapping(value: Mapping[str, Any]) -> list[str | _Case]:
    """Columns of inputs and outputs, or another wrapping of tests."""
    for given, wanted in (("inputs", "outputs"), ("input", "output")):
        if isinstance(value.get(given), list | tuple) and not value.get("type"):
            call = str(value.get("fn_name") or "")
            pairs = zip(value[given], value.get(wanted) or (), strict=True)
            return [_Case(a, b, call) for a, b in pairs]
    language = str(value.get("language") or "python")
    if not re.fullmatch(r"python\d?", language, re.I):
        raise ValueError(f"tests for {language}, not Python")
    for name in (*_SOURCES, *_CASES, *_WRAPPED):
        if value.get(name):
            inner = _parts(value[name])
            is_source = inner and isinstance(inner[0], str)
            return [*_lines(value.get("import_prefix")), *inner] if is_source else inner
    return [_case(value)] if "input" in value else []


def _case(case: Any) -> _Case:
    """One case, as LiveCodeBench, SYNTHETIC and others write it."""
    if not isinstance(case, Mapping) or "input" not in case or not case.keys() & {"output", "expected"}:
        raise ValueError(f"a case is a mapping with input and output, not {str(case)[:60]!r}")
    wanted = case["output"] if "output" in case else case["expected"]
    told = case.get("metadata") or {}
    call = str(case.get("fn_name") or (told.get("func_name") if isinstance(told, Mapping) else "") or "")
    kind = str(case.get("testtype") or case.get("type") or "")
    return _Case(case["input"], wanted, call or (None if kind in ("functional", "function_call") else ""))


class _NoObjects(pickle.Unpickler):
    """Reads pickled text and numbers; whatever would need a class is refused, for it could run code."""

    def find_class(self, module: str, name: str) -> Any:
        raise ValueError(f"pickled cases name {module}.{name}; only plain data is read")


def _unpacked(text: str) -> str:
    """Cases that LiveCodeBench keeps pickled, compressed and in base 64."""
    try:
        packed = zlib.decompressobj()
        raw = packed.decompress(base64.b64decode(text), _MOST)
        if packed.unconsumed_tail:
            raise ValueError(f"cases of more than {_MOST >> 20} MiB")
        return str(_NoObjects(io.BytesIO(raw)).load())
    except (binascii.Error, zlib.error, pickle.UnpicklingError, EOFError, IndexError) as error:
        raise ValueError(f"neither JSON nor compressed cases: {error}") from None
