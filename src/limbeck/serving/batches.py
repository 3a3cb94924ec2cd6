"""Batch files answered here: ``/v1/files`` and ``/v1/batches`` as OpenAI has them, in memory, gone with the
server."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email import policy
from email.parser import BytesParser
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from limbeck.serving.asking import Refused

Json = dict[str, Any]
Answer = Callable[[str, bytes], Awaitable[tuple[int, bytes]]]
"""Answers the body of a request to a route: HTTP's status, and the reply."""

AT_ONCE = 64
"""Requests of a batch that are asked at the same time."""

LINE = msgspec.json.Decoder(Json)


@dataclass
class Batches:
    """Files and batches by their ids."""

    answer: Answer
    check: Callable[[Request], None]
    content: Callable[[Request], Awaitable[bytes]]
    files: dict[str, tuple[Json, bytes]] = field(default_factory=dict)
    known: dict[str, Json] = field(default_factory=dict)
    working: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def routes(self) -> list[Route]:
        """Where they are reached."""
        return [
            Route("/v1/files", self._upload, methods=["POST"]),
            Route("/v1/files/{name}", self._file),
            Route("/v1/files/{name}/content", self._download),
            Route("/v1/batches", self._begin, methods=["POST"]),
            Route("/v1/batches/{name}", self._look),
        ]

    async def _upload(self, request: Request) -> Response:
        self.check(request)
        kind = request.headers.get("content-type", "")
        whole = f"Content-Type: {kind}\r\n\r\n".encode() + await self.content(request)
        form = BytesParser(policy=policy.HTTP).parsebytes(whole)
        for part in form.iter_parts() if form.is_multipart() else ():
            if part.get_param("name", header="content-disposition") == "file":
                content = part.get_payload(decode=True)
                assert isinstance(content, bytes)
                return _json(self._keep(part.get_filename() or "file", content, "batch"))
        raise Refused("a file is brought as multipart/form-data with a part called 'file'", "file")

    def _keep(self, name: str, content: bytes, purpose: str) -> Json:
        place = f"file-{uuid.uuid4().hex}"
        card = {"id": place, "object": "file", "bytes": len(content), "filename": name}
        card |= {"created_at": int(time.time()), "purpose": purpose, "status": "processed"}
        self.files[place] = card, content
        return card

    def _known(self, request: Request, table: dict[str, Any], what: str) -> Any:
        self.check(request)
        name = request.path_params["name"]
        if name not in table:
            raise Refused(f"no {what} {name!r} is here; they are gone with the server", "id", 404)
        return table[name]

    async def _file(self, request: Request) -> Response:
        return _json(self._known(request, self.files, "file")[0])

    async def _download(self, request: Request) -> Response:
        return Response(self._known(request, self.files, "file")[1], media_type="application/jsonl")

    async def _look(self, request: Request) -> Response:
        return _json(self._known(request, self.known, "batch"))

    async def _begin(self, request: Request) -> Response:
        self.check(request)
        try:
            asked = LINE.decode(await self.content(request))
        except msgspec.DecodeError as error:
            raise Refused(f"the body is no JSON object: {error}") from None
        file, route = asked.get("input_file_id"), asked.get("endpoint")
        if file not in self.files:
            raise Refused(f"no file {file!r} is here; bring it to /v1/files first", "input_file_id")
        if route not in ("/v1/chat/completions", "/v1/completions"):
            raise Refused(f"batches go to /v1/chat/completions or /v1/completions, not {route!r}", "endpoint")
        lines = self._lines(self.files[file][1], route)
        batch = {
            "id": f"batch_{uuid.uuid4().hex}",
            "object": "batch",
            "endpoint": route,
            "input_file_id": file,
        }
        batch |= {"completion_window": asked.get("completion_window", "24h"), "created_at": int(time.time())}
        batch |= {"status": "in_progress", "output_file_id": None, "error_file_id": None}
        batch["request_counts"] = {"total": len(lines), "completed": 0, "failed": 0}
        self.known[batch["id"]] = batch
        work = asyncio.create_task(self._work(batch, lines))
        self.working.add(work)
        work.add_done_callback(self.working.discard)
        return _json(batch)

    def _lines(self, content: bytes, route: str) -> list[tuple[str, bytes]]:
        """A file's requests: ids and bodies."""
        lines: dict[str, bytes] = {}
        for number, text in enumerate(content.splitlines(), 1):
            try:
                line = LINE.decode(text) if text.strip() else None
            except msgspec.DecodeError as error:
                raise Refused(f"line {number} is no JSON object: {error}", "input_file_id") from None
            if line is None:
                continue
            name = line.get("custom_id")
            if not isinstance(name, str) or name in lines:
                raise Refused(f"line {number}: custom_id {name!r} is none, or came before", "input_file_id")
            if line.get("url") != route or not isinstance(line.get("body"), dict):
                raise Refused(f"line {number} is no request with a body to {route}", "input_file_id")
            lines[name] = msgspec.json.encode(line["body"])
        return [*lines.items()]

    async def _work(self, batch: Json, lines: list[tuple[str, bytes]]) -> None:
        """Answer all lines; what failed goes to a file of errors."""
        done: dict[bool, list[bytes]] = {True: [], False: []}
        waiting, counts = iter(lines), batch["request_counts"]

        async def work() -> None:
            for name, body in waiting:
                status, reply = await self.answer(batch["endpoint"], body)
                response = {"status_code": status, "request_id": uuid.uuid4().hex, "body": msgspec.Raw(reply)}
                line = {"id": uuid.uuid4().hex, "custom_id": name, "response": response, "error": None}
                done[status < 300].append(msgspec.json.encode(line) + b"\n")
                counts["completed" if status < 300 else "failed"] += 1

        await asyncio.gather(*[work() for _ in range(AT_ONCE)])
        for good, key in ((True, "output_file_id"), (False, "error_file_id")):
            if done[good]:
                batch[key] = self._keep(f"{batch['id']}.jsonl", b"".join(done[good]), "batch_output")["id"]
        batch["status"] = "completed"


def _json(body: Json) -> Response:
    return Response(msgspec.json.encode(body), media_type="application/json")
