"""Runs Lean on a proof of a given statement and reads what it says."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

FORBIDDEN = (
    "sorry", "admit", "axiom", "axioms", "native_decide", "ofReduceBool", "trustCompiler", "unsafe", "partial",
    "extern", "implemented_by", "csimp", "elab", "elab_rules", "macro", "macro_rules", "syntax", "notation",
    "infix", "infixl", "infixr", "prefix", "postfix", "run_cmd", "run_tac", "run_elab", "run_meta", "eval",
    "initialize", "builtin_initialize", "import", "opaque", "constant", "instance", "attribute",
    "declare_syntax_cat", "simproc", "IO", "Lean", "set_option", "open", "namespace", "section", "end",
    "export", "universe", "variable", "def", "abbrev", "structure", "class", "inductive", "theorem", "lemma",
    "example", "private", "protected", "local", "scoped", "mutual", "include", "omit", "reduceBool",
    "dbg_trace", "unsafeCast", "unsafeIO", "decreasing_by", "by_elab", "eval_expr", "deriving",
    "compile_inductive", "include_str",
)  # fmt: skip
"""Words a proof may not hold: each opens a hole, begins another declaration, or can run code while Lean compiles."""
STANDARD = frozenset({"propext", "Classical.choice", "Quot.sound"})
"""The axioms that Lean's own library stands on."""
_COMMENT = re.compile(r"/-(?:[^-]|-(?!/))*+(?:-/|\Z)|--[^\n]*")
_PRELUDE = re.compile(r"\s*(?:import|open|set_option|namespace|universe|variable|noncomputable section)\b[^\n]*")
_AXIOMS = re.compile(r"depends on axioms:\s*\[(.*?)\]|does not depend on any axioms", re.S)
_NAME = re.compile(r"\s*(?:theorem|lemma)\s+([\w.'«»]+)")


class Refused(ValueError):
    """A proof that is not compiled, and why."""


class Said(NamedTuple):
    """What Lean said: whether it ran to its end, its exit code, errors as ``(line, text)``, the theorem's axioms."""

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
    """The proof in an answer: what follows the statement where it is repeated, or a text that begins with ``by``.

    Raises:
        Refused: another statement, declarations of its own, a hole, or a word that can run code.
    """
    if "</think>" in answer:
        answer = answer[answer.rindex("</think>") + 8 :]
    blocks = re.findall(r"```[\w]*\n(.*?)(?:```|\Z)", answer, re.S)
    text = _COMMENT.sub(" ", blocks[-1] if blocks else answer)
    lines = text.splitlines()
    begin = next((at for at, line in enumerate(lines) if line.strip() and not _PRELUDE.fullmatch(line)), len(lines))
    text = "\n".join(lines[begin:]).rstrip()
    if _NAME.match(text):
        place, said = 0, "".join(statement.split())
        for char in said:  # the statement word for word, whatever its blanks
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
    if word := next((word for word in re.findall(r"[#@]?[^\W\d]\w*", text) if word.lstrip("#@") in FORBIDDEN), None):
        raise Refused(f"{word!r} is not allowed in a proof")
    if "#" in text or "@[" in text:
        raise Refused("'#' and '@[' are not allowed in a proof")
    return text


def run(command: Sequence[str], source: str, name: str, folder: str, seconds: float) -> Said:
    """Compile a source in a process group of its own, killed after ``seconds``, and ask for the theorem's axioms.

    Raises:
        OSError: the program cannot be started.
    """
    last = source.count("\n") + 2
    with tempfile.TemporaryDirectory(prefix="limbeck-lean-") as place:
        file = Path(place) / "Proof.lean"
        file.write_text(f"{source}\n#print axioms {name}\n", encoding="utf-8")
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "ELAN_HOME", "LEAN_PATH") if key in os.environ}
        process = subprocess.Popen(
            [*command, "--json", str(file)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", cwd=folder or place,
            env={**kept, "TMPDIR": place}, start_new_session=True,
        )  # fmt: skip
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            return Said(False, -1, [], None)
        finally:
            _kill(process)
    errors, axioms = [], None
    for line in output.splitlines():
        try:
            message = json.loads(line)
            at, severity, text = message["pos"]["line"], message["severity"], str(message["data"])
        except (ValueError, TypeError, KeyError):
            continue
        if severity == "error":
            errors.append((at, text))
        elif at == last and (
            found := re.search(r"depends on axioms:\s*\[(.*?)\]|does not depend on any axioms", text, re.S)
        ):
            axioms = [axiom.strip() for axiom in (found[1] or "").split(",") if axiom.strip()]
    if process.returncode and not errors:
        errors.append((0, output.strip()[-300:]))
    return Said(True, process.returncode, errors, axioms)


def _kill(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def find(binary: str) -> str | None:
    """Where the program is: a name on the path or a file; empty looks for ``lean``."""
    return shutil.which(binary or "lean")
