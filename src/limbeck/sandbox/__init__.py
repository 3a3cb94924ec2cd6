"""Where programs run that nobody trusts: own namespaces, no network, nothing of the host to read but Python.

``run`` starts Python source in a fresh process and returns a future. On Linux it is alone in its own
namespaces (files, processes, network, users), with an empty writable ``/box``, no environment, no capability,
no way to new processes or sockets, and limits on time, memory, disk and output. Where the kernel gives no
namespaces, Landlock fences in its files (weaker: it has the host's user, and can tell whether a file that it
names exists). In both it makes only system calls that are on a list. Where neither is to be had nothing runs,
and the status is ``unavailable``. ``LIMBECK_SANDBOX`` chooses: ``namespaces``, ``landlock`` or ``off``.
"""

from __future__ import annotations

import atexit
import os
import pickle
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from limbeck.errors import LimbeckError, unknown
from limbeck.processes import cores

KINDS = ("namespaces", "landlock", "off")
Status = Literal["ok", "error", "timeout", "memory", "output", "unavailable"]


class Limits(Struct, frozen=True):
    """What a program may use: wall-clock seconds, bytes of memory, of disk and of output (both streams
    together).

    A program is one process, with at most about a thousand threads (without namespaces, where only root gets
    to Python, they are not numbered). Its memory is its address space; what the kernel holds for its pipes
    and pairs of sockets comes on top: 256 descriptors, whose buffers it cannot enlarge, took 56 MiB. Under
    Landlock ``disk`` is the size of one file.
    """

    seconds: float = 5.0
    memory: int = 1 << 30
    disk: int = 64 << 20
    output: int = 1 << 20


class Ran(Struct):
    """How a run went. ``code`` is the exit code, minus a signal's number, or None where it was stopped from
    outside.

    ``error`` is an exit code other than 0; ``unavailable`` means that it never ran, ``reason`` says why.
    """

    status: Status
    stdout: str = ""
    stderr: str = ""
    code: int | None = None
    seconds: float = 0.0
    reason: str = ""


def run(
    code: str = "",
    *,
    command: Sequence[str] = (),
    stdin: str = "",
    argv: Sequence[str] = (),
    files: Mapping[str, bytes] = {},
    read: Sequence[Path] = (),
    env: Mapping[str, str] = {},
    peer: str | None = None,
    peer_files: Mapping[str, bytes] = {},
    limits: Limits = Limits(),
) -> Future[Ran]:
    """Run Python source, at most one program a core at a time, and wait in a future.

    Args:
        command: another program of the host instead, by its whole path, and what it is called with; ``read``
            must name what it needs. It can start no further process.
        env: variables it is given beside a few of its own.
        files: put into the working folder beside ``main.py``, by relative name.
        read: files and folders of the host that the program may read, at their own places.
        peer: a second program, in a sandbox of its own: file descriptor 3 of each is a socket to the other.
            What it prints is not kept; it ends when the first one does.
        peer_files: the second program's files; neither sees the other's.
        limits: of each program.

    Raises:
        LimbeckError: a limit that is not positive, or a file's name that leads out of the folder.
    """
    if min(limits.seconds, limits.memory, limits.disk, limits.output) <= 0:
        raise LimbeckError(f"sandbox: every limit must be positive, not {limits}")
    for name in (*files, *peer_files):
        if os.path.isabs(name) or ".." in Path(name).parts or name in ("", "main.py"):
            raise LimbeckError(
                f"sandbox: file name {name!r} must lie inside the working folder, beside main.py"
            )
    fencing, why = kind()
    if not fencing:
        done: Future[Ran] = Future()
        done.set_result(Ran("unavailable", reason=why))
        return done
    shared = {
        "seconds": limits.seconds,
        "memory": limits.memory,
        "disk": limits.disk,
        "output": limits.output,
        "argv": list(argv),
        "read": [os.path.realpath(path) for path in read],
        "env": dict(env),
    }
    fed = stdin.encode("utf-8", "surrogatepass")
    programs = [{**shared, "command": list(command), "stdin": fed, "files": {**_source(code), **files}}]
    if peer is not None:
        programs.append({**shared, "command": [], "stdin": b"", "files": {**_source(peer), **peer_files}})
    return _pool().submit(_ask, {"kind": fencing, "programs": programs})


def _source(code: str) -> dict[str, bytes]:
    return {"main.py": code.encode("utf-8", "surrogatepass")}


