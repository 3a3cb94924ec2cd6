"""Systems of equations that an answer sets up, solved by sympy in the sandbox."""

from __future__ import annotations

import json
import re
from concurrent.futures import Future

from msgspec.structs import replace

from limbeck import sandbox
from limbeck.checkers.code import limits, not_run, then_compare
from limbeck.records import Outcome, Problem, Trace, Verdict
from limbeck.types import Verifier

_RUN = """
import json
given = json.load(open("given.json"))
from sympy import Eq, Symbol, solve
from sympy.parsing.sympy_parser import (
    convert_xor, implicit_multiplication, parse_expr, standard_transformations)
names = {name: Symbol(name) for name in given["names"]}
def read(text):
    return parse_expr(text, local_dict=names, transformations=(
        *standard_transformations, convert_xor, implicit_multiplication))
system = [Eq(read(left), read(right)) for left, right in given["system"]]
found = solve([each for each in system if each is not True], list(names.values()), dict=True)
values = {str(one[names[given["asked"]]]) for one in found if names[given["asked"]] in one}
free = any(one[names[given["asked"]]].free_symbols for one in found if names[given["asked"]] in one)
print(json.dumps({"values": sorted(values), "free": bool(free), "solutions": len(found)}))
"""
_ASKED = re.compile(
    r"^[^\S\n]*(?:answer|find|solve for|asked|return)(?:\s*[:=])?\s*([A-Za-z_]\w*)[^\S\n]*$", re.I | re.M
)
_NAME = re.compile(r"[A-Za-z_]\w*")
_LARGEST = 40


def equations(
    problem: Problem,
    trace: Trace,
    *,
    verifier: Verifier,
    asked: str = "",
    seconds: float = 10.0,
    memory_mb: int = 2048,
) -> Verdict | Future[Verdict]:
    """Solve the equations in an answer, one a line, and let another verifier compare the unknown that is
    asked for.

    ``3x + y = 12`` or ``price = 2*count + 1``; names of several letters are one unknown. Asked for is what
    the answer says in a line ``answer: x``, else ``meta["asked"]``, else ``asked``, else the only unknown. A
    system without a solution, or that leaves the unknown open, is wrong; several values are given to the
    verifier with commas.

    Args:
        verifier: compares the value as if it were the trace's answer.
        asked: name of the unknown, where neither answer nor problem says.
        seconds: wall clock, loading sympy included.
        memory_mb: address space.
    """
    text = trace.answer if trace.answer.strip() else trace.reasoning
    system = _system(text)
    names = sorted({name for pair in system for side in pair for name in _NAME.findall(_spaced(side))})
    if not system or not names or len(system) > _LARGEST:
        return Verdict(
            "equations", "unparsed", text[:200], f"{len(system)} equations with {len(names)} unknowns"
        )
    told = _ASKED.search(text)
    only = names[0] if len(names) == 1 else ""
    wanted = told[1] if told else str(problem.meta.get("asked") or asked or only)
    if wanted not in names:
        return Verdict(
            "equations", "unparsed", text[:200], f"asked for {wanted or 'nothing'!r}, unknowns are {names}"
        )
    sides = [[_spaced(left), _spaced(right)] for left, right in system]
    given = json.dumps({"system": sides, "names": names, "asked": wanted}).encode()
    ran = sandbox.run(_RUN, files={"given.json": given}, limits=limits(seconds, memory_mb))

    def compare(value: str) -> Verdict | Future[Verdict]:
        return verifier(problem, replace(trace, reasoning="", answer=value))

    return then_compare("equations", ran, lambda done: _read(done, text[:200], wanted), compare)


def _system(text: str) -> list[tuple[str, str]]:
    """Both sides of each line with one equals sign, the line with what is asked for aside."""
    lines = [line for line in text.replace("$", "").splitlines() if not _ASKED.match(line)]
    sides = [line.split("=") for line in lines if line.count("=") == 1]
    return [(left.strip(), right.strip()) for left, right in sides if left.strip() and right.strip()]


def _read(done: sandbox.Ran, shown: str, wanted: str) -> str | Verdict:
    """The values of the unknown that is asked for, or the verdict on a system that gives none."""
    if verdict := not_run("equations", done, shown):
        return verdict
    if done.status == "error":
        last = done.stderr.strip().rpartition("\n")[2]
        # An answer cannot make that module missing; an installation outside of Python's own folders can.
        outcome: Outcome = "unknown" if last.endswith("No module named 'sympy'") else "unparsed"
        return Verdict("equations", outcome, shown, last[:200] or "not solved")
    solved = json.loads(done.stdout)
    if solved["values"] and not solved["free"]:
        return ", ".join(solved["values"])
    is_open = solved["free"] or solved["solutions"]
    why = "the system leaves it open" if is_open else "the system has no solution"
    return Verdict("equations", "wrong", shown, f"{wanted}: {why}")


def _spaced(side: str) -> str:
    """``3x`` and ``2(a+b)`` with their signs of multiplication."""
    return re.sub(
        r"(?<=[0-9)])\s*(?=[A-Za-z_(])", "*", side.replace("×", "*").replace("÷", "/").replace("−", "-")
    )
