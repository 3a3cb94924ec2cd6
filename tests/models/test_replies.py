"""Replies of endpoints: each is a completion or a failed request with its reason, and none raises."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import odd_replies as odd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limbeck import secrets
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Sampling
from limbeck.models import openai as module
from limbeck.models._endpoint_reply import read
from limbeck.models.journal import Journal
from limbeck.models.openai import openai

ASKED = Sampling(logprobs=True, top=2)


def got(each: odd.Odd, sampling: Sampling = Sampling()):
    return read(each.status, {"content-type": each.kind, "location": each.location}, each.body, sampling)


def with_logprobs(logprobs: object) -> odd.Odd:
    return odd.Odd("", json.dumps(odd.choice(message={"content": "4"}, logprobs=logprobs)).encode())


def test_the_names_of_the_table_are_its_own():
    names = [each.name for each in odd.ODD]
    assert len(set(names)) == len(names) >= 80


@pytest.mark.parametrize("each", odd.ODD, ids=lambda each: each.name)
def test_a_reply_is_a_completion_or_a_failed_request(each):
    received = got(each)
    completion = received.completion
    assert (completion.text, completion.finish) == (each.text, each.finish)
    assert each.why in completion.error
    assert bool(completion.error) == (each.finish == "error")
    assert received.status == each.meant
    if not each.text and each.finish == "error":
        assert f"HTTP {each.status}" in completion.error, "what the server answered is said"
    again = msgspec.json.decode(msgspec.json.encode(completion), type=Completion)
    assert again == completion, "it can be written and read"


@pytest.mark.parametrize("each", odd.COUNTS, ids=lambda each: each.name)
def test_a_count_that_cannot_be_one_is_left_out(each):
    assert (got(each).completion.tokens, got(each).completion.prompt_tokens) == (None, None)


def test_counts_are_read_under_both_names_also_of_what_failed():
    for usage in (
        {"prompt_tokens": 7, "completion_tokens": 3},
        {"input_tokens": 7.0, "output_tokens": "3"},
    ):
        for finish in ("stop", "abort"):
            completion = got(odd.sent("", odd.chat(finish=finish, usage=usage))).completion
            assert (completion.prompt_tokens, completion.tokens) == (7, 3), "a broken reply was paid for too"


def test_what_may_end_otherwise_is_worth_another_try():
    again = {each.name for each in odd.ODD if got(each).again}
    assert {"half a reply", "finish abort", "choices null", "a page", "a stream cut off"} <= again
    final = {"a call of a tool", "nested 100,000 deep", "a content filter", "parts without text", "plain"}
    assert not again & final
    assert not any(got(each).again for each in odd.ODD if each.meant >= 300), "its status says so"


def test_log_probabilities_are_those_of_the_tokens():
    top = [
        {"token": "4", "logprob": -0.5},
        {"token": "5", "logprob": None},
        {"token": "\ud83d", "logprob": -1e999},
    ]
    listed = [{"token": "4", "logprob": -0.5, "top_logprobs": top}, {"token": ".", "logprob": -1e999}]
    completion = got(with_logprobs({"content": listed}), ASKED).completion
    assert completion.logprobs == [-0.5, -9999.0], "minus infinity, as OpenAI and vLLM write it"
    assert completion.tops == [("4", {"4": -0.5, "\N{REPLACEMENT CHARACTER}": -9999.0}), (".", {})]
    older = {"tokens": ["4", "."], "token_logprobs": [-0.5, -1], "top_logprobs": [{"4": -0.5, "5": -1}, None]}
    completion = got(with_logprobs(older), ASKED).completion
    assert completion.logprobs == [-0.5, -1.0]
    assert completion.tops == [("4", {"4": -0.5, "5": -1.0}), (".", {})]
    assert got(with_logprobs(older)).completion.logprobs is None, "they were not asked for"


@pytest.mark.parametrize("value", [None, "x", True, float("nan"), float("inf"), 3.2, 10**400, [], {}])
def test_a_log_probability_that_is_none_fails_its_request_where_it_was_asked_for(value):
    sent = with_logprobs({"content": [{"token": "4", "logprob": -0.5}, {"token": ".", "logprob": value}]})
    failed = got(sent, ASKED)
    assert failed.completion.finish == "error"
    assert "log-probability of token 2 of 2" in failed.completion.error
    assert not failed.again
    alternatives = got(sent, Sampling(top=2)).completion
    assert (alternatives.text, alternatives.logprobs) == ("4", None)


@pytest.mark.parametrize(
    "logprobs", [None, {}, [], "x", {"content": None}, {"content": []}, {"tokens": ["4"]}]
)
def test_log_probabilities_that_are_missing_fail_the_request(logprobs):
    failed = got(with_logprobs(logprobs), ASKED)
    assert failed.lacks
    assert "sent no log-probabilities though asked to" in failed.completion.error


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
ANY = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


def places(value, path=()):
    """The paths of all values within a value."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from places(each, (*path, name))


