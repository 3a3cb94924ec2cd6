"""A student served: what clients get over HTTP is what the model gives without a server."""

from __future__ import annotations

import http.client
import json
import re
import threading

import pytest
import small_world
from loopback import ask

torch = pytest.importorskip("torch")
pytest.importorskip("starlette", reason="limbeck[serve] is not installed")

from serving_kit import serving  # noqa: E402

from limbeck.decoding.vote.self_consistency import self_consistency  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models.openai import openai  # noqa: E402
from limbeck.models.shared import GIVES, Shared  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.serving.served import Served  # noqa: E402

WARM = {"temperature": 1.0, "top_p": 1.0, "max_tokens": 24}


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    torch.manual_seed(0)
    return transformers(path=small_world.student(tmp_path_factory.mktemp("student"), template="bare"))


@pytest.fixture(scope="module")
def client(local):
    with serving(Served("student", Shared(local), set(GIVES))) as client:
        yield client


def test_n_samples_of_a_seed_are_those_of_the_model_itself(client, local):
    status, reply = client.ask({**WARM, "n": 4, "seed": 11, "logprobs": True, "model": "student"})
    there = local.generate(ask("1+2"), Sampling(n=4, seed=11, logprobs=True, **WARM))[0]
    assert status == 200
    assert [each["message"]["content"] for each in reply["choices"]] == [each.text for each in there]
    assert len({each.text for each in there}) == 4
    assert [each["finish_reason"] for each in reply["choices"]] == [each.finish for each in there]
    written = sum(each.tokens for each in there)
    read = there[0].prompt_tokens
    counted = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    assert reply["usage"] == counted
    for choice, each in zip(reply["choices"], there, strict=True):
        logps = [token["logprob"] for token in choice["logprobs"]["content"]]
        assert logps == pytest.approx(each.logprobs, abs=1e-4)


def test_limbecks_own_client_gets_the_local_samples_log_probabilities_and_alternatives(client, local):
    remote = openai(model="student", url=client.url, concurrency=8)
    asked = Sampling(n=3, seed=2, logprobs=True, top=2, stop=("9",), **WARM)
    over_http = remote.generate(ask("1+2", "3+4"), asked)
    for question, row in zip(("1+2", "3+4"), over_http, strict=True):
        for number, completion in enumerate(row):
            seed = remote.body(ask(question)[0], asked, number)["seed"]
            there = local.generate(
                ask(question), Sampling(n=1, seed=seed, logprobs=True, stop=("9",), **WARM)
            )[0][0]
            assert (completion.text, completion.finish) == (there.text, there.finish)
            assert (completion.tokens, completion.prompt_tokens) == (there.tokens, there.prompt_tokens)
            assert completion.logprobs == pytest.approx(there.logprobs, abs=1e-4)
            assert all(len(others) == 2 for _, others in completion.tops)
    assert any(completion.finish == "stop" for row in over_http for completion in row)


def test_a_stream_adds_up_to_the_reply_and_comes_in_pieces(client):
    body = {**WARM, "max_tokens": 40, "n": 2, "seed": 5, "messages": ask("1+2")[0]}
    streamed = {**body, "stream": True, "stream_options": {"include_usage": True}}
    events = client.send("POST", "/v1/chat/completions", streamed).read().decode().split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    *chunks, last = [json.loads(event.removeprefix("data: ")) for event in events[:-2]]
    reply = client.ask(body)[1]
    texts, ends = ["", ""], [None, None]
    for chunk in chunks:
        (choice,) = chunk["choices"]
        texts[choice["index"]] += choice["delta"].get("content", "")
        ends[choice["index"]] = choice["finish_reason"]
    assert texts == [each["message"]["content"] for each in reply["choices"]]
    assert ends == [each["finish_reason"] for each in reply["choices"]]
    assert last["usage"] == reply["usage"]
    assert last["choices"] == []
    assert len(chunks) > 6, "pieces, not whole texts"


def test_our_client_reads_the_stream_too(client, local):
    whole = openai(model="student", url=client.url)
    streaming = openai(
        model="student", url=client.url, extra={"stream": True, "stream_options": {"include_usage": True}}
    )
    asked = Sampling(n=2, seed=3, **WARM)
    assert streaming.generate(ask("3+4"), asked) == whole.generate(ask("3+4"), asked)


