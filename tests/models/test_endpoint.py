"""Endpoints that are slow, short, strange or gone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Sampling
from limbeck.models import openai as module
from limbeck.models.journal import Journal
from limbeck.models.openai import openai
from limbeck.models.scripted import Scripted


def ask(*questions: str) -> list[list[dict[str, str]]]:
    return [[{"role": "user", "content": question}] for question in questions]


def reply(text: str = "4", finish: str | None = "stop", **message) -> dict:
    choice = {"message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
    return {"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}


@pytest.fixture
def serve(monkeypatch):
    """``serve(answer)`` starts a server; ``answer(body, times)`` gives (status, reply or bytes, headers)."""
    monkeypatch.setattr(module.random, "uniform", lambda low, high: 0.01)
    servers = []

    def start(answer):
        seen: dict[str, int] = {}
        bodies: list[dict] = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                bodies.append(body)
                key = f"{body['messages'][-1]['content']}/{body['seed']}"
                seen[key] = seen.get(key, 0) + 1
                status, content, headers = answer(body, seen[key])
                payload = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(payload)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(payload)

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                """A client that hangs up is no news."""

        server = Server(("127.0.0.1", 0), Handler)
        server.bodies = bodies
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return server, f"http://127.0.0.1:{server.server_port}/v1"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_never_more_requests_than_allowed(serve):
    busy, most = [0], [0]
    lock, three = threading.Lock(), threading.Barrier(3)

    def answer(body, times):
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        three.wait(timeout=60)  # three are under way at once, or nobody goes on
        with lock:
            busy[0] -= 1
        return 200, reply(), {}

    _, url = serve(answer)
    assert len(openai(model="m", url=url, concurrency=3).generate(ask(*"abcdef"), Sampling(n=2))) == 6
    assert most[0] == 3


@pytest.mark.parametrize(
    ("sent", "text", "finish"),
    [
        (reply("4", "length"), "4", "length"),
        (reply("4", None), "4", "unknown"),
        (reply("4", "content_filter"), "4", "error"),
        (reply("", "length", reasoning_content="hm"), "<think>hm", "length"),
        (reply("4", "stop", reasoning_content="hm"), "<think>hm</think>4", "stop"),
        (reply("", "stop", reasoning="hm"), "<think>hm</think>", "stop"),
        (reply("<think>hm</think>4", "stop", reasoning_content=None), "<think>hm</think>4", "stop"),
    ],
)
def test_how_a_completion_ended_and_what_was_thought(serve, sent, text, finish):
    _, url = serve(lambda body, times: (200, sent, {}))
    completion = openai(model="m", url=url).generate(ask("a"), Sampling())[0][0]
    assert (completion.text, completion.finish) == (text, finish)
    assert (completion.tokens, completion.prompt_tokens) == (3, 7)


def test_the_request_says_what_was_asked_for(serve):
    server, url = serve(lambda body, times: (200, reply(), {}))
    model = openai(
        model="m", url=url + "/", extra={"top_k": 20, "max_tokens": None, "max_completion_tokens": 9}
    )
    sampling = Sampling(n=2, temperature=0.7, top_p=0.8, max_tokens=9, seed=4, stop=("\n",))
    model.generate([[{"role": "user", "content": "a"}, {"role": "assistant", "content": "so"}]], sampling)
    body = server.bodies[0]
    seeds = {each["seed"] for each in server.bodies}
    assert len(seeds) == 2, "samples differ by seed"
    assert {k: body[k] for k in ("model", "temperature", "top_p", "top_k", "stop")} == {
        "model": "m", "temperature": 0.7, "top_p": 0.8, "top_k": 20, "stop": ["\n"],
    }  # fmt: skip
    assert "max_tokens" not in body
    assert body["max_completion_tokens"] == 9
    assert (body["continue_final_message"], body["add_generation_prompt"]) == (True, False)


def test_greedy_is_asked_once_and_what_it_cost_is_counted(serve):
    server, url = serve(lambda body, times: (200, reply(), {}))
    model = openai(model="m", url=url, price_in=1.0, price_out=2.0)
    assert [c.text for c in model.generate(ask("a"), Sampling(n=3, temperature=0.0))[0]] == ["4"] * 3
    assert len(server.bodies) == 1
    assert model.describe()["usage"] == {
        "requests": 1, "prompt_tokens": 7, "completion_tokens": 3, "usd": pytest.approx(13e-6),
    }  # fmt: skip


def test_log_probabilities_come_or_are_missed(serve):
    def answer(body, times):
        sent = reply()
        if body["messages"][-1]["content"] == "with":
            sent["choices"][0]["logprobs"] = {"content": [{"logprob": -0.5}, {"logprob": -1.0}]}
        return 200, sent, {}

    _, url = serve(answer)
    assert openai(model="m", url=url).generate(ask("with"), Sampling(logprobs=True))[0][0].logprobs == [
        -0.5,
        -1.0,
    ]
    without = openai(model="m", url=url).generate(ask("without"), Sampling(logprobs=True))[0][0]
    assert without.finish == "error"
    assert "sent no log-probabilities" in without.error


def test_a_server_that_goes_down_half_way_keeps_what_was_made(serve, tmp_path):
    server, url = serve(
        lambda body, times: (200, reply(body["messages"][-1]["content"]), {"Connection": "close"})
    )
    questions = ask(*map(str, range(30)))
    journal = Journal(openai(model="m", url=url, concurrency=2, retries=2), tmp_path / "j.jsonl")
    got: list[Completion] = []

    def read():
        for _, _, completion in journal.stream(questions, Sampling()):
            got.append(completion)
            if len(got) == 5:
                server.shutdown()
                server.server_close()

    with pytest.raises(LimbeckError, match="nothing answers at"):
        read()
    # What was under way when the server left may come back as a failure; it is asked again.
    made = [completion for completion in got if completion.finish == "stop"]
    assert 5 <= len(made) < 30
    rest = Scripted({"*": "{question}"})
    rest.name = "m"
    done = Journal(rest, tmp_path / "j.jsonl").generate(questions, Sampling())
    assert [row[0].text for row in done] == [str(number) for number in range(30)]
    assert rest.asked == 30 - len(made)


def test_one_request_to_a_server_that_is_down_is_enough(monkeypatch):
    monkeypatch.setattr(module.random, "uniform", lambda low, high: 0.01)
    with pytest.raises(LimbeckError, match=r"nothing answers at http://127\.0\.0\.1:9/v1 \(ConnectError"):
        openai(model="m", url="http://127.0.0.1:9/v1", retries=1).generate(ask("a"), Sampling())
    with pytest.raises(LimbeckError, match="not a url"):
        openai(model="m", url="not a url", retries=0).generate(ask("a"), Sampling())


def test_a_reader_who_leaves_stops_the_requests(serve):
    left = threading.Event()

    def answer(body, times):
        if body["messages"][-1]["content"] != "0":
            left.wait(timeout=60)
        return 200, reply(), {}

    server, url = serve(answer)
    stream = openai(model="m", url=url, concurrency=2).stream(ask(*map(str, range(100))), Sampling())
    next(stream)
    stream.close()
    left.set()
    assert len(server.bodies) <= 3, "the first, and those under way"


@pytest.mark.slow
def test_a_real_server_answers(tmp_path):
    for name in ("fastapi", "uvicorn", "openai"):
        pytest.importorskip(name, reason="transformers serve needs transformers[serving]")
    small_world = pytest.importorskip("small_world")
    import socket

    folder = small_world.student(tmp_path / "student", template="chatml")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            sys.executable, "-m", "transformers.cli.transformers", "serve",
            "--host", "127.0.0.1", "--port", str(port),
        ],
        env={**os.environ, "HF_HUB_OFFLINE": "1"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(300):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        model = openai(model=folder, url=f"http://127.0.0.1:{port}/v1", retries=7, timeout=60)
        rows = model.generate(ask("1+2", "3+4"), Sampling(n=2, max_tokens=8))
    finally:
        server.terminate()
        server.wait(timeout=20)
    assert [len(row) for row in rows] == [2, 2]
    assert {c.finish for row in rows for c in row} <= {"stop", "length", "unknown"}
