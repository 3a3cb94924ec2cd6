"""Replies as OpenAI-compatible endpoints send them, plain and odd, with what each is to be read as.

``text`` and ``finish`` are of the completion that a reply gives; of a failed request ``finish`` is ``error``,
and ``why`` stands in its reason. The decoder's tests use them, and they can be served: `Odd.body` is what
goes over the wire.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

JSON = "application/json"
STREAM = "text/event-stream"


class Odd(NamedTuple):
    """A reply, and what it is to be read as. ``meant`` is the HTTP status it stands for."""

    name: str
    body: bytes
    text: str = ""
    finish: str = "stop"
    why: str = ""
    status: int = 200
    kind: str = JSON
    meant: int = 200
    location: str = ""


def chat(content: Any = "4", finish: Any = "stop", usage: Any = None, **message: Any) -> dict[str, Any]:
    """A chat completion as servers send it."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": content, **message},
        "finish_reason": finish,
    }
    return {"object": "chat.completion", "choices": [choice], "usage": usage}


def raw(content: str = '"4"', more: str = "") -> bytes:
    """A chat completion around a content in JSON, spelled as JSON libraries would not."""
    return f'{{"choices": [{{"message": {{"content": {content}}}, "finish_reason": "stop"}}]{more}}}'.encode()


def sent(name: str, reply: Any, text: str = "4", finish: str = "stop", **more: Any) -> Odd:
    return Odd(name, json.dumps(reply).encode(), text, finish, **more)


def failed(name: str, reply: Any, why: str, **more: Any) -> Odd:
    body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
    return Odd(name, body, "", "error", why, **more)


def streamed(name: str, *chunks: Any, text: str = "4", end: str = "data: [DONE]\n\n", **more: Any) -> Odd:
    events = "".join(f"data: {each if isinstance(each, str) else json.dumps(each)}\n\n" for each in chunks)
    return Odd(name, (events + end).encode(), text, kind=STREAM, **more)


