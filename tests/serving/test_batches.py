"""Batch files that a served model answers, as OpenAI's own client sends them."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("starlette", reason="limbeck[serve] is not installed")
openai = pytest.importorskip("openai", reason="the package of OpenAI's client is not installed")

from serving_kit import serving  # noqa: E402

from limbeck.generation import Completion  # noqa: E402
from limbeck.models.scripted import Scripted  # noqa: E402
from limbeck.serving.served import Served  # noqa: E402

ROUTE = "/v1/chat/completions"
KEY = "open sesame 123"


def reply(messages, number):
    question = messages[-1]["content"]
    if question == "fail":
        return Completion(text="", finish="error", error="it fell over")
    return f"{question}={number}"


@pytest.fixture(scope="module")
def theirs():
    with serving(Served("script", Scripted(reply), {"text"}, key=KEY)) as server:
        yield openai.OpenAI(base_url=server.url, api_key=KEY, max_retries=0)


def line(name, question="1+2", **more):
    body = {"model": "script", "messages": [{"role": "user", "content": question}], **more}
    return {"custom_id": name, "method": "POST", "url": ROUTE, "body": body}


def file_of(theirs, rows):
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    return theirs.files.create(file=("r.jsonl", content), purpose="batch")


def begun(theirs, rows, route=ROUTE):
    file = file_of(theirs, rows)
    return theirs.batches.create(input_file_id=file.id, endpoint=route, completion_window="24h")


def done(theirs, batch):
    while batch.status == "in_progress":
        batch = theirs.batches.retrieve(batch.id)
    return batch


def rows_of(theirs, file):
    return {row["custom_id"]: row for row in map(json.loads, theirs.files.content(file).text.splitlines())}


def test_every_line_is_answered_as_its_request_would_be(theirs):
    rows = [line(f"é{number}", f"{number}+1", n=2) for number in range(200)]
    batch = done(theirs, begun(theirs, [*rows, line("bad", "fail"), line("worse", temperature=9)]))
    assert (batch.status, batch.request_counts.total) == ("completed", 202)
    assert (batch.request_counts.completed, batch.request_counts.failed) == (200, 2)
    answers = rows_of(theirs, batch.output_file_id)
    assert answers.keys() == {row["custom_id"] for row in rows}
    for number in range(200):
        response = answers[f"é{number}"]["response"]
        assert response["status_code"] == 200
        texts = [choice["message"]["content"] for choice in response["body"]["choices"]]
        assert texts == [f"{number}+1=0", f"{number}+1=1"]
    failed = rows_of(theirs, batch.error_file_id)
    assert failed["bad"]["response"]["status_code"] == 500
    assert failed["bad"]["response"]["body"]["error"]["message"] == "it fell over"
    assert failed["worse"]["response"]["status_code"] == 400


@pytest.mark.parametrize(
    ("rows", "route", "words"),
    [
        ([line("a"), line("a")], ROUTE, "line 2: custom_id 'a' is none, or came before"),
        ([{**line("a"), "url": "/v1/embeddings"}], ROUTE, "line 1 is no request with a body to"),
        ([{"custom_id": "a", "url": ROUTE}], ROUTE, "line 1 is no request with a body to"),
        ([[1]], ROUTE, "line 1 is no JSON object"),
        ([line("a")], "/v1/embeddings", "not '/v1/embeddings'"),
    ],
)
def test_a_file_that_is_no_batch_is_refused_as_a_whole(theirs, rows, route, words):
    with pytest.raises(openai.BadRequestError) as caught:
        begun(theirs, rows, route)
    assert words in str(caught.value)


def test_unknown_names_and_a_wrong_key(theirs):
    with pytest.raises(openai.BadRequestError, match="no file 'file-x' is here"):
        theirs.batches.create(input_file_id="file-x", endpoint=ROUTE, completion_window="24h")
    with pytest.raises(openai.NotFoundError, match="no batch 'x' is here"):
        theirs.batches.retrieve("x")
    with pytest.raises(openai.NotFoundError, match="no file 'x' is here"):
        theirs.files.content("x")
    stranger = theirs.with_options(api_key="another one 456")
    with pytest.raises(openai.AuthenticationError):
        file_of(stranger, [line("a")])
    file = file_of(theirs, [line("a")])
    with pytest.raises(openai.AuthenticationError):
        stranger.files.content(file.id)
