"""A served model on 127.0.0.1, for as long as a test needs it."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from limbeck.serving.app import app
from limbeck.serving.served import Served
from limbeck.serving.server import address, listening


class Client:
    """Plain requests to a server; ``url`` is what other clients are given."""

    def __init__(self, url: str, served: Served) -> None:
        self.url, self.served = url, served
        self.port = int(url.split(":")[2].partition("/")[0])

    def send(self, method: str, path: str, body: Any = None, key: str = "") -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, path, content, {"Authorization": f"Bearer {key}"} if key else {})
        return connection.getresponse()

    def ask(self, body: Any, path: str = "/v1/chat/completions", key: str = "") -> tuple[int, Any]:
        """Status and reply; a dict without messages asks ``1+2``."""
        if isinstance(body, dict) and path.endswith("/chat/completions"):
            body = {"messages": [{"role": "user", "content": "1+2"}], **body}
        reply = self.send("POST", path, body, key)
        return reply.status, json.loads(reply.read())

    def refused(self, body: Any, path: str = "/v1/chat/completions", key: str = "") -> tuple[int, str, Any]:
        """Status, words and parameter of an error."""
        status, reply = self.ask(body, path, key)
        assert reply["error"].keys() == {"message", "type", "param", "code"}
        return status, reply["error"]["message"], reply["error"]["param"]


@contextmanager
def serving(served: Served) -> Iterator[Client]:
    listener = listening("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app(served), lifespan="off", log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield Client(address(listener), served)
    finally:
        server.should_exit = True
        thread.join(30)
        listener.close()
