"""Plain data over a socket between a test and the function it tests, inside sandboxes.

The test's side trusts nothing that arrives: what is no plain data is refused, and a test compares plain data
alone. Only the standard library is there.
"""

from __future__ import annotations

import ast
import builtins
import json
import os
import sys
from collections.abc import Callable
from typing import Any

PEER, LONGEST, DEEPEST = 3, 16 << 20, 60


class Odd(BaseException):
    """Something that is no plain data, or more than may be sent. No test that expects an exception expects
    this one."""


class Gone(BaseException):
    """The other side has ended; no exception of the function's either."""


def pack(value: Any, depth: int = 0) -> Any:
    """A value as JSON: numbers, text, bytes, None, and lists, tuples, sets and mappings of them."""
    if depth > DEEPEST:
        raise Odd("no plain data: nested too deeply")
    if value is None or isinstance(value, bool):
        return value
    # Subclasses are sent as what they derive from.
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str):
        return str(value)
    # JSON has no infinity and no NaN; repr keeps every digit.
    if isinstance(value, float):
        return {"float": repr(float(value))}
    if isinstance(value, complex):
        return {"complex": [repr(value.real), repr(value.imag)]}
    if isinstance(value, bytes | bytearray):
        return {"bytes": bytes(value).hex()}
    if isinstance(value, list):
        return [pack(each, depth + 1) for each in value]
    for name, kind in (("tuple", tuple), ("set", set), ("frozenset", frozenset)):
        if isinstance(value, kind):
            return {name: [pack(each, depth + 1) for each in value]}
    # As pairs, for keys need not be text.
    if isinstance(value, dict):
        return {"dict": [[pack(key, depth + 1), pack(each, depth + 1)] for key, each in value.items()]}
    raise Odd(f"no plain data: {type(value).__name__}")


def unpack(value: Any, depth: int = 0) -> Any:
    """The inverse of `pack`; raises on anything that it does not make."""
    if depth > DEEPEST:
        raise Odd("no plain data: nested too deeply")
    if isinstance(value, list):
        return [unpack(each, depth + 1) for each in value]
    if not isinstance(value, dict):
        return value
    ((name, inner),) = value.items()
    if name == "float":
        return float(inner)
    if name == "complex":
        return complex(*map(float, inner))
    if name == "bytes":
        return bytes.fromhex(inner)
    if name == "dict":
        return {unpack(key, depth + 1): unpack(each, depth + 1) for key, each in inner}
    kinds: dict[str, Callable[[list[Any]], Any]] = {"tuple": tuple, "set": set, "frozenset": frozenset}
    return kinds[name]([unpack(each, depth + 1) for each in inner])


def put(line: Any) -> None:
    """Send one message."""
    body = json.dumps(line).encode("ascii") + b"\n"
    while body:
        body = body[os.write(PEER, body) :]


def take() -> Any:
    """The next message; EOFError where the other side has gone."""
    parts, size = [], 0
    while True:
        data = os.read(PEER, 1 << 16)
        if not data:
            raise EOFError
        parts.append(data)
        size += len(data)
        if size > LONGEST:
            raise Odd(f"more than {LONGEST >> 20} MiB")
        if data.endswith(b"\n"):
            return json.loads(b"".join(parts))


def serve(code: str) -> None:
    """The candidate's side: run its source, then answer calls until nobody asks any more."""
    names: dict[str, Any] = {"__name__": "__candidate__"}
    for stream in (1, 2):  # what it prints is nobody's concern, however much it is
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    try:
        exec(compile(code, "candidate.py", "exec"), names)
    except BaseException as error:  # SystemExit too: an early exit is no pass
        put({"raised": [type(error).__name__, str(error)[:300]]})
        return
    put({"ready": True})
    while True:
        try:
            asked = take()
        except EOFError:
            return
        try:
            first, *parts = asked["name"].split(".")
            target: Any = names[first]
            for part in parts:
                # ``Solution.method`` is asked of a fresh instance, as the judges of such tasks do.
                target = getattr(target() if isinstance(target, type) else target, part)
            args = unpack(asked["args"])
            reply = {"value": pack(target(*args, **unpack(asked["kwargs"]))), "args": pack(args)}
        except Odd as error:
            reply = {"odd": str(error)}
        except BaseException as error:
            reply = {"raised": [type(error).__name__, str(error)[:300]]}
        put(reply)


def ready() -> None:
    """The test's side: wait until the candidate's source has run; raises what it raised."""
    _raise(take())


