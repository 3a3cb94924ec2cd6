"""Models: the local sampler, the journal, the script, and an endpoint over a real socket."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import numpy as np
import pytest
import small_world

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Sampling
from limbeck.models.journal import Journal
from limbeck.models.openai import openai
from limbeck.models.scripted import scripted
from limbeck.models.transformers import transformers
from limbeck.models.vllm import vllm


def ask(*questions: str) -> list[list[dict[str, str]]]:
    return [[{"role": "user", "content": question}] for question in questions]


def texts(completions: list[list[Completion]]) -> list[list[str]]:
    return [[completion.text for completion in row] for row in completions]


@pytest.fixture(scope="module")
def student(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("student")
    start = small_world.student(folder / "start", template="bare")
    return small_world.train(folder / "trained", start, steps=30)


QUESTIONS = ask("1+2", "3+4", "5+5", "0+1+1")


def test_a_sample_does_not_depend_on_its_batch(student):
    model = transformers(path=student)
    sampling = Sampling(n=3, temperature=1.0, top_p=0.9, max_tokens=12, seed=5)
    together = texts(model.generate(QUESTIONS, sampling))
    alone = [texts(model.generate([question], sampling))[0] for question in QUESTIONS]
    assert together == alone
    assert together == texts(transformers(path=student, batch_tokens=40).generate(QUESTIONS, sampling))
    assert together != texts(model.generate(QUESTIONS, Sampling(n=3, temperature=1.0, max_tokens=12, seed=6)))
    assert len({text for row in together for text in row}) > 4


def test_greedy_is_the_argmax_and_the_same_as_generate(student):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = transformers(path=student)
    mine = model.generate(QUESTIONS, Sampling(n=2, temperature=0.0, max_tokens=12))
    peer, tokenizer = AutoModelForCausalLM.from_pretrained(student), AutoTokenizer.from_pretrained(student)
    for messages, (first, second) in zip(QUESTIONS, mine, strict=True):
        ids = tokenizer(messages[0]["content"] + ":", return_tensors="pt", add_special_tokens=False)
        out = peer.generate(**ids, do_sample=False, max_new_tokens=12)[0, ids["input_ids"].shape[1] :]
        assert first.text == second.text == tokenizer.decode(out, skip_special_tokens=True)
        assert first.finish == ("stop" if tokenizer.eos_token_id in out.tolist() else "length")


def test_cut_off_completions_say_so_and_stop_strings_end_one(student):
    model = transformers(path=student)
    short = model.generate(QUESTIONS, Sampling(n=1, temperature=0.0, max_tokens=2))
    assert {row[0].finish for row in short} == {"length"}
    assert {row[0].tokens for row in short} == {2}
    whole = model.generate(QUESTIONS, Sampling(n=1, temperature=0.0, max_tokens=12))[0][0].text
    stopped = model.generate(QUESTIONS, Sampling(n=1, temperature=0.0, max_tokens=12, stop=(whole[3],)))[0][0]
    assert stopped.text == whole.partition(whole[3])[0]
    assert stopped.finish == "stop"


def test_the_nucleus_and_the_temperature_are_the_textbooks():
    torch = pytest.importorskip("torch")
    from limbeck.models.sampler import choose

    logits = torch.log(torch.tensor([[0.5, 0.3, 0.15, 0.05]])).repeat(4000, 1)
    uniform = torch.from_numpy((np.arange(4000) + 0.5) / 4000)
    for top_p, expected in (
        (1.0, [0.5, 0.3, 0.15, 0.05]),
        (0.8, [0.625, 0.375, 0, 0]),
        (0.9, [10 / 19, 6 / 19, 3 / 19, 0]),
    ):
        counts = choose(logits, Sampling(temperature=1.0, top_p=top_p), uniform).bincount(minlength=4) / 4000
        assert counts.tolist() == pytest.approx(expected, abs=1e-3)
    flat = choose(logits, Sampling(temperature=2.0, top_p=1.0), uniform).bincount(minlength=4) / 4000
    roots = np.sqrt([0.5, 0.3, 0.15, 0.05])
    assert flat.tolist() == pytest.approx((roots / roots.sum()).tolist(), abs=1e-3)


def test_scores_are_the_models_own_log_probabilities(student):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    peer, tokenizer = AutoModelForCausalLM.from_pretrained(student), AutoTokenizer.from_pretrained(student)
    ids = tokenizer("1+2:1 and", return_tensors="pt", add_special_tokens=False)["input_ids"]
    with torch.no_grad():
        logp = peer(ids).logits.log_softmax(-1)[0, :-1].gather(-1, ids[0, 1:, None])[:, 0]
    (scores,) = transformers(path=student).score(ask("1+2"), ["1 and"])
    assert scores == pytest.approx(logp[-5:].tolist(), abs=1e-5)


def test_a_model_that_is_not_there_is_named(tmp_path):
    with pytest.raises(LimbeckError, match="cannot load a model from"):
        transformers(path=str(tmp_path)).generate(QUESTIONS, Sampling())
    with pytest.raises(LimbeckError, match="needs vLLM"):
        vllm(path="nothing").generate(QUESTIONS, Sampling())


def test_the_script_answers_fails_and_is_cut(tmp_path):
    (tmp_path / "script.yaml").write_text("a: [one, two]\n'*': 'you said {question}'\n")
    model = scripted(file=str(tmp_path / "script.yaml"))
    assert texts(model.generate(ask("a", "b"), Sampling(n=3))) == [["one", "two", "one"], ["you said b"] * 3]
    cut = model.generate(ask("b"), Sampling(max_tokens=2))[0][0]
    assert (cut.text, cut.finish) == ("you said", "length")
    failing = scripted(replies={"*": "x"}, fail_every=2).generate(ask("a", "b"), Sampling(n=2))
    assert [completion.finish for row in failing for completion in row] == ["stop", "error"] * 2
    with pytest.raises(LimbeckError, match="no reply to 'c'"):
        scripted(replies={"a": "x"}).generate(ask("c"), Sampling())
    (tmp_path / "bad.yaml").write_text("just text")
    with pytest.raises(LimbeckError, match="holds no mapping"):
        scripted(file=str(tmp_path / "bad.yaml"))


def test_the_journal_replays_adds_samples_and_asks_failures_again(tmp_path):
    inner = scripted(replies={"*": ["0", "1", "2", "3"]}, fail_every=4)
    journal = Journal(inner, tmp_path / "journal.jsonl")
    first = journal.generate(ask("a", "b"), Sampling(n=2))
    assert [c.finish for row in first for c in row] == ["stop", "stop", "stop", "error"]
    inner.fail_every = 0
    again = Journal(inner, tmp_path / "journal.jsonl").generate(ask("a", "b"), Sampling(n=2))
    assert texts(again) == [["0", "1"], ["0", "1"]]
    asked = inner.asked
    Journal(inner, tmp_path / "journal.jsonl").generate(ask("a", "b"), Sampling(n=2))
    assert inner.asked == asked, "everything is known"
    more = Journal(inner, tmp_path / "journal.jsonl").generate(ask("a", "b"), Sampling(n=4))
    assert texts(more) == [["0", "1", "2", "3"]] * 2
    assert len((tmp_path / "journal.jsonl").read_text().splitlines()) == 8, "nothing is written twice"


PROGRAM = """
import sys, time
from pathlib import Path
from limbeck.generation import Sampling
from limbeck.models.journal import Journal
from limbeck.models.scripted import Scripted

