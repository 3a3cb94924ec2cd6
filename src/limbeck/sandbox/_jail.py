"""What a process does to itself before it becomes an untrusted program. Runs in a child of the launcher
alone."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from limbeck.sandbox import _calls, _landlock
from limbeck.sandbox import _system as S

BOX = "/box"
NOBODY = 65534
THREADS = 1024
"""More than the user has already; all programs of a moment share them."""
_tasks = 0
PEER = 3
"""The descriptor by which two programs of one run speak to each other."""


def needed() -> list[str]:
    """What of the file system Python and its libraries need, outermost folders only."""
    wanted = {
        sys.prefix,
        sys.base_prefix,
        sys.exec_prefix,
        "/usr",
        "/lib",
        "/lib64",
        "/bin",
        "/etc/ld.so.cache",
    }
    there = sorted(path for path in wanted if os.path.exists(path) and path != "/")
    return [path for path in there if not any(path.startswith(other + "/") for other in there)]


def namespaces(root: str) -> None:
    """Let go of network, processes, mounts and the host's names, from the next child on."""
    new = S.NEW_NS | S.NEW_UTS | S.NEW_IPC | S.NEW_PID | S.NEW_NET
    if os.geteuid() == 0:
        S.call("unshare", new)
    else:
        user, group = os.geteuid(), os.getegid()
        S.call("unshare", new | S.NEW_USER)
        # Not root inside either: what is executed then has no capability, not even over its own namespaces.
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"1000 {user} 1"),
            ("gid_map", f"1000 {group} 1"),
        ):
            Path(f"/proc/self/{name}").write_text(text)
    # Else what is mounted from here on would appear outside too.
    S.mount("none", "/", flags=S.MS_REC | S.MS_PRIVATE)
    S.mount("tmpfs", root, "tmpfs", S.MS_NOSUID | S.MS_NODEV, "size=1m,mode=755")


def first() -> int:
    """Start process 1 of the new namespace, which only waits; returns its number.

    The kernel lets no signal of its own namespace end process 1: as such a program that kills itself would go
    on and end well.
    """
    if pid := os.fork():
        return pid
    die_with_parent()
    os.closerange(0, 256)
    # An ordinary user's program has the same user: it may not look into this process.
    S.call("prctl", S.PR_SET_DUMPABLE, 0, 0, 0, 0)
    while True:
        signal.pause()


def build(root: str, box_bytes: int, read: Iterable[str]) -> None:
    """A root folder with what Python needs, read-only, an empty writable `BOX`, and the process's own
    /proc."""
    for path in [*needed(), *read]:
        target = root + path
        # /lib is a link into /usr on most systems, and stays one.
        if os.path.islink(path) and not os.path.isabs(os.readlink(path)):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.symlink(os.readlink(path), target)
            continue
        _place(path, target)
        S.mount(path, target, flags=S.MS_BIND | S.MS_REC)
        S.lock(target)
    os.makedirs(root + "/dev")
    for name in ("null", "zero", "random", "urandom"):
        _place(f"/dev/{name}", f"{root}/dev/{name}")
        S.mount(f"/dev/{name}", f"{root}/dev/{name}", flags=S.MS_BIND)
    os.makedirs(root + "/proc")
    # Of /proc the processes alone. A container may forbid its own; programs then do without.
    with suppress(OSError):
        flags = S.MS_RDONLY | S.MS_NOSUID | S.MS_NODEV | S.MS_NOEXEC
        S.mount("proc", root + "/proc", "proc", flags, "subset=pid,hidepid=invisible")
    os.makedirs(root + BOX)
    flags = S.MS_NOSUID | S.MS_NODEV | S.MS_NOEXEC
    S.mount("tmpfs", root + BOX, "tmpfs", flags, f"size={box_bytes},nr_inodes=4096,mode=777")
    S.enter(root)
    # The root alone: /box must stay writable, and what was bound is locked already.
    S.lock("/", recursive=False)


def _place(source: str, target: str) -> None:
    """Something to mount on."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))


def die_with_parent(how: int = signal.SIGKILL) -> None:
    """Be sent a signal when the thread that started this process ends."""
    S.call("prctl", S.PR_SET_PDEATHSIG, how, 0, 0, 0)


def count_tasks() -> None:
    """Note how many processes and threads there are of the user that programs run as: `limit` adds to
    them."""
    global _tasks
    user, _tasks = NOBODY if os.geteuid() == 0 else os.geteuid(), 0
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with suppress(OSError):
            if os.stat(f"/proc/{name}").st_uid == user:
                _tasks += len(os.listdir(f"/proc/{name}/task"))


def limit(seconds: float, memory: int, box_bytes: int) -> None:
    """The kernel's own limits, which no process may raise again."""
    # As much as all cores can give in that time; whoever sleeps is stopped by the launcher.
    cpu = int(seconds * (os.cpu_count() or 1)) + 1
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, box_bytes),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_STACK, 64 << 20),
        (resource.RLIMIT_NPROC, _tasks + THREADS),
    ):
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def _open_to_all(paths: Iterable[str]) -> bool:
    """Whether anybody gets to these: without mounts of its own a program meets the folders above them."""
    above = {folder for path in paths for folder in Path(os.path.realpath(path)).parents}
    return all(folder.stat().st_mode & 1 for folder in above)


def be_nobody(box: str) -> None:
    """Stop being root, of whom the kernel counts no threads, and who may have what others have not; where a
    container lets nobody change users this process stays who it is."""
    with suppress(PermissionError):
        os.setgroups([])
        os.chown(box, NOBODY, NOBODY)
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    # A change of user forgets it.
    die_with_parent()


def become(
    program: Mapping[str, Any], root: str, kind: str, ends: tuple[int, int, int], peer: int | None
) -> None:
    """Turn this process into the program; does not return.

    Args:
        program: ``command`` (none: Python on ``main.py``), ``argv``, ``files``, ``read``, ``env`` and limits.
        ends: descriptors that become standard input, output and error.
        peer: descriptor that becomes `PEER`.
    """
    die_with_parent()
    # A process group of its own: signals to the group would else reach whoever waits outside.
    os.setsid()
    box = BOX if kind == "namespaces" else root
    if kind == "namespaces":
        build(root, program["disk"], program["read"])
    for name, data in program["files"].items():
        path = Path(box, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    os.chdir(box)
    # These copies outlive the start of the program; every other descriptor of Python's closes by itself.
    for number, end in enumerate([*ends, *([] if peer is None else [peer])]):
        os.dup2(end, number)
    # First: later nobody may take from what can be had, and the kernel lets only a process that renounced
    # privileges fence itself in by what follows.
    S.drop_privileges()
    if os.geteuid() == 0 and (kind == "namespaces" or _open_to_all([box, sys.executable, *program["read"]])):
        be_nobody(box)
    limit(program["seconds"], program["memory"], program["disk"])
    if kind == "landlock":
        _landlock.restrict([*needed(), *program["read"], "/dev/zero", "/dev/urandom"], [box, "/dev/null"])
    _calls.filter_calls(pretend=kind == "landlock")
    given = {
        "PATH": "/usr/bin:/bin",
        "HOME": box,
        "TMPDIR": box,
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }
    given |= program["env"]
    # Integers of any length may be written: the time for it is limited anyway.
    ways = ["-I", "-B", "-X", "utf8", "-X", "int_max_str_digits=0"]
    command = program["command"] or [sys.executable, *ways, f"{box}/main.py"]
    os.execve(command[0], [*command, *program["argv"]], given)
