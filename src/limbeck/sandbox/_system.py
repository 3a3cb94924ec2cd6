"""The system calls a sandbox is made of, through ctypes."""

from __future__ import annotations

import ctypes
import os
import platform
import struct

LIBC = ctypes.CDLL(None, use_errno=True)
NEW_NS, NEW_UTS, NEW_IPC, NEW_USER, NEW_PID, NEW_NET = (
    0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 22, 24, 38
PR_SET_DUMPABLE, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 4, 47, 4
_PIVOT = {"x86_64": 155, "aarch64": 41}


def call(name: str, *args: object) -> int:
    """A libc function; raises OSError where it fails."""
    done = int(getattr(LIBC, name)(*args))
    if done == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return done


def syscall(number: int, *args: object) -> int:
    """A raw system call."""
    return call("syscall", ctypes.c_long(number), *args)


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """As mount(2)."""
    call(
        "mount",
        source.encode(),
        target.encode(),
        kind.encode() or None,
        ctypes.c_ulong(flags),
        data.encode() or None,
    )


def lock(target: str, recursive: bool = True) -> None:
    """Make what is mounted at ``target`` read-only, without devices and setuid programs (Linux 5.12)."""
    attributes = struct.pack("QQQQ", MS_RDONLY | MS_NOSUID | MS_NODEV, 0, 0, 0)
    syscall(
        442, -100, target.encode(), ctypes.c_uint(0x8000 if recursive else 0), attributes, ctypes.c_size_t(32)
    )


def enter(root: str) -> None:
    """Make ``root`` the root folder and let go of the old one."""
    os.chdir(root)
    syscall(_PIVOT[platform.machine()], b".", b".")
    call("umount2", b".", 2)
    os.chdir("/")


def drop_privileges() -> None:
    """No capability can be had any more, by no program."""
    for capability in range(64):
        LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    LIBC.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
