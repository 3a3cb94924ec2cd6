"""What verifiers of programs share: source out of an answer, runs in turn, what a run's status says."""

from __future__ import annotations

import ast
import re
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from textwrap import dedent
from typing import cast

from limbeck.records import Outcome, Trace, Verdict
from limbeck.sandbox import Limits, Ran
from limbeck.texts.fences import blocks

LONGEST = 1_000_000
"""Characters of a source; a longer one is not read."""
_PYTHON = re.compile(r"i?py(?:thon|con)?[\d.]*", re.I)
_BEGINS = re.compile(
    r"^[ \t]*(?:(?:def|class|import|from|for|while|with|if|return|try|async|lambda)\b"
    r"|@\w|print\(|\w+ ?[-+*]?=)",
    re.M,
)


def source_of(trace: Trace, wanted: str = "") -> str:
    """The Python source in an answer, in the reasoning where the answer has none; empty where there is none.

    Of fenced blocks the last that defines ``wanted``, else the last that is said to be Python, else the last
    without a name of a language; without a fence the text itself, if it looks like a program.

    Raises:
        TooLong: it has more than a million characters.
    """
    for text in (trace.answer, trace.reasoning):
        fenced = [block for block in blocks(text, any_head=True, own_line=True) if block.body is not None]
        ours = [dedent(block.body or "") for block in fenced if _PYTHON.fullmatch(block.language)]
        plain = [dedent(block.body or "") for block in fenced if not block.language]
        if fenced:
            defines = (
                re.compile(rf"\b(?:def|class)\s+{re.escape(wanted)}\b") if wanted else re.compile(r"(?!)")
            )
            defining = [body for body in (*plain, *ours) if defines.search(body)]
            source = next((some[-1] for some in (defining, ours, plain) if some), "")
        else:
            source = text.strip("\n") if _is_program(text) else ""
        if len(source) > LONGEST:
            raise TooLong(f"a program of more than {LONGEST:,} characters")
        if source.strip():
            return source
    return ""


class TooLong(ValueError):
    """A source that is not read."""


def _is_program(text: str) -> bool:
    """Whether a text without fences is meant as one: it parses, or a line of it begins like code."""
    if len(text) > LONGEST or _BEGINS.search(text):
        return bool(text.strip())
    try:
        return bool(ast.parse(text.strip()).body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def defined(source: str) -> list[str]:
    """Functions that a source defines at its top, in order; a lambda given a name is one.

    Raises:
        SyntaxError: it is no Python.
    """
    try:
        body = ast.parse(source).body
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(str(error)) from None
    names = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return names


def limits(seconds: float, memory_mb: int) -> Limits:
    return Limits(seconds=seconds, memory=memory_mb << 20)


def not_run(name: str, ran: Ran, shown: str | None = None) -> Verdict | None:
    """The verdict of a program that did not end by itself; None where it did, well or with an error.

    Too slow is ``timeout``; too much memory or output is wrong, for the limit is part of the task.
    """
    if ran.status == "unavailable":
        return Verdict(name, "unknown", shown, ran.reason)
    if ran.status == "timeout":
        return Verdict(name, "timeout", shown, f"stopped after {ran.seconds:.1f} s")
    if ran.status in ("memory", "output"):
        return Verdict(name, "wrong", shown, f"more {ran.status} than allowed")
    if ran.code == -signal.SIGKILL:  # the host's doing, short of memory perhaps
        return Verdict(name, "unknown", shown, "killed: by itself, or from outside")
    return None


def in_turn(
    steps: Iterator[tuple[Future[Ran], Callable[[Ran], Verdict | None]]], last: Verdict
) -> Future[Verdict]:
    """One run after the other until one of them decides; ``last`` where none does. Blocks nobody."""
    promise: Future[Verdict] = Future()

    def go() -> None:
        try:
            step = next(steps, None)
        except Exception as error:
            promise.set_exception(error)
            return
        if step is None:
            promise.set_result(last)
            return
        step[0].add_done_callback(lambda done: heard(done, step[1]))

    def heard(done: Future[Ran], decide: Callable[[Ran], Verdict | None]) -> None:
        try:
            verdict = decide(done.result())
        except Exception as error:
            promise.set_exception(error)
            return
        if verdict is None:
            go()
        else:
            promise.set_result(verdict)

    go()
    return promise


def then_compare(
    name: str,
    run: Future[Ran],
    read: Callable[[Ran], str | Verdict],
    compare: Callable[[str], Verdict | Future[Verdict]],
) -> Future[Verdict]:
    """A run's result as ``read`` finds it, compared; a verdict of ``read``'s stands."""
    promise: Future[Verdict] = Future()

    def heard(done: Future[Ran]) -> None:
        try:
            result = read(done.result())
            if isinstance(result, Verdict):
                promise.set_result(result)
                return
            compared = compare(result)
            if isinstance(compared, Verdict):
                promise.set_result(named(compared, result))
            else:
                compared.add_done_callback(lambda late: compared_late(late, result))
        except Exception as error:
            promise.set_exception(error)

    def compared_late(late: Future[Verdict], result: str) -> None:
        error = late.exception()
        if error is not None:
            promise.set_exception(error)
        else:
            promise.set_result(named(late.result(), result))

    def named(verdict: Verdict, result: str) -> Verdict:
        return Verdict(name, verdict.outcome, result[:200], verdict.reason)

    run.add_done_callback(heard)
    return promise


def outcome_of(text: str) -> Outcome:
    return cast(Outcome, text if text in ("correct", "wrong") else "unknown")