def _raise(reply: Any) -> None:
    if "odd" in reply:
        raise Odd(str(reply["odd"])[:200])
    if "raised" in reply:
        name, text = map(str, reply["raised"])
        kind = getattr(builtins, name, None)
        # Raised in the midst of a test, a StopIteration would quietly end its loops.
        ends_loops = kind in (StopIteration, StopAsyncIteration)
        if isinstance(kind, type) and issubclass(kind, Exception) and not ends_loops:
            raise kind(text)
        raise RuntimeError(f"{name}: {text}")


class Proxy:
    """A function of the candidate's, called on the other side; what it does to its arguments shows here."""

    calls = 0

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        Proxy.calls += 1
        asked = {"name": self.__name__, "args": pack(args), "kwargs": pack(kwargs)}
        try:
            put(asked)
            reply = take()
        except (EOFError, ConnectionError, BrokenPipeError):
            raise Gone from None
        _raise(reply)
        # A function that sorts in place gives its work back through its argument.
        for mine, theirs in zip(args, unpack(reply["args"]), strict=True):
            if isinstance(mine, list) and isinstance(theirs, list):
                mine[:] = theirs
            elif isinstance(mine, dict | set) and isinstance(theirs, type(mine)):
                mine.clear()
                mine.update(theirs)
        return unpack(reply["value"])


def _names(code: Any) -> list[str]:
    """Global names that compiled code and the functions in it speak of."""
    inner = [each for each in code.co_consts if hasattr(each, "co_names")]
    return [*code.co_names, *(name for each in inner for name in _names(each))]


def _calls(source: str, name: str) -> bool:
    """Whether a source calls what has this name."""
    calls = (node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return any(isinstance(called, ast.Name) and called.id == name for called in calls)


def _prepare(source: str, names: list[str]) -> tuple[ast.Module, Any]:
    """The tree and the code of a test, what it imports within reach."""
    from limbeck.checkers import pytest_style

    tree = ast.parse(source)
    pytest_style.provide(tree, names)
    return tree, compile(tree, "test.py", "exec")


def _run(tree: ast.Module, compiled: Any, space: dict[str, Any], source: str, entry: str) -> None:
    """Execute a test, and what it only defines: ``check``, test functions, test classes."""
    from limbeck.checkers import pytest_style

    exec(compiled, space)
    if callable(space.get("check")) and entry:
        space["check"](Proxy(entry))
    elif callable(space.get("check")) and not _calls(source, "check"):
        raise Odd("`check` calls no function: nothing says which one")
    pytest_style.run(tree, space)
    if not Proxy.calls:
        raise Odd("the test calls no function of the program's")


def test(prompt: str, source: str, names: list[str], entry: str) -> None:
    """The test's side: run the source of a test against the candidate and print what became of it, as JSON.

    Args:
        prompt: trusted source that the test may lean on, run first.
        source: asserts, or a function ``check(candidate)``.
        names: of the candidate's functions.
        entry: of the one that ``check`` is given.
    """
    outcome, reason, out = "correct", "", sys.stdout
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 for good: tests print too
    space: dict[str, Any] = {"__name__": "__test__"}
    try:
        ready()
        try:
            exec(compile(prompt, "prompt.py", "exec"), space)
            tree, compiled = _prepare(source, names)
            # Only what the test speaks of, and nothing that it or Python has already: a candidate's `abs` is
            # not ours.
            spoken = {*_names(compiled)} - space.keys() - vars(builtins).keys() | {entry.partition(".")[0]}
            space |= {name: Proxy(name) for name in names if name in spoken}
        except Odd:
            raise
        except BaseException as error:
            raise Odd(f"the test itself fails: {type(error).__name__}: {error}") from error
        _run(tree, compiled, space, source, entry)
    except Odd as error:
        outcome, reason = "unknown", f"{error}"
    except ModuleNotFoundError as error:  # the program may be right where the module is
        outcome, reason = "unknown", f"not here: {error}"
    except (Gone, EOFError, ConnectionError, BrokenPipeError):
        outcome, reason = "wrong", "the program ended before the test did"
    except AssertionError as error:
        outcome, reason = "wrong", f"assertion failed: {error}"[:200]
    except BaseException as error:  # raised by the candidate, or by the test on what it returned
        outcome, reason = "wrong", f"{type(error).__name__}: {error}"[:200]
    out.write(json.dumps([outcome, reason]))
    out.flush()