WHOLE = {
    **odd.chat(
        [odd.THINKING, odd.TEXT],
        usage={"prompt_tokens": 7, "completion_tokens": 3},
        reasoning_details=odd.DETAILS,
    ),
    "error": None,
    "base_resp": {"status_code": 0, "status_msg": ""},
}
WHOLE["choices"][0]["logprobs"] = {
    "content": [{"token": "4", "logprob": -0.5, "top_logprobs": [{"token": "4", "logprob": -0.5}]}]
}


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([path for path in places(WHOLE) if path]), ANY, st.booleans())
def test_any_value_in_any_place_is_a_completion_or_a_failed_request(path, value, stream):
    reply = json.loads(json.dumps(WHOLE))
    inner = reply
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    body = json.dumps(reply).encode()
    for asked in (Sampling(), ASKED):
        completion = read(200, {}, b"data: " + body if stream else body, asked).completion
        assert completion.finish != "error" or completion.error
        assert msgspec.json.decode(msgspec.json.encode(completion), type=Completion) == completion


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(odd.ODD), st.integers(0, 400), st.integers(0, 255), st.booleans())
def test_any_damage_to_any_reply_is_a_completion_or_a_failed_request(each, place, byte, cut):
    body = each.body[:place] if cut else each.body[:place] + bytes([byte]) + each.body[place + 1 :]
    completion = read(each.status, {"content-type": each.kind}, body, ASKED).completion
    assert msgspec.json.decode(msgspec.json.encode(completion), type=Completion) == completion


@pytest.fixture
def served(monkeypatch):
    """A server that sends the odd reply whose number is asked for, and its address."""
    monkeypatch.setattr(module.random, "uniform", lambda low, high: 0.001)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args):
            pass

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            bodies.append(body)
            each = odd.ODD[int(body["messages"][-1]["content"])]
            self.send_response(each.status)
            self.send_header("Content-Type", each.kind)
            self.send_header("Content-Length", str(len(each.body)))
            if each.location:
                self.send_header("Location", each.location)
            self.end_headers()
            self.wfile.write(each.body)

    bodies: list[dict] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield bodies, f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_odd_replies_of_a_server_are_in_the_journal_or_failed_and_stop_no_other(served, tmp_path):
    bodies, url = served
    # What a server says of all requests stops a run by design.
    of_all = (301, 401, 402, 403, 404)
    numbers = [number for number, each in enumerate(odd.ODD) if each.meant not in of_all]
    prompts = [[{"role": "user", "content": str(number)}] for number in numbers]

    def ask():
        model = openai(model="m", url=url, retries=1, concurrency=4)
        return [row[0] for row in Journal(model, tmp_path / "j.jsonl").generate(prompts, Sampling())]

    first = ask()
    for number, completion in zip(numbers, first, strict=True):
        each = odd.ODD[number]
        assert (completion.text, completion.finish) == (
            each.text if each.finish != "error" else completion.text,
            each.finish,
        )
        assert each.why in completion.error
    bodies.clear()
    assert ask() == first
    again = {int(body["messages"][-1]["content"]) for body in bodies}
    assert again == {number for number in numbers if odd.ODD[number].finish == "error"}, (
        "only what failed is asked again"
    )


def test_an_endpoint_that_never_sends_log_probabilities_is_not_asked_on(served):
    bodies, url = served
    plain = [each.name for each in odd.ODD].index("plain")
    prompts = [[{"role": "user", "content": str(plain)}]] * 99
    with pytest.raises(LimbeckError, match=r"8 times in a row: .*sent no log-probabilities"):
        openai(model="m", url=url, concurrency=1).generate(prompts, Sampling(logprobs=True))
    assert len(bodies) == 8


def test_a_secret_at_the_end_of_what_is_kept_of_a_servers_words_is_not_cut_in_half():
    secret = "sk-1234567890abcdefghijklmnop"
    secrets.keep(secret)
    for before in range(260, 310):
        error = got(odd.failed("", {"error": "x" * before + " " + secret}, "")).completion.error
        assert "sk-1" not in error
