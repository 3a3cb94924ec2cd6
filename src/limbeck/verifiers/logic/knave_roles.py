"""Who is a knight and who a knave, by trying all cases."""

from __future__ import annotations

from limbeck.checkers.knaves import Unreadable, solutions, stated
from limbeck.records import Problem, Trace, Verdict

VERSION = 2

WAS = "verifiers/roles"


def knave_roles(problem: Problem, trace: Trace) -> Verdict:
    """The answer gives everybody the role that they have in the only case that fits what they all say.

    ``meta["names"]`` and ``meta["statements"]`` are as in the files of Logic-RL (arXiv 2502.14768): one
    nested tuple for each person, ``("lying", 2)`` or ``("and", …, …)``. The answer is read as
    ``(1) Zoey is a knight``, ``Zoey: knave``, a table, ``not a knave`` or ``Knights: Zoey, Ava``; a sentence
    with ``if``, ``or``, ``it is false that`` or a question mark states nothing. Everybody must be named: a
    list that lacks somebody is ``wrong`` when it errs on another, otherwise ``unparsed``, as is one that
    calls somebody both. Where the statements cannot be read, no case or more than one fits them, or the
    reference is another, it is ``unknown``.
    """
    names = problem.meta.get("names")
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) and name for name in names):
        return Verdict("knave_roles", "unknown", reason="the problem has no list of names in meta")
    try:
        cases = solutions(problem.meta.get("statements"), len(names))
        known = stated(problem.answer or "", names)
    except Unreadable as error:
        return Verdict("knave_roles", "unknown", reason=str(error))
    if len(cases) != 1:
        return Verdict(
            "knave_roles", "unknown", reason=f"{len(cases) or 'no'} cases fit the statements, not one"
        )
    right = dict(zip(names, cases[0], strict=True))
    if any(right[name] != role for name, role in known.items()):
        return Verdict(
            "knave_roles", "unknown", reason="the reference is not the case that fits the statements"
        )
    try:
        given = stated(trace.answer, names)
    except Unreadable as error:
        return Verdict("knave_roles", "unparsed", reason=str(error))
    told = ", ".join(f"{name} {'knight' if role else 'knave'}" for name, role in given.items())
    for name, role in given.items():
        if right[name] != role:
            return Verdict(
                "knave_roles", "wrong", told, f"{name} is a {'knight' if right[name] else 'knave'}"
            )
    if lacking := [name for name in names if name not in given]:
        return Verdict("knave_roles", "unparsed", told or None, f"nothing is said of {', '.join(lacking)}")
    return Verdict("knave_roles", "correct", told, f"the only case of {2 ** len(names)} that fits")
