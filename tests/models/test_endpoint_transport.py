"""How an endpoint is reached and how fast: addresses, headers, proxies, connections, limits, pauses."""

from __future__ import annotations

import socket
import threading

import pytest
from loopback import Waiting, ask, reply, serving

from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models._endpoint_pace import Pace, seconds, told
from limbeck.models._endpoint_wire import address, proxy_of
from limbeck.models.openai import Asking, Endpoint, Transport, openai
from limbeck.pipeline.models import spelled


def echo(it) -> None:
    it.answer(200, reply(it.question))


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://h/v1", b"/v1/chat/completions"),
        ("http://h/v1/", b"/v1/chat/completions"),
        ("http://h", b"/chat/completions"),
        ("http://h/o/d/?api-version=2024-10-21", b"/o/d/chat/completions?api-version=2024-10-21"),
        ("http://h/v1/chat/completions", b"/v1/chat/completions"),
        ("http://[::1]:8000/v1", b"/v1/chat/completions"),
        ("http://h/ä", b"/%C3%A4/chat/completions"),
    ],
)
def test_where_chats_are_completed(url, target):
    assert address(url, "", {}).url.target == target


@pytest.mark.parametrize(
    "url", ["not a url", "127.0.0.1:8000/v1", "http://", "http://h:99999/v1", "ftp://h/v1"]
)
def test_what_is_no_address(url):
    with pytest.raises(LimbeckError, match=r"is no address of an endpoint"):
        openai(model="m", url=url)


def test_a_query_and_own_headers_are_sent_and_user_and_password_as_a_header():
    with serving(echo) as server:
        url = server.url.replace("//", "//ann:open5esame@") + "?api-version=3"
        openai(model="m", url=url, transport=Transport(headers={"X-Title": "mine"})).generate(
            ask("a"), Sampling()
        )
    head = server.heads[0]
    assert head.startswith("POST /v1/chat/completions?api-version=3 HTTP/1.1")
    assert "X-Title: mine" in head
    assert "Authorization: Basic YW5uOm9wZW41ZXNhbWU=" in head


def test_seeds_have_31_bits():
    endpoint = Endpoint("m", "http://h/v1")
    seeds = [
        endpoint.body(ask("a")[0], Sampling(seed=seed), 7)["seed"] for seed in (0, 3, 2**31 - 1, 2**40 + 5)
    ]
    assert seeds[:2] == [7, 3_000_016]
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert len({*seeds}) == 4


@pytest.mark.parametrize(
    ("text", "name", "url"),
    [
        ("openai:m", "m", None),
        ("openai:@cf/qwen/qwq-32b", "@cf/qwen/qwq-32b", None),
        ("openai:@cf/qwen/qwq-32b@http://h/v1", "@cf/qwen/qwq-32b", "http://h/v1"),
        ("openai:m@https://ann:pw@h/v1", "m", "https://ann:pw@h/v1"),
    ],
)
def test_names_and_addresses_with_an_at(text, name, url):
    assert spelled(text) == {"use": "models/openai", "model": name, **({"url": url} if url else {})}


@pytest.mark.parametrize(
    "text", ["openai:m@127.0.0.1:8000/v1", "openai:m@localhost/v1", "openai:", "openai:@http://h"]
)
def test_a_name_or_a_scheme_that_is_missing(text):
    with pytest.raises(LimbeckError, match=r"openai:.*http://|names no model"):
        spelled(text)


def test_a_connection_that_the_server_closed_meanwhile_is_replaced_at_once():
    """Without a wait, without a try: five connections are each closed when they are used again."""

    def behave(it) -> None:
        it.close() if it.nth == 2 else echo(it)

    with serving(behave) as server:
        model = openai(model="m", url=server.url, concurrency=1, retries=0)
        model.keep_time(server.clock)
        rows = model.generate(ask(*"abcde"), Sampling())
    assert [row[0].text for row in rows] == [*"abcde"]
    assert server.clock.slept == []
    assert len(server.bodies) == 5 + 4


def test_a_new_connection_that_is_closed_counts_as_a_try():
    with serving(lambda it: it.close()) as server:
        model = openai(model="m", url=server.url, retries=2)
        model.keep_time(server.clock)
        completion = model.generate(ask("a"), Sampling())[0][0]
    assert completion.finish == "error"
    assert len(server.bodies) == 3
    assert model.failed == 1


def test_a_429_stops_all_workers_for_as_long_as_the_server_says():
    four = threading.Barrier(4)
    allowed_at: list[float] = []

    def behave(it) -> None:
        if it.times == 1:
            four.wait(timeout=60)  # all four are under way
            return it.answer(429, {}, Retry_After="30")
        allowed_at.append(it.server.clock.time)
        return echo(it)

    with serving(behave) as server:
        model = openai(model="m", url=server.url, concurrency=4, retries=0)
        model.keep_time(server.clock)
        rows = model.generate(ask(*"abcd"), Sampling())
    assert [row[0].text for row in rows] == [*"abcd"], "with no tries at all: a 429 counts none"
    assert min(allowed_at) >= 1030
    assert "pauses that it asked for" in model.asked_at()


def test_an_empty_account_lets_what_is_under_way_come_in():
    two, refused = threading.Barrier(2), threading.Event()

    def behave(it) -> None:
        if it.question in ("a", "b"):
            two.wait(timeout=60)
        if it.question == "b":
            it.answer(402)
            refused.set()
        else:
            refused.wait(timeout=60)
            echo(it)

    got = []

    def read(url: str) -> None:
        for _, _, completion in openai(model="m", url=url, concurrency=2).stream(ask(*"abcdef"), Sampling()):
            got.append(completion.text)

    with serving(behave) as server:
        with pytest.raises(LimbeckError, match="wants to be paid"):
            read(server.url)
        assert len(server.bodies) <= 3, "the two replies may come in either order"
    assert "a" in got


