"""The probes of `sandbox_probes` in four settings: root or an ordinary user, namespaces or Landlock.

`escapes` tries them in a process of its own, which becomes that user and lays out canaries: files, objects of
System V and POSIX, a process, servers. What changed of them is an escape, whatever a probe says.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from sandbox_probes import CANARY_ONLY, LEAD, probes

from limbeck.sandbox import Limits, _system, kind, run

REPO = Path(__file__).resolve().parents[1]
SETTINGS = ("root-namespaces", "root-landlock", "user-namespaces", "user-landlock")
UNFENCED = "user-unfenced"
"""No sandbox at all, for probes that touch canaries alone."""
USER = 54321
"""An ordinary user's number that no account has."""
BATCH = 12
LIBC = ctypes.CDLL(None, use_errno=True)
_CREATE, _REMOVE, _STAT, _SETVAL, _GETVAL = 0o3600, 0, 2, 16, 12
_DRIVER = (
    LEAD
    + """
HERE = os.getcwd()
for number, (NAME, code) in enumerate(json.load(open('batch.json'))):
    os.chdir(HERE)
    os.mkdir(f'p{number}')
    os.chdir(f'p{number}')
    print('TRIED', NAME, flush=True)
    try:
        exec(code)
    except BaseException:
        pass
"""
)
_CANARY = "#!/bin/sh\n# secret of a canary\necho ESCAPED run as a program\n"


