"""The server itself: its socket, and how it comes to its end."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from limbeck.errors import LimbeckError
from limbeck.serving.app import app
from limbeck.serving.served import Served


def listening(host: str, port: int) -> socket.socket:
    """A socket that takes connections from now on, on a port of the system's choice where that is 0.

    Raises:
        LimbeckError: the address is taken, not this machine's, or none.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        taken = getattr(error, "errno", None) == errno.EADDRINUSE
        hint = "; --port 0 takes a free one" if taken else ""
        reason = getattr(error, "strerror", None) or error
        raise LimbeckError(f"cannot listen at {host}:{port}: {reason}{hint}") from None
    return listener


def address(listener: socket.socket) -> str:
    """Where a client on this machine reaches a socket."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{host}:{port}/v1"


class _Server(uvicorn.Server):
    """The first Ctrl-C (or SIGTERM) takes no further requests and waits for the replies under way, a second
    one cuts them."""

    def __init__(self, config: uvicorn.Config, stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self.stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        again, self.should_exit = self.should_exit, True
        if again:
            self.force_exit = True
        else:
            self.stopping()


def serve(served: Served, listener: socket.socket, stopping: Callable[[int], None]) -> None:
    """Answer requests until interrupted.

    Args:
        stopping: told, when the server is interrupted, how many requests are under way.

    Raises:
        KeyboardInterrupt: once the replies are out, or cut.
    """
    config = uvicorn.Config(app(served), lifespan="off", log_level="warning", access_log=False, ws="none")
    config.timeout_keep_alive = 75
    _Server(config, lambda: stopping(served.busy)).run(sockets=[listener])
    raise KeyboardInterrupt
