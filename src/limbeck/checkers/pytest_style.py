"""Tests written for pytest or unittest, run beside `exchange` in the sandbox.

Only the standard library is there. What tests use most of pytest is here in a few lines; the rest is `Odd`,
and so ``unknown``, never ``wrong``.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import importlib.util
import inspect
import itertools
import math
import os
import re
import sys
import unittest
from collections.abc import Callable, Iterable
from functools import partial
from types import ModuleType
from typing import Any

from limbeck.checkers.exchange import Odd, Proxy

_EXPECT = ("raises", "assertRaises", "assertRaisesRegex")


class Lacking(BaseException):
    """The program defines nothing under a name that it was asked for."""


def provide(tree: ast.Module, names: list[str], told: set[str]) -> None:
    """Make what a test imports importable: pytest, and under a name that no module has, the program.

    Args:
        names: what the program defines.
        told: names that the question spells as code and the program uses nowhere.

    Raises:
        Odd: it expects one of the program's own names to be raised, or imports its own package.
        Lacking: it imports a name of ``told`` from the program.
    """
    sys.modules["pytest"] = _pytest()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                _reach(alias.name, set(), names)
        elif isinstance(node, ast.ImportFrom):
            if not node.module:
                raise Odd(f"the test imports from its own package: {ast.unparse(node)}")
            node.level = 0
            members = {alias.name for alias in node.names} - {"*"}
            _reach(node.module, members, names)
            stands_in = isinstance(getattr(sys.modules.get(node.module), "__path__", None), StandIn)
            if stands_in and (lacking := members & told - {*names}):
                raise Lacking(f"the program does not define {', '.join(sorted(lacking))}")
        for expected in _expected(node):
            if {part.id for part in ast.walk(expected) if isinstance(part, ast.Name)} & {*names}:
                raise Odd(f"the test expects the program's own exception {ast.unparse(expected)}")


def _reach(module: str, members: set[str], names: list[str]) -> None:
    """The module itself where there is such a one, else the program in its place."""
    package = module.partition(".")[0]
    if package == "pytest":
        return
    spec = sys.modules[package].__spec__ if package in sys.modules else importlib.util.find_spec(package)
    if spec is None or os.path.realpath(spec.origin or "/").startswith(os.getcwd()):  # such as our main.py
        _stand_in(module, names)
    elif members and members <= {*names}:  # a program called like a module of Python's, such as code
        there = importlib.import_module(module)
        if not all(hasattr(there, member) for member in members):
            _stand_in(module, names)


class StandIn(list[str]):
    """The path of a module that the program stands in for."""


def _stand_in(module: str, names: list[str]) -> None:
    def lacking(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise Odd(f"the test needs {name} of {module!r}: no module here, and not defined by the program")

    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        made = ModuleType(".".join(parts[:depth]))
        vars(made).update({name: Proxy(name) for name in names})
        made.__all__ = [name for name in names if name not in vars(builtins)]  # type: ignore[attr-defined]
        made.__path__, made.__getattr__ = StandIn(), lacking  # type: ignore[method-assign]
        sys.modules[made.__name__] = made
        if depth > 1:
            setattr(sys.modules[".".join(parts[: depth - 1])], parts[depth - 1], made)


def _expected(node: ast.AST) -> list[ast.expr]:
    """What a piece of source expects to be raised."""
    if isinstance(node, ast.ExceptHandler) and node.type:
        return [node.type]
    if isinstance(node, ast.Call) and node.args:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return [node.args[0]] if called in _EXPECT else []
    return []


def run(tree: ast.Module, space: dict[str, Any]) -> None:
    """Run the test functions and classes at the top of a source that has been executed.

    Functions that the source calls itself are left to it.
    """
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    called = {each.id for each in calls if isinstance(each, ast.Name)}
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        value = space.get(node.name)
        if isinstance(value, type):
            _run_class(value, space)
        elif node.name.startswith("test") and node.name not in called:
            _cases(value, space)


def _run_class(kind: type, space: dict[str, Any]) -> None:
    if issubclass(kind, unittest.TestCase):
        kind.setUpClass()
        for case in unittest.defaultTestLoader.loadTestsFromTestCase(kind):
            _unless_skipped(case.debug)
        kind.tearDownClass()
    elif kind.__name__.startswith("Test"):
        for method in [each for each in vars(kind) if each.startswith("test")]:
            instance = kind()
            getattr(instance, "setup_method", lambda *_: None)()
            _cases(getattr(instance, method), space)
            getattr(instance, "teardown_method", lambda *_: None)()


def _cases(function: Any, space: dict[str, Any]) -> None:
    """Call a test function, once for each of its parametrized cases."""
    if inspect.iscoroutinefunction(function):
        raise Odd(f"the test {function.__name__} is a coroutine")
    for chosen in itertools.product(*getattr(function, "cases", [])):
        given: dict[str, Any] = {}
        for part in chosen:
            given |= part
        for name, parameter in inspect.signature(function).parameters.items():
            if name not in given and parameter.default is parameter.empty:
                given[name] = _fixture(name, space)
        _unless_skipped(partial(function, **given))


def _unless_skipped(call: Callable[[], Any]) -> None:
    try:
        call()
    except unittest.SkipTest:
        return


def _fixture(name: str, space: dict[str, Any]) -> Any:
    function: Any = space.get(name)
    if not getattr(function, "is_fixture", False):
        raise Odd(f"the test needs the fixture {name!r}")
    given = {each: _fixture(each, space) for each in inspect.signature(function).parameters}
    value = function(**given)
    return next(value) if inspect.isgenerator(value) else value


class Raises:
    """``with pytest.raises(kind, match=…) as caught``; ``caught.value`` is the exception."""

    value: BaseException | None = None

    def __init__(self, kind: Any, match: str | None) -> None:
        self.kind, self.match = kind, match

    def __enter__(self) -> Raises:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trail: Any) -> bool:
        if kind is None:
            raise AssertionError(f"nothing raised {self.kind}")
        self.value = value
        if not issubclass(kind, self.kind):
            return False
        if self.match is not None and not re.search(self.match, str(value)):
            raise AssertionError(f"{value} does not match {self.match!r}")
        return True


class Approx:
    """Numbers, lists and mappings of them, equal within 1e-6 of the expected or 1e-12."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, expected: Any, rel: float | None = None, abs: float | None = None) -> None:
        self.expected, self.rel, self.abs = expected, rel, abs

    def __eq__(self, other: object) -> bool:
        return self._same(self.expected, other)

    def _same(self, mine: Any, other: Any) -> bool:
        if isinstance(mine, dict):
            alike = isinstance(other, dict) and mine.keys() == other.keys()
            return alike and all(self._same(mine[key], other[key]) for key in mine)
        if isinstance(mine, list | tuple):
            alike = isinstance(other, list | tuple) and len(mine) == len(other)
            return alike and all(self._same(a, b) for a, b in zip(mine, other, strict=True))
        if not isinstance(mine, int | float) or not isinstance(other, int | float):
            return bool(mine == other)
        rel = self.rel if self.rel is not None else 0.0 if self.abs is not None else 1e-6
        within = max(rel * math.fabs(mine), self.abs if self.abs is not None else 1e-12)
        return mine == other or math.fabs(mine - other) <= within