def test_completions_go_on_from_texts_and_from_token_ids(client, local):
    shared = client.served.model
    ids = shared.encode("1+2")
    there = local.continue_ids([ids], [range(2)], Sampling(n=2, seed=4, **WARM))
    texts = {number: each.text for _, number, each in there}
    for prompt, count in (("1+2", 1), (ids, 1), (["1+2", "1+2"], 2), ([ids, ids], 2)):
        body = {**WARM, "prompt": prompt, "n": 2, "seed": 4, "logprobs": 1}
        status, reply = client.ask(body, "/v1/completions")
        assert status == 200
        assert [each["text"] for each in reply["choices"]] == [texts[0], texts[1]] * count
        told = reply["choices"][0]["logprobs"]
        assert len(told["tokens"]) == len(told["token_logprobs"]) == len(told["top_logprobs"])
    assert client.refused({"prompt": [10**6]}, "/v1/completions")[:2] == (
        400,
        f"token 1000000 is none of {shared.vocabulary} that the model has",
    )
    assert client.refused({"prompt": [1, "a"]}, "/v1/completions")[0] == 400


def test_a_strategy_is_served_as_it_decodes_here(client, local):
    voted = {"n": 3, "temperature": 1.0, "format": "lines"}
    served = Served("votes", self_consistency(model=client.served.model, **voted), {"text"})
    there = self_consistency(model=local, **voted).generate(ask("1+2"), Sampling(n=2, seed=8, **WARM))[0]
    with serving(served) as strategy:
        reply = strategy.ask({**WARM, "n": 2, "seed": 8})[1]
        assert [each["message"]["content"] for each in reply["choices"]] == [each.text for each in there]
        assert reply["usage"]["completion_tokens"] == sum(each.tokens for each in there)
        assert strategy.refused({"logprobs": True}) == (400, "model 'votes' tells no logprobs", "logprobs")
        assert strategy.refused({"prompt": "1+2"}, "/v1/completions")[0] == 404


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_hangs_up_frees_its_place(client, stream, monkeypatch):
    engine = client.served.model.engine
    monkeypatch.setattr(engine, "ends", set())  # nothing ends by itself
    dropped, drop = threading.Event(), type(engine)._drop

    def watched(engine, batch):
        before = int(batch.alive_R.sum())
        drop(engine, batch)
        if int(batch.alive_R.sum()) < before:
            dropped.set()

    monkeypatch.setattr(type(engine), "_drop", watched)
    begun, step = threading.Event(), type(engine)._turn
    monkeypatch.setattr(type(engine), "_turn", lambda engine: (step(engine), begun.set())[0])
    body = {"messages": ask("1+2")[0], "n": 2, "temperature": 1.0, "stream": stream}
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=60)
    connection.request("POST", "/v1/chat/completions", json.dumps(body))
    assert begun.wait(60)
    connection.close()
    assert dropped.wait(60)


def test_a_prompt_that_is_too_long_is_a_mistake_of_the_clients(client):
    status, why, _ = client.refused({"messages": ask("1+" * 3000)[0]})
    assert status == 400
    assert re.fullmatch(r"the prompt has 6001 tokens, .* takes 1 to 4095", why)


def test_openais_own_client_is_content(client):
    package = pytest.importorskip("openai", reason="the package of OpenAI's client is not installed")
    theirs = package.OpenAI(base_url=client.url, api_key="any", max_retries=0)
    assert [each.id for each in theirs.models.list()] == ["student"]
    asked = {"model": "student", "messages": ask("1+2")[0], "seed": 6, "temperature": 1.0}
    reply = theirs.chat.completions.create(
        **asked, n=2, max_completion_tokens=12, logprobs=True, top_logprobs=2
    )
    content = reply.choices[0].logprobs.content
    assert reply.usage.completion_tokens >= len(content) > 0
    assert content[0].top_logprobs[0].logprob <= 0
    pieces = theirs.chat.completions.create(**asked, max_tokens=12, stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in pieces)
    assert text == reply.choices[0].message.content
    with pytest.raises(package.BadRequestError, match="temperature"):
        theirs.chat.completions.create(**{**asked, "temperature": 9})
    with pytest.raises(package.NotFoundError, match="did you mean 'student'"):
        theirs.chat.completions.create(**{**asked, "model": "studnt"})
