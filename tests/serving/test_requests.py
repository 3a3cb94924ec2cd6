"""What clients get wrong, and what they are told."""

from __future__ import annotations

import json
import threading

import pytest

pytest.importorskip("starlette", reason="limbeck[serve] is not installed")

from serving_kit import serving

from limbeck.generation import Completion, Sampling
from limbeck.models.openai import openai
from limbeck.models.scripted import Scripted
from limbeck.serving.served import Served

TURN = {"role": "user", "content": "1+2"}
SHOWN = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}
ANSWER = {"role": "assistant", "content": "4"}
GIVES = {"text", "logprobs", "tops", "score"}


def reply(messages, number):
    question = messages[-1]["content"]
    if question == "fail":
        return Completion(text="", finish="error", error="it fell over")
    if question == "crash":
        raise RuntimeError("no such luck")
    return {"text": f"{question} {number}", "logprobs": [-0.5], "tops": [("3", {"3": -0.5})]}


@pytest.fixture(scope="module")
def client():
    with serving(Served("script", Scripted(reply), GIVES, key="open sesame 123")) as client:
        yield client


KEY = "open sesame 123"


@pytest.mark.parametrize(
    ("body", "status", "param", "words"),
    [
        (b"{", 400, None, "the body is no JSON"),
        (b"[1]", 400, None, "the body is no JSON object but [1]"),
        (b"[" * 100_000, 400, None, "the body is no JSON"),
        ({"messages": []}, 400, "messages", "length >= 1, got []"),
        ({"messages": "hi"}, 400, "messages", 'Expected `array`, got `str`, got "hi"'),
        ({"messages": [TURN | {"role": "usr"}]}, 400, "messages", "unknown role 'usr'; did you mean 'user'?"),
        ({"messages": [SHOWN]}, 400, "messages", "content of type 'image_url' is not known"),
        ({"messages": [TURN, ANSWER]}, 400, "continue_final_message", "has it continued"),
        ({"continue_final_message": True}, 400, "continue_final_message", "wants a last message"),
        ({"model": "scrpt"}, 404, "model", "unknown model 'scrpt'; did you mean 'script'?"),
        ({"max_token": 3}, 400, "max_token", "unknown parameter 'max_token'; did you mean 'max_tokens'?"),
        ({"max_tokens": 3, "max_completion_tokens": 4}, 400, "max_tokens", "max_completion_tokens 4"),
        ({"max_tokens": 0}, 400, "max_tokens", ">= 1, got 0"),
        ({"n": 0}, 400, "n", ">= 1, got 0"),
        ({"n": 1000}, 400, "n", "<= 128, got 1000"),
        ({"temperature": -1}, 400, "temperature", ">= 0.0, got -1"),
        ({"top_p": 0}, 400, "top_p", "> 0.0, got 0"),
        ({"seed": "x"}, 400, "seed", 'Expected `int | null`, got `str`, got "x"'),
        ({"stop": ""}, 400, "stop", "length >= 1"),
        ({"top_logprobs": 3}, 400, "top_logprobs", "top_logprobs wants logprobs: true"),
        ({"logprobs": True, "top_logprobs": 30}, 400, "top_logprobs", "<= 20, got 30"),
        ({"frequency_penalty": 0.5}, 400, "frequency_penalty", "cannot be 0.5: this server knows 0 alone"),
        ({"tools": [{"type": "function"}]}, 400, "tools", "this server knows [] alone"),
        ({"response_format": {"type": "json_object"}}, 400, "response_format", "cannot be"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_value_and_the_right_name(client, body, status, param, words):
    got, why, at = client.refused(body, key=KEY)
    assert (got, at) == (status, param)
    assert words in why
    assert len(why) < 300


@pytest.mark.parametrize(
    "extra",
    [
        {"user": "me", "metadata": {"a": "b"}, "store": False},
        {"frequency_penalty": 0.0, "presence_penalty": 0, "logit_bias": {}, "tools": [], "seed": None},
        {"response_format": {"type": "text"}, "stop": [], "stream_options": None, "top_k": -1},
    ],
)
def test_what_asks_for_nothing_is_passed_over(client, extra):
    assert client.ask(extra, key=KEY)[1]["choices"][0]["message"]["content"] == "1+2 0"


def test_content_in_parts_and_other_roles_reach_the_model(client):
    parts = [{"type": "text", "text": "3"}, {"type": "text", "text": "+4"}]
    messages = [{"role": "developer", "content": "be short"}, {"role": "user", "content": parts}]
    assert client.ask({"messages": messages}, key=KEY)[1]["choices"][0]["message"]["content"] == "3+4 0"


def test_a_key_is_wanted_and_a_wrong_one_refused(client, monkeypatch):
    assert client.refused({}) == (
        401,
        "the request brings no key; send it as `Authorization: Bearer KEY`",
        None,
    )
    assert client.refused({}, key="open sesame 124")[:2] == (401, "the request brings a wrong key")
    assert client.send("GET", "/v1/models").status == 401
    assert client.send("GET", "/health").status == 200
    monkeypatch.setenv("A_KEY", KEY)
    remote = openai(model="script", url=client.url, key_env="A_KEY")
    assert remote.generate([[TURN]], Sampling(n=1))[0][0].text == "1+2 0"


def test_routes(client):
    status, why, _ = client.refused({}, "/v1/chat/completion", key=KEY)
    assert (status, why) == (404, "no route '/v1/chat/completion'; did you mean '/v1/chat/completions'?")
    assert client.send("GET", "/v1/chat/completions", key=KEY).status == 405
    listed = json.loads(client.send("GET", "/v1/models", key=KEY).read())
    assert [each["id"] for each in listed["data"]] == ["script"]
    assert json.loads(client.send("GET", "/v1/models/script", key=KEY).read())["id"] == "script"
    assert client.send("GET", "/v1/models/scrip", key=KEY).status == 404


def test_a_model_that_fails_is_a_fault_of_the_servers_that_clients_may_ask_again(client):
    failed = {"messages": [{"role": "user", "content": "fail"}]}
    assert client.refused(failed, key=KEY)[:2] == (500, "it fell over")
    assert client.refused({**failed, "stream": True}, key=KEY)[:2] == (500, "it fell over")
    crashed = {"messages": [{"role": "user", "content": "crash"}]}
    assert client.refused(crashed, key=KEY)[:2] == (500, "RuntimeError: no such luck")
    assert client.ask({}, key=KEY)[0] == 200


def test_log_probabilities_that_a_reply_lacks_are_not_made_up():
    with serving(Served("bare", Scripted(["4"]), GIVES)) as bare:
        status, why, param = bare.refused({"logprobs": True})
        assert (status, param) == (400, "logprobs")
        assert "tells no log-probabilities" in why
        assert bare.ask({"n": 2})[1]["usage"]["completion_tokens"] == 2


def test_a_body_without_end_is_refused(client):
    assert client.refused(b" " * (32 * 2**20 + 1), key=KEY)[0] == 413


def test_requests_are_asked_side_by_side():
    """Three that wait for each other are all answered."""
    together = threading.Barrier(3)

    def wait(messages, number):
        together.wait(timeout=60)
        return "4"

    with serving(Served("slow", Scripted(wait), {"text"})) as slow:
        remote = openai(model="slow", url=slow.url, concurrency=3)
        done = remote.generate([[TURN]], Sampling(n=3, temperature=1.0))[0]
    assert [each.text for each in done] == ["4", "4", "4"]
