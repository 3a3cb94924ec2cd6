"""An endpoint's batch route: files up, a batch of them, its standing, files down."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpcore2

from limbeck import secrets
from limbeck.errors import LimbeckError
from limbeck.models._batch_requests import ROUTE
from limbeck.models._endpoint_wire import Lines, address
from limbeck.models._reply_errors import in_error

CHATS = "/chat/completions"
SECONDS = 600.0
"""For a whole exchange: a file of requests may have 180 MB."""


class BatchRoute:
    """The batch route of an endpoint.

    Args:
        url: the base of its addresses, as `models/openai` takes it.
        headers: further ones; a value ``$NAME`` is an environment variable's.
    """

    def __init__(self, url: str, key_env: str = "", headers: Mapping[str, str] = {}) -> None:
        key = secrets.from_environment(key_env, "the key")
        self.key_env, self.place = key_env, address(url, key, headers)
        self.lines = Lines(self.place)

    def submit(self, content: bytes, name: str) -> str:
        """Bring a file of requests there; returns what it is called there."""
        edge = uuid.uuid4().hex
        kept = f'--{edge}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--{edge}\r\n'
        kept += f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
        kept += "Content-Type: application/jsonl\r\n\r\n"
        body = kept.encode() + content + f"\r\n--{edge}--\r\n".encode()
        return self._named(self._json("POST", "/files", body, f"multipart/form-data; boundary={edge}"))

    def begin(self, file: str) -> str:
        """Have a file's requests answered within a day; returns what the batch is called there."""
        asked = {"input_file_id": file, "endpoint": ROUTE, "completion_window": "24h"}
        return self._named(self._json("POST", "/batches", json.dumps(asked).encode()))

    def look(self, batch: str) -> dict[str, Any]:
        """How a batch stands: ``status``, ``output_file_id``, ``error_file_id``, …"""
        return self._json("GET", f"/batches/{quote(batch, safe='')}")

    def content(self, file: str) -> bytes:
        """A file's bytes."""
        return self._send("GET", f"/files/{quote(file, safe='')}/content")

    def _named(self, reply: dict[str, Any]) -> str:
        if not isinstance(name := reply.get("id"), str):
            raise LimbeckError(f"{self.place.shown} answers without an id: {json.dumps(reply)[:200]}")
        return name

    def _json(
        self, method: str, path: str, content: bytes = b"", kind: str = "application/json"
    ) -> dict[str, Any]:
        body = self._send(method, path, content, kind)
        try:
            reply = json.loads(body)
        except ValueError:
            reply = None
        if not isinstance(reply, dict):
            raise LimbeckError(f"{self.place.shown}{path} answers no JSON object: {body[:200]!r}")
        return reply

    def _send(self, method: str, path: str, content: bytes = b"", kind: str = "application/json") -> bytes:
        """One request and its whole reply.

        Raises:
            LimbeckError: nothing answers, or it refuses.
        """
        whole, url = self.place.url.target.decode(), self.place.url
        base, query = whole.partition("?")[::2]
        target = base.removesuffix(CHATS) + path + (f"?{query}" if query else "")
        place = httpcore2.URL(scheme=url.scheme, host=url.host, port=url.port, target=target)
        fixed = [each for each in self.place.headers if each[0] not in (b"Content-Type", b"Accept-Encoding")]
        headers = [*fixed, (b"Content-Type", kind.encode()), (b"Content-Length", str(len(content)).encode())]
        try:
            status, body = asyncio.run(self._exchange(method, place, headers, content))
        except (
            httpcore2.NetworkError,
            httpcore2.ProtocolError,
            httpcore2.TimeoutException,
            OSError,
        ) as error:
            why = secrets.redacted(f"{type(error).__name__}: {error}")
            raise LimbeckError(
                f"nothing answers at {self.place.shown} ({why}); run the command again"
            ) from error
        if status >= 300:
            raise LimbeckError(self._refusal(status, path, body))
        return body

    async def _exchange(self, method: str, place: Any, headers: Any, content: bytes) -> tuple[int, bytes]:
        line = self.lines.open()
        limits = dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)
        try:
            reply = await line.pool.request(
                method, place, headers=headers, content=content, extensions={"timeout": limits}
            )
            return reply.status, bytes(reply.content)
        finally:
            await line.close()

    def _refusal(self, status: int, path: str, body: bytes) -> str:
        try:
            words = in_error(json.loads(body))
        except ValueError:
            words = body.decode("utf-8", "replace")
        hint = ""
        if status in (404, 405):
            hint = "; where there is no batch route, have the file answered elsewhere and read its results"
        elif status in (401, 403):
            hint = f"; the key is read from ${self.key_env}" if self.key_env else "; it was sent no key"
        return secrets.redacted(f"{self.place.shown} answers HTTP {status} to {path}: {words[:300]}{hint}")
