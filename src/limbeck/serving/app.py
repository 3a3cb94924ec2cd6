"""The routes: requests in, completions out, every mistake as OpenAI writes errors."""

from __future__ import annotations

import asyncio
import hmac
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from limbeck.errors import nearest
from limbeck.serving import asking, replying
from limbeck.serving.asking import Asked, Refused
from limbeck.serving.batches import Batches
from limbeck.serving.served import Event, Served, as_refused, completions, hand
from limbeck.serving.streaming import chunks

LARGEST = 32 * 2**20
"""Bytes of a request; a larger one is no prompt."""


def app(served: Served) -> Starlette:
    """The ASGI application."""

    async def models(request: Request) -> Response:
        _check_key(served, request)
        card = {"id": served.name, "object": "model", "created": 0, "owned_by": "limbeck"}
        return _json({"object": "list", "data": [card]})

    async def model(request: Request) -> Response:
        _check_key(served, request)
        if (name := request.path_params["name"]) != served.name:
            hint = nearest(name, [served.name])
            raise Refused(f"unknown model {name!r}{hint}", "model", 404, "model_not_found")
        return _json({"id": served.name, "object": "model", "created": 0, "owned_by": "limbeck"})

    async def health(request: Request) -> Response:
        return _json({"status": "ok", "model": served.name, "requests": served.busy})

    async def chats(request: Request) -> Response:
        _check_key(served, request)
        return await _answer(served, request, asking.chat(await _content(request), served.name, served.gives))

    async def continuations(request: Request) -> Response:
        _check_key(served, request)
        content = await _content(request)
        return await _answer(served, request, asking.completion(content, served.name, served.gives))

    async def line(route: str, body: bytes) -> tuple[int, bytes]:
        try:
            read = asking.chat if route.endswith("/chat/completions") else asking.completion
            asked = read(body, served.name, served.gives)
            reply = _form(served, asked).reply(await completions(served, asked, None))
            return 200, msgspec.json.encode(reply)
        except Exception as error:
            refused = as_refused(error, served.upstream)
            return refused.status, msgspec.json.encode(refused.body)

    batches = Batches(line, lambda request: _check_key(served, request), _content)
    routes = [
        Route("/health", health),
        Route("/v1/models", models),
        Route("/v1/models/{name:path}", model),
        Route("/v1/chat/completions", chats, methods=["POST"]),
        Route("/v1/completions", continuations, methods=["POST"]),
        *batches.routes,
    ]
    paths = [route.path for route in routes if "{" not in route.path]

    async def no_route(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        path = request.url.path
        why = f"{error.detail}: {request.method} {path}"
        if error.status_code == 404:
            why = f"no route {path!r}{nearest(path, paths)}"
        return _json(Refused(why, status=error.status_code).body, error.status_code)

    handlers: dict[Any, Any] = {HTTPException: no_route, Refused: _refuse, Exception: _failed}
    return Starlette(routes=routes, exception_handlers=handlers)


def _json(body: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
    content = msgspec.json.encode(error.body)
    return Response(content, error.status, headers=headers, media_type="application/json")


async def _failed(request: Request, error: Exception) -> Response:
    """A fault of ours."""
    return _json(as_refused(error, False).body, 500)


def _check_key(served: Served, request: Request) -> None:
    given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    if served.key and not hmac.compare_digest(given.encode(), served.key.encode()):
        what = "a wrong key" if given else "no key; send it as `Authorization: Bearer KEY`"
        raise Refused(f"the request brings {what}", status=401, code="invalid_api_key")


async def _content(request: Request) -> bytes:
    """The body, of which no more than `LARGEST` is ever in memory."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            raise Refused(f"a body of more than {LARGEST:,} bytes", status=413)
        parts.append(part)
    return b"".join(parts)


async def _answer(served: Served, request: Request, asked: Asked) -> Response:
    """The reply, or the stream of it; nothing once the client has hung up."""
    form = _form(served, asked)
    events: asyncio.Queue[Event] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def told(*event: Any) -> None:
        hand(loop, events.put_nowait, event)

    work = asyncio.ensure_future(completions(served, asked, told if asked.stream else None))
    first = asyncio.ensure_future(events.get()) if asked.stream else None
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({work, gone, first or work}, return_when=asyncio.FIRST_COMPLETED)
        if gone.done() and not work.done():
            work.cancel()
            return Response(status_code=499)  # nobody reads it
        if work.done() and (error := work.exception()) is not None:
            raise as_refused(error, served.upstream)
        if first is None:
            return _json(form.reply(work.result()))
        stream = chunks(form, asked, work, await first, events)
        return StreamingResponse(stream, media_type="text/event-stream")
    except asyncio.CancelledError:  # the server was told a second time to stop
        work.cancel()
        raise Refused("the server was stopped", status=503) from None
    finally:
        gone.cancel()
        if first is not None:
            first.cancel()


def _form(served: Served, asked: Asked) -> replying.Form:
    """How a request is answered."""
    shared = served.shared
    token = (lambda number: shared.decode([number])) if shared is not None else None
    return replying.Form(served.name, asked.chat is not None, token, asked.sampling.n)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
