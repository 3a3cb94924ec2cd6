"""A run's requests by way of batch files: what is written, what comes back, and what is refused."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from typer.testing import CliRunner

from limbeck.cli import app
from limbeck.generation import Sampling
from limbeck.models.journal import entries
from limbeck.models.openai import openai
from limbeck.pipeline.store import read_data

pytest.importorskip("starlette", reason="limbeck[serve] is not installed")

from serving_kit import serving

from limbeck.models.scripted import Scripted
from limbeck.serving.served import Served

PAGE = """
models: {{teacher: {{use: models/openai, model: m, url: "{url}", key_env: A_KEY}}}}
stages:
  problems: {{use: problems/haste, n: 3}}
  traces: {{use: teachers/sample, from: problems, model: teacher, k: 2, max_tokens: 30, format: plain}}
  greedy: {{use: teachers/sample, from: problems, model: teacher, k: 3, temperature: 0, format: plain}}
  judged: {{use: verifiers/exact, from: traces}}
"""
NOWHERE = "http://127.0.0.1:9/v1"


def limbeck(*words: str) -> dict:
    """A command's result as programs get it."""
    done = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout[done.stdout.index("{") :])


def refused(*words: str) -> str:
    done = CliRunner().invoke(app, [*words])
    assert done.exit_code
    return str(done.exception)


