"""How a verdict came about: what was taken for the answer, how it was read, which rule decided.

The verification is run once more with a recorder, so that verifying itself pays nothing for it. Recorded is
what the functions of `limbeck.answers`, `limbeck.checkers` and the verifiers were asked and what they said;
each rule is told by the first sentence of its docstring.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from types import CodeType, FrameType
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from limbeck.checkers.workers import in_place
from limbeck.processes import in_order
from limbeck.records import Problem, Trace, Verdict
from limbeck.types import Verifier
from limbeck.verifiers.ops import judge

_WATCHED = ("limbeck.answers.", "limbeck.checkers.", "limbeck.verifiers.")
_LONGEST, _FORMS = 300, 8
_FRACTION = re.compile(r"Fraction\((-?\d+), (\d+)\)")
_YES_NO = {"correct": True, "wrong": False}


class Call(Struct):
    """What a function was asked and what it said; ``inner`` are the calls that it made."""

    by: str
    about: str
    given: dict[str, Any]
    gave: Any = None
    raised: str = ""
    inner: list[Call] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """As text."""
        shown = {name for name, value in self.given.items() if isinstance(value, str | tuple | list)}
        given = {name: _short(value) for name, value in self.given.items() if name in shown}
        outcome = self.gave[0] if isinstance(self.gave, tuple) and self.gave else self.gave
        gave = f"gave up: {self.raised}" if self.raised else _short(outcome)
        return {"by": self.by, "about": self.about, "given": given, "gave": gave}


class Explained(Struct):
    """A verdict and how it came about.

    Attributes:
        taken_from: ``answer`` or ``reasoning``; empty where nothing was taken.
        taken_by: the readers that found what was taken, from the general to the one that decided.
        read: forms that ``answer`` and ``reference`` were brought to, each with the function that did.
        rule: the comparisons that decided, from the general to the one whose word was taken.
    """

    verdict: Verdict
    taken_from: str
    taken_by: list[dict[str, Any]]
    references: list[str]
    read: dict[str, list[tuple[str, str]]]
    rule: list[dict[str, Any]]


def explain(make: Callable[[], Verifier], problem: Problem, trace: Trace) -> Explained:
    """How a verifier's verdict on a trace comes about.

    The verdict itself is that of a process of its own, as in any run. Where it came in time the verification
    is repeated here under the recorder.

    Args:
        make: gives the verifier; can be pickled.
    """
    (verdict,) = in_order(_verdict, [(problem, trace)], 1, _begin, (make,))
    root = Call("", "", {})
    if verdict.outcome != "timeout":
        verifier = make()
        _forget()
        # What stumbles stumbled before: the verdict says so.
        with in_place(), suppress(Exception), _recorded(root):
            told = verifier(problem, trace)
            if isinstance(told, Future):
                told.result()
    calls = [*_within(root)]
    taken = verdict.extracted
    place, taken_by = _taken(calls, trace, taken)
    golds = _golds(calls, problem)
    rule = _rule(root, verdict)
    deciding = [*_within(rule[0])] if rule else []
    sides = {"answer": {taken or ""}, "reference": {*golds}}
    read = {side: _forms(deciding, texts - {""}) for side, texts in sides.items()}
    if trace.finish == "length" and verdict.outcome != "correct":
        verdict = replace(verdict, outcome="unparsed", reason=f"truncated ({verdict.reason})")
    return Explained(verdict, place, taken_by, golds, read, [call.told() for call in rule])


_verifier: Verifier


def _begin(make: Callable[[], Verifier]) -> None:
    global _verifier
    _verifier = make()


def _verdict(problem: Problem, trace: Trace) -> Verdict:
    ((_, verdict),) = judge(_verifier, [(None, problem, trace)])
    return verdict


def _forget() -> None:
    """Empty the watched functions' caches: what is remembered is not asked again."""
    modules = [module for name, module in [*sys.modules.items()] if name.startswith(_WATCHED)]
    for function in (value for module in modules for value in vars(module).values()):
        if hasattr(function, "cache_clear"):
            function.cache_clear()


