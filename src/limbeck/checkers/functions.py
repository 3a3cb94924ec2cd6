"""Functions held against tests: test and candidate in two sandboxes that exchange plain data."""

from __future__ import annotations

import ast
import json
import re
from concurrent.futures import Future
from pathlib import Path

from limbeck import sandbox
from limbeck.checkers import exchange
from limbeck.checkers.cases import PRELUDE, Tests
from limbeck.checkers.code import TooLong, defined, not_run, outcome_of, source_of
from limbeck.records import Trace, Verdict

_HERE = Path(exchange.__file__).parent
_SENT = [_HERE / f"{name}.py" for name in ("exchange", "pytest_style", "testing")]
_EMPTY = {"limbeck/__init__.py": b"", "limbeck/checkers/__init__.py": b""}
_FILES = {**_EMPTY, **{f"limbeck/checkers/{path.name}": path.read_bytes() for path in _SENT}}
"""What both sandboxes hold; nothing else of this package is there."""
_LEAD = 'import json, sys; sys.path.insert(0, "."); from limbeck.checkers import exchange; '
_TEST = _LEAD + "from limbeck.checkers import testing; testing.test(json.load(open('a.json')))"
_SERVE = _LEAD + "exchange.serve({code!r}, {lead!r})"
_WORD = re.compile(r"`(\w+)`|\bdef (\w+)|\b(\w+)\(")


def judged(
    name: str, tests: Tests, question: str, trace: Trace, most: sandbox.Limits
) -> Verdict | Future[Verdict]:
    """The verdict, under a verifier's name, of an answer's function against tests in source."""
    prompt = _whole(tests.prompt)  # a task in plain words is no source
    try:
        source = source_of(trace, tests.entry.split(".")[0])
    except TooLong as error:
        return Verdict(name, "unknown", reason=str(error))
    if not source.strip():
        return Verdict(name, "unparsed", reason="no program in the answer")
    try:
        source, names = _completed(source, tests.prompt if prompt else "", tests.entry)
    except SyntaxError as error:
        shown = f"{tests.prompt.rstrip()}\n{source}"[:200] if prompt else source[:200]
        return Verdict(name, "wrong", shown, f"SyntaxError: {error}"[:200])
    asked = {
        "prompt": prompt,
        "source": tests.source,
        "names": names,
        "entry": _entry(tests, source, names),
        "others": _bound(source),
        "told": sorted({word for match in _WORD.findall(question) for word in match if word}),
    }
    # What a task imports before a bare signature, an answer may take as imported.
    lead = f"{tests.lead or (PRELUDE if 'Solution' in names else '')}\n{prompt}"
    ran = sandbox.run(
        _TEST,
        files={**_FILES, "a.json": json.dumps(asked).encode()},
        peer=_SERVE.format(code=source, lead=lead),
        peer_files=_FILES,
        limits=most,
    )
    promise: Future[Verdict] = Future()
    ran.add_done_callback(lambda done: promise.set_result(_verdict(name, done.result(), source)))
    return promise


def _completed(source: str, prompt: str, entry: str) -> tuple[str, list[str]]:
    """The source, behind the prompt where it needs it, and what it defines.

    Raises:
        SyntaxError: it is no Python, with the prompt or without.
    """
    whole = f"{prompt.rstrip()}\n{source}"
    try:
        names = defined(source)
    except SyntaxError as error:
        # A body alone goes on where the prompt ends; the first error is the one to be told.
        try:
            return whole, defined(whole)
        except SyntaxError:
            raise error from None
    if entry and entry.split(".")[0] not in names and prompt:
        return whole, defined(whole)
    return source, names


def _entry(tests: Tests, source: str, names: list[str]) -> str:
    """The function that a ``check`` is given: bare, or a method of the answer's ``Solution``.

    Where the problem does not say, the prompt's last one, else the answer's only one.
    """
    starter = _whole(tests.starter)
    asked = [name for name in (*defined(_whole(tests.prompt)), *defined(starter)) if name in names]
    only = names[0] if len(names) == 1 and "def check(" in tests.source else ""
    entry = tests.entry or (asked[-1] if asked else only)
    if "Solution" not in names:
        return entry.removeprefix("Solution.")
    if entry in ("", "Solution") and "def check(" in tests.source:
        methods = _methods(starter) or _methods(source)
        return f"Solution.{methods[0]}" if len(methods) == 1 else ""
    return entry if entry in names or "." in entry else f"Solution.{entry}"


def _methods(source: str) -> list[str]:
    """The public methods of ``Solution``."""
    classes = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
    bodies = (node.body for node in classes if node.name == "Solution")
    methods = [each.name for body in bodies for each in body if isinstance(each, ast.FunctionDef)]
    return [name for name in methods if not name.startswith("_")]


def _bound(source: str) -> list[str]:
    """Names that a program binds by assignments and imports, which may be functions too."""
    names = [node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)]
    aliases = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.alias)]
    return [*dict.fromkeys([*names, *(alias.asname or alias.name for alias in aliases)])]


def _whole(prompt: str) -> str:
    """A prompt that ends in a bare signature, made a source of its own; empty where it is no source."""
    for text in (prompt, f"{prompt.rstrip()}\n    pass\n", f"{prompt.rstrip()}\n        pass\n"):
        try:
            body = ast.parse(text).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        binds = ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom | ast.Assign
        return text if any(isinstance(node, binds) for node in body) else ""
    return ""


def _verdict(name: str, ran: sandbox.Ran, source: str) -> Verdict:
    shown = source[:200]
    if verdict := not_run(name, ran, shown):
        if ran.status in ("memory", "output"):
            return Verdict(name, "unknown", shown, f"the test itself took more {ran.status} than allowed")
        return verdict
    try:
        outcome, reason = json.loads(ran.stdout)
    except ValueError:
        return Verdict(name, "unknown", shown, f"the test ended without a word: {ran.stderr[-150:]}")
    return Verdict(name, outcome_of(outcome), shown, str(reason)[:200])