def test_limits_of_requests_and_of_tokens_a_minute():
    with serving(echo) as server:
        for limits, apart in (
            (Transport(requests_per_minute=20), 3.0),
            (Transport(tokens_per_minute=60), 10.0),
        ):
            model = openai(model="m", url=server.url, concurrency=1, transport=limits)
            clock = Waiting()
            model.keep_time(clock)
            model.generate(ask(*"abcde"), Sampling(max_tokens=3))
            # A reply costs ten tokens, a sixth of a minute's.
            assert clock.time - 1000 == pytest.approx(4 * apart, abs=0.5), limits
    for bad in ({"requests_per_minute": -1}, {"tokens_per_minute": float("nan")}):
        with pytest.raises(LimbeckError, match="per_minute cannot be"):
            openai(model="m", transport=Transport(**bad))


@pytest.mark.parametrize(
    "bad", [{"concurrency": 0}, {"retries": -1}, {"timeout": 0.0}, {"timeout": float("nan")}]
)
def test_settings_that_ask_nothing(bad):
    with pytest.raises(LimbeckError, match=f"{next(iter(bad))} cannot be"):
        Endpoint("m", "http://h/v1", asking=Asking(**bad))


def test_pauses_grow_while_nobody_is_answered_and_requests_sent_before_do_not_count():
    clock = Waiting()
    pace = Pace(clock)
    sent = clock.now()
    for _ in range(5):  # five of one burst
        pace.pause(sent, None)
    first = pace.until - clock.now()
    assert 0.5 <= first <= 1.5
    clock.time = pace.until
    pace.pause(clock.now(), None)
    assert 1.0 <= pace.until - clock.now() <= 3.0
    pace.answered(pace.until + 1, 0, 0)
    assert pace.doubled == 0


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("5", 5.0), ("0", 0.0), ("-3", 0.0), ("2.5", 2.5), ("6m0s", 360.0), ("1h1m1s", 3661.0),
        ("20ms", 0.02), ("1d", 86400.0), ("soon", None), ("", None), (None, None), ("nan", None),
        ("inf", None),
        ("Thu, 01 Jan 1970 00:00:30 GMT", 30.0), ("1970-01-01T00:00:12+00:00", 12.0),
    ],
)  # fmt: skip
def test_waits_as_servers_write_them(text, wait):
    assert seconds(text, 0.0) == wait


def test_what_goes_first_of_what_a_server_says():
    assert told({"retry-after": "3", "x-ratelimit-reset-requests": "9s"}, "", 0.0) == 3
    both = {"x-ratelimit-reset-requests": "9s", "x-ratelimit-reset-tokens": "4s"}
    assert told(both, "", 0.0) == 4
    assert told({**both, "x-ratelimit-remaining-requests": "0"}, "", 0.0) == 9
    assert told({}, "Please try again in 20 s.", 0.0) == 20
    assert told({}, "", 0.0) is None


# --- proxies


def test_an_http_proxy_is_gone_through(monkeypatch):
    with serving(echo) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.removesuffix("/v1"))
        assert (
            openai(model="m", url="http://model.invalid/v1").generate(ask("a"), Sampling())[0][0].text == "a"
        )
        assert proxy.heads[0].startswith("POST http://model.invalid/v1/chat/completions HTTP/1.1")


def test_a_socks_proxy_is_gone_through(monkeypatch):
    """A SOCKS5 server (RFC 1928) that connects to the only place it knows."""
    with serving(echo) as server, socket.create_server(("127.0.0.1", 0)) as listening:
        asked: list[bytes] = []

        def pump(one_end: socket.socket, other: socket.socket) -> None:
            while data := one_end.recv(65536):
                other.sendall(data)

        def proxy() -> None:
            client, _ = listening.accept()
            client.recv(64)
            client.sendall(b"\x05\x00")
            asked.append(client.recv(256))
            client.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
            target = socket.create_connection(server.server_address)
            threading.Thread(target=pump, args=(client, target), daemon=True).start()
            pump(target, client)

        threading.Thread(target=proxy, daemon=True).start()
        monkeypatch.setenv("ALL_PROXY", f"socks5h://127.0.0.1:{listening.getsockname()[1]}")
        assert (
            openai(model="m", url="http://model.invalid/v1").generate(ask("a"), Sampling())[0][0].text == "a"
        )
    assert b"model.invalid" in asked[0], "the proxy looks the name up"


def test_a_proxy_that_cannot_be_used_is_one_error():
    model = openai(model="m", url="http://h/v1", transport=Transport(proxy="socks4://h:1"))
    with pytest.raises(LimbeckError, match=r"socks4://; http, https and socks5 can be used"):
        model.generate(ask("a"), Sampling())


def test_this_machine_is_asked_without_a_proxy(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://p:1")
    monkeypatch.setenv("NO_PROXY", "inside.example")
    proxies = {url: proxy_of(address(url, "", {}), "") for url in (
        "http://127.0.0.1:8000/v1", "http://localhost/v1", "http://[::1]/v1", "http://a.inside.example/v1",
        "http://elsewhere.example/v1",
    )}  # fmt: skip
    assert [*proxies.values()] == ["", "", "", "", "http://p:1"]
    assert proxy_of(address("http://127.0.0.1/v1", "", {}), "http://q:1") == "http://q:1", (
        "unless it is named"
    )
