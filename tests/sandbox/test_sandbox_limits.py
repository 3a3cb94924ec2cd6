"""What a program may not do to others of the same user, nor beyond its limits; honest ones do not notice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from limbeck import sandbox
from limbeck.sandbox import Limits, run

pytestmark = pytest.mark.skipif(not sandbox.kind()[0], reason=f"no sandbox here: {sandbox.kind()[1]}")
LIBC = "import ctypes, os, socket; c = ctypes.CDLL(None, use_errno=True)\n"
MARK = f"limbeck-test-survivor-{os.getpid()}"  # others may run these tests beside this process


@pytest.mark.parametrize(
    "code",
    [
        "import fcntl, socket, sys; fcntl.fcntl(socket.socketpair()[0], fcntl.F_SETOWN, 1)",
        "import fcntl, socket; fcntl.fcntl(socket.socketpair()[0], 10, 9)",
        "import fcntl, socket, struct; fcntl.ioctl(socket.socketpair()[0], 0x8901, struct.pack('i', 1))",
        "import os, resource; resource.prlimit(os.getppid() or 1, resource.RLIMIT_CPU, (1, 1))",
        "import socket; socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
        "import socket; a, b = socket.socketpair(); a.sendto(b'x', '\\0somewhere')",
        "import socket; a, b = socket.socketpair(); a.sendmsg([b'x'])",
        "import os; open('x', 'w').close(); os.setxattr('x', 'user.a', b'1')",
        "import os; os.memfd_create('x')",
        LIBC + "assert c.shmget(0, 1 << 20, 0o1600) >= 0",
        LIBC + "assert c.semget(0, 1, 0o1600) >= 0",
        LIBC + "assert c.msgget(0, 0o1600) >= 0",
        LIBC + "assert c.prctl(1, 0, 0, 0, 0) == 0",
        "import os; os.setpriority(os.PRIO_USER, 1, 10)",
        "import os; os.setpriority(os.PRIO_USER, 0, 5)",
        LIBC + "r, w = os.pipe(); v = (ctypes.c_size_t * 2)(id(c), 8)\n"
        "assert c.syscall(*((278,) if os.uname().machine == 'x86_64' else (75,)), w, v, 1, 0) > 0",
        LIBC + "open('x', 'w').close(); b = ctypes.create_string_buffer(b'hi'); import struct\n"
        "a = struct.pack('QII', ctypes.addressof(b), 2, 0)\n"
        "assert c.syscall(463, -100, b'x', 0, b'user.a', a, ctypes.c_size_t(16)) == 0",
        "import fcntl, struct; fcntl.ioctl(open('x', 'w'), 0x40086602, struct.pack('l', 0x40))",
    ],
)
def test_what_reaches_others_or_escapes_the_limits_is_refused(code):
    ran = run(code).result()
    assert (ran.status, ran.stdout) == ("error", ""), ran
    assert "PermissionError" in ran.stderr or "AssertionError" in ran.stderr, ran


def test_no_file_of_the_users_is_changed_through_its_name(tmp_path):
    mine = tmp_path / "mine"
    mine.write_text("x")
    mine.chmod(0o640)
    before = mine.stat()
    run(f"import os\nos.chmod({str(mine)!r}, 0o777)\nos.utime({str(mine)!r}, (0, 0))").result()
    after = mine.stat()
    assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)


def test_threads_are_numbered():
    starts = (
        "import os, threading, time\nthreading.stack_size(32768)\nn = 0\n"
        "try:\n    while n < 20000:\n"
        "        threading.Thread(target=time.sleep, args=(5,), daemon=True).start(); n += 1\n"
        "except RuntimeError: pass\nprint(n, flush=True); os._exit(0)"
    )
    ran = run(starts, limits=Limits(seconds=20, memory=8 << 30)).result()
    assert 8 < int(ran.stdout) <= 1100, ran


def test_folders_that_nobody_may_enter_are_cleared_away():
    ran = run(
        "import os\nos.makedirs('a/b/c'); open('a/b/c/x', 'w').write('y'); os.mkdir('d', "
        "0)\nprint(os.getcwd())"
    ).result()
    assert ran.status == "ok", ran
    assert not Path(ran.stdout.strip()).exists()


def test_folders_within_folders_hide_nothing_and_keep_no_program_alive():
    deep = "import os\nfor _ in range({}):\n    os.mkdir('d' * 200); os.chdir('d' * 200)\n"
    patient = Limits(seconds=60)
    for levels in (30, 1500):
        ran = run(f"import os\nprint(os.getcwd())\n{deep.format(levels)}", limits=patient).result()
        assert ran.status == "ok", ran
        assert not Path(ran.stdout.strip()).exists()
    peer = f"{deep.format(1500)}import sys, time\ntime.sleep(10**6)  # {MARK}"
    ran = run("import time; time.sleep(1); print(1)", peer=peer, argv=[MARK], limits=patient).result()
    assert ran.stdout == "1\n", ran
    assert _gone()


def _gone() -> bool:
    """Whether no marked program is left, or none after a moment: the kernel takes its time to clear away."""
    for _ in range(200):
        if not _survivors():
            return True
        time.sleep(0.05)
    return False


def _survivors() -> list[int]:
    found = []
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with suppress(OSError):
            line = Path(f"/proc/{name}/cmdline").read_bytes()
            if MARK.encode() in line and b"main.py" in line:
                found.append(int(name))
    return found


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_program_outlives_the_process_that_asked_for_it(how):
    inner = "import ctypes, time\nctypes.CDLL(None).prctl(1, 0, 0, 0, 0)\ntime.sleep(60)\n"
    asks = (
        "from limbeck.sandbox import run, Limits\nimport time\n"
        f"run({inner!r}, argv=[{MARK!r}], limits=Limits(seconds=60))\ntime.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", asks], stderr=subprocess.DEVNULL)
    for _ in range(1200):
        if _survivors():
            break
        time.sleep(0.05)
    assert _survivors()
    parent.send_signal(how)
    parent.wait(timeout=20)
    left = [] if _gone() else _survivors()
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left


HONEST = {
    "threads": (
        "from concurrent.futures import ThreadPoolExecutor as T\nprint(sum(T(8).map(abs, range(100))))"
    ),
    "asyncio": (
        "import asyncio\nasync def f():\n    await asyncio.sleep(0.01)\n    print(4950)\nasyncio.run(f())"
    ),
    "temporary files": "import shutil, tempfile, os\n"
    "d = tempfile.mkdtemp()\nopen(d + '/a', 'w').write('4950')\n"
    "shutil.copy2(d + '/a', 'b'); os.chmod('b', 0o600); shutil.rmtree(d); print(open('b').read())",
    "devnull": "import os, sys\nprint('x', file=open(os.devnull, 'w')); print(4950)",
    "socketpair": "import socket\na, b = socket.socketpair(); a.sendall(b'4950'); print(b.recv(9).decode())",
    "limits": (
        "import resource as r\nr.getrlimit(r.RLIMIT_AS)\nr.setrlimit(r.RLIMIT_NOFILE, (64, 64)); print(4950)"
    ),
    "terminal": "import shutil, sys\nshutil.get_terminal_size(); sys.stdout.isatty(); print(4950)",
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_programs_do_not_notice(name):
    ran = run(HONEST[name]).result()
    assert (ran.status, ran.stdout.strip()) == ("ok", "4950"), ran