class Canaries:
    """What a program in a sandbox might reach for; `places` says where, `changed` what was done to it."""

    def __init__(self, stack: ExitStack) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="limbeck-probe-"))
        stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.files = [self._file("closed/secret", 0o700), self._file("open", 0o755)]
        (self.folder / "closed").chmod(0o700)
        self.folder.chmod(0o755)
        self.name = self.folder.name
        self._system_v(stack)
        self._posix(stack)
        self.victim = stack.enter_context(subprocess.Popen(["sleep", "300"], start_new_session=True))
        stack.callback(self.victim.kill)
        self.nice, self.processors = self._victims()
        self.servers = [
            stack.enter_context(socket.socket(*each)) for each in ((2, 1), (2, 2), (1, 1), (1, 1))
        ]
        addresses = [("127.0.0.1", 0), ("127.0.0.1", 0), f"\0{self.name}", str(self.folder / "socket")]
        for server, address in zip(self.servers, addresses, strict=True):
            server.bind(address)
            server.setblocking(False)
            if server.type == socket.SOCK_STREAM:
                server.listen()
        self.before = self._state()

    def _file(self, name: str, mode: int) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(_CANARY)
        path.chmod(mode)
        with suppress(OSError):  # not every file system keeps attributes
            os.setxattr(path, "user.x", b"secret")
        return path

    def _system_v(self, stack: ExitStack) -> None:
        """Memory, a semaphore and a queue with a message, under one key that nobody has."""
        self.key = int.from_bytes(os.urandom(3), "big") << 4 | 1
        self.shm = LIBC.shmget(self.key, 4096, _CREATE)
        self.sem = LIBC.semget(self.key, 1, _CREATE)
        self.msg = LIBC.msgget(self.key, _CREATE)
        assert min(self.shm, self.sem, self.msg) >= 0, "no objects of System V here"
        stack.callback(LIBC.shmctl, self.shm, _REMOVE, None)
        stack.callback(LIBC.semctl, self.sem, 0, _REMOVE)
        stack.callback(LIBC.msgctl, self.msg, _REMOVE, None)
        LIBC.shmat.restype = ctypes.c_void_p
        self.memory = LIBC.shmat(self.shm, None, 0)
        stack.callback(LIBC.shmdt, ctypes.c_void_p(self.memory))
        ctypes.memmove(self.memory, b"shared", 6)
        LIBC.semctl(self.sem, 0, _SETVAL, 5)
        assert LIBC.msgsnd(self.msg, struct.pack("q7s", 1, b"message"), 7, 0) == 0

    def _posix(self, stack: ExitStack) -> None:
        """Shared memory, a semaphore and a queue of one name; a probe may make more of them, beside it."""
        name = f"/{self.name}".encode()
        for each in (name, name + b"-new"):
            for remove in (LIBC.shm_unlink, LIBC.sem_unlink, LIBC.mq_unlink):
                stack.callback(remove, each)
        self.shared = Path("/dev/shm", self.name)
        self.shared.write_text("shared")
        LIBC.sem_open.restype = ctypes.c_void_p
        self.semaphore = Path("/dev/shm", f"sem.{self.name}")
        LIBC.sem_close(ctypes.c_void_p(LIBC.sem_open(name, 0o102, 0o600, 1)))
        LIBC.mq_close(LIBC.mq_open(name, 0o102, 0o600, None))

    def _queue(self) -> bool:
        queue = LIBC.mq_open(f"/{self.name}".encode(), 0o4000)
        return queue >= 0 and LIBC.mq_close(queue) == 0

    def _victims(self) -> tuple[int, set[int]]:
        return os.getpriority(os.PRIO_PROCESS, self.victim.pid), os.sched_getaffinity(self.victim.pid)

    @property
    def places(self) -> dict[str, Any]:
        tcp, udp, *_ = (server.getsockname() for server in self.servers)
        return {
            "secret": str(self.files[0]), "open": str(self.files[1]), "folder": str(self.folder / "closed"),
            "posix": f"/{self.name}", "key": self.key, "shm": self.shm, "sem": self.sem, "msg": self.msg,
            "pid": self.victim.pid, "tcp": tcp[1], "udp": udp[1], "abstract": self.name,
            "socket": str(self.folder / "socket"),
        }  # fmt: skip

    def _state(self) -> dict[str, Any]:
        ask = ctypes.create_string_buffer(200)
        files = [(path.read_text(), path.stat().st_mode, path.stat().st_mtime_ns, path.stat().st_nlink)
                 for path in self.files if path.exists()]  # fmt: skip
        closed = self.folder / "closed"
        return {
            "files": files,
            "folder": sorted(map(str, closed.rglob("*"))) if closed.exists() else [],
            "shared memory": (ctypes.string_at(self.memory, 7), LIBC.shmctl(self.shm, _STAT, ask)),
            "semaphore": LIBC.semctl(self.sem, 0, _GETVAL),
            "messages": (LIBC.msgctl(self.msg, _STAT, ask), bytes(ask)[72:88]),
            "POSIX memory": self.shared.read_text() if self.shared.exists() else None,
            "POSIX semaphore": self.semaphore.exists(),
            "queue": self._queue(),
            "process": (self.victim.poll(), *self._victims()) if self.victim.poll() is None else "ended",
            "servers": [self._heard(server) for server in self.servers],
        }

    @staticmethod
    def _heard(server: socket.socket) -> bool:
        try:
            server.recv(1) if server.type == socket.SOCK_DGRAM else server.accept()[0].close()
        except OSError:
            return False
        return True

    def changed(self) -> list[str]:
        after = self._state()
        return [what for what, state in self.before.items() if after[what] != state]


@contextmanager
def canaries() -> Iterator[Canaries]:
    with ExitStack() as stack:
        yield Canaries(stack)


