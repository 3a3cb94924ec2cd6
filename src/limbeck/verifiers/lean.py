"""Proofs in Lean 4, compiled."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache

from limbeck.errors import LimbeckError
from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers._lean import STANDARD, Refused, Said, find, proof_of, run, statement_of

_INSTALL = "Lean is not installed: see https://lean-lang.org/install, or give its path as parameter 'binary'"
_ABSENT = ("unknown module prefix", "unknown package", "object file", "could not resolve import", "does not exist")


def lean(
    problem: Problem, trace: Trace, *, binary: str = "", project: str = "", timeout: float = 60.0
) -> Verdict | Future[Verdict]:
    """The answer's proof of the problem's statement compiles, without holes and on Lean's own axioms alone.

    ``meta["statement"]`` (or ``formal_statement``) is ``theorem name … :=``, also with ``by sorry`` behind it;
    ``meta["header"]`` holds imports and opened names. The answer is a proof, ``by …``, or repeats the statement word
    for word, lines of imports before it aside; of several fenced blocks the last one counts. Lean compiles header,
    statement and proof, and is asked for the axioms that the theorem stands on.

    Lean can run code while it compiles. A proof with a word that could do so, that opens a hole (``sorry``, ``admit``,
    ``native_decide``) or that begins another declaration is therefore ``unparsed`` and not compiled, as is one of
    another theorem. What compiles with an error or on further axioms is ``wrong``. Where there is no Lean, the
    statement itself does not compile, or an import is missing, the verdict is ``unknown``.

    Args:
        binary: the program; empty looks for ``lean`` on the path.
        project: folder of a Lake project, whose libraries (Mathlib) are to be found; ``lake env`` is used there.
        timeout: seconds a compilation may take.

    Raises:
        LimbeckError: ``timeout`` is not positive.
    """
    if timeout <= 0:
        raise LimbeckError(f"verifiers/lean: timeout must be positive, not {timeout}")
    program, lake = find(binary), find("lake")
    if program is None:
        return Verdict("lean", "unknown", reason=_INSTALL)
    if project and lake is None:
        return Verdict("lean", "unknown", reason="the project needs 'lake' on the path")
    given = problem.meta.get("statement") or problem.meta.get("formal_statement")
    if not isinstance(given, str):
        return Verdict("lean", "unknown", reason="the problem has no statement in meta")
    try:
        statement, name = statement_of(given)
    except Refused as error:
        return Verdict("lean", "unknown", reason=str(error))
    try:
        proof = proof_of(trace.answer, statement)
    except Refused as error:
        return Verdict("lean", "unparsed", trace.answer.strip()[:200] or None, str(error))
    command = (lake, "env", program) if project and lake else (program,)
    header = str(problem.meta.get("header") or "")
    return _pool().submit(_check, command, header, statement, name, proof, project, timeout)


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    """One compilation for every four cores: each may take gigabytes."""
    return ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // 4), "lean")


def _check(
    command: tuple[str, ...], header: str, statement: str, name: str, proof: str, project: str, timeout: float
) -> Verdict:
    short = proof.strip()[:200]
    try:
        said = run(command, f"{header}\n{statement} :={proof}", name, project, timeout)
    except OSError as error:
        return Verdict("lean", "unknown", short, f"Lean cannot be started: {error}")
    if not said.ended:
        return Verdict("lean", "timeout", short, f"not compiled within {timeout:g} s")
    if said.errors or said.code:
        line, text = said.errors[0] if said.errors else (0, f"exit code {said.code}")
        reason = f"line {line}: {text}".replace("\n", " ")[:200]
        if any(sign in text for sign in _ABSENT) or not _sound(command, header, statement, name, project, timeout):
            return Verdict("lean", "unknown", short, f"the statement does not compile: {reason}")
        return Verdict("lean", "wrong", short, reason)
    if said.axioms is None:
        return Verdict("lean", "unknown", short, "Lean did not say which axioms the theorem stands on")
    if extra := sorted(set(said.axioms) - STANDARD):
        return Verdict("lean", "wrong", short, f"stands on {', '.join(extra)}")
    return Verdict("lean", "correct", short, f"{name} is proved")


@lru_cache(maxsize=4096)
def _sound(command: tuple[str, ...], header: str, statement: str, name: str, project: str, timeout: float) -> bool:
    """Whether the statement compiles when nothing is proved."""
    said: Said = run(command, f"{header}\n{statement} := by sorry", name, project, timeout)
    return said.ended and not said.errors
