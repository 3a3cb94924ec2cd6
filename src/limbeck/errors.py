"""One kind of error for everything a user can get wrong: what, where, the offending value, the nearest right
name."""

from __future__ import annotations

import difflib
import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class LimbeckError(Exception):
    """A mistake the user can mend. The command line prints its text alone, without a traceback."""


class Failed(LimbeckError):
    """Work that was begun and did not come to its end. What was made stays; the command line exits with 1,
    where a mistake seen before any work exits with 2."""


class Unavailable(LimbeckError):
    """Something that is not installed here."""


FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""What a disk refuses that is full, or broken."""


def unwritten(path: object, error: OSError, more: str = "") -> LimbeckError:
    """The error for what could not be written: work that failed where the disk is full, else a mistake."""
    told = str(error.strerror or error)
    full = error.errno in FULL or any(os.strerror(number) in told for number in FULL)
    return (Failed if full else LimbeckError)(f"cannot write {path}: {told}{more}")


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


class Mistakes:
    """Mistakes that do not hide each other: noted one by one, told all at once."""

    def __init__(self) -> None:
        self.noted: list[LimbeckError] = []

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note what is raised inside instead of raising it."""
        try:
            yield
        except LimbeckError as error:
            self.note(error)

    def note(self, mistake: LimbeckError | str) -> None:
        """Note a mistake, once."""
        if str(mistake) not in map(str, self.noted):
            self.noted.append(mistake if isinstance(mistake, LimbeckError) else LimbeckError(mistake))

    def tell(self) -> None:
        """Raise what was noted, if anything was.

        Raises:
            LimbeckError: the only one itself, several in one error, a line each.
        """
        if len(self.noted) == 1:
            raise self.noted[0]
        if self.noted:
            raise LimbeckError("\n".join(map(str, self.noted)))
