"""Programs whose result is the answer (program of thought), run in the sandbox."""

from __future__ import annotations

import json
from concurrent.futures import Future
from typing import Literal

from msgspec.structs import replace

from limbeck import sandbox
from limbeck.checkers.code import TooLong, limits, not_run, source_of, then_compare
from limbeck.records import Problem, Trace, Verdict
from limbeck.types import Verifier

VERSION = 4
_RUN = """
import json, sys
sys.path.insert(0, ".")
given = json.load(open("given.json"))
names = {"__name__": "__main__"}
if given["table"] is not None:
    import pandas
    names["pd"] = pandas
    names["df"] = names["table"] = pandas.DataFrame(given["table"]["rows"], columns=given["table"]["columns"])
source = given["source"]
mark = given["mark"]
try:
    body = compile(source, "program.py", "eval")
except SyntaxError:
    exec(compile(source, "program.py", "exec"), names)
    found = names["solution"]() if callable(names.get("solution")) else next(
        (names[name] for name in ("answer", "ans", "result") if name in names), None)
else:
    found = eval(body, names)
if found is not None:
    if hasattr(found, "item") and getattr(found, "size", 1) == 1:
        found = found.item()
    if hasattr(found, "tolist"):
        found = found.tolist()
    sys.stdout.write("\\n" + mark + (found if isinstance(found, str) else repr(found)))
"""


def program(
    problem: Problem,
    trace: Trace,
    *,
    verifier: Verifier,
    table: Literal["", "meta"] = "",
    seconds: float = 10.0,
    memory_mb: int = 2048,
) -> Verdict | Future[Verdict]:
    """Run the program in an answer and let another verifier compare its result with the reference.

    The result is what ``solution()`` returns, else the variable ``answer``, ``ans`` or ``result``, else the
    last line printed; of a single expression it is its value (PoT, arXiv 2211.12588; PAL, arXiv 2211.10435).
    A program that fails is wrong, one without a result ``unparsed``.

    Args:
        verifier: compares the result as if it were the trace's answer.
        table: ``meta`` hands the program ``meta["table"]``, ``{columns, rows}``, as the pandas frame ``df``.
        seconds: wall clock.
        memory_mb: address space.

    Raises:
        ValueError: a table that is no JSON: the verdict is ``unknown``, as without a table.
    """
    given = problem.meta.get("table") if table else None
    if table and not (isinstance(given, dict) and {"columns", "rows"} <= given.keys()):
        return Verdict("program", "unknown", reason="the problem has no meta['table'] with columns and rows")
    try:
        source = source_of(trace).strip()
    except TooLong as error:
        return Verdict("program", "unknown", reason=str(error))
    if not source:
        return Verdict("program", "unparsed", reason="no program in the answer")
    mark = "limbeck-result:"
    try:
        body = json.dumps({"source": source, "table": given, "mark": mark})
    except (TypeError, ValueError) as error:
        raise ValueError(f"the table of problem {problem.id} is no JSON: {error}") from error
    ran = sandbox.run(_RUN, files={"given.json": body.encode()}, limits=limits(seconds, memory_mb))

    def compare(result: str) -> Verdict | Future[Verdict]:
        return verifier(problem, replace(trace, reasoning="", answer=result, finish="stop"))

    return then_compare("program", ran, lambda done: _read(done, source, mark), compare)


def _read(ran: sandbox.Ran, source: str, mark: str) -> str | Verdict:
    """The result of a run, or the verdict where there is none."""
    shown = source[:200]
    if verdict := not_run("program", ran, shown):
        return verdict
    if ran.status == "error":
        return Verdict(
            "program", "wrong", shown, (ran.stderr.strip().rpartition("\n")[2] or f"exit {ran.code}")[:200]
        )
    _, marked, last = ran.stdout.rpartition(mark)
    result = last if marked else ran.stdout.strip().rpartition("\n")[2]
    return result.strip() or Verdict("program", "unparsed", shown, "the program has no result")