class Stuck(Scripted):
    def complete(self, *args):
        if self.asked > 50:
            time.sleep(10**6)
        return super().complete(*args)

model = Journal(Stuck({"*": "answer to {question}"}), Path(sys.argv[1]))
model.generate([[{"role": "user", "content": str(i)}] for i in range(100)], Sampling())
"""


def test_kill_9_loses_only_what_was_in_flight(tmp_path):
    path = tmp_path / "journal.jsonl"
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(path)])
    while process.poll() is None and (not path.exists() or path.read_bytes().count(b"\n") < 20):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = path.read_bytes().count(b"\n")
    assert 20 <= done <= 50
    with path.open("ab") as file:
        file.write(b'{"key": "torn')
    inner = scripted(replies={"*": "answer to {question}"})
    rest = Journal(inner, path).generate(ask(*map(str, range(100))), Sampling())
    assert texts(rest) == [[f"answer to {i}"] for i in range(100)]
    assert inner.asked == 100 - done
    assert path.read_bytes().count(b"\n") == 100


class Server(BaseHTTPRequestHandler):
    """Answers like an OpenAI-compatible server; the first word of a question says how it misbehaves."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[dict[str, int]] = {}
    busy: ClassVar[list[int]] = [0, 0]

    def log_message(self, *args):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        question = body["messages"][-1]["content"]
        key = f"{question}/{body['seed']}"
        times = self.seen[key] = self.seen.get(key, 0) + 1
        self.busy[0] += 1
        self.busy[1] = max(self.busy)
        time.sleep(0.01)
        self.busy[0] -= 1
        kind = question.split()[0]
        if kind == "drop" and times == 1:
            self.close_connection = True
            self.connection.close()
            return
        status = {"busy": 429 if times == 1 else 200, "broken": 500, "bad": 400, "secret": 401}.get(kind, 200)
        message = {"role": "assistant", "content": f"re: {question}"}
        if kind == "think":
            message["reasoning_content"] = "hm"
        choices = (
            []
            if kind == "short" and times == 1
            else [{"message": message, "finish_reason": "length" if kind == "long" else "stop"}]
        )
        payload = json.dumps(
            {"choices": choices, "usage": {"completion_tokens": 3, "prompt_tokens": 2}}
        ).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(payload)))
        if status == 429:
            self.send_header("Retry-After", "0.01")
        self.end_headers()
        self.wfile.write(payload)


