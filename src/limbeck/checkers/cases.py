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
        assert got == wanted, f"case {{number}}: {{got!r}}, not {{wanted!r}}"
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
    cases.

    Raises:
        ValueError, KeyError, TypeError: they are in no shape known here.
    """
    all_cases: list[dict[str, Any]] = []
    for name in ("cases", "public_test_cases", "private_test_cases"):
        cases = meta.get(name) or []
        all_cases += _read(cases) if isinstance(cases, str) else cases
    return all_cases


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
    """The function that cases call, as ``metadata`` says; empty where cases are of text."""
    told = meta.get("metadata") or {}
    told = json.loads(told) if isinstance(told, str) else told
    return str(told.get("func_name") or "")


def calls(meta: dict[str, Any]) -> str:
    """Source of a test that calls a function case by case: a line of input is an argument in JSON, output its
    value.

    Raises:
        ValueError, KeyError, TypeError: a case is in no shape known here.
    """
    cases = []
    for case in listed(meta):
        arguments = [json.loads(line) for line in case["input"].split("\n") if line.strip()]
        cases.append((arguments, json.loads(case["output"])))
    return CHECK.format(cases=json.dumps(cases)) if cases else ""
