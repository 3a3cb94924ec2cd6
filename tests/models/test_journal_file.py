"""Journals on disk: packed, of earlier forms, damaged, cut off by a kill. What was paid for stays."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest

from limbeck.generation import Completion, Model, Sampling
from limbeck.models import _journal_file
from limbeck.models.journal import Journal, entries, pack

FIXTURES = Path(__file__).parents[1] / "fixtures"


def ask(*questions: str) -> list[list[dict[str, str]]]:
    return [[{"role": "user", "content": question}] for question in questions]


class Teller(Model):
    """Says its question, its number and what ``more`` adds, and counts what it is asked."""

    def __init__(self, **more):
        self.name, self.more, self.asked = "told", more, []

    def stream(self, prompts, sampling):
        return self.stream_some(prompts, [range(sampling.n)] * len(prompts), sampling)

    def stream_some(self, prompts, wanted, sampling):
        for index, numbers in enumerate(wanted):
            for number in numbers:
                question = prompts[index][-1]["content"]
                self.asked.append(f"{question}{number}")
                yield index, number, Completion(text=f"{question}{number} ü" * 9, tokens=2, **self.more)


QUESTIONS = ask(*map(str, range(100)))


def replayed(path: Path, questions=QUESTIONS, sampling=Sampling(n=2), model=None):
    """What a journal and a model behind it give, what was asked, and what was said of the journal."""
    inner, said = model or Teller(), []
    rows = Journal(inner, path, said.append).generate(questions, sampling)
    return rows, inner.asked, said


@pytest.fixture
def small(monkeypatch):
    """Packed files of a few lines."""
    monkeypatch.setattr(_journal_file, "PACKED", 2000)


def test_a_journal_of_the_first_version_is_read(tmp_path):
    path = tmp_path / "journal.told.jsonl"
    shutil.copy(FIXTURES / "journal.v1.jsonl", path)
    for _ in range(2):
        rows, asked, said = replayed(path, ask("a", "b"))
        assert not asked
        assert [c.text for c in rows[1]] == ["<think>hm</think>b0 ü", "<think>hm</think>b1 ü"]
        assert [c.finish for c in rows[0]] == ["stop", "length"]
        rows, asked, said = replayed(path, ask("a", "b"), Sampling(logprobs=True, top=2))
        assert (asked, len(said)) == ([], 1)
        assert rows[0][0].logprobs == [-0.5, -1.0]
        assert rows[0][0].tops == [("4", {"4": -0.5}), (".", {})], "an alternative without a number is none"
        pack(path)
    assert said[0].startswith("journal.told.jsonl: 1 unreadable, asked again: 1 × Expected `float`")
    rows, asked, said = replayed(path, ask("c"), Sampling(logprobs=True, top=2))
    assert asked == ["c0"], "a token without a log-probability serves nobody"


def test_what_fills_a_journal_is_packed_and_replayed(tmp_path, small):
    path = tmp_path / "journal.m.jsonl"
    first, asked, _ = replayed(path)
    assert len(asked) == 200
    files = _journal_file.packed(path)
    assert len(files) > 5
    assert path.stat().st_size < 2000 + 400
    lines = b"".join(pa.input_stream(file, compression="zstd").read() for file in files)
    ends = len(files)
    assert len((lines + path.read_bytes()).splitlines()) == 200 + ends
    assert sum(file.stat().st_size for file in files) < 0.6 * len(lines)
    again, asked, said = replayed(path)
    assert (again, asked, said) == (first, [], [])
    pack(path)
    assert not path.exists()
    more, asked, _ = replayed(path, sampling=Sampling(n=3))
    assert [row[:2] for row in more] == first
    assert asked == [f"{number}2" for number in range(100)]
    assert len({entry.key for entry in entries(path)}) == len(list(entries(path))) == 300


def test_journals_of_models_with_odd_names_do_not_share_packed_files(tmp_path):
    names = ["a", "a.00000", "a[0]", "a*", "*"]
    for name in names:
        path = tmp_path / f"journal.{name}.jsonl"
        replayed(path, ask(name))
        pack(path)
    for name in names:
        assert len(_journal_file.packed(tmp_path / f"journal.{name}.jsonl")) == 1
        assert not replayed(tmp_path / f"journal.{name}.jsonl", ask(name))[1]


def test_a_large_journal_that_was_never_packed_is_packed_when_opened(tmp_path, monkeypatch):
    path = tmp_path / "j.jsonl"
    first, _, _ = replayed(path)
    monkeypatch.setattr(_journal_file, "PACKED", 2000)
    again, asked, _ = replayed(path)
    assert (again, asked) == (first, [])
    assert len(_journal_file.packed(path)) > 5


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[4])
from pathlib import Path
from limbeck.models import _journal_file
from test_journal_file import QUESTIONS, Sampling, replayed

_journal_file.PACKED = 2000
calls, where, kill_at = [], sys.argv[2], int(sys.argv[3])

def killing(real):
    def wrapped(*args, **kwargs):
        calls.append(1)
        if len(calls) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)
    return wrapped

if where == "unlink":
    Path.unlink = killing(Path.unlink)
else:
    target = _journal_file if where == "write_atomic" else _journal_file.JournalFile
    setattr(target, where, killing(getattr(target, where)))
replayed(Path(sys.argv[1]))
"""


