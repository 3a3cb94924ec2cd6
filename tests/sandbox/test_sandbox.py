"""What runs in the sandbox and what comes back; every kind that this machine has."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from limbeck import sandbox
from limbeck.checkers.workers import in_worker
from limbeck.errors import LimbeckError
from limbeck.sandbox import Limits, run

pytestmark = pytest.mark.skipif(not sandbox.kind()[0], reason=f"no sandbox here: {sandbox.kind()[1]}")


def test_a_program_has_input_arguments_files_and_a_folder_to_write_in():
    code = (
        "import sys, os\n"
        "print(sys.stdin.read().upper(), sys.argv[1:], open('sub/data.txt').read())\n"
        "open('new', 'w').write('x'); print(sorted(os.listdir('.')), file=sys.stderr)"
    )
    ran = run(code, stdin="abc ä", argv=["one", "two"], files={"sub/data.txt": b"here"}).result()
    assert (ran.status, ran.code) == ("ok", 0)
    assert ran.stdout == "ABC Ä ['one', 'two'] here\n"
    assert ran.stderr == "['main.py', 'new', 'sub']\n"
    assert ran.seconds > 0


def test_a_run_leaves_nothing_to_the_next():
    run("open('left', 'w').write('x')").result()
    assert run("import os; print(os.listdir('.'))").result().stdout == "['main.py']\n"


def test_the_environment_is_empty_but_for_harmless_names(monkeypatch):
    monkeypatch.setenv("API_KEY", "secret")
    ran = run("import os; print(sorted(os.environ))").result()
    assert "API_KEY" not in ran.stdout
    assert "PATH" in ran.stdout


@pytest.mark.parametrize(
    ("code", "limits", "status"),
    [
        ("import sys; sys.exit(3)", Limits(), "error"),
        ("1 / 0", Limits(), "error"),
        ("while True: pass", Limits(seconds=0.5), "timeout"),
        ("import time; time.sleep(10**6)", Limits(seconds=0.5), "timeout"),
        ("import sys; sys.stdin.read(); import time; time.sleep(10**6)", Limits(seconds=0.5), "timeout"),
        ("x = bytearray(2 << 30)", Limits(memory=256 << 20), "memory"),
        ("while True: print('x' * 1000)", Limits(output=10_000), "output"),
    ],
)
def test_how_a_run_ends(code, limits, status):
    ran = run(code, limits=limits).result()
    assert ran.status == status
    assert len(ran.stdout) <= limits.output


def test_much_input_is_handed_over_and_unread_input_hurts_nobody():
    text = "line\n" * 200_000
    assert run("import sys; print(len(sys.stdin.read()))", stdin=text).result().stdout == f"{len(text)}\n"
    assert run("print('done')", stdin=text).result().stdout == "done\n"


def test_two_programs_speak_and_see_nothing_else_of_each_other():
    first = "import os; os.write(3, b'ping'); print(os.read(3, 9), os.listdir('.'))"
    second = "import os; os.write(3, os.read(3, 9).upper()); import time; time.sleep(10**6)"
    ran = run(first, files={"mine": b"1"}, peer=second, peer_files={"theirs": b"2"}).result()
    assert ran.stdout in ("b'PING' ['main.py', 'mine']\n", "b'PING' ['mine', 'main.py']\n")


def test_a_host_file_is_read_only_where_it_was_said(tmp_path):
    (tmp_path / "data").write_text("42")
    tmp_path.chmod(0o755)
    code = f"print(open({str(tmp_path / 'data')!r}).read())"
    assert run(code).result().status == "error"
    if sandbox.kind()[0] == "namespaces":
        assert run(code, read=[tmp_path]).result().stdout == "42\n"
        assert run(f"open({str(tmp_path / 'new')!r}, 'w')", read=[tmp_path]).result().status == "error"
    assert not (tmp_path / "new").exists()


def test_many_runs_at_once_each_get_their_own_answer():
    futures = [run(f"print({number} ** 2)") for number in range(40)]
    assert [int(future.result().stdout) for future in futures] == [number**2 for number in range(40)]


def test_mistakes_are_named():
    with pytest.raises(LimbeckError, match="every limit must be positive"):
        run("1", limits=Limits(seconds=0))
    for name in ("../x", "/etc/x", "main.py"):
        with pytest.raises(LimbeckError, match="must lie inside the working folder"):
            run("1", files={name: b""})


def choose(kind: str, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "LIMBECK_SANDBOX": kind},
    )
    return done.stdout + done.stderr


def test_switched_off_nothing_runs_and_a_wrong_switch_is_named():
    ask = "from limbeck.sandbox import run; print(run('print(1)').result())"
    assert "status='unavailable'" in choose("off", ask)
    assert "stdout='1" not in choose("off", ask)
    assert "did you mean 'landlock'" in choose("landlok", ask)


def test_a_users_mask_for_new_files_costs_no_walls():
    ask = "from limbeck.sandbox import kind; print(kind()[0])"
    assert choose("", f"import os; os.umask(0o077); {ask}") == choose("", ask)


def test_landlock_alone_fences_in_too():
    ask = "import sys; from limbeck.sandbox import run, kind\nprint(kind()[0])\n"
    if "landlock" not in choose("landlock", ask):
        pytest.skip("no Landlock in this kernel")
    tries = (
        "open('/etc/hostname').read()", "open('/root/x', 'w')", "__import__('os').listdir('/proc')",
        "__import__('os').kill(__import__('os').getppid(), 9)", "__import__('socket').socket()",
        "__import__('os').fork()", "__import__('os').listdir('/tmp')",
    )  # fmt: skip
    said = choose(
        "landlock", ask + f"for code in {tries!r}: print(run(code).result().status)\nprint(run('6').result())"
    )
    assert said.count("error") == len(tries), said
    assert "status='ok'" in said


def test_a_launcher_that_dies_is_replaced():
    assert run("print(1)").result().status == "ok"
    for launcher in sandbox._started:
        launcher.kill()
        launcher.wait()
    assert run("print(2)").result().stdout == "2\n"


def _reach(what: str, place: str) -> str:
    """In one of the verifiers' workers: try it, and say how it went."""
    tries = {
        "write": lambda: Path(place).write_text("x"),
        "make a folder": lambda: os.mkdir(place),
        "delete": lambda: os.unlink(__file__),
        "socket": socket.socket,
        "fork": os.fork,
        "program": lambda: subprocess.run(["/bin/true"], check=True),
        "kill the parent": lambda: os.kill(os.getppid(), signal.SIGTERM),
        "SQL": lambda: sqlite3.connect(place).execute("create table t (x)"),
    }
    try:
        tries[what]()
    except (OSError, sqlite3.Error) as error:
        return type(error).__name__
    return "done"


@pytest.mark.parametrize(
    "what", ["write", "make a folder", "delete", "socket", "fork", "program", "kill the parent", "SQL"]
)
def test_our_own_workers_are_fenced_in(tmp_path, what):
    """What computes on a model's text in our own code, SQL engines and algebra, can only compute."""
    from limbeck.sandbox import _landlock

    if what in ("write", "make a folder", "delete", "SQL") and not _landlock.version():
        pytest.skip("no Landlock in this kernel")
    said = in_worker(_reach, what, str(tmp_path / "new"), timeout=20).result()
    assert said in ("PermissionError", "OperationalError")
    assert not list(tmp_path.iterdir())
    assert Path(__file__).exists()
