"""One kind of error for everything a user can get wrong: what, where, the offending value, the nearest right
name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class LimbeckError(Exception):
    """A mistake the user can mend. The command line prints its text alone, without a traceback."""


class Failed(LimbeckError):
    """Work that was begun and did not come to its end. What was made stays; the command line exits with 1,
    where a mistake seen before any work exits with 2."""


class Unavailable(LimbeckError):
    """Something that is not installed here."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint such as ``; did you mean 'redi'?``, or the known names when nothing is close."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    return f"; known: {shown}" if known else ""


def unknown(what: str, name: str, known: Iterable[str], where: str = "") -> LimbeckError:
    """The error for a name nobody knows, e.g. ``unknown method 'curation/rejct' in stage 'kept'``."""
    place = f" in {where}" if where else ""
    return LimbeckError(f"unknown {what} {name!r}{place}{nearest(name, known)}")


def missing_extra(package: str, extra: str, purpose: str) -> Unavailable:
    """The error for a dependency that an optional extra brings."""
    return Unavailable(f"{purpose} needs {package}: pip install 'limbeck[{extra}]'")
