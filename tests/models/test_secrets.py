"""Keys and passwords stand in nothing that is written or shown, whatever a server repeats."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from loopback import ask, reply, serving

from limbeck import secrets
from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models.openai import Transport, openai

KEY, WORD = "sk-live-7f3a9c51e2/d8", "open5esame"


def repeats(it) -> None:
    """The key and the password in completions, thoughts, token texts, errors, of every status."""
    sent = f"{it.header('Authorization')} {it.header('X-Own')} {KEY}"
    number = int(it.question.split()[-1].rstrip("?"))
    if number == 1:
        return it.answer(400, {"error": {"message": f"bad key {sent}"}})
    if number == 2:
        return it.answer(500, f"<html>{sent}</html>".encode())
    if number == 3:
        return it.answer(200, {"error": {"message": sent}})
    return it.answer(200, reply(f"{sent}\nThe answer is 2.", reasoning_content=f"I was sent {sent}"))


def recipe(folder: Path, url: str) -> Path:
    rows = folder / "rows.jsonl"
    rows.write_text("".join(f'{{"q": "What is 1 and {i}?", "a": "2"}}\n' for i in range(1, 7)))
    model = {"use": "models/openai", "model": "m", "url": url, "retries": 0, "key_env": "T_KEY"}
    page = {
        "title": "t",
        "models": {"t": {**model, "headers": {"X-Own": "$T_OWN"}}},
        "stages": {
            "q": {"use": "problems/rows", "path": str(rows), "question": "q", "answer": "a"},
            "traces": {"use": "teachers/sample", "from": "q", "model": "t", "k": 1, "max_tokens": 64},
        },
    }
    path = folder / "r.yaml"
    path.write_text(json.dumps(page))
    return path


def everything(folder: Path) -> dict[str, str]:
    """Every file of a folder as text, tables unpacked."""
    texts = {}
    for path in folder.rglob("*"):
        if path.suffix == ".parquet":
            texts[str(path)] = json.dumps(pq.read_table(path).to_pylist(), default=str)
        elif path.is_file():
            texts[str(path)] = path.read_bytes().decode("utf-8", "replace")
    return texts


def leaks(text: str) -> list[str]:
    both = base64.b64encode(f"ann:{WORD}".encode()).decode()
    return [
        each for each in (KEY, json.dumps(KEY)[1:-1], KEY.replace("/", "\\/"), WORD, both) if each in text
    ]


@pytest.mark.parametrize("user", ["", f"ann:{WORD}@"])
def test_a_run_writes_and_says_no_secret(tmp_path, monkeypatch, user):
    monkeypatch.setenv("T_KEY", f"{KEY}\r\n")
    monkeypatch.setenv("T_OWN", f"own-{KEY}")
    with serving(repeats) as server:
        path = recipe(tmp_path, server.url.replace("//", f"//{user}"))
        command = [sys.executable, "-m", "limbeck", "run", path, "--out", tmp_path / "out", "--jobs", "1"]
        ran = subprocess.run([*map(str, command), "--json"], capture_output=True, text=True)
        again = subprocess.run([*map(str, command)], capture_output=True, text=True)
    expected = f"Bearer {KEY}" if not user else "Basic "
    assert any(expected.lower() in head.lower() for head in server.heads), "it was sent"
    assert ran.returncode == 0, ran.stderr
    written = everything(tmp_path / "out")
    assert {Path(name).name for name in written} >= {"run.json", "manifest.json", "report.html"}
    assert any(secrets.STAND_IN in text for text in written.values()), "what was repeated is marked as such"
    for name, text in {**written, "said": ran.stdout + ran.stderr + again.stdout + again.stderr}.items():
        assert not leaks(text), name


def test_errors_and_completions_of_a_model(monkeypatch):
    monkeypatch.setenv("T_KEY", KEY)

    def behave(it) -> None:
        if it.question == "stop":
            it.answer(401, {"error": f"no such key: {KEY}"})
        sent = reply(f"your key is {KEY}")
        entry = {"token": KEY, "logprob": -0.5, "top_logprobs": [{"token": KEY, "logprob": -0.5}]}
        sent["choices"][0]["logprobs"] = {"content": [entry]}
        it.answer(200, sent)

    with serving(behave) as server:
        model = openai(model="m", url=server.url.replace("//", f"//ann:{WORD}@"), key_env="T_KEY")
        completion = model.generate(ask("a"), Sampling(top=1))[0][0]
        with pytest.raises(LimbeckError, match="401") as error:
            model.generate(ask("stop"), Sampling())
    assert completion.text == f"your key is {secrets.STAND_IN}"
    assert not leaks(str(completion)) + leaks(str(error.value)) + leaks(str(model.describe()))
    assert not leaks(model.asked_at() + model.where)


@pytest.mark.parametrize("inside", ["\n", "\t", "\x00", "\x7f", "é"])
def test_a_key_that_no_header_carries_is_refused_before_anything_is_asked(monkeypatch, inside):
    monkeypatch.setenv(
        "T_KEY", f"sk-not-a-{inside}-real-key" if inside != "\x00" else "sk-not-a-\x01-real-key"
    )
    with serving(lambda it: it.answer()) as server:
        with pytest.raises(
            LimbeckError, match=r"the key in \$T_KEY cannot be sent: its character 10 of"
        ) as error:
            openai(model="m", url=server.url, key_env="T_KEY")
        assert "real-key" not in str(error.value)
        assert not server.heads


def test_white_space_around_a_key_is_taken_off(monkeypatch):
    monkeypatch.setenv("T_KEY", "  sk-not-a-real-key\r\n")
    with serving(lambda it: it.answer()) as server:
        openai(model="m", url=server.url, key_env="T_KEY").generate(ask("a"), Sampling())
        assert "authorization: bearer sk-not-a-real-key" in server.heads[0].lower().splitlines()


def test_a_header_of_the_environment_is_a_secret_and_must_be_there(monkeypatch):
    monkeypatch.setenv("T_OWN", "azure-key-0123456789")
    with serving(lambda it: it.answer(200, reply(it.header("api-key")))) as server:
        model = openai(model="m", url=server.url, transport=Transport(headers={"api-key": "$T_OWN"}))
        assert model.generate(ask("a"), Sampling())[0][0].text == secrets.STAND_IN
    with pytest.raises(LimbeckError, match=r"'api-key' is to be read from \$T_MISSING, which is not set"):
        openai(model="m", transport=Transport(headers={"api-key": "$T_MISSING"}))


@pytest.mark.parametrize("placeholder", ["EMPTY", "none", "lm-studio", "ollama", "x", "12345678"])
def test_a_placeholder_is_no_secret(placeholder):
    secrets.keep(placeholder)
    assert secrets.redacted(f"the {placeholder} set") == f"the {placeholder} set"


def test_addresses_in_messages_but_not_in_what_a_model_wrote():
    text = "connect to postgres://someone:s3cret@db/x"
    assert secrets.redacted(text) == f"connect to postgres://{secrets.STAND_IN}@db/x"
    assert secrets.redacted(text, addresses=False) == text
    assert secrets.redacted_in({"a": [text, 1, None]}) == {"a": [secrets.redacted(text), 1, None]}
