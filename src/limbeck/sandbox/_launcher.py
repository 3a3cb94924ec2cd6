"""A small process that starts untrusted programs, watches them and tells what became of them, one run at a
time.

It is forked from for every run, which costs a few milliseconds; `limbeck.sandbox` holds one for each core and
speaks pickle with it. Only our own process writes to it; what programs print comes back as bytes.
"""

from __future__ import annotations

import os
import pickle
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from typing import Any

from limbeck.sandbox import _jail

CHUNK = 1 << 16


def main() -> None:
    """Answer runs from standard input until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Ended from outside it still clears away its folder.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    _jail.die_with_parent(signal.SIGTERM)
    # A program of root's runs as nobody, who could else not read what is made for it here.
    os.umask(0o022)
    root = tempfile.mkdtemp(prefix="limbeck-sandbox-")
    os.chmod(root, 0o711)
    _jail.count_tasks()
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    quiet = os.open(os.devnull, os.O_RDWR)
    os.dup2(quiet, 0)
    os.dup2(quiet, 1)
    try:
        while head := source.read(8):
            job = pickle.loads(source.read(struct.unpack("Q", head)[0]))
            body = pickle.dumps(_answer(job, root))
            sink.write(struct.pack("Q", len(body)) + body)
            sink.flush()
    finally:
        _clear(root)


def _answer(job: dict[str, Any], root: str) -> dict[str, Any]:
    try:
        return Run(job, root).watch()
    except OSError as error:
        return {"status": "unavailable", "reason": f"the sandbox could not be set up: {error}"}


class Run:
    """One program, or two that speak to each other; the first is the one that is reported of."""

    def __init__(self, job: dict[str, Any], root: str) -> None:
        self.job, self.started = job, time.monotonic()
        self.deadline = self.started + job["programs"][0]["seconds"]
        self.watched: list[Child] = []
        pair = socket.socketpair() if len(job["programs"]) == 2 else (None, None)
        try:
            for number, (program, peer) in enumerate(zip(job["programs"], pair, strict=False)):
                place = tempfile.mkdtemp(dir=root, prefix=f"{number}-")
                os.chmod(place, 0o755)
                self.watched.append(Child(program, place, job["kind"], peer))
        except BaseException:
            self.close()
            raise
        finally:
            for end in pair:
                if end is not None:
                    end.close()

    def watch(self) -> dict[str, Any]:
        """Until the first program ends, or is made to; whatever ends the watching ends the programs."""
        try:
            status, seconds = self._wait()
            self.watched[0].drain()
        finally:
            self.close()
        return self.watched[0].told(status, seconds)

    def _wait(self) -> tuple[str, float]:
        first, status = self.watched[0], ""
        with selectors.DefaultSelector() as selector:
            for child in self.watched:
                for end in child.open:
                    selector.register(
                        end, selectors.EVENT_WRITE if end == child.input else selectors.EVENT_READ, child
                    )
            while not status and first.result is None:
                left = self.deadline - time.monotonic()
                if left <= 0:
                    status = "timeout"
                for key, _ in selector.select(max(0.0, min(left, 1.0))):
                    child, end = key.data, int(key.fd)
                    if child.turn(end):
                        selector.unregister(end)
                    if child.printed > child.program["output"]:
                        status = "output" if child is first else status or "output"
        return status, time.monotonic() - self.started

    def close(self) -> None:
        """Nothing of a run outlives it: first all programs end, then what they wrote goes."""
        for child in self.watched:
            child.kill()
        for child in self.watched:
            _clear(child.root)


class Child:
    """A program, the process that waits for it, and the pipes to both."""

    def __init__(self, program: dict[str, Any], root: str, kind: str, peer: socket.socket | None) -> None:
        self.program, self.root = program, root
        self.out: dict[int, bytearray] = {}
        self.result: tuple[int, str] | None = None
        self.printed = self.inner = 0
        self.ended = False
        self.feed = memoryview(program["stdin"])
        inner_in, self.input = os.pipe()
        self.output, inner_out = os.pipe()
        self.error, inner_err = os.pipe()
        self.status, inner_status = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _waiter(program, root, kind, (inner_in, inner_out, inner_err), inner_status, peer)
        for end in (inner_in, inner_out, inner_err, inner_status):
            os.close(end)
        self.open = {self.input, self.output, self.error, self.status}
        for end in self.open:
            os.set_blocking(end, False)
        self.out = {self.output: bytearray(), self.error: bytearray(), self.status: bytearray()}
        if not self.feed:
            self._shut(self.input)

    def turn(self, end: int) -> bool:
        """Read from or write to a pipe that is ready; whether it is done with."""
        if end == self.input:
            try:
                self.feed = self.feed[os.write(end, self.feed[:CHUNK]) :]
            except BlockingIOError:
                return False
            except OSError:
                self.feed = self.feed[:0]
            return self._shut(end) if not self.feed else False
        try:
            data = os.read(end, CHUNK)
        except BlockingIOError:
            return False
        self.out[end] += data
        if end == self.status:
            self._settle(bool(data))
        else:
            self.printed += len(data)
        return self._shut(end) if not data else False

    def _settle(self, more: bool) -> None:
        """What the waiting process wrote: the program's outer pid and how it ended, or why it never began."""
        # P and the pid, then S and the exit code, or E and what went wrong; a read may end anywhere within.
        note = bytes(self.out[self.status])
        if note[:1] == b"P" and len(note) >= 9:
            (self.inner,) = struct.unpack("q", note[1:9])
        if note[9:10] == b"S" and len(note) >= 18:
            self.result, self.ended = (struct.unpack("q", note[10:18])[0], ""), True
        elif not more and self.result is None:
            failed = note[:1] == b"E"
            self.result = (
                -1,
                note[1:].decode(errors="replace") if failed else "the sandbox's own process died",
            )

    def _shut(self, end: int) -> bool:
        if end in self.open:
            self.open.remove(end)
            os.close(end)
        return True

    def drain(self) -> None:
        """What was printed before the end is still in the pipes."""
        for end in (self.output, self.error):
            while end in self.open and self.printed <= self.program["output"]:
                before = self.printed
                if self.turn(end) or self.printed == before:
                    break

    def kill(self) -> None:
        """End the program with all its processes, and whoever waits for it."""
        if self.inner and not self.ended:
            with suppress(ProcessLookupError):
                os.kill(self.inner, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        for end in tuple(self.open):
            self._shut(end)

    def told(self, status: str, seconds: float) -> dict[str, Any]:
        """How it went, as `limbeck.sandbox.Ran` has it."""
        code, reason = self.result or (None, "")
        most = self.program["output"]
        out, err = (bytes(self.out[end][:most]) for end in (self.output, self.error))
        if reason:
            return {"status": "unavailable", "reason": reason}
        if not status:
            status = "ok" if code == 0 else "error"
            if code and (b"MemoryError" in err[-300:] or b"Cannot allocate memory" in err[-300:]):
                status = "memory"
            if code == -signal.SIGXCPU:
                status = "timeout"
        return {"status": status, "stdout": out, "stderr": err, "code": code, "seconds": seconds}


def _clear(root: str) -> None:
    """Remove a folder, also where a program has made in it what nobody may enter, or a thousand one in the
    other."""
    try:
        shutil.rmtree(root)
        return
    except (OSError, RecursionError):
        pass
    with suppress(OSError):
        for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run([*command, root], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def _waiter(program: Any, root: str, kind: str, ends: Any, status: int, peer: socket.socket | None) -> None:
    """In the child: enter namespaces, start the program in them, tell its end. Never returns."""
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setsid()
        # Beyond a terminal's reach: a program that raises it means it.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        _jail.die_with_parent()
        # Whoever keeps the other end of a pipe open keeps its reader from ever seeing an end.
        keep = {*ends, status, -1 if peer is None else peer.fileno()}
        for number in range(3, 256):
            if number not in keep:
                with suppress(OSError):
                    os.close(number)
        first = 0
        if kind == "namespaces":
            # A new process namespace begins with the next child; whoever asked for it stays outside, and
            # waits.
            _jail.namespaces(root)
            first = _jail.first()
        heard, trouble = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                _jail.become(program, root, kind, ends, None if peer is None else peer.fileno())
            except BaseException as error:
                os.write(trouble, f"{type(error).__name__}: {error}".encode()[:500])
            os._exit(126)
        for end in (*ends, trouble):
            os.close(end)
        if peer is not None:
            peer.close()
        # Python makes pipes that close on exec: nothing to read means that the program began.
        failure = os.read(heard, 500)
        os.write(status, b"E" + failure if failure else b"P" + struct.pack("q", pid))
        _, how = os.waitpid(pid, 0)
        # Before the end is told: whoever hears of it kills this process too.
        if first:
            os.kill(first, signal.SIGKILL)
            os.waitpid(first, 0)
        if not failure:
            os.write(status, b"S" + struct.pack("q", os.waitstatus_to_exitcode(how)))
    except BaseException as error:
        os.write(status, b"E" + f"{type(error).__name__}: {error}".encode()[:500])
    os._exit(0)


if __name__ == "__main__":
    main()
