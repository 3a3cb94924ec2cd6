"""Runs Lean on a proof of a given statement and reads what it says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from limbeck import sandbox
from limbeck.texts.fences import bodies

FORBIDDEN = (
    "sorry", "admit", "axiom", "axioms", "native_decide", "ofReduceBool", "trustCompiler", "unsafe",
    "partial",
    "extern", "implemented_by", "csimp", "elab", "elab_rules", "macro", "macro_rules", "syntax", "notation",
    "infix", "infixl", "infixr", "prefix", "postfix", "run_cmd", "run_tac", "run_elab", "run_meta", "eval",
    "initialize", "builtin_initialize", "import", "opaque", "constant", "instance", "attribute",
    "declare_syntax_cat", "simproc", "IO", "Lean", "set_option", "open", "namespace", "section", "end",
    "export", "universe", "variable", "def", "abbrev", "structure", "class", "inductive", "theorem", "lemma",
    "example", "private", "protected", "local", "scoped", "mutual", "include", "omit", "reduceBool",
    "dbg_trace", "unsafeCast", "unsafeIO", "decreasing_by", "by_elab", "eval_expr", "deriving",
    "compile_inductive", "include_str",
)  # fmt: skip
"""Words a proof may not hold: each opens a hole, begins another declaration, or can run code while Lean
compiles."""
STANDARD = frozenset({"propext", "Classical.choice", "Quot.sound"})
"""The axioms that Lean's own library stands on."""
_COMMENT = re.compile(r"/-.*?(?:-/|\Z)|--[^\n]*", re.S)
_PRELUDE = re.compile(
    r"\s*(?:import|open|set_option|namespace|universe|variable|noncomputable section)\b[^\n]*"
)
_AXIOMS = re.compile(r"depends on axioms:\s*\[(.*?)\]|does not depend on any axioms", re.S)
_NAME = re.compile(r"\s*(?:theorem|lemma)\s+([\w.'«»]+)")


class Refused(ValueError):
    """A proof that is not compiled, and why."""


class Said(NamedTuple):
    """What Lean said: whether it ran to its end, its exit code, errors as ``(line, text)``, the theorem's
    axioms."""

    ended: bool
    code: int
    errors: list[tuple[int, str]]
    axioms: list[str] | None


def statement_of(text: str) -> tuple[str, str]:
    """The statement without ``:=`` and what follows it, and the theorem's name.

    Raises:
        Refused: it does not begin with ``theorem`` or ``lemma`` and a name.
    """
    bare = _COMMENT.sub(" ", text).strip()
    name = _NAME.match(bare)
    if not name:
        raise Refused("the statement does not begin with 'theorem' and a name")
    return re.sub(r"\s*:=\s*(?:by\b)?\s*(?:sorry|admit)?\s*$", "", bare), name[1]


def proof_of(answer: str, statement: str) -> str:
    """The proof in an answer: what follows the statement where it is repeated, or a text that begins with
    ``by``.

    Raises:
        Refused: another statement, declarations of its own, a hole, or a word that can run code.
    """
    if "</think>" in answer:
        answer = answer[answer.rindex("</think>") + 8 :]
    blocks = bodies(answer)
    text = _COMMENT.sub(" ", blocks[-1] if blocks else answer)
    lines = text.splitlines()
    begin = 0
    while begin < len(lines) and (not lines[begin].strip() or _PRELUDE.fullmatch(lines[begin])):
        begin += 1
    text = "\n".join(lines[begin:]).rstrip()
    if _NAME.match(text):
        place, wanted = 0, "".join(statement.split())
        for char in wanted:  # the statement word for word, whatever its blanks
            while place < len(text) and text[place].isspace():
                place += 1
            if place >= len(text) or text[place] != char:
                raise Refused("the answer states another theorem, or declares something before it")
            place += 1
        text = text[place:].lstrip()
        if not text.startswith(":="):
            raise Refused("no ':=' behind the statement")
        text = text[2:]
    elif text.lstrip().startswith(":="):
        text = text.lstrip()[2:]
    elif not re.match(r"\s*by\b", text):
        raise Refused("no proof found: it begins with 'by', or with the statement")
    if not text.strip():
        raise Refused("nothing behind ':='")
    for word in re.findall(r"[#@]?[^\W\d]\w*", text):
        if word.lstrip("#@") in FORBIDDEN:
            raise Refused(f"{word!r} is not allowed in a proof")
    if "#" in text or "@[" in text:
        raise Refused("'#' and '@[' are not allowed in a proof")
    return text


