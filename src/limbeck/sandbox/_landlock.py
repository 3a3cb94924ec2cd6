"""A fence around files by Landlock, for where no namespaces are to be had."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from contextlib import suppress

from limbeck.sandbox._system import LIBC, syscall

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_EXECUTE, _WRITE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_FIRST = (1 << 13) - 1
"""What version 1 knows: everything up to making symbolic links."""


def version() -> int:
    """The kernel's Landlock version, 0 where there is none."""
    answer = int(LIBC.syscall(ctypes.c_long(_CREATE), None, ctypes.c_size_t(0), ctypes.c_uint(1)))
    return max(answer, 0)


def restrict(readable: Iterable[str], writable: Iterable[str]) -> None:
    """From here on this process reads and runs what lies beneath ``readable`` and writes beneath ``writable``
    alone.

    Raises:
        OSError: the kernel has no Landlock.
    """
    known = version()
    # 2 adds moving between folders, 3 truncating, 5 device controls.
    every = _FIRST | (known >= 2) << 13 | (known >= 3) << 14 | (known >= 5) << 15
    # 6 adds abstract sockets and signals, which then stay among those fenced in.
    attributes = struct.pack("Q", every) if known < 6 else struct.pack("QQQ", every, 0, 3)
    ruleset = syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint(0))
    seen = [(path, _EXECUTE | _READ_FILE | _READ_DIR) for path in readable]
    for path, allowed in [*seen, *((path, every) for path in writable)]:
        with suppress(FileNotFoundError):
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            # Of what is no folder only what files have may be said.
            allowed = allowed if os.path.isdir(path) else allowed & (_EXECUTE | _WRITE | _READ_FILE)
            syscall(_ADD, ruleset, 1, struct.pack("=Qi", allowed, place), ctypes.c_uint(0))
            os.close(place)
    syscall(_RESTRICT, ruleset, ctypes.c_uint(0))
    os.close(ruleset)
