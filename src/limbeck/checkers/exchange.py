"""Plain data over a socket between a test and the function it tests, inside sandboxes.

The test's side trusts nothing that arrives: what is no plain data is refused, and a test compares plain data
alone. Only the standard library is there.
"""

from __future__ import annotations

import builtins
import inspect
import json
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

PEER, LONGEST, DEEPEST = 3, 16 << 20, 60
_CANDIDATE = "__candidate__"
_kept: list[Any] = []
"""On the candidate's side: objects of its own classes, which the test knows by their number here."""


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
    if isinstance(value, Handle):
        return {"kept": value.number}
    if type(value).__module__ == _CANDIDATE and not isinstance(value, type):
        _kept.append(value)
        return {"kept": len(_kept) - 1}
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
    if name == "kept":
        return _kept[inner] if _kept else Handle(int(inner))
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


def serve(code: str, lead: str = "") -> None:
    """The candidate's side: run its source, then answer calls until nobody asks any more.

    Args:
        lead: source that goes before it; what of that fails is left out.
    """
    names: dict[str, Any] = {"__name__": _CANDIDATE}
    for stream in (1, 2):  # what it prints is nobody's concern, however much it is
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    with suppress(Exception):
        exec(compile(lead, "lead.py", "exec"), names)
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
            reply = _answered(asked, names)
        except Odd as error:
            reply = {"odd": str(error)}
        except BaseException as error:
            reply = {"raised": [type(error).__name__, str(error)[:300]]}
        put(reply)


def _answered(asked: Any, names: dict[str, Any]) -> dict[str, Any]:
    """The reply to a call, or to the question what an attribute is."""
    first, *parts = asked["name"].split(".")
    target: Any = _kept[int(first)] if first.isdigit() else names[first]
    for part in parts:
        # ``Solution.method`` is asked of a fresh instance, as the judges of such tasks do.
        bound = isinstance(inspect.getattr_static(target, part, None), staticmethod | classmethod)
        target = getattr(target() if isinstance(target, type) and not bound else target, part)
    if "args" not in asked:
        return {"callable": True} if callable(target) else {"value": pack(target)}
    args = unpack(asked["args"])
    return {"value": pack(target(*args, **unpack(asked["kwargs"]))), "args": pack(args)}


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
        is_known = isinstance(kind, type) and issubclass(kind, Exception) and not ends_loops
        raised = kind(text) if is_known else RuntimeError(f"{name}: {text}")  # type: ignore[misc]
        raised.by_candidate = True  # type: ignore[union-attr]
        raise raised


def _ask(asked: dict[str, Any]) -> Any:
    try:
        put(asked)
        reply = take()
    except (EOFError, ConnectionError, BrokenPipeError):
        raise Gone from None
    _raise(reply)
    return reply


def _no(what: str) -> Callable[..., Any]:
    """An operation whose outcome the candidate would decide, or that cannot be sent."""

    def refuse(self: Any, *_: Any) -> Any:
        raise Odd(f"the test needs {what} of an object of the program's")

    return refuse


class Proxy:
    """A function or class of the candidate's, called on the other side; what it does to its arguments shows
    here."""

    calls = 0
    __eq__, __hash__ = _no("=="), object.__hash__
    __instancecheck__, __subclasscheck__ = _no("isinstance"), _no("issubclass")

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __getattr__(self, name: str) -> Proxy:
        if name.startswith("__"):
            raise AttributeError(name)
        return Proxy(f"{self.__name__}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        Proxy.calls += 1
        reply = _ask({"name": self.__name__, "args": pack(args), "kwargs": pack(kwargs)})
        # A function that sorts in place gives its work back through its argument.
        for mine, theirs in zip(args, unpack(reply["args"]), strict=True):
            if isinstance(mine, list) and isinstance(theirs, list):
                mine[:] = theirs
            elif isinstance(mine, dict | set) and isinstance(theirs, type(mine)):
                mine.clear()
                mine.update(theirs)
        return unpack(reply["value"])


class Handle:
    """An object of a class of the candidate's, which stays on its side: methods and attributes are asked for.

    Whether two are equal would be the candidate's word alone: such a test is `Odd`.
    """

    def __init__(self, number: int) -> None:
        self.__dict__["number"] = number

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        reply = _ask({"name": f"{self.number}.{name}"})
        return Proxy(f"{self.number}.{name}") if "callable" in reply else unpack(reply["value"])

    def __setattr__(self, name: str, value: Any) -> None:
        raise Odd(f"the test sets {name} of an object of the program's")

    def _called(self, name: str, *args: Any) -> Any:
        return Proxy(f"{self.number}.{name}")(*args)

    def __len__(self) -> Any:
        return self._called("__len__")

    def __getitem__(self, key: Any) -> Any:
        return self._called("__getitem__", key)

    def __contains__(self, value: Any) -> Any:
        return self._called("__contains__", value)

    def __str__(self) -> Any:
        return self._called("__str__")

    def __repr__(self) -> Any:
        return self._called("__repr__")


for _name in (
    *("eq", "ne", "lt", "le", "gt", "ge", "hash", "bool", "iter", "next", "enter", "exit", "call", "await"),
    *("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "mod", "pow", "and", "or", "neg", "abs", "int"),
    *("setitem", "delitem", "reversed", "float"),
):
    setattr(Handle, f"__{_name}__", _no(f"__{_name}__"))