class Toolchain(NamedTuple):
    """The compiler itself, what else it must be able to read, and where it finds compiled libraries."""

    lean: str
    read: tuple[str, ...]
    path: str


@lru_cache(maxsize=16)
def toolchain(program: str, lake: str, project: str) -> Toolchain:
    """What ``program`` stands for: elan's ``lean`` is a stub that starts another one, which a sandbox would
    not let it.

    Raises:
        OSError: a program cannot be started, or Lake does not know the project.
    """
    resolved = os.path.realpath(program)
    prefix = os.path.realpath(told) if (told := _told([program, "--print-prefix"], project)) else ""
    lean = os.path.realpath(os.path.join(prefix, "bin", "lean")) if prefix else resolved
    if not os.path.isfile(lean):
        prefix, lean = "", resolved
    path = os.environ.get("LEAN_PATH", "")
    if project:
        path = _told([lake, "env", "printenv", "LEAN_PATH"], project)
        if not path:
            raise OSError(f"'lake env' names no libraries in {project}")
    folders = [os.path.realpath(os.path.join(project, each)) for each in path.split(os.pathsep) if each]
    read = [prefix or resolved, *(folder for folder in folders if os.path.exists(folder))]
    return Toolchain(lean, tuple(dict.fromkeys(read)), os.pathsep.join(folders))


def _told(command: Sequence[str], folder: str) -> str:
    """What a program of the host prints; nothing where it fails."""
    told = subprocess.run(
        command, cwd=folder or None, capture_output=True, text=True, timeout=120, check=False
    )
    return told.stdout.strip() if told.returncode == 0 else ""


def run(tools: Toolchain, source: str, name: str, seconds: float, memory: int) -> Said:
    """Compile a source in the sandbox and ask for the theorem's axioms.

    Raises:
        OSError: there is no sandbox, or the compiler cannot be started in it.
    """
    last = source.count("\n") + 2
    ran = sandbox.run(
        command=[tools.lean, "--json", "Proof.lean"],
        files={"Proof.lean": f"{source}\n#print axioms {name}\n".encode("utf-8", "replace")},
        read=[Path(each) for each in tools.read],
        env={"LEAN_PATH": tools.path} if tools.path else {},
        limits=sandbox.Limits(seconds=seconds, memory=memory),
    ).result()
    if ran.status == "unavailable":
        raise OSError(ran.reason)
    if ran.status == "timeout":
        return Said(False, -1, [], None)
    errors, axioms = [], None
    for line in (ran.stdout + ran.stderr).splitlines():
        try:
            message = json.loads(line)
            at, severity, text = message["pos"]["line"], message["severity"], str(message["data"])
        except (ValueError, TypeError, KeyError):
            continue
        if severity == "error":
            errors.append((at, text))
        elif at == last and (listed := _AXIOMS.search(text)):
            axioms = [axiom.strip() for axiom in (listed[1] or "").split(",") if axiom.strip()]
    if ran.status != "ok" and not errors:
        errors.append((0, (ran.stdout + ran.stderr).strip()[-300:] or ran.status))
    return Said(True, ran.code or 0, errors, axioms)


def find(binary: str) -> str | None:
    """Where the program is: a name on the path or a file; empty looks for ``lean``."""
    return shutil.which(binary or "lean")
