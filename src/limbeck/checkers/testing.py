"""The test's side of `exchange`: runs the source of a test against a candidate in another sandbox.

Only the standard library is there. What goes wrong before the candidate is first called is the test's own
fault, and so ``unknown``; afterwards only what the candidate raised, or an assertion on what it returned, is
held against it.
"""

from __future__ import annotations

import ast
import builtins
import json
import os
import sys
from typing import Any

from limbeck.checkers import pytest_style
from limbeck.checkers.exchange import Gone, Odd, Proxy, ready


def test(asked: dict[str, Any]) -> None:
    """Run a test against the candidate and print what became of it, as JSON.

    Args:
        asked: ``prompt``, trusted source that the test may lean on, run first; ``source``, asserts, test
            functions and classes, or a function ``check(candidate)``; ``names`` of the candidate's functions,
            ``entry``, the one that ``check`` is given, ``others``, names that the candidate uses or imports;
            ``told``, names that the question spells as code.
    """
    out = sys.stdout
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 for good: tests print too
    outcome, reason = _outcome(asked)
    out.write(json.dumps([outcome, reason]))
    out.flush()


def _outcome(asked: dict[str, Any]) -> tuple[str, str]:
    began = False
    try:
        ready()
        began = True
        _run(asked)
    except Odd as error:
        return "unknown", f"{error}"
    except pytest_style.Lacking as error:
        return "wrong", f"{error}"
    except ModuleNotFoundError as error:  # the program may be right where the module is
        return "unknown", f"not here: {error}"
    except (Gone, EOFError, ConnectionError, BrokenPipeError):
        return "wrong", "the program ended before the test did"
    except BaseException as error:
        told = f"{type(error).__name__}: {error}"[:170]
        by_candidate = getattr(error, "by_candidate", False)
        if began and not by_candidate and (not Proxy.calls or isinstance(error, NameError)):
            return "unknown", f"the test itself fails: {told}"
        return "wrong", f"assertion failed: {error}"[:200] if isinstance(error, AssertionError) else told
    return "correct", ""


def _run(asked: dict[str, Any]) -> None:
    """Execute a test, and what it only defines: ``check``, test functions, test classes.

    Raises:
        Lacking: it calls functions, and the candidate defines none of them.
        Odd: it cannot be run here, or calls nothing.
    """
    names, entry = asked["names"], asked["entry"]
    space: dict[str, Any] = {"__name__": "__test__"}
    exec(compile(asked["prompt"], "prompt.py", "exec"), space)
    tree = ast.parse(asked["source"])
    pytest_style.provide(tree, names, {*asked["told"]} - {*asked["others"]})
    # Only what the test speaks of, and nothing that it or Python has already: a candidate's `abs` stays its.
    spoken = _free(tree) - space.keys() - vars(builtins).keys()
    candidates = spoken - {*sys.modules}
    if candidates and not entry and not candidates & {*names, *asked["others"]}:
        raise pytest_style.Lacking(f"the program does not define {', '.join(sorted(candidates))}")
    space |= {name: Proxy(name) for name in names if name in spoken | {entry.partition(".")[0]}}
    exec(compile(tree, "test.py", "exec"), space)
    if callable(space.get("check")) and entry:
        space["check"](Proxy(entry))
    elif callable(space.get("check")) and not _calls(tree, "check"):
        raise Odd("`check` calls no function: nothing says which one")
    pytest_style.run(tree, space)
    if not Proxy.calls:
        raise Odd("the test calls no function of the program's")


def _free(tree: ast.Module) -> set[str]:
    """Names that a source uses and nowhere binds; all of them where it imports everything of a module."""
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    return {node.id for node in names} - bound


def _calls(tree: ast.Module, name: str) -> bool:
    """Whether a source calls what has this name."""
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return any(isinstance(called, ast.Name) and called.id == name for called in calls)