def attempt(names: Sequence[str], where: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Run these probes, a batch to a program, the rest of it anew where one ended its program: which were
    tried, and which escaped."""
    table, left = probes(), [list(names[at : at + BATCH]) for at in range(0, len(names), BATCH)]
    tried: list[str] = []
    escaped: list[str] = []
    while left:
        asked = [run(_DRIVER, files=_files(batch, table, where), limits=Limits(seconds=30)) for batch in left]
        again = []
        for batch, future in zip(left, asked, strict=True):
            ran = future.result()
            assert ran.status != "unavailable", ran.reason
            lines = ran.stdout.splitlines()
            began = [line.removeprefix("TRIED ") for line in lines if line.startswith("TRIED ")]
            assert began, ran
            tried += began
            escaped += [line.removeprefix("ESCAPED ") for line in lines if line.startswith("ESCAPED ")]
            again += [batch[len(began) :]] if len(began) < len(batch) else []
        left = again
    return tried, escaped


def _files(batch: list[str], table: dict[str, str], where: dict[str, Any]) -> dict[str, bytes]:
    chosen = [[name, table[name]] for name in batch]
    return {"batch.json": json.dumps(chosen).encode(), "canaries.json": json.dumps(where).encode()}


def unfenced(name: str) -> bool:
    """Whether a probe gets what it reaches for where there is no sandbox: else it would prove nothing."""
    with tempfile.TemporaryDirectory() as folder, canaries() as laid:
        for file, data in _files([name], probes(), laid.places).items():
            Path(folder, file).write_bytes(data)
        command = [sys.executable, "-B", "-c", _DRIVER]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        return "ESCAPED" in done.stdout


def why_not(setting: str) -> str:
    """Why this process cannot try a setting; empty where it can."""
    if sys.platform != "linux":
        return "Linux alone has these sandboxes"
    return "needs root" if setting.startswith("root") and os.geteuid() else ""


def escapes(setting: str, share: int = 1) -> dict[str, Any]:
    """Every ``share``-th probe in one setting.

    Returns:
        ``kind`` of sandbox that it was, empty where there is none with ``reason`` why; ``tried``, a count;
        ``escaped``, names of probes and of canaries that changed; ``user``, a number.
    """
    command = [sys.executable, "-B", __file__, setting, str(share)]
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "LIMBECK_PROBE": "secret",
        "LIMBECK_SANDBOX": "off" if setting == UNFENCED else setting.partition("-")[2],
        "TMPDIR": "/tmp",
    }
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def open_to_all(paths: Sequence[str]) -> None:
    """Let anybody get to these paths, for this process alone: Python may lie in root's own folder."""
    _system.call("unshare", _system.NEW_NS)
    _system.mount("none", "/", flags=_system.MS_REC | _system.MS_PRIVATE)
    for folder in {_closed(path) for path in paths} - {""}:
        inside = [path for path in paths if path.startswith(folder + "/")]
        held = tempfile.mkdtemp()
        _system.mount("tmpfs", held, "tmpfs", data="mode=755")
        for number, path in enumerate(inside):
            os.mkdir(f"{held}/{number}")
            _system.mount(path, f"{held}/{number}", flags=_system.MS_BIND | _system.MS_REC)
        _system.mount("tmpfs", folder, "tmpfs", data="mode=755")
        for number, path in enumerate(inside):
            os.makedirs(path, exist_ok=True)  # one may lie in another
            _system.mount(f"{held}/{number}", path, flags=_system.MS_BIND | _system.MS_REC)
        _system.call("umount2", held.encode(), 2)
        os.rmdir(held)


def _closed(path: str) -> str:
    """The outermost folder above a path that not everybody may enter."""
    return next((str(up) for up in reversed(Path(path).parents) if not up.stat().st_mode & 1), "")


def main() -> None:
    """Become the setting's user, in a process that begins anew as such; then try."""
    setting, share, *began = sys.argv[1:]
    if os.geteuid() == 0 and not began:
        open_to_all(sorted({str(Path(each).resolve()) for each in (sys.base_prefix, sys.prefix, REPO)}))
        if setting.startswith("user"):
            os.setgroups([])
            os.setresgid(USER, USER, USER)
            os.setresuid(USER, USER, USER)
        os.execv(sys.executable, [sys.executable, "-B", *sys.argv, "began"])
    chosen = list(probes())[:: int(share)]
    fencing, reason = kind()
    told: dict[str, Any] = {
        "kind": fencing,
        "reason": reason,
        "user": os.geteuid(),
        "tried": 0,
        "escaped": [],
    }
    if setting == UNFENCED:
        chosen = [name for name in chosen if name.startswith(CANARY_ONLY)]
        told |= {"tried": len(chosen), "escaped": [name for name in chosen if unfenced(name)]}
    elif fencing:
        with canaries() as laid:
            tried, escaped = attempt(chosen, laid.places)
            changed = [f"changed: {what}" for what in laid.changed()]
        told |= {"tried": len(tried), "escaped": escaped + changed}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
