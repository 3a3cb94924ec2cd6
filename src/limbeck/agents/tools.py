"""The tools of an agent: Python in the sandbox, passages looked up, a table queried. What fails says so."""

from __future__ import annotations

import marshal
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from msgspec import Struct

from limbeck import sandbox
from limbeck.agents.actions import TOOLS, Action
from limbeck.agents.frames import Frame, query
from limbeck.checkers.code import LONGEST
from limbeck.checkers.sql_engines import Stopped
from limbeck.errors import LimbeckError, nearest, unknown
from limbeck.retrieval.words import Passages

_RUN = """
import _ast, io, marshal, sys
sys.path.insert(0, ".")
given = marshal.load(open("given.bin", "rb"))
names = {"__name__": "__main__"}
if given["table"] is not None:
    import pandas
    names["pd"] = pandas
    names["df"] = pandas.DataFrame(given["table"]["rows"], columns=given["table"]["columns"])
def go(source):
    tree = compile(source, "step.py", "exec", 0x400)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], _ast.Expr) else None
    exec(compile(tree, "step.py", "exec"), names)
    if last is not None:
        value = eval(compile(_ast.Expression(last.value), "step.py", "eval"), names)
        if value is not None:
            print(value)
shown = sys.stdout
for source in given["before"]:
    sys.stdout = io.StringIO()
    try:
        go(source)
    except BaseException:
        pass
sys.stdout = shown
try:
    go(given["source"])
except BaseException as error:
    sys.stdout.flush()
    sys.exit(f"{type(error).__name__}: {error}")
"""
"""0x400 asks for the tree alone. Neither ``ast`` nor ``json`` is imported: each costs a fifth of a run."""
_WANTS_TABLE = re.compile(r"\b(?:df|pd)\b")


class Seen(Struct, frozen=True):
    """What a tool said, and whether it did its work: an unknown tool or an exception did not."""

    text: str
    worked: bool = True


def check_tools(tools: Sequence[str], where: str) -> None:
    """Raise where an agent could do nothing with its tools.

    Raises:
        LimbeckError: no tool, or an unknown one.
    """
    for tool in tools:
        if tool not in TOOLS:
            raise unknown("tool", tool, TOOLS, where)
    if not tools:
        raise LimbeckError(f"{where}: tools is empty; give some of {', '.join(TOOLS)}")


class Runner:
    """Runs Python steps, each different one once: most candidates of a step are the same program.

    Raises:
        LimbeckError: there is no sandbox here.
    """

    def __init__(self, seconds: float, where: str) -> None:
        kind, why = sandbox.kind()
        if not kind:
            raise LimbeckError(f"{where}: the tool 'python' needs a sandbox: {why}")
        self.limits = sandbox.Limits(seconds=seconds, memory=2 << 30)
        self.known: dict[bytes, Future[sandbox.Ran]] = {}

    def run(self, source: str, before: Sequence[str], table: Frame | None) -> Future[sandbox.Ran]:
        """A step behind earlier ones, which are carried out again for their names alone."""
        wanted = table if any(map(_WANTS_TABLE.search, (source, *before))) else None
        rows = None if wanted is None else {"columns": wanted.columns, "rows": wanted.rows}
        body = marshal.dumps({"source": source, "before": [*before], "table": rows})
        if body not in self.known:
            self.known[body] = sandbox.run(_RUN, files={"given.bin": body}, limits=self.limits)
        return self.known[body]


class Toolbox(Struct):
    """What one question's agent may use. A tool that it names and that is not there answers, too.

    Args:
        tools: names of `TOOLS`.
        runner: of Python; None without that tool.
        passages: what is searched; None where the question has none.
        table: what is queried; None where the question has none.
    """

    tools: Sequence[str]
    runner: Runner | None = None
    passages: Passages | None = None
    table: Frame | None = None
    seconds: float = 10.0
    hits: int = 3

    def use(self, action: Action, before: Sequence[str]) -> Future[Seen]:
        """Carry an action out.

        Args:
            before: Python of the steps so far.
        """
        if action.tool not in self.tools:
            return _settled(f"there is no tool {action.tool!r}{nearest(action.tool, self.tools)}", False)
        if len(action.given) > LONGEST:
            return _settled(f"more than {LONGEST:,} characters", False)
        if not action.given.strip():
            return _settled(f"the block of {action.tool!r} is empty", False)
        if action.tool == "search":
            if self.passages is None:
                return _settled("there are no passages here", False)
            hits = self.passages.search(action.given, self.hits)
            return _settled("\n".join(hits) or "no passage holds any of these words")
        if action.tool == "sql":
            if self.table is None:
                return _settled("there is no table here", False)
            return _then(query(self.table, action.given, self.seconds), lambda frame: Seen(frame.shown()))
        assert self.runner is not None, "checked when the tools were made"
        return _then(self.runner.run(action.given, before, self.table), partial(_ran, self.seconds))


def _ran(seconds: float, ran: sandbox.Ran) -> Seen:
    if ran.status == "ok":
        return Seen(ran.stdout.strip("\n") or "(no output)")
    if ran.status == "timeout":
        return Seen(f"stopped after {seconds:g} s", False)
    if ran.status in ("memory", "output"):
        return Seen(f"stopped: more {ran.status} than allowed", False)
    why = ran.reason or ran.stderr.strip().rpartition("\n")[2] or f"exit code {ran.code}"
    return Seen("\n".join(filter(None, (ran.stdout.strip("\n"), why))), False)


def _settled(text: str, worked: bool = True) -> Future[Seen]:
    done: Future[Seen] = Future()
    done.set_result(Seen(text, worked))
    return done


def _then(made: Future[Any], read: Callable[[Any], Seen]) -> Future[Seen]:
    """What a tool made, read; what it raised is told like anything else it says."""
    promise: Future[Seen] = Future()

    def heard(done: Future[Any]) -> None:
        try:
            promise.set_result(read(done.result()))
        except TimeoutError:
            promise.set_result(Seen("stopped: too slow", False))
        except Stopped as error:
            promise.set_result(Seen(error.why, False))
        except Exception as error:  # a tool that died is an observation
            promise.set_result(Seen(f"the tool failed: {type(error).__name__}: {error}", False))

    made.add_done_callback(heard)
    return promise