@contextmanager
def answering(status):
    """An address that answers whatever is sent there with an error."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            body = b'{"error": {"message": "so it is"}}'
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(PAGE.format(url=NOWHERE))
    return tmp_path


def said(messages, number):
    return f"{messages[-1]['content']} is\n{number + 4}"


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def results(requests, path, change=lambda row: row):
    """A file of results, as an endpoint makes it: in any order."""
    lines = []
    for row in reversed(requests):
        message = {"role": "assistant", "content": f"{row['body']['messages'][-1]['content']} is\n4"}
        body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
        body["usage"] = {"prompt_tokens": 5, "completion_tokens": 7}
        line = {"id": "x", "custom_id": row["custom_id"], "error": None}
        line["response"] = {"status_code": 200, "request_id": "y", "body": body}
        lines.append(json.dumps(change(line)) + "\n")
    path.write_text("".join(lines))
    return path


def test_requests_are_those_that_a_run_would_send_and_stand_in_one_file_only(home):
    told = limbeck("batch", "write", "mine.yaml")
    assert [each["requests"] for each in told["files"]] == [6, 3], "greedy samples are asked for once"
    assert told["stages"] == ["greedy", "traces"]
    traces, greedy = [rows(home / each["file"]) for each in told["files"]]
    model, asked = openai(model="m", url=NOWHERE), Sampling(max_tokens=30)
    for row in traces:
        number = int(row["custom_id"].rpartition("-")[2])
        assert (row["method"], row["url"]) == ("POST", "/v1/chat/completions")
        assert row["body"] == model.body(row["body"]["messages"], asked, number)
    names = [row["custom_id"] for row in (*traces, *greedy)]
    assert len({*names}) == 9
    assert all(len(name) <= 64 for name in names), "no longer than OpenAI takes"
    again = limbeck("batch", "write", "mine.yaml")
    assert (again["files"], again["waiting"]) == ([], 9)


def test_a_run_that_came_by_files_is_the_run_that_asked(home):
    with serving(Served("m", Scripted(said), {"text"})) as server:
        (home / "mine.yaml").write_text(PAGE.format(url=server.url))
        limbeck("batch", "write", "mine.yaml")
        assert len(limbeck("batch", "submit", "runs/mine")["submitted"]) == 2
        assert limbeck("batch", "submit", "runs/mine")["submitted"] == []
        came = {"read": 0, "open": 0}
        while came["read"] < 9:
            part = limbeck("batch", "read", "runs/mine")
            came["read"] += part["read"]
        assert came["read"] == 9
        assert limbeck("batch", "read", "runs/mine")["read"] == 0
        direct = limbeck("run", "mine.yaml", "--out", "direct", "--jobs", "1")
    # Nobody is there to be asked any more.
    by_files = limbeck("run", "mine.yaml", "--jobs", "1")
    for stage in ("traces", "greedy"):
        data = []
        for made in (direct, by_files):
            (folder,) = (home / made["out"]).glob(f"stages/{stage}-*")
            data.append(read_data(folder).all().traces)
        assert data[0] == data[1]
    usage = [
        next(each["usage"] for each in made["stages"] if each["name"] == "traces")
        for made in (direct, by_files)
    ]
    assert usage[0] == usage[1], "what was spent is counted too"
    assert usage[0]["teacher"]["completion_tokens"] > 0
    (folder,) = (home / "runs/mine").glob("stages/greedy-*")
    assert len([*entries(folder / "journal.model.jsonl")]) == 9, "each sample of a greedy prompt is there"


def test_lines_with_errors_are_asked_again_and_missing_ones_stay_open(home):
    (path,) = (
        home / each["file"] for each in limbeck("batch", "write", "mine.yaml", "--until", "traces")["files"]
    )
    requests = rows(path)
    broken = {
        requests[0]["custom_id"]: {
            "response": {"status_code": 500, "body": {"error": {"message": "it fell"}}}
        },
        requests[1]["custom_id"]: {
            "response": None,
            "error": {"code": "batch_expired", "message": "too late"},
        },
        requests[2]["custom_id"]: {"response": {"status_code": 200, "body": {"choices": []}}},
    }
    file = results(requests[:5], home / "r.jsonl", lambda row: {**row, **broken.get(row["custom_id"], {})})
    file.write_text(file.read_text() + "half a li")
    came = limbeck("batch", "read", "runs/mine", str(file))
    assert (came["read"], came["unreadable"], came["open"]) == (2, 1, 1)
    assert sorted(came["failed"].values()) == [1, 1, 1]
    assert any("it fell" in reason for reason in came["failed"])
    assert any("too late" in reason for reason in came["failed"])
    again = limbeck("batch", "write", "mine.yaml", "--until", "traces")
    (second,) = again["files"]
    assert {row["custom_id"] for row in rows(home / second["file"])} == {*broken}
    assert again["waiting"] == 1
    came = limbeck("batch", "read", "runs/mine", str(results(requests, home / "all.jsonl")))
    assert (came["read"], came["known"], came["open"]) == (4, 2, 0)
    assert limbeck("batch", "write", "mine.yaml", "--until", "traces")["files"] == []


def test_what_belongs_to_another_run_or_comes_twice_is_refused_and_nothing_is_read(home):
    told = limbeck("batch", "write", "mine.yaml", "--until", "traces")
    requests = rows(home / told["files"][0]["file"])
    other = limbeck("batch", "write", "mine.yaml", "--until", "traces", "--seed", "5", "--out", "other")
    foreign = results(rows(home / other["files"][0]["file"]), home / "foreign.jsonl")
    assert "these are results of another run" in refused("batch", "read", "runs/mine", str(foreign))
    good = results(requests, home / "good.jsonl")
    mixed = home / "mixed.jsonl"
    mixed.write_text(good.read_text() + foreign.read_text().splitlines()[0] + "\n")
    assert "mixed.jsonl, line 7" in refused("batch", "read", "runs/mine", str(mixed))
    doubled = home / "doubled.jsonl"
    doubled.write_text(good.read_text() + good.read_text().splitlines()[2] + "\n")
    assert "line 7: custom_id" in refused("batch", "read", "runs/mine", str(doubled))
    assert "came before" in refused("batch", "read", "runs/mine", str(good), str(good))
    assert "cannot be read" in refused("batch", "read", "runs/mine", "none.jsonl")
    assert not [*home.glob("runs/mine/stages/traces-*/journal.*")], "nothing was read"
    assert limbeck("batch", "read", "runs/mine", str(good))["read"] == 6


def test_a_stage_behind_another_is_written_once_that_is_read(home):
    page = PAGE.format(url=NOWHERE).replace("{use: verifiers/exact, from: traces}", "JUDGED")
    judge = "{use: verifiers/judge, from: traces, model: teacher}"
    (home / "mine.yaml").write_text(page.replace("JUDGED", judge))
    told = limbeck("batch", "write", "mine.yaml", "--until", "judged")
    assert [each["stage"] for each in told["files"]] == ["traces"]
    assert told["stages"] == ["judged", "traces"]
    file = results(rows(home / told["files"][0]["file"]), home / "r.jsonl")
    limbeck("batch", "read", "runs/mine", str(file))
    told = limbeck("batch", "write", "mine.yaml", "--until", "judged")
    assert [each["stage"] for each in told["files"]] == ["judged"]
    assert told["files"][0]["requests"] == 3, "two traces that read alike are judged by one request"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "where there is no batch route"),
        (401, "the key is read from $A_KEY"),
        (500, "answers HTTP 500 to"),
    ],
)
def test_an_endpoint_that_takes_no_files_says_so(home, status, words):
    with answering(status) as url:
        (home / "mine.yaml").write_text(PAGE.format(url=url))
        limbeck("batch", "write", "mine.yaml")
        told = refused("batch", "submit", "runs/mine")
    assert words in told
    assert "so it is" in told
    assert "nothing answers at" in refused("batch", "submit", "runs/mine")


def test_a_key_and_another_address_are_sent_and_written_nowhere(home, monkeypatch):
    monkeypatch.setenv("A_KEY", "open sesame 123")
    (home / "mine.yaml").write_text(PAGE.format(url="http://me:open-sesame-456@127.0.0.1:9/v1"))
    limbeck("batch", "write", "mine.yaml")
    assert "give it with --url" in refused("batch", "submit", "runs/mine")
    with serving(Served("m", Scripted(said), {"text"}, key="open sesame 123")) as server:
        assert len(limbeck("batch", "submit", "runs/mine", "--url", server.url)["submitted"]) == 2
    kept = "".join(path.read_text() for path in (home / "runs/mine/batch").iterdir())
    assert "sesame" not in kept


def test_mistakes_are_named(home):
    assert "limbeck batch write RECIPE" in refused("batch", "submit", "runs/mine")
    assert "limbeck batch write RECIPE" in refused("batch", "read", "runs/mine")
    scripted = PAGE.format(url=NOWHERE).replace("use: models/openai, model: m", "use: scripted, replies: [a]")
    (home / "mine.yaml").write_text(scripted.replace(f', url: "{NOWHERE}", key_env: A_KEY', ""))
    assert "no stage asks an endpoint" in refused("batch", "write", "mine.yaml")
    voted = PAGE.format(url=NOWHERE).replace(
        "stages:", "  voted: {use: decoding/self_consistency, model: teacher}\nstages:"
    )
    voted = voted.replace("models: {teacher: {", "models:\n  teacher: {").replace("}}\n  voted", "}\n  voted")
    (home / "mine.yaml").write_text(
        voted.replace("from: problems, model: teacher", "from: problems, model: voted")
    )
    assert "which no batch can hold" in refused("batch", "write", "mine.yaml")