def _pytest() -> ModuleType:
    """What of pytest is here; another name of it is `Odd`."""
    made = ModuleType("pytest")
    made.raises, made.approx, made.fixture, made.param = _raises, Approx, _as_fixture, _param  # type: ignore[attr-defined]
    made.mark, made.skip, made.fail = _Mark(), _skip, _fail  # type: ignore[attr-defined]

    def lacking(name: str) -> Any:
        raise Odd(f"the test needs pytest.{name}") if not name.startswith("__") else AttributeError(name)

    made.__getattr__ = lacking  # type: ignore[method-assign]
    return made


def _raises(kind: Any, *call: Any, match: str | None = None, **given: Any) -> Raises:
    caught = Raises(kind, match)
    if call:
        with caught:
            call[0](*call[1:], **given)
    return caught


def _skip(reason: str = "", **_: Any) -> None:
    raise unittest.SkipTest(reason)


def _fail(reason: str = "", **_: Any) -> None:
    raise AssertionError(reason)


class _Row(tuple[Any, ...]):
    """The values of ``pytest.param(…)``."""


def _param(*values: Any, **_: Any) -> _Row:
    return _Row(values)


def _as_fixture(function: Any = None, **_: Any) -> Any:
    if function is None:
        return _as_fixture
    function.is_fixture = True
    return function


class _Mark:
    """``pytest.mark``: parametrize counts; a test that is skipped or expected to fail does not."""

    def __getattr__(self, name: str) -> Any:
        if name in ("skip", "skipif", "xfail", "usefixtures", "asyncio"):
            raise Odd(f"the test needs pytest.mark.{name}")
        return lambda *values, **_: values[0] if values and callable(values[0]) else lambda each: each

    def parametrize(self, names: str | Iterable[str], rows: Iterable[Any], **_: Any) -> Any:
        """Run a test for every row; several of them for every combination."""
        columns = [each.strip() for each in names.split(",")] if isinstance(names, str) else list(names)
        cases = []
        for row in rows:
            single = len(columns) == 1 and not isinstance(row, _Row)
            values = (row,) if single else row
            cases.append(dict(zip(columns, values, strict=True)))

        def decorate(function: Any) -> Any:
            function.cases = [*getattr(function, "cases", []), cases]
            return function

        return decorate
