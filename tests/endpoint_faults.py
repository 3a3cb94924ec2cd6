"""Faults of endpoints, as a table: what the server does, and what must be seen on the other side.

A kit that torments the client runs each with `seen_by`, or serves ``fault.behave`` itself. Nothing waits by a
clock: a server that would keep the client waiting says when its time is over (``server.clock.expire()``).
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from loopback import Exchange, ask, reply, serving

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Sampling
from limbeck.models.openai import openai

Behaviour = Callable[[Exchange], None]


@dataclass(frozen=True)
class Fault:
    """A fault and what must come of it.

    ``sees``: ``answered`` (the completion comes), ``marked`` (one completion with ``finish="error"``),
    ``stops`` (one error, nothing more is asked). ``words`` must stand in the error, ``requests`` is how often
    the server is asked, ``waits`` the seconds that are waited, where they are certain.
    """

    name: str
    behave: Behaviour
    sees: str
    words: str = ""
    requests: int = 1
    waits: tuple[float, ...] | None = None


def words(text: str) -> dict[str, Any]:
    """An error as most servers send it."""
    return {"error": {"message": text}}


def always(code: int, content: Any = None, **headers: str) -> Behaviour:
    """That status to every request."""
    return lambda it: it.answer(code, content or words("so it is"), **headers)


def status(code: int, content: Any = None, **headers: str) -> Behaviour:
    """That status once, then an answer."""
    return once(always(code, content, **headers))


def once(act: Behaviour) -> Behaviour:
    """That once, then an answer."""
    return lambda it: act(it) if it.times == 1 else it.answer()


def unwilling(it: Exchange) -> None:
    it.answer(429, {}) if it.times < 10 else it.answer()


def hangs(it: Exchange) -> None:
    it.server.clock.expire()
    it.until_it_leaves()


def drips(it: Exchange) -> None:
    """A reply a byte at a time, never whole."""
    it.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(20):
        it.send(b" ")
    it.server.clock.expire()
    it.until_it_leaves()


def drips_headers(it: Exchange) -> None:
    it.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(20):
        it.send(b"a")
    it.server.clock.expire()
    it.until_it_leaves()


def cut(it: Exchange) -> None:
    it.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
    it.close()


def cut_chunks(it: Exchange) -> None:
    it.send(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"cho\r\n')
    it.close()


def no_http(it: Exchange) -> None:
    it.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    it.close()


def half_a_header(it: Exchange) -> None:
    it.send(b"HTTP/1.1 200 OK\r\nContent-Le")
    it.close()


@cache
def blanks() -> bytes:
    """64 MB of them in 64 KB."""
    return gzip.compress(b" " * 64_000_000)


def bomb(it: Exchange) -> None:
    it.answer(200, blanks(), Content_Encoding="gzip")


def packed(it: Exchange) -> None:
    it.answer(200, gzip.compress(json.dumps(reply()).encode()), Content_Encoding="gzip")


def packed_short(it: Exchange) -> None:
    it.answer(200, gzip.compress(json.dumps(reply()).encode())[:-12], Content_Encoding="gzip")


def flood(it: Exchange) -> None:
    """A body without end."""
    it.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    try:
        while True:
            it.send(b" " * 1_000_000)
    except OSError:
        it.close()


QUOTA = {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}
USED_UP = {"x_ratelimit_reset_tokens": "6m0s", "x_ratelimit_remaining_tokens": "0"}
LATER = "Tue, 14 Nov 2023 22:15:00 GMT"
"""A hundred seconds after the date of `loopback.Waiting`."""

STOPS = [
    ("402, no money", always(402), "wants to be paid"),
    ("429 with insufficient_quota", always(429, QUOTA, Retry_After="1"), "wants to be paid"),
    ("400, no credit", always(400, words("Your credit balance is too low")), "wants to be paid"),
    ("401, a wrong key", always(401), "the key is read from"),
    ("403, a key that may do nothing", always(403), "HTTP 403"),
    ("404, no such model", always(404), "so it is"),
    ("a redirect", always(308, Location="https://elsewhere.example/v1"), "moved to https://elsewhere"),
    ("429 until tomorrow", always(429, Retry_After="36000"), "wait 600 minutes"),
]
"""What every other request would meet too: name, behaviour, words of the error."""

PAUSES = [
    ("seconds", {"Retry_After": "17.5"}, 17.5),
    ("a date", {"Retry_After": LATER}, 100.0),
    ("milliseconds", {"retry_after_ms": "250"}, 0.25),
    ("a reset of requests", {"x_ratelimit_reset_requests": "1m2s"}, 62.0),
    ("the limit that is used up", {**USED_UP, "x_ratelimit_reset_requests": "20ms"}, 360.0),
    ("a moment in milliseconds", {"X_RateLimit_Reset": "1700000042000"}, 42.0),
    ("a moment in seconds", {"X_RateLimit_Reset": "1700000007"}, 7.0),
    ("an ISO date", {"anthropic_ratelimit_requests_reset": "2023-11-14T22:14:00Z"}, 40.0),
]
"""A 429 that says when: its headers, and the seconds that are waited."""

ONCE = [
    *[(f"{code} once", status(code)) for code in (408, 409, 425, 500, 502, 503, 504, 507)],
    *[(f"{code} of a proxy in front", status(code, b"x")) for code in (520, 521, 522, 523, 524, 529, 530)],
    ("503 that says when", status(503, Retry_After="9")),
    ("a reset instead of a reply", once(Exchange.reset)),
    ("hung up instead of a reply", once(Exchange.close)),
    ("cut short", once(cut)),
    ("chunks cut short", once(cut_chunks)),
    ("half a header", once(half_a_header)),
    ("no HTTP", once(no_http)),
]
"""What is gone at the second try."""

MARKED = [
    ("500 for ever", always(500), "HTTP 500.*3 attempts"),
    ("hangs for ever", hangs, "no whole reply within 600 s"),
    ("drips a reply", drips, "no whole reply within 600 s"),
    ("drips a header", drips_headers, "no whole reply within 600 s"),
    ("a gzip bomb", bomb, "more than 33,554,432 bytes"),
    ("a body without end", flood, "more than 33,554,432 bytes"),
    ("gzip cut short", packed_short, "cut short"),
    ("gzip that is none", always(200, b"{}", Content_Encoding="gzip"), "cannot be unpacked"),
    ("packed in a way not asked for", always(200, b"{}", Content_Encoding="br"), "packed as 'br'"),
]
"""What is given up after three tries: the words that the completion bears."""

REFUSED = [
    ("400, a prompt that is too long", always(400, words("maximum context length")), "maximum context"),
    ("413, a request too large", always(413), "HTTP 413"),
    ("422, a field that it does not know", always(422), "HTTP 422"),
]
"""What concerns one request and is asked once."""

FAULTS = [
    *[Fault(name, behave, "stops", words) for name, behave, words in STOPS],
    *[Fault(f"429 with {name}", status(429, **sent), "answered", "", 2, (s,)) for name, sent, s in PAUSES],
    Fault("429 in words", status(429, words("Try again in 1.5s.")), "answered", "", 2, (1.5,)),
    Fault("429 nine times without a word", unwilling, "answered", requests=10),
    Fault("429 for ever", always(429), "stops", "nothing else", requests=-1),
    *[Fault(name, behave, "answered", requests=2) for name, behave in ONCE],
    *[Fault(name, behave, "marked", words, requests=3) for name, behave, words in MARKED],
    *[Fault(name, behave, "marked", words) for name, behave, words in REFUSED],
    Fault("gzip", packed, "answered"),
]
"""All of them."""


def seen_by(fault: Fault) -> dict[str, Any]:
    """What the client makes of a fault: ``sees``, its ``words``, the server's ``requests``, the ``waits``."""
    with serving(fault.behave) as server:
        model = openai(model="m", url=server.url, retries=2, key_env="NO_SUCH_KEY")
        model.keep_time(server.clock)
        try:
            completion = model.generate(ask("2+2?"), Sampling())[0][0]
        except LimbeckError as error:
            sees, words = "stops", str(error)
        else:
            sees, words = _sees(completion), completion.error or completion.text
        return {
            "sees": sees,
            "words": words,
            "requests": len(server.bodies),
            "waits": tuple(server.clock.slept),
        }


def _sees(completion: Completion) -> str:
    return "marked" if completion.finish == "error" else "answered"


def wrong(fault: Fault) -> str:
    """What is not as it must be; empty where all is."""
    seen = seen_by(fault)
    if seen["sees"] != fault.sees or (fault.words and not re.search(fault.words, seen["words"], re.DOTALL)):
        return f"{fault.name}: {fault.sees} ({fault.words}) was wanted, {seen} was seen"
    if fault.requests >= 0 and seen["requests"] != fault.requests:
        return f"{fault.name}: {fault.requests} requests were wanted, {seen} was seen"
    if fault.waits is not None and seen["waits"] != fault.waits:
        return f"{fault.name}: waits of {fault.waits} were wanted, {seen} was seen"
    return ""
