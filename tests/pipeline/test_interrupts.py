"""The first Ctrl-C asks nothing more and waits for what is under way, the second cuts it off."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from loopback import ask, reply, serving

from limbeck import stopping
from limbeck.generation import Sampling
from limbeck.models.journal import Journal
from limbeck.models.openai import openai


def test_the_first_interrupt_hands_over_what_is_under_way(tmp_path):
    two, go_on = threading.Barrier(2), threading.Event()

    def behave(it) -> None:
        if two.wait(timeout=60) == 0:  # both are under way
            os.kill(os.getpid(), signal.SIGINT)
        go_on.wait(timeout=60)
        it.answer(200, reply(it.question))

    got: list[str] = []

    def read(url: str) -> None:
        journal = Journal(openai(model="m", url=url, concurrency=2), tmp_path / "j.jsonl")
        for _, _, completion in journal.stream(ask(*"abcdef"), Sampling()):
            got.append(completion.text)

    with serving(behave) as server, stopping.announced_by(lambda text: go_on.set()):
        with pytest.raises(KeyboardInterrupt):
            read(server.url)
        assert len(server.bodies) == 2
    assert sorted(got) == ["a", "b"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_second_interrupt_cuts():
    def behave(it) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        it.until_it_leaves()

    told: list[str] = []

    def say(text: str) -> None:
        told.append(text)
        os.kill(os.getpid(), signal.SIGINT)

    with serving(behave) as server, stopping.announced_by(say):
        with pytest.raises(KeyboardInterrupt):
            openai(model="m", url=server.url, concurrency=1).generate(ask("a", "b"), Sampling())
        assert len(server.bodies) == 1
    assert told == [stopping.MESSAGE]


def test_streams_within_streams_all_hear_of_it_and_leave_the_handler_as_it_was():
    heard: list[str] = []
    with stopping.announced_by(heard.append):
        outer, inner = (stopping.heard(lambda name=name: heard.append(name)) for name in ("outer", "inner"))
        outer.__enter__()
        inner.__enter__()
        os.kill(os.getpid(), signal.SIGINT)
        assert heard == ["outer", "inner", stopping.MESSAGE]
        outer.__exit__(None, None, None)  # in either order
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        inner.__exit__(None, None, None)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(
    ("jobs", "sent"), [("1", signal.SIGINT), ("2", signal.SIGINT), ("2", signal.SIGTERM)]
)
@pytest.mark.slow
def test_a_run_that_is_interrupted_keeps_what_came_and_goes_on(tmp_path: Path, jobs: str, sent: int):
    """Of a run in one process and of one with workers: the interrupt goes to the whole group, as a terminal
    sends it, and schedulers a SIGTERM."""
    two, said = threading.Barrier(2), threading.Event()
    first = [True]

    def behave(it) -> None:
        if first[0]:
            if not said.is_set() and two.wait(timeout=120) == 0:
                os.killpg(running.pid, sent)
            said.wait(timeout=120)
        it.answer(200, reply("The answer is 2."))

    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(f'{{"q": "{i}?", "a": "2"}}\n' for i in range(99)))
    with serving(behave) as server:
        page = {
            "title": "t",
            "models": {"t": {"use": "models/openai", "model": "m", "url": server.url, "concurrency": 2}},
            "stages": {
                "q": {"use": "problems/rows", "path": str(rows), "question": "q", "answer": "a"},
                "traces": {"use": "teachers/sample", "from": "q", "model": "t", "k": 1, "max_tokens": 9},
            },
        }
        recipe = tmp_path / "r.yaml"
        recipe.write_text(json.dumps(page))
        command = [sys.executable, "-m", "limbeck", "run", recipe, "--out", tmp_path / "out", "--jobs", jobs]
        running = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        lines = []
        for line in running.stderr:
            lines.append(line)
            if stopping.MESSAGE in line:
                said.set()
        assert running.wait() == 130, "".join(lines)
        assert said.is_set(), "".join(lines)
        assert "Traceback" not in "".join(lines)
        # A worker hears of it from the run's process, which may take it a request or two.
        assert len(server.bodies) == 2 if jobs == "1" else len(server.bodies) < 99
        first[0] = False
        assert subprocess.run(command, capture_output=True).returncode == 0
        assert len(server.bodies) == 99, "what was under way had come in and was kept"
