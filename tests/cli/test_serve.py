"""``limbeck serve`` as a process: where it says it is, how it ends, what it refuses before it begins."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

import limbeck.serving
from limbeck.cli import app, serving_model
from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.pipeline.context import Context
from limbeck.pipeline.execute import Opener

pytest.importorskip("starlette", reason="limbeck[serve] is not installed")

from serving_kit import serving

from limbeck.models.scripted import Scripted
from limbeck.serving.served import Served

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


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    """A folder with a script, a page of a model and a recipe; commands run from there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "replies.yaml").write_text('{"2+2": "4"}')
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "other.yaml").write_text('{"2+2": "5"}')
    (tmp_path / "mine" / "teacher.yaml").write_text("{use: scripted, file: other.yaml}")
    page = "models: {teacher: {use: scripted, file: replies.yaml}, voted: {use: decoding/self_consistency, "
    page += "model: teacher, n: 2}, late: {use: decoding/self_consistency, model: student}}\nstages: "
    page += "{problems: {use: problems/haste, n: 4}, student: {use: students/from_config, from: problems}}\n"
    (tmp_path / "whole.yaml").write_text(page)
    return tmp_path


def answer_of(text: str, decoding: str = "") -> tuple[str, str]:
    """What a model is called, and what it says to 2+2."""
    chosen = serving_model.chosen(text, decoding)
    model = Opener(chosen.folders, Context(Path())).model(chosen.spec)
    asked = [{"role": "user", "content": "2+2"}]
    return chosen.name, model.generate([asked], Sampling(n=1))[0][0].text


def test_every_spelling_of_a_model_is_understood(recipe):
    assert answer_of("scripted:file=replies.yaml") == ("scripted", "4")
    assert answer_of("models/scripted:file=replies.yaml") == ("scripted", "4")
    assert answer_of("mine/teacher.yaml") == ("teacher", "5"), "files are found from the page's folder"
    assert answer_of("whole.yaml:teacher") == ("teacher", "4")
    assert answer_of("whole.yaml:voted") == ("voted", "4")
    assert answer_of("whole.yaml:teacher", "self_consistency:n=2") == ("self_consistency-teacher", "4")
    assert answer_of("{use: scripted, replies: ['3']}") == ("scripted", "3")
    assert serving_model.chosen("natural-program:checker", "").spec.use == "models/noisy_checker"
    assert serving_model.chosen("noisy_judge", "").spec.use == "models/noisy_judge"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "scriptd:file=replies.yaml",
            "'scriptd' is no method of models/, no recipe; did you mean 'scripted'",
        ),
        ("models/scriptd", "did you mean 'scripted'"),
        ("scripted:file=replis.yaml", "did you mean 'replies.yaml'"),
        ("scripted:fil=replies.yaml", "did you mean 'file'"),
        ("whole.yaml", "is a recipe; say whole.yaml:NAME of teacher, voted, late, student"),
        ("whole.yaml:teachr", "did you mean 'teacher'"),
        ("whole.yaml:student", "stage 'student' of whole is not made in runs/whole"),
        ("whole.yaml:late", "stage 'student' of whole is not made in runs/whole"),
        ("whole.yaml:problems", "stage 'problems' of whole makes no student; known: student"),
        ("hole.yaml:teacher", "hole.yaml"),
        ("replies.yaml", "replies.yaml"),
    ],
)
def test_a_wrong_word_is_named_with_the_nearest_right_one(recipe, text, words):
    with pytest.raises(LimbeckError, match=re.escape(words)):
        serving_model.chosen(text, "")


def test_a_recipes_student_is_served_once_it_is_made(recipe):
    pytest.importorskip("torch")
    page = (recipe / "whole.yaml").read_text().replace("from: problems}}", "from: problems, template: bare}}")
    (recipe / "whole.yaml").write_text(page)
    done = CliRunner().invoke(app, ["run", "whole.yaml", "--jobs", "1", "--quiet"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    for text, name in (("whole.yaml:student", "student"), ("whole.yaml:late", "late")):
        chosen = serving_model.chosen(text, "")
        assert (chosen.name, list(chosen.folders)) == (name, ["student"])
        assert (chosen.folders["student"] / "model" / "config.json").is_file()
    assert isinstance(answer_of("whole.yaml:student")[1], str)


def test_another_limbeck_evaluates_and_scores_what_is_served(recipe):
    (recipe / "test.jsonl").write_text(
        '{"question": "2+2", "answer": "4"}\n{"question": "2+3", "answer": "5"}\n'
    )
    with serving(Served("always-4", Scripted(["4"]), {"text"})) as server:
        words = ["eval", f"openai:always-4@{server.url}", "--benchmark", "rows:path=test.jsonl", "--n", "2"]
        done = CliRunner().invoke(app, [*words, "--format", "plain", "--json"], catch_exceptions=False)
    told = json.loads(done.stdout[done.stdout.index("{") :])
    assert {row["value"] for row in told["results"] if row["metric"] == "pass@1"} == {0.5}
    (samples,) = Path(told["out"]).glob("stages/scores@*")
    done = CliRunner().invoke(app, ["score", str(samples), "--json"], catch_exceptions=False)
    told = json.loads(done.stdout[done.stdout.index("{") :])
    assert {row["value"] for row in told["results"] if row["metric"] == "pass@1"} == {0.5}
