"""Cases of contest problems as data sets keep them: text in and text out, or arguments in and a value out."""

from __future__ import annotations

import base64
import binascii
import io
import json
import pickle
import zlib
from typing import Any

_MOST = 256 << 20
CHECK = """import json
def plain(value):
    return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value
def check(candidate):
    for number, (args, wanted) in enumerate(json.loads({cases!r})):
        got = plain(candidate(*args))
        assert got {equals} wanted, f"case {{number}}: {{got!r}}, not {{wanted!r}}"
"""
"""A test of a function that is called case by case; a tuple it returns stands for a list, JSON has no
other."""
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


class _NoObjects(pickle.Unpickler):
    """Reads pickled text and numbers; whatever would need a class is refused, for it could run code."""

    def find_class(self, module: str, name: str) -> Any:
        raise ValueError(f"pickled cases name {module}.{name}; only plain data is read")


def listed(meta: dict[str, Any]) -> list[dict[str, Any]]:
    """Cases of ``meta["cases"]``, ``["public_test_cases"]`` and ``["private_test_cases"]``, in this order.

    Each a list, JSON of one, or that pickled, compressed and in base 64, as LiveCodeBench keeps its private
    cases. Of ``meta["input_output"]``, as APPS and TACO keep theirs, those of text.

    Raises:
        ValueError, KeyError, TypeError: they are in no shape known here.
    """
    all_cases: list[dict[str, Any]] = []
    for name in ("cases", "public_test_cases", "private_test_cases"):
        cases = meta.get(name) or []
        all_cases += _read(cases) if isinstance(cases, str) else cases
    pairs = () if _input_output(meta).get("fn_name") else zip(*_columns(meta), strict=True)
    return [*all_cases, *({"input": _lines(given), "output": _lines(wanted)} for given, wanted in pairs)]


def _columns(meta: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """Inputs and outputs of ``meta["input_output"]``."""
    told = _input_output(meta)
    return told.get("inputs") or [], told.get("outputs") or []


def _input_output(meta: dict[str, Any]) -> dict[str, Any]:
    told = meta.get("input_output") or {}
    return dict(json.loads(told) if isinstance(told, str) else told)


def _lines(text: Any) -> str:
    """Text as a stream has it: some keep it as a list of lines."""
    return "\n".join(map(str, text)) if isinstance(text, list) else str(text)


def _read(text: str) -> list[dict[str, Any]]:
    if not text.lstrip().startswith(("[", "{")):
        try:
            packed = zlib.decompressobj()
            raw = packed.decompress(base64.b64decode(text), _MOST)
            if packed.unconsumed_tail:
                raise ValueError(f"cases of more than {_MOST >> 20} MiB")
            text = _NoObjects(io.BytesIO(raw)).load()
        except (binascii.Error, zlib.error, pickle.UnpicklingError, EOFError, IndexError) as error:
            raise ValueError(f"neither JSON nor compressed cases: {error}") from None
    cases: list[dict[str, Any]] = json.loads(text)
    return cases


def function_name(meta: dict[str, Any]) -> str:
    """The function that cases call, by ``metadata`` or ``input_output``; empty where cases are of text."""
    told = meta.get("metadata") or {}
    told = json.loads(told) if isinstance(told, str) else told
    return str(told.get("func_name") or _input_output(meta).get("fn_name") or "")


def calls(meta: dict[str, Any]) -> str:
    """Source of a test that calls a function case by case: a line of input is an argument in JSON.

    In ``input_output`` an input is a list of arguments. Its outputs stand in a list of one in some rows and
    bare in others, so that either is right.

    Raises:
        ValueError, KeyError, TypeError: a case is in no shape known here.
    """
    if _input_output(meta).get("fn_name"):
        rows = zip(*_columns(meta), strict=True)
        either = [(args, [wanted, *_unwrapped(wanted)]) for args, wanted in rows]
        return CHECK.format(cases=json.dumps(either), equals="in") if either else ""
    cases = []
    for case in listed(meta):
        arguments = [json.loads(line) for line in case["input"].split("\n") if line.strip()]
        cases.append((arguments, json.loads(case["output"])))
    return CHECK.format(cases=json.dumps(cases), equals="==") if cases else ""


def _unwrapped(wanted: Any) -> list[Any]:
    return wanted if isinstance(wanted, list) and len(wanted) == 1 else []