@pytest.fixture
def endpoint(monkeypatch):
    monkeypatch.setattr("limbeck.models.openai.random.uniform", lambda low, high: 0.01)
    Server.seen, Server.busy = {}, [0, 0]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_an_endpoint_is_asked_until_it_answers(endpoint):
    model = openai(model="m", url=endpoint, concurrency=8)
    asked = ask("plain one", "busy", "drop", "short", "think", "long")
    answers = model.generate(asked, Sampling(n=2))
    assert texts(answers) == [
        ["re: plain one"] * 2, ["re: busy"] * 2, ["re: drop"] * 2, ["re: short"] * 2,
        ["<think>hm</think>re: think"] * 2, ["re: long"] * 2,
    ]  # fmt: skip
    assert [row[0].finish for row in answers] == ["stop"] * 5 + ["length"]
    assert answers[0][0].tokens == 3
    assert Server.seen["busy/0"] == 2
    assert Server.busy[1] > 1, "several requests are under way at once"


def test_what_keeps_failing_is_marked_and_the_rest_goes_on(endpoint):
    model = openai(model="m", url=endpoint, retries=2)
    broken, bad, fine = model.generate(ask("broken", "bad", "fine"), Sampling())
    assert (broken[0].finish, fine[0].finish, bad[0].finish) == ("error", "stop", "error")
    assert "HTTP 500" in broken[0].error
    assert "3 attempts" in broken[0].error
    assert "HTTP 400" in bad[0].error
    assert Server.seen["bad/0"] == 1, "what the server refuses is not asked again"


def test_a_refused_key_and_a_server_that_is_down_are_one_clear_error(endpoint):
    with pytest.raises(LimbeckError, match=r"\(model 'm'\) answers HTTP 401"):
        openai(model="m", url=endpoint).generate(ask("secret"), Sampling())
    with pytest.raises(LimbeckError, match=r"nothing answers at http://127\.0\.0\.1:1"):
        openai(model="m", url="http://127.0.0.1:1", concurrency=4).generate(ask(*"abcdefgh"), Sampling())


def test_a_key_travels_in_the_header_only_when_there_is_one(monkeypatch):
    monkeypatch.setenv("MY_KEY", "sesame")
    with_key = dict(openai(model="m", key_env="MY_KEY").place.headers)
    assert with_key[b"Authorization"] == b"Bearer sesame"
    assert b"Authorization" not in dict(openai(model="m", key_env="NO_SUCH_KEY").place.headers)
    assert "sesame" not in json.dumps(openai(model="m", key_env="MY_KEY").describe())
    assert os.environ["MY_KEY"] == "sesame"