@pytest.mark.parametrize(("where", "at"), [("write_atomic", 3), ("unlink", 3), ("_write", 57)])
def test_a_kill_at_any_moment_loses_and_doubles_nothing(tmp_path, small, where, at):
    path = tmp_path / "j.jsonl"
    program = [sys.executable, "-c", KILLED, str(path), where, str(at), str(Path(__file__).parent)]
    assert subprocess.run(program, check=False, capture_output=True).returncode == -9
    lines = len(list(entries(path)))
    assert 10 < lines < 200
    rows, asked, said = replayed(path)
    assert len(asked) == 200 - lines
    assert not said
    assert len(list(entries(path))) == 200
    assert rows == replayed(tmp_path / "other.jsonl")[0]


def test_any_flipped_byte_of_a_line_costs_that_line_alone(tmp_path):
    path = tmp_path / "j.jsonl"
    questions = ask("a", "b", "c")
    first, _, _ = replayed(path, questions, Sampling())
    content = path.read_bytes()
    start, end = content.index(b"\n") + 1, content.index(b"\n", content.index(b"\n") + 1)
    for place in range(start, end):
        changed = bytes([content[place] ^ 1]) if content[place] ^ 1 != 10 else b"X"
        path.write_bytes(content[:place] + changed + content[place + 1 :])
        rows, asked, _ = replayed(path, questions, Sampling())
        assert rows == first
        # Blanks may stand between the parts of a line, and nothing was changed where they do.
        assert asked in (["b0"], []), content[start:place]
    assert asked == ["b0"]


def test_a_damaged_packed_file_costs_at_most_itself(tmp_path, small):
    path = tmp_path / "j.jsonl"
    first, _, _ = replayed(path)
    pack(path)
    file = _journal_file.packed(path)[2]
    content = file.read_bytes()
    within = len(pa.input_stream(file, compression="zstd").read().splitlines())
    for damaged in (b"", content[:40], content[:-5], *_flipped(content)):
        shutil.rmtree(tmp_path / "copy", ignore_errors=True)
        shutil.copytree(tmp_path, tmp_path / "copy", ignore=shutil.ignore_patterns("copy"))
        (tmp_path / "copy" / file.name).write_bytes(damaged)
        rows, asked, said = replayed(tmp_path / "copy" / path.name)
        assert rows == first
        assert len(asked) <= within
        assert bool(asked) == (len(said) > 0), "what is lost is said"


def _flipped(content: bytes):
    for place in range(0, len(content), 37):
        yield content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :]


@pytest.mark.parametrize(
    "more",
    [
        {"logprobs": [-0.5, float("nan")]},
        {"tops": [("4", {"4": float("-inf")})]},
        {"error": "\ud83d"},
        {"ids": ["x"]},
    ],
    ids=str,
)
def test_what_would_not_come_back_is_a_failed_request_with_its_reason(tmp_path, more):
    path = tmp_path / "j.jsonl"
    rows, asked, _ = replayed(path, ask("a"), Sampling(), Teller(**more))
    assert rows[0][0].finish == "error"
    assert rows[0][0].error.startswith("the journal cannot keep it: ")
    assert (asked, list(entries(path))) == (["a0"], [])
    rows, asked, _ = replayed(path, ask("a"), Sampling())
    assert (rows[0][0].finish, asked) == ("stop", ["a0"]), "it is asked again"


def test_a_line_of_another_version_is_kept_counted_and_said(tmp_path):
    path = tmp_path / "j.jsonl"
    replayed(path, ask("a", "b"), Sampling())
    lines = path.read_bytes().splitlines(keepends=True)
    later = lines[0].replace(b'"v":2', b'"v":3')
    path.write_bytes(later + lines[1])
    _, asked, said = replayed(path, ask("a", "b"), Sampling())
    assert asked == ["a0"]
    assert said == ["j.jsonl: 1 unreadable, asked again: 1 × version 3, of another Limbeck than this"]
    assert path.read_bytes().startswith(later)


def test_lines_that_hold_something_else_cost_themselves_alone(tmp_path):
    path = tmp_path / "j.jsonl"
    replayed(path, ask("a"), Sampling())
    line = path.read_bytes()
    odd = [b"", b"null", b"{}", b"[1]", b'{"key": "k"}', b'{"key": 1, "completion": {}}', b"\xff\xfe"]
    odd += [b'{"key": "k", "completion": %b}' % each for each in (b"null", b'{"tops": [1]}', b"[" * 100_000)]
    path.write_bytes(b"\n".join([*odd, line]))
    _, asked, said = replayed(path, ask("a"), Sampling())
    assert asked == []
    assert f" {len(odd)} unreadable" in said[0]


def test_a_line_says_its_version(tmp_path):
    path = tmp_path / "j.jsonl"
    replayed(path, ask("a"), Sampling())
    assert msgspec.json.decode(path.read_bytes())["v"] == _journal_file.VERSION
