"""One request to an endpoint and its whole reply: addresses, headers, proxies, connections, bodies."""

from __future__ import annotations

import base64
import ipaddress
import os
import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore2

from limbeck import secrets
from limbeck.errors import LimbeckError

LARGEST = 32 * 2**20
"""Bytes of a reply without log-probabilities, unpacked; a larger one is no completion."""

CONNECTING = 30.0
"""Seconds for a connection to come about."""

GONE = (httpcore2.RemoteProtocolError, httpcore2.ReadError, httpcore2.WriteError)
"""What a connection gives that the server closed while nobody used it."""


class Broken(Exception):
    """No whole reply came. ``unreached``: no connection came about; ``stale``: it was an old connection that
    gave no byte, as one that the server has closed meanwhile."""

    def __init__(self, problem: str, unreached: bool = False, stale: bool = False) -> None:
        super().__init__(problem)
        self.unreached, self.stale = unreached, stale


@dataclass(frozen=True)
class Reply:
    """A reply as it came; ``headers`` with names in small letters, ``body`` unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def _split(url: str, what: str) -> SplitResult:
    """An address in its parts.

    Raises:
        LimbeckError: it is none.
    """
    shown = secrets.redacted(url)
    try:
        parts = urlsplit(url.strip())
        port_is_good = parts.port is None or parts.port > 0
    except ValueError as error:
        raise LimbeckError(f"{shown!r} is no address of {what}: {secrets.redacted(str(error))}") from None
    if "://" not in url:
        raise LimbeckError(f"{shown!r} is no address of {what}: not a url; write http://… or https://…")
    if not parts.hostname or not port_is_good or any(each.isspace() for each in url.strip()):
        raise LimbeckError(f"{shown!r} is no address of {what}: not a url")
    return parts


@dataclass(frozen=True)
class Address:
    """Where chats are completed, and what every request says beside its body."""

    url: httpcore2.URL
    headers: list[tuple[bytes, bytes]]
    host: str
    shown: str


def address(url: str, key: str, headers: Mapping[str, str]) -> Address:
    """Of a base URL: ``/chat/completions`` comes behind its path, its query stays, user and password become a
    header.

    Args:
        headers: further ones; a value ``$NAME`` is an environment variable's.

    Raises:
        LimbeckError: no address, or a header that cannot be sent.
    """
    secrets.keep_address(url)
    parts = _split(url, "an endpoint")
    if parts.scheme not in ("http", "https"):
        raise LimbeckError(f"{secrets.redacted(url)!r} is no address of an endpoint: not http or https")
    try:
        host = (parts.hostname or "").encode("idna").decode()
    except UnicodeError as error:
        raise LimbeckError(f"{parts.hostname!r} is no name of a host: {error}") from None
    path = parts.path.rstrip("/")
    target = path if path.endswith("/chat/completions") else f"{path}/chat/completions"
    target += f"?{parts.query}" if parts.query else ""
    port = f":{parts.port}" if parts.port else ""
    written = {"Host": f"[{host}]{port}" if ":" in host else f"{host}{port}"}
    written |= {"Accept": "application/json, text/event-stream", "Accept-Encoding": "gzip"}
    written |= {"Content-Type": "application/json", "User-Agent": "limbeck"}
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        written["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    elif key:
        written["Authorization"] = f"Bearer {key}"
    given = {name: _valued(name, value) for name, value in headers.items()}
    taken = {name.lower() for name in given}
    whole = {**{name: value for name, value in written.items() if name.lower() not in taken}, **given}
    fixed = [(name.encode(), value.encode()) for name, value in whole.items()]
    target = quote(target, safe="/?&=%:@+,;~!$'()*-._")
    place = httpcore2.URL(scheme=parts.scheme, host=host, port=parts.port, target=target)
    return Address(place, fixed, host, secrets.redacted(url))


def _valued(name: str, value: str) -> str:
    """A header's value, from the environment where it begins with ``$``."""
    secrets.check(name, "a header's name")
    if not value.startswith("$"):
        value = value.strip()
        secrets.check(value, f"header {name!r}")
        return value
    if value[1:] not in os.environ:
        raise LimbeckError(f"header {name!r} is to be read from {value}, which is not set")
    return secrets.from_environment(value[1:], f"header {name!r}")


def proxy_of(place: Address, given: str) -> str:
    """The proxy to go through: the given one, else the environment's; none to this machine itself."""
    if given:
        return given
    try:
        here = place.host == "localhost" or ipaddress.ip_address(place.host).is_loopback
    except ValueError:
        here = False
    if here or proxy_bypass(place.host):
        return ""
    proxies = getproxies()
    return proxies.get(place.url.scheme.decode()) or proxies.get("all") or ""


