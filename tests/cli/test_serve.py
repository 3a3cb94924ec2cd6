"""``limbeck serve`` as a process: where it says it is, how it ends, what it refuses before it begins."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from typer.testing import CliRunner

import limbeck.serving
from limbeck.cli import app

pytest.importorskip("starlette", reason="limbeck[serve] is not installed")

SCRIPT = '{use: scripted, replies: {"*": "4"}}'


def started(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "limbeck", "serve", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def asked(url: str) -> str:
    body = json.dumps({"messages": [{"role": "user", "content": "2+2"}]}).encode()
    with urllib.request.urlopen(f"{url}/chat/completions", body, timeout=60) as reply:
        return json.load(reply)["choices"][0]["message"]["content"]


def test_it_says_where_it_is_answers_and_ends_with_ctrl_c():
    server = started(SCRIPT, "--port", "0", "--json")
    told = json.JSONDecoder().decode("".join(iter(server.stdout.readline, "}\n")) + "}")
    assert told["model"] == "scripted"
    assert told["gives"] == ["text", "prefix", "logprobs", "tops", "score"]
    assert told["url"] in told["example"]
    assert asked(told["url"]) == "4"
    server.send_signal(signal.SIGINT)
    rest, errors = server.communicate(timeout=60)
    assert (server.returncode, rest, errors.strip().removesuffix("Aborted.").strip()) == (130, "", "")


def refused(*words: str) -> str:
    done = CliRunner().invoke(app, ["serve", *words])
    assert done.exit_code
    return str(done.exception)


def test_mistakes_are_seen_before_it_listens():
    assert "{use: scripted" in refused("{use: scripted, replies: [}")
    assert "did you mean 'scripted'" in refused("{use: scriptd}")
    assert "did you mean 'replies'" in refused("{use: scripted, replis: [a]}")
    assert "NO_KEY" in refused(SCRIPT, "--key-env", "NO_KEY")
    assert "vllm serve a/b" in refused("vllm:a/b")
    assert "did you mean" in refused(SCRIPT, "--decoding", "self_consistncy")
    assert "at least one path" in refused(SCRIPT, "--decoding", "self_consistency:n=0", "--port", "0")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert "--port 0 takes a free one" in refused(SCRIPT, "--port", port)


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "limbeck.serving.server", raising=False)
    monkeypatch.delattr(limbeck.serving, "server", raising=False)
    assert "pip install 'limbeck[serve]'" in refused(SCRIPT)


def test_a_strategy_may_be_written_out_with_its_model_inside():
    text = '{use: decoding/self_consistency, n: 2, model: {use: scripted, replies: ["4"]}}'
    server = started(text, "--port", "0", "--name", "votes", "--json")
    told = json.JSONDecoder().decode("".join(iter(server.stdout.readline, "}\n")) + "}")
    assert (told["model"], told["gives"]) == ("votes", ["text"])
    assert asked(told["url"]) == "4"
    server.send_signal(signal.SIGTERM)
    server.communicate(timeout=60)
    assert server.returncode == 130
