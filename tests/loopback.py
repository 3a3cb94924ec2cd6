"""A server on 127.0.0.1 that behaves as badly as a test wants, and a clock that nobody waits by."""

from __future__ import annotations

import asyncio
import json
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from limbeck.models._endpoint_pace import Clock


def ask(*questions: str) -> list[list[dict[str, str]]]:
    return [[{"role": "user", "content": question}] for question in questions]


def reply(text: Any = "4", finish: str | None = "stop", **message: Any) -> dict[str, Any]:
    choice = {"message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
    return {"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}


class Ended(Exception):
    """The connection is closed; nothing more is read from it."""


@dataclass
class Exchange:
    """One request and what is done with it. ``times`` counts the requests for the same sample, this one
    included; ``connection`` and ``nth`` say which connection it came by, and as which of its requests."""

    sock: socket.socket
    server: Loopback
    head: str
    body: dict[str, Any]
    times: int
    connection: int
    nth: int

    def header(self, name: str) -> str:
        for line in self.head.split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.strip().lower() == name.lower():
                return value.strip()
        return ""

    @property
    def question(self) -> str:
        return str(self.body["messages"][-1]["content"])

    def answer(self, status: int = 200, content: Any = None, **headers: str) -> None:
        """A whole reply: an object as JSON, bytes as they are."""
        content = reply() if content is None else content
        payload = content if isinstance(content, bytes) else json.dumps(content).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        whole = {"Content-Type": "application/json", "Content-Length": str(len(payload)), **given}
        lines = "".join(f"{name}: {value}\r\n" for name, value in whole.items())
        self.send(f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + payload)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def close(self) -> None:
        """Hang up."""
        self.sock.close()
        raise Ended

    def reset(self) -> None:
        """Hang up with a reset instead of an end."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def until_it_leaves(self) -> None:
        """Say nothing until the client hangs up."""
        with suppress(OSError):
            while self.sock.recv(65536):
                pass
        self.close()


Behaviour = Callable[[Exchange], None]


class Loopback(socketserver.ThreadingTCPServer):
    """``bodies`` are the requests so far, ``clock`` the client's time."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, behave: Behaviour) -> None:
        self.behave, self.clock = behave, Waiting()
        self.bodies: list[dict[str, Any]] = []
        self.heads: list[str] = []
        self.seen: dict[str, int] = {}
        self.connections = 0
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is no news."""


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        server: Any = self.server
        with server.lock:
            server.connections += 1
            connection = server.connections
        kept, nth = b"", 0
        while True:
            while b"\r\n\r\n" not in kept:
                if not (more := self.request.recv(65536)):
                    return
                kept += more
            head, _, kept = kept.partition(b"\r\n\r\n")
            lines = [line.partition(b":") for line in head.lower().split(b"\r\n")]
            length = next((int(value) for name, _, value in lines if name == b"content-length"), 0)
            while len(kept) < length:
                kept += self.request.recv(65536)
            body, kept, nth = json.loads(kept[:length] or b"{}"), kept[length:], nth + 1
            key = json.dumps([body.get("messages"), body.get("seed")])
            with server.lock:
                server.bodies.append(body)
                server.heads.append(head.decode())
                times = server.seen[key] = server.seen.get(key, 0) + 1
            exchange = Exchange(self.request, server, head.decode(), body, times, connection, nth)
            try:
                server.behave(exchange)
            except Ended:
                return


@contextmanager
def serving(behave: Behaviour) -> Iterator[Loopback]:
    """A server for as long as it lasts."""
    server = Loopback(behave)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class Waiting(Clock):
    """A clock on which sleeping takes no time and a limit is reached when a test says so.

    ``slept`` are the waits that were asked for, ``limits`` the seconds that requests were given.
    """

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: list[float] = []
        self.limits: list[float] = []
        self.active: list[tuple[Any, Any]] = []

    def now(self) -> float:
        return self.time

    def date(self) -> float:
        return 1_700_000_000.0

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)

    def limit(self, seconds: float) -> Any:
        limit = asyncio.timeout(None)
        self.limits.append(seconds)
        self.active.append((asyncio.get_running_loop(), limit))
        return limit

    def expire(self) -> None:
        """The time of all requests under way is over."""
        active, self.active = self.active, []  # those of the requests that follow stay
        for loop, limit in active:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_reach, loop, limit)


def _reach(loop: Any, limit: Any) -> None:
    with suppress(RuntimeError):  # a request that is over
        limit.reschedule(loop.time())
