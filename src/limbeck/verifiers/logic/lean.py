"""Proofs in Lean 4, compiled."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import NamedTuple

from limbeck.checkers.lean import STANDARD, Refused, Said, find, proof_of, run, statement_of, toolchain
from limbeck.errors import LimbeckError
from limbeck.records import Problem, Trace, Verdict

WANTS_ANSWER = False

_INSTALL = "Lean is not installed: see https://lean-lang.org/install, or give its path as parameter 'binary'"
_ABSENT = (
    "unknown module prefix",
    "unknown package",
    "object file",
    "could not resolve import",
    "does not exist",
)


def lean(
    problem: Problem,
    trace: Trace,
    *,
    binary: str = "",
    project: str = "",
    timeout: float = 60.0,
    gigabytes: float = 16.0,
) -> Verdict | Future[Verdict]:
    """The answer's proof of the problem's statement compiles, without holes and on Lean's own axioms alone.

    ``meta["statement"]`` (or ``formal_statement``) is ``theorem name … :=``, also with ``by sorry`` behind
    it; ``meta["header"]`` holds imports and opened names. The answer is a proof, ``by …``, or repeats the
    statement word for word, lines of imports before it aside; of several fenced blocks the last one counts.
    Lean compiles header, statement and proof, and is asked for the axioms that the theorem stands on.

    Lean can run code while it compiles, so it compiles in the sandbox: it reads its own installation and the
    project's compiled libraries, and nothing else. A proof with a word that could do so, that opens a hole
    (``sorry``, ``admit``, ``native_decide``) or that begins another declaration is therefore ``unparsed`` and
    not compiled, as is one of another theorem. What compiles with an error or on further axioms is ``wrong``.
    Where there is no Lean, the statement itself does not compile, or an import is missing, the verdict is
    ``unknown``.

    Args:
        binary: the program; empty looks for ``lean`` on the path.
        project: folder of a built Lake project, whose libraries (Mathlib) are to be found; ``lake env`` is
            asked there.
        timeout: seconds a compilation may take.
        gigabytes: of address space it may take, mapped libraries among them.

    Raises:
        LimbeckError: ``timeout`` or ``gigabytes`` is not positive.
    """
    if min(timeout, gigabytes) <= 0:
        raise LimbeckError(
            f"verifiers/lean: limits must be positive, not timeout={timeout}, gigabytes={gigabytes}"
        )
    program, lake = find(binary), find("lake")
    if program is None:
        return Verdict("lean", "unknown", reason=_INSTALL)
    if project and lake is None:
        return Verdict("lean", "unknown", reason="the project needs 'lake' on the path")
    try:
        statement, name = _statement(problem)
    except Refused as error:
        return Verdict("lean", "unknown", reason=str(error))
    try:
        proof = proof_of(trace.answer, statement)
    except Refused as error:
        return Verdict("lean", "unparsed", trace.answer.strip()[:200] or None, str(error))
    header = str(problem.meta.get("header") or "")
    asked = _Asked(program, lake or "", project, header, statement, name, timeout, gigabytes)
    return _pool().submit(_check, asked, proof)


def _statement(problem: Problem) -> tuple[str, str]:
    given = problem.meta.get("statement") or problem.meta.get("formal_statement")
    if not isinstance(given, str):
        raise Refused("the problem has no statement in meta")
    return statement_of(given)


class _Asked(NamedTuple):
    """What is to be proved, and with what."""

    program: str
    lake: str
    project: str
    header: str
    statement: str
    name: str
    timeout: float
    gigabytes: float

    def compiled(self, proof: str) -> Said:
        tools = toolchain(self.program, self.lake, self.project)
        source = f"{self.header}\n{self.statement} :={proof}"
        return run(tools, source, self.name, self.timeout, int(self.gigabytes * 2**30))


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    """One compilation for every four cores: each may take gigabytes."""
    return ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // 4), "lean")


def _check(asked: _Asked, proof: str) -> Verdict:
    short = proof.strip()[:200]
    try:
        compiled = asked.compiled(proof)
    except OSError as error:
        return Verdict("lean", "unknown", short, f"Lean cannot be started: {error}")
    if not compiled.ended:
        return Verdict("lean", "timeout", short, f"not compiled within {asked.timeout:g} s")
    if compiled.errors or compiled.code:
        line, text = compiled.errors[0] if compiled.errors else (0, f"exit code {compiled.code}")
        reason = f"line {line}: {text}".replace("\n", " ")[:200]
        if any(sign in text for sign in _ABSENT) or not _sound(asked):
            return Verdict("lean", "unknown", short, f"the statement does not compile: {reason}")
        return Verdict("lean", "wrong", short, reason)
    if compiled.axioms is None:
        return Verdict("lean", "unknown", short, "Lean did not say which axioms the theorem stands on")
    if extra := sorted(set(compiled.axioms) - STANDARD):
        return Verdict("lean", "wrong", short, f"stands on {', '.join(extra)}")
    return Verdict("lean", "correct", short, f"{asked.name} is proved")


@lru_cache(maxsize=4096)
def _sound(asked: _Asked) -> bool:
    """Whether the statement compiles when nothing is proved."""
    compiled = asked.compiled(" by sorry")
    return compiled.ended and not compiled.errors