def delta(finish: Any = None, **fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": finish}]}


def choice(**fields: Any) -> dict[str, Any]:
    reply = chat("")
    reply["choices"][0] |= fields
    return reply


THINKING = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
TEXT = {"type": "text", "text": "4"}
DETAILS = [{"type": "reasoning.text", "text": "h"}, {"type": "reasoning.summary", "summary": "m"}]
THOUGHT = "<think>hm</think>4"
DEEP = b"[" * 100_000 + b"]" * 100_000
PAGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking</body></html>"

CONTENTS = [
    sent("plain", chat()),
    sent("a list of parts", chat([THINKING, TEXT]), THOUGHT),
    sent("parts that are texts", chat(["4", "2"]), "42"),
    sent("a text within a text part", chat([{"type": "text", "text": {"value": "4"}}])),
    sent("a part alone", chat(TEXT)),
    sent("a number", chat(4)),
    sent("a fraction", chat(0.5), "0.5"),
    sent("true", chat(True), "true"),
    sent("null", chat(None), ""),
    sent("a refusal", chat(None, refusal="I cannot."), "I cannot."),
    sent("reasoning_content", chat(reasoning_content="hm"), THOUGHT),
    sent("reasoning", chat(reasoning="hm"), THOUGHT),
    sent("reasoning_details", chat(reasoning_details=DETAILS), THOUGHT),
    sent(
        "two fields, one thought",
        chat(reasoning="hm", reasoning_content="hm", reasoning_details=DETAILS),
        THOUGHT,
    ),
    sent("an encrypted thought", chat(reasoning_details=[{"type": "reasoning.encrypted", "data": "x"}])),
    sent("a thought in field and tags", chat("<think>hm</think>4", reasoning_content="hm"), THOUGHT),
    sent("a thought in field and before a closing tag", chat("hm</think>4", reasoning="hm"), THOUGHT),
    sent("a thought in other tags too", chat("[THINK]hm[/THINK]4", reasoning="hm"), "[THINK]hm[/THINK]4"),
    sent("empty tags before the answer", chat("<think>\n</think>\n4", reasoning="hm"), THOUGHT),
    sent("a blank thought", chat(reasoning_content="\n")),
    sent("reasoning of an odd type", chat(reasoning=[{"text": "hm"}]), THOUGHT),
    sent("a thought cut off", chat("", "length", reasoning="hm"), "<think>hm", "length"),
    Odd("half an emoji", raw('"so \\ud83d"'), "so \N{REPLACEMENT CHARACTER}"),
    Odd("the other half", raw('"\\ude00 so"'), "\N{REPLACEMENT CHARACTER} so"),
    Odd("bytes that are no UTF-8", raw('"4X"').replace(b"X", b"\xff"), "4\N{REPLACEMENT CHARACTER}"),
    Odd("a byte order mark", b"\xef\xbb\xbf" + raw(), "4"),
    Odd("blank lines that keep the connection", b"\n\n\n" + raw(), "4"),
    sent("a zero character", chat("4\0"), "4\0"),
    sent("the older interface", {"choices": [{"text": "4", "finish_reason": "stop"}]}),
    sent("a content type that is none", chat(), kind="text/plain"),
    failed("parts without text", chat([{"type": "image_url", "image_url": {}}]), "without text"),
    failed("a call of a tool", chat(None, "tool_calls", tool_calls=[{"id": "x"}]), "call of a tool"),
    failed("a message without content", choice(message={"role": "assistant"}), "without content"),
    failed("a choice without message", {"choices": [{}]}, "without content"),
]

FINISHES = [
    sent(f"finish {word}", chat(finish=word), finish=finish)
    for finish, words in {
        "stop": "stop STOP eos eos_token end_turn stop_sequence COMPLETE FINISH_REASON_STOP tool_calls",
        "length": "length max_tokens MAX_TOKENS model_length model_context_window_exceeded",
        "unknown": "whatever",
    }.items()
    for word in words.split()
] + [
    sent("finish null", chat(finish=None), finish="unknown"),
    sent("finish of an odd type", chat(finish={"type": "stop"}), finish="unknown"),
    sent("a content filter", chat(finish="content_filter"), finish="error", why="content filter"),
    sent("another filter", chat(finish="SAFETY"), finish="error", why="content filter: safety"),
    failed("finish error", chat("half an ans", "error"), "the server broke off"),
    failed("finish abort", chat("half an ans", "abort"), "the server broke off"),
]

COUNTS = [
    sent("counts null", chat(usage=None)),
    sent("counts of an odd type", chat(usage=[7, 3])),
    sent("a usage that is a text", chat(usage="3 tokens")),
    sent("counts beyond 64 bits", chat(usage={"completion_tokens": 2**64, "prompt_tokens": 2**70})),
    sent("negative counts", chat(usage={"completion_tokens": -1, "prompt_tokens": -(2**63) - 1})),
    sent("counts true and half", chat(usage={"completion_tokens": True, "prompt_tokens": 0.5})),
    Odd("a count of 5,000 digits", raw(more=f', "usage": {{"completion_tokens": {"9" * 5000}}}'), "4"),
    Odd("a count that is NaN", raw(more=', "usage": {"completion_tokens": NaN}'), "4"),
]

ERRORS = [
    failed("no choices", {"id": "x"}, "no choices"),
    failed("choices null", {"choices": None}, "no choices"),
    failed("choices empty", {"choices": []}, "no choices"),
    failed("choices that hold null", {"choices": [None]}, "no list of objects"),
    failed("choices an object", {"choices": {"0": {}}}, "no list of objects"),
    failed("choices a text", {"choices": "4"}, "no list of objects"),
    failed("a list", [1, 2], "no object"),
    failed("a text", "4", "no object"),
    failed("null itself", None, "no object"),
    failed(
        "an error at status 200",
        {"error": {"message": "free-models-per-day", "code": 429}},
        "free-models-per-day",
        meant=429,
    ),
    failed("an error and null choices", {"choices": None, "error": "overloaded"}, "overloaded"),
    failed("an error in a list", [{"error": {"code": 503, "message": "busy"}}], "busy", meant=503),
    failed(
        "words of the provider beneath",
        {"error": {"message": "Provider returned error", "code": 502, "metadata": {"raw": "GPU lost"}}},
        "GPU lost",
        meant=502,
    ),
    failed(
        "a status of the provider's own",
        {"choices": None, "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}},
        "insufficient balance",
    ),
    failed("errors", {"success": False, "errors": [{"code": 7003, "message": "no route"}]}, "no route"),
    failed(
        "a quota",
        {"error": {"message": "You exceeded it", "code": "insufficient_quota"}},
        "(insufficient_quota)",
    ),
    failed(
        "an error on the choice",
        choice(error={"code": 502, "message": "upstream went away"}),
        "upstream went away",
        meant=502,
    ),
    failed("an error text on the choice", choice(error="upstream went away"), "upstream went away"),
    failed("an empty body", b"", "an empty body"),
    failed("half a reply", raw()[:30], "no JSON"),
    failed("nested 100,000 deep", DEEP, "nested too deep"),
    failed("a content nested 100,000 deep", raw(DEEP.decode()), "nested too deep"),
    failed("a page", PAGE, "(text/html): Just a moment...", kind="text/html; charset=utf-8"),
    failed("a page called JSON", PAGE, "Just a moment..."),
    failed(
        "a moved endpoint",
        b"",
        "it has moved to https://127.0.0.1/v1",
        status=301,
        meant=301,
        kind="text/html",
        location="https://127.0.0.1/v1",
    ),
    failed(
        "details of a bad request",
        {"detail": [{"msg": "max_tokens is too large"}]},
        "max_tokens is too large",
        status=422,
        meant=422,
    ),
    failed(
        "an endpoint that only streams",
        {"error": {"message": "This model only supports stream mode"}},
        "only supports stream mode; `extra: {stream: true}` asks for a stream",
        status=400,
        meant=400,
    ),
    failed(
        "control characters", {"error": {"message": "\x1b[31mred\x07"}}, "?[31mred?", status=400, meant=400
    ),
    failed(
        "a gateway's page",
        b"<html><body><h1>502 Bad Gateway</h1></body></html>",
        "HTTP 502 (text/html): 502 Bad Gateway",
        status=502,
        meant=502,
        kind="text/html",
    ),
]

STREAMS = [
    streamed("a stream", delta(content="4"), delta("stop")),
    streamed("a stream without finish", delta(content="4"), finish="unknown"),
    streamed("a stream without end", delta(content="4"), delta("stop"), end=""),
    streamed(
        "a streamed thought",
        delta(reasoning_content="h"),
        delta(reasoning_content="m"),
        delta(content="4"),
        delta("stop"),
        text=THOUGHT,
    ),
    streamed("streamed parts", delta(content=[THINKING]), delta(content="4"), delta("stop"), text=THOUGHT),
    streamed(
        "half an emoji at a time",
        '{"choices": [{"delta": {"content": "\\ud83d"}}]}',
        '{"choices": [{"delta": {"content": "\\ude00"}}]}',
        delta("stop"),
        text="\N{GRINNING FACE}",
    ),
    streamed(
        "usage in a chunk of its own",
        delta("length", content="4"),
        {"choices": [], "usage": {"completion_tokens": 3}},
        finish="length",
    ),
    streamed("a message behind its pieces", delta(content="4"), choice(message={"content": "42"}), text="42"),
    Odd(
        "comments and line ends",
        b': PROCESSING\r\n\r\nevent: x\r\ndata: {"choices":\r\n'
        b'data: [{"delta": {"content": "4"}, "finish_reason": "stop"}'
        b"]}\r\n\r\n",
        "4",
        kind="text/plain",
    ),
    sent("a whole reply called a stream", chat(), kind=STREAM),
    failed(
        "a stream cut off", b'data: {"choices": [{"delta": {"content": "4"}}]}\n\n', "broke off", kind=STREAM
    ),
    failed("a stream torn", b'data: {"choices": [{"del', "no JSON", kind=STREAM),
    failed(
        "an error in a stream",
        b'data: {"choices": [{"delta": {"content": "4"}}]}\n\n'
        b'data: {"error": {"message": "busy", "code": 503}}\n\n',
        "busy",
        kind=STREAM,
        meant=503,
    ),
    failed("a stream of nothing", b"data: [DONE]\n\n", "no choices", kind=STREAM),
]

ODD = [*CONTENTS, *FINISHES, *COUNTS, *ERRORS, *STREAMS]