def fence() -> str:
    """Fence this process in for good: it reads, but writes no file, connects to nothing, starts and signals
    no other.

    For our own workers, which compute on texts that nobody vouches for. Nothing of it can be taken back.

    Returns:
        What of it could not be had here; empty where all of it holds.
    """
    if sys.platform != "linux":
        return f"no fence on {sys.platform}"
    from limbeck.sandbox import _calls, _landlock, _system

    lacking = []
    try:
        _system.drop_privileges()
        _landlock.restrict(["/"], ["/dev/null"])
    except OSError as error:
        lacking.append(f"files are not fenced: {error}")
    try:
        _calls.filter_calls(pretend=True)
    except OSError as error:
        lacking.append(f"system calls are not fenced: {error}")
    return "; ".join(lacking)


@cache
def kind() -> tuple[str, str]:
    """``namespaces`` or ``landlock``, whichever works here; or nothing, and why.

    Raises:
        LimbeckError: ``LIMBECK_SANDBOX`` is none of the three.
    """
    wanted = os.environ.get("LIMBECK_SANDBOX", "")
    if wanted and wanted not in KINDS:
        raise unknown("sandbox", wanted, KINDS, "LIMBECK_SANDBOX")
    if wanted == "off":
        return "", "LIMBECK_SANDBOX=off: programs that nobody trusts are not run"
    if sys.platform != "linux":
        return "", f"no sandbox on {sys.platform}: run on Linux, or in a Linux container"
    reasons = []
    for each in (wanted,) if wanted else KINDS[:2]:
        program = {
            "files": _source("print(6 * 7)"),
            "command": [],
            "stdin": b"",
            "argv": [],
            "read": [],
            "env": {},
            "seconds": 20.0,
            "memory": 1 << 30,
            "disk": 1 << 20,
            "output": 1000,
        }
        tried = _ask({"kind": each, "programs": [program]})
        if tried.status == "ok" and tried.stdout == "42\n":
            return each, ""
        reasons.append(f"{each}: {tried.reason or tried.stderr.strip()[-200:] or tried.status}")
    switches = "user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns=0"
    hint = f"allow user namespaces (sysctl {switches}) or use a kernel with Landlock"
    return "", f"no sandbox works here ({'; '.join(reasons)}); {hint}"


_local = threading.local()
_started: list[subprocess.Popen[bytes]] = []
_START = "import sys; sys.path.insert(0, {root!r}); from limbeck.sandbox._launcher import main; main()"
"""Our own package goes before any other of the same name: ``-I`` leaves out the folder it is run from."""


def _own() -> subprocess.Popen[bytes]:
    """This thread's launcher; a new one where there is none or it died."""
    mine: subprocess.Popen[bytes] | None = getattr(_local, "launcher", None)
    if mine is None or mine.poll() is not None or getattr(_local, "owner", 0) != os.getpid():
        root = str(Path(__file__).resolve().parents[2])
        mine = subprocess.Popen(
            [sys.executable, "-I", "-c", _START.format(root=root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
        )
        _local.launcher, _local.owner = mine, os.getpid()
        _started.append(mine)
    return mine


def _ask(job: dict[str, Any]) -> Ran:
    for _ in range(2):
        launcher = _own()
        assert launcher.stdin and launcher.stdout  # noqa: PT018 both were asked for
        try:
            body = pickle.dumps(job)
            launcher.stdin.write(struct.pack("Q", len(body)) + body)
            launcher.stdin.flush()
            head = launcher.stdout.read(8)
            told = pickle.loads(launcher.stdout.read(struct.unpack("Q", head)[0]))
        except (OSError, struct.error, EOFError):
            launcher.kill()
            continue
        for stream in ("stdout", "stderr"):
            told[stream] = told.get(stream, b"").decode("utf-8", "replace")
        return Ran(**told)
    return Ran("unavailable", reason="the sandbox's launcher died twice")


_made: tuple[int, ThreadPoolExecutor] | None = None
_lock = threading.Lock()


def _pool() -> ThreadPoolExecutor:
    """A thread for each core, each with a launcher of its own. A forked child makes its own."""
    global _made
    with _lock:
        if _made is None or _made[0] != os.getpid():
            _made = os.getpid(), ThreadPoolExecutor(cores(), "sandbox")
        return _made[1]


def _forget() -> None:
    """A forked child has no use for its parent's launchers."""
    global _made, _lock
    _made, _lock = None, threading.Lock()
    _started.clear()


@atexit.register
def shut() -> None:
    """Stop the launchers, and with them whatever they run."""
    for launcher in _started:
        if launcher.poll() is None:
            launcher.terminate()
    for launcher in _started:
        try:
            launcher.wait(2)
        except subprocess.TimeoutExpired:
            launcher.kill()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