@contextmanager
def _recorded(root: Call) -> Iterator[None]:
    """Hang every call of a watched function under ``root``, below the one that made it."""
    open_calls = [root]

    def local(frame: FrameType, event: str, value: Any) -> Any:
        call = open_calls[-1]
        if event == "exception":
            call.raised = f"{value[1]}"[:_LONGEST] or value[0].__name__
        elif event == "return":
            # An exception that a function answered itself is no result of it.
            call.gave, call.raised = value, call.raised if value is None else ""
            open_calls.pop()
        return local

    def began(frame: FrameType, event: str, value: Any) -> Any:
        module, code = frame.f_globals.get("__name__", ""), frame.f_code
        if not module.startswith(_WATCHED) or code.co_name.startswith(("<", "__")):
            return None
        frame.f_trace_lines = False
        names = code.co_varnames[: code.co_argcount]
        call = Call(f"{module.partition('.')[2]}.{code.co_name}", _about(code), _values(frame, names))
        open_calls[-1].inner.append(call)
        open_calls.append(call)
        return local

    before = sys.gettrace()
    sys.settrace(began)
    try:
        yield
    finally:
        sys.settrace(before)


def _values(frame: FrameType, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: frame.f_locals[name] for name in names}


def _about(code: CodeType) -> str:
    """The first sentence of a function's docstring."""
    text = code.co_consts[0] if code.co_consts and isinstance(code.co_consts[0], str) else ""
    return " ".join(inspect.cleandoc(text).partition("\n\n")[0].split()).partition(". ")[0].rstrip(".")


def _within(call: Call) -> Iterator[Call]:
    for inner in call.inner:
        yield inner
        yield from _within(inner)


def _texts(value: Any) -> list[str]:
    """The texts in what a function was given or gave."""
    if isinstance(value, str):
        return [value]
    return [text for each in value for text in _texts(each)] if isinstance(value, tuple | list) else []


def _taken(calls: list[Call], trace: Trace, taken: str | None) -> tuple[str, list[dict[str, Any]]]:
    """Where an answer was taken from, and by which readers."""
    if taken is None:
        return "", []
    for place in ("answer", "reasoning"):
        text = getattr(trace, place)
        readers = [call for call in calls if text.strip() and text in _texts([*call.given.values()])]
        chain = next((chain for call in readers if (chain := _chain(call, taken))), [])
        if chain:
            return place, [call.told() for call in chain]
    return "", []


def _chain(call: Call, wanted: Any) -> list[Call]:
    """A call that gave a text and, one in the other, those below that gave it first."""
    if call.gave is None or wanted not in _texts(call.gave):
        return []
    below = next((chain for inner in call.inner if (chain := _chain(inner, wanted))), [])
    return [call, *below]


def _golds(calls: list[Call], problem: Problem) -> list[str]:
    """The references as they were taken, else the problem's answer."""
    taken = [call.gave for call in calls if call.by.endswith(".references") and isinstance(call.gave, tuple)]
    return [*map(str, taken[0])] if taken and taken[0] else [problem.answer] if problem.answer else []


def _forms(calls: list[Call], start: set[str]) -> list[tuple[str, str]]:
    """What these texts were read as, in order: each form once, with the function that gave it."""
    known, forms = set(start), dict[str, tuple[str, str]]()
    for call in calls:
        given = [value for value in call.given.values() if isinstance(value, str)]
        if len(given) != 1 or given[0] not in known or call.gave is None or isinstance(call.gave, bool | int):
            continue
        form = _short(call.gave)
        if form not in known and call.gave != [given[0]]:
            forms.setdefault(form, (call.by, form))
        if isinstance(call.gave, str):
            known.add(call.gave)
    return [*forms.values()][:_FORMS]


def _rule(root: Call, verdict: Verdict) -> list[Call]:
    """The comparisons whose word was the verdict's, from the general to the last one asked."""
    chain, call = list[Call](), root
    while deciding := [inner for inner in call.inner if _decides(inner, verdict)]:
        # A yes or no goes before an outcome, and who asked others before who only words what they said.
        call = max(deciding, key=lambda each: (isinstance(each.gave, bool), bool(each.inner)))
        chain.append(call)
    return [call for call in chain if not isinstance(call.gave, Verdict | Future)]


def _decides(call: Call, verdict: Verdict) -> bool:
    """Whether what a call gave is the verdict, its outcome, or the yes or no behind it."""
    gave = call.gave
    if call.raised:
        return verdict.outcome not in _YES_NO and call.raised in verdict.reason
    if isinstance(gave, Verdict):
        return gave.outcome == verdict.outcome
    if isinstance(gave, bool):
        texts = [value for value in call.given.values() if isinstance(value, str)]
        return len(texts) > 1 and gave == _YES_NO.get(verdict.outcome)
    return isinstance(gave, Future) or (isinstance(gave, tuple) and gave[:1] == (verdict.outcome,))


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else _FRACTION.sub(r"\1/\2", repr(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