class Lines:
    """Connections to an endpoint. Each has a pool of its own: in a pool of many, every request looks at all
    of them (measured: 64 in one pool cost 1.4 and 512 cost 4 times the time of as many pools).

    Raises:
        LimbeckError: a proxy of a kind that cannot be used.
    """

    def __init__(self, place: Address, proxy: str = "") -> None:
        self.place = place
        secure = place.url.scheme == b"https"
        # One for all connections: making it reads every root certificate.
        self.context = httpcore2.default_ssl_context() if secure else None
        self.proxy = proxy_of(place, proxy)
        self.proxying = _proxying(self.proxy) if self.proxy else None

    def open(self) -> Line:
        """A line of its own."""
        settings: dict[str, Any] = {
            "ssl_context": self.context,
            "max_connections": 1,
            "max_keepalive_connections": 1,
            "keepalive_expiry": 60.0,
        }
        if self.proxying is None:
            return Line(self.place, httpcore2.AsyncConnectionPool(**settings))
        kind, more = self.proxying
        return Line(self.place, kind(**more, **settings))


def _proxying(proxy: str) -> tuple[Any, dict[str, Any]]:
    """The kind of pool that goes through a proxy, and its settings."""
    secrets.keep_address(proxy)
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    parts = _split(proxy, "a proxy")
    kinds = {
        "http": httpcore2.AsyncHTTPProxy,
        "https": httpcore2.AsyncHTTPProxy,
        "socks5": httpcore2.AsyncSOCKSProxy,
        "socks5h": httpcore2.AsyncSOCKSProxy,
    }
    if parts.scheme not in kinds:
        raise LimbeckError(
            f"proxy {secrets.redacted(proxy)!r} is {parts.scheme}://; http, https and socks5 can be used "
            "(it is read from the model's `proxy`, else from HTTP_PROXY, HTTPS_PROXY or ALL_PROXY)"
        )
    scheme = "socks5" if parts.scheme == "socks5h" else parts.scheme
    usual = {"http": 80, "https": 443, "socks5": 1080}[scheme]
    url = httpcore2.URL(scheme=scheme, host=parts.hostname or "", port=parts.port or usual, target="/")
    auth = None
    if parts.username is not None:
        auth = (unquote(parts.username).encode(), unquote(parts.password or "").encode())
    return kinds[parts.scheme], {"proxy_url": url, "proxy_auth": auth}


class Line:
    """One connection at a time, kept open between requests."""

    def __init__(self, place: Address, pool: httpcore2.AsyncConnectionPool) -> None:
        self.place, self.pool = place, pool

    async def post(self, content: bytes, most: int = LARGEST) -> Reply:
        """Send a body, read the whole reply.

        Args:
            most: bytes of the reply's body, unpacked.

        Raises:
            Broken: no whole reply came, or too large a one.
        """
        headers = [*self.place.headers, (b"Content-Length", str(len(content)).encode())]
        timeouts = {"timeout": {"connect": CONNECTING}}
        request = httpcore2.Request(
            "POST", self.place.url, headers=headers, content=content, extensions=timeouts
        )
        used = bool(self.pool.connections)
        response = None
        try:
            response = await self.pool.handle_async_request(request)
            named = {_lower(name): value.decode("latin-1") for name, value in response.headers}
            return Reply(response.status, named, await _body(response, named, most))
        except (
            httpcore2.ConnectError,
            httpcore2.ConnectTimeout,
            httpcore2.ProxyError,
            ssl.SSLError,
        ) as error:
            raise Broken(_told(error), unreached=True) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException) as error:
            stale = used and response is None and isinstance(error, GONE)
            raise Broken(_told(error), stale=stale) from error
        finally:
            if response is not None:
                await response.aclose()

    async def close(self) -> None:
        await self.pool.aclose()


def _lower(name: bytes) -> str:
    return name.decode("latin-1").lower()


def _told(error: Exception) -> str:
    return secrets.redacted(f"{type(error).__name__}: {error}".rstrip(": "))


async def _body(response: httpcore2.Response, headers: Mapping[str, str], most: int) -> bytes:
    """A reply's body, unpacked; no more than ``most`` bytes of it are ever in memory."""
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise Broken(f"a reply packed as {encoding!r}, which was not asked for")
    unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if encoding.endswith("gzip") else None
    parts, size = [], 0
    async for chunk in response.aiter_stream():
        try:
            # One byte too many tells a body that is too large from one that just fits.
            part = unpack.decompress(chunk, most - size + 1) if unpack else chunk
        except zlib.error as error:
            raise Broken(f"a reply that cannot be unpacked: {error}") from None
        size += len(part)
        if size > most:
            raise Broken(f"a reply of more than {most:,} bytes")
        parts.append(part)
    if unpack and size and not unpack.eof:
        raise Broken("a reply whose packed body is cut short")
    return b"".join(parts)
