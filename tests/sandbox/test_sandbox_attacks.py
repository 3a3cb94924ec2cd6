"""Attacks on the sandbox and on verdicts: each must fail, leave nothing behind, and have the right
verdict."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest

from limbeck import sandbox
from limbeck.records import Problem, Trace
from limbeck.sandbox import Limits, run
from limbeck.verifiers.answers.exact import exact
from limbeck.verifiers.programs.program import program
from limbeck.verifiers.programs.stdin_stdout import stdin_stdout
from limbeck.verifiers.programs.unit_tests import unit_tests

pytestmark = pytest.mark.skipif(not sandbox.kind()[0], reason=f"no sandbox here: {sandbox.kind()[1]}")
SMALL = Limits(seconds=3.0, memory=512 << 20, output=100_000)
LIBC = "import ctypes, os; c = ctypes.CDLL(None, use_errno=True)\n"

# Each prints BROKEN where it gets what it must not.
REACHING = {
    "fork bomb": "import os\nwhile True:\n    os.fork(); print('BROKEN')",
    "subprocess": "import subprocess; subprocess.run(['/bin/true']); print('BROKEN')",
    "multiprocessing": "import multiprocessing as m; p = m.Process(target=print); p.start(); print('BROKEN')",
    "daemon": "import os\nif os.fork() == 0:\n    os.setsid(); print('BROKEN')",
    "vfork by hand": LIBC + "print('BROKEN' if c.syscall(58) >= 0 else '')",
    "clone by hand": LIBC + "print('BROKEN' if c.syscall(56, 17, 0, 0, 0, 0) >= 0 else '')",
    "exec a shell": "import os; os.execv('/bin/sh', ['sh', '-c', 'cat /etc/passwd && echo BROKEN'])",
    "environment": "import os; print('BROKEN' if os.environ.get('LIMBECK_TEST_SECRET') else '')",
    "parent's environment": "print(open('/proc/%d/environ' % __import__('os').getppid()).read(), 'BROKEN')",
    "passwords": "open('/etc/shadow').read(); print('BROKEN')",
    "accounts": "open('/etc/passwd').read(); print('BROKEN')",
    "home": "import os; print('BROKEN', os.listdir(os.path.expanduser('~root/.ssh')))",
    "this repository": f"open({str(Path(__file__))!r}).read(); print('BROKEN')",
    "the host's tmp": "import os; print('BROKEN' if any(map(os.path.isfile, os.scandir('/tmp'))) else '')",
    "other processes": (
        "import os\nseen = [p for p in os.listdir('/proc') if p.isdigit()]\n"
        "print('BROKEN' if len(seen) > 1 else '')"
    ),
    "kernel's memory": "open('/proc/kcore', 'rb').read(1); print('BROKEN')",
    "the disk's device": "open('/dev/vda', 'rb').read(1); open('/dev/sda', 'rb'); print('BROKEN')",
    "terminal": "open('/dev/tty', 'w').write('x'); print('BROKEN')",
    "write to usr": "open('/usr/lib/x', 'w'); print('BROKEN')",
    "write to Python": "import os; open(os.__file__, 'a'); print('BROKEN')",
    "write to the root": "open('/x', 'w'); print('BROKEN')",
    "write to dev shm": "open('/dev/shm/x', 'w'); print('BROKEN')",
    "symbolic link out": "import os; os.symlink('/etc/shadow', 'l'); open('l').read(); print('BROKEN')",
    "symbolic link to proc": (
        "import os; os.symlink('/proc/1/root/etc/shadow', 'l'); open('l').read(); print('BROKEN')"
    ),
    "hard link": "import os; os.link('/usr/bin/env', 'l'); print('BROKEN')",
    "dot dot": "open('../../../../../../etc/shadow').read(); print('BROKEN')",
    "old root by chroot": "import os; os.mkdir('d'); os.chroot('d'); os.chdir('../../..'); print('BROKEN')",
    "mount": LIBC + "print('BROKEN' if c.mount(b'none', b'/box', b'tmpfs', 0, None) == 0 else '')",
    "unshare": LIBC + "print('BROKEN' if c.unshare(0x10000000) == 0 else '')",
    "setns": LIBC + "print('BROKEN' if c.setns(os.open('/proc/1/ns/mnt', 0), 0) == 0 else '')",
    "device node": (
        "import os, stat; os.mknod('d', 0o600 | stat.S_IFBLK, os.makedev(254, 0)); print('BROKEN')"
    ),
    "root again": "import os; os.setuid(0); print('BROKEN')",
    "setuid program": "import os; open('s', 'w').close(); os.chmod('s', 0o4777); os.chown('s', 0, 0); "
    "print('BROKEN' if os.stat('s').st_mode & 0o4000 or os.stat('s').st_uid == 0 else '')",
    "capabilities": (
        "t = open('/proc/self/status').read(); print('' if 'CapEff:\\t0000000000000000' in t else 'BROKEN')"
    ),
    "tcp": "import socket; socket.create_connection(('127.0.0.1', 22), 1); print('BROKEN')",
    "udp": "import socket; socket.socket(2, 2).sendto(b'x', ('8.8.8.8', 53)); print('BROKEN')",
    "unix socket": "import socket; socket.socket(1, 1); print('BROKEN')",
    "dns": "import socket; socket.getaddrinfo('example.org', 80); print('BROKEN')",
    "web": "import urllib.request; urllib.request.urlopen('http://example.org'); print('BROKEN')",
    "kill the parent": "import os; os.kill(os.getppid(), 9); print('BROKEN' if os.getppid() else '')",
    "ptrace": LIBC + "print('BROKEN' if c.ptrace(16, os.getppid() or 1, 0, 0) == 0 else '')",
    "read another's memory": LIBC + "print('BROKEN' if c.syscall(310, 2, 0, 0, 0, 0, 0) >= 0 else '')",
    "kernel's keys": LIBC + "print('BROKEN' if c.syscall(250, 0, -3, 0) >= 0 else '')",
    "bpf": LIBC + "print('BROKEN' if c.syscall(321, 5, 0, 0) >= 0 else '')",
    "io_uring": LIBC + "print('BROKEN' if c.syscall(425, 1, ctypes.create_string_buffer(200)) >= 0 else '')",
    "raise the limits": "import resource as r; r.setrlimit(r.RLIMIT_AS, (-1, -1)); print('BROKEN')",
    "host name": "import socket; socket.sethostname('x'); print('BROKEN')",
    "priority": "import os; os.nice(-5); print('BROKEN')",
}  # fmt: skip


@pytest.mark.parametrize("name", REACHING)
def test_what_is_out_of_reach_stays_so(name, monkeypatch):
    monkeypatch.setenv("LIMBECK_TEST_SECRET", "x")
    ran = run(REACHING[name], limits=SMALL).result()
    assert "BROKEN" not in ran.stdout, ran
    assert ran.status != "unavailable"


EXHAUSTING = {
    "memory by a list": ("x = []\nwhile True: x.append(' ' * 10**6)", {"memory"}),
    "memory by mmap": ("import mmap\nx = [mmap.mmap(-1, 10**8) for _ in range(100)]", {"memory", "error"}),
    "disk": ("f = open('f', 'wb')\nwhile True: f.write(bytes(10**6))", {"error"}),
    "many files": ("i = 0\nwhile True:\n    open(str(i), 'w').close(); i += 1", {"error", "timeout"}),
    "many descriptors": ("x = []\nwhile True: x.append(open('/dev/null'))", {"error"}),
    "threads": (
        "import threading, time\nfor i in range(10**5): threading.Thread(target=time.sleep, "
        "args=(9,)).start()",
        {"error", "memory", "timeout"},
    ),
    "huge integers": ("x = 10 ** (10 ** 9)", {"timeout", "memory"}),
    "a huge integer's text": ("import sys; sys.set_int_max_str_digits(0); str(7 ** 10**7)", {"timeout"}),
    "a regular expression": ("import re; re.match(r'(a+)+$', 'a' * 60 + 'b')", {"timeout"}),
    "recursion": (
        "import sys; sys.setrecursionlimit(10**9)\ndef f(): return f()\nf()", {"error", "memory", "timeout"},
    ),
    "deaf to signals": (
        "import signal\nfor s in (2, 15): signal.signal(s, signal.SIG_IGN)\nwhile True: pass", {"timeout"},
    ),
    "closed streams": ("import os, time\nfor i in range(3): os.close(i)\ntime.sleep(10**6)", {"timeout"}),
    "errors without end": ("import sys\nwhile True: sys.stderr.write('x' * 999)", {"output"}),
    "a segmentation fault": ("import ctypes; ctypes.string_at(0)", {"error"}),
    "a zip bomb": (
        "import zlib\nd = zlib.compress(bytes(10**7))\nx = [zlib.decompress(d) for _ in range(10**3)]",
        {"memory", "timeout"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXHAUSTING)
def test_what_takes_everything_is_stopped(name):
    code, allowed = EXHAUSTING[name]
    ran = run(code, limits=Limits(seconds=1.5, memory=400 << 20, output=100_000)).result()
    assert ran.status in allowed, ran
    assert run("print('next')").result().stdout == "next\n"


PROBLEM = Problem(
    id="p",
    question="",
    meta={"entry_point": "f", "test": "def check(c):\n    assert c(2) == 4\n    assert c(3) == 9"},
)
FAKES = {
    "exit with success": "import os; os._exit(0)",
    "exit when called": "import os\ndef f(x): os._exit(0)",
    "system exit": "import sys\ndef f(x): sys.exit(0)",
    "exit at exit": "import atexit, os; atexit.register(os._exit, 0)\ndef f(x): return 0",
    "print a verdict": "print('[\"correct\", \"\"]')\ndef f(x): print('[\"correct\", \"\"]'); return 0",
    "a verdict on every descriptor": (
        "import os\ndef f(x):\n    for i in range(64):\n        try: os.write(i, b'[\"correct\", \"\"]\\n')\n"
        "        except OSError: pass\n    os._exit(0)"
    ),
    "equal to everything": "class E:\n    def __eq__(self, o): return True\ndef f(x): return E()",
    "an equal integer": "class E(int):\n    def __eq__(self, o): return True\ndef f(x): return E(0)",
    "patched builtins": "import builtins\nbuiltins.AssertionError = Exception\ndef f(x): return 0",
    "patched operators": (
        "import operator, json\noperator.eq = json.dumps = lambda *a: True\ndef f(x): return 0"
    ),
    "the test in memory": (
        "import gc\ndef f(x):\n    for o in gc.get_objects():\n"
        "        if isinstance(o, dict) and 'check' in o: return x * x\n"
        "    return 0"
    ),
    "the test in frames": (
        "import sys\ndef f(x):\n    i = sys._getframe()\n    while i:\n"
        "        if 'check' in i.f_globals: return x * x\n"
        "        i = i.f_back\n    return 0"
    ),
    "the test's file": (
        "import os\n"
        "def f(x): return x * x if any('a.json' in n for _, _, n in os.walk('/box')) else 0"
    ),
    "raise the test's error": "def f(x): raise AssertionError",
    "many replies": (
        "import os\ndef f(x):\n    for _ in range(9): os.write(3, b'{\"value\": true, \"args\": [2]}\\n')\n  "
        "  return 0"
    ),
    "a message that is none": "import os\ndef f(x): os.write(3, b'garbage\\n'); return 0",
    "an endless message": "import os\ndef f(x):\n    while True: os.write(3, b'x' * 65536)",
    "deep data": "def f(x):\n    v = []\n    for _ in range(10**4): v = [v]\n    return v",
    "never": "def f(x):\n    while True: pass",
}  # fmt: skip


@pytest.mark.parametrize("name", FAKES)
def test_no_success_can_be_faked(name):
    verdict = unit_tests(PROBLEM, Trace(id="t", problem_id="p", answer=FAKES[name]), seconds=3.0).result()
    assert verdict.outcome in ("wrong", "timeout", "unknown"), verdict
    honest = "many replies" in name or name in (
        "deep data",
        "equal to everything",
        "an endless message",
        "never",
    )
    assert verdict.outcome == "wrong" or honest or "message" in name, verdict


def test_the_honest_program_passes_and_output_cannot_be_faked_either():
    good = Trace(id="t", problem_id="p", answer="def f(x):\n    return x * x")
    assert unit_tests(PROBLEM, good).result().outcome == "correct"
    sums = Problem(
        id="p",
        question="",
        meta={"cases": [{"input": "1 2", "output": "3"}, {"input": "4 5", "output": "9"}]},
    )
    fake = Trace(id="t", problem_id="p", answer="print(3)\nimport os; os._exit(0)")
    assert stdin_stdout(sums, fake).result().outcome == "wrong"


ENDS = {
    "killed by itself": ("os.kill(os.getpid(), signal.SIGKILL)", "unknown"),
    "terminated by itself": ("os.kill(os.getpid(), signal.SIGTERM)", "wrong"),
    "a signal raised": ("signal.raise_signal(signal.SIGINT)", "wrong"),
    "an alarm": ("signal.setitimer(signal.ITIMER_REAL, 0.01); signal.pause()", "wrong"),
    "aborted": ("os.abort()", "wrong"),
    "an exit code": ("os._exit(3)", "wrong"),
    "a segmentation fault": ("import ctypes; ctypes.string_at(0)", "wrong"),
    "an end of x32's": ("import ctypes; ctypes.CDLL(None).syscall(0x40000000 + 60, 0); 1 / 0", "wrong"),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_who_ends_badly_after_printing_what_is_expected_is_not_correct(name):
    end, outcome = ENDS[name]
    problem = Problem(id="p", question="", answer="3", meta={"cases": [{"input": "", "output": "3"}]})
    source = f"import os, signal\nprint(3, flush=True)\n{end}"
    trace = Trace(id="t", problem_id="p", answer=source)
    assert stdin_stdout(problem, trace).result().outcome == outcome
    compared = program(problem, trace, verifier=exact)
    assert compared.result().outcome == outcome
    good = Trace(id="t", problem_id="p", answer="print(3)")
    assert stdin_stdout(problem, good).result().outcome == "correct"


def test_a_program_may_send_itself_a_signal_that_it_handles():
    handled = "import os, signal\nsignal.signal(10, lambda *_: print(4950))\nos.kill(os.getpid(), 10)"
    assert run(handled).result().stdout == "4950\n"


def _left(mark: str) -> list[str]:
    """Processes that were told this word."""
    lines = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            line = Path(f"/proc/{name}/cmdline").read_text()
            lines += [line] if "main.py" in line and mark in line else []
    return lines


def test_nothing_is_left_behind():
    mark = f"limbeck-test-left-{os.getpid()}"
    run("import time; time.sleep(10**6)", argv=[mark], limits=Limits(seconds=0.3)).result()
    for _ in range(400):
        if not _left(mark):
            break
        time.sleep(0.05)
    assert not _left(mark)
