"""The journal's corners, scripts of every kind, and vLLM's side of the wall."""

from __future__ import annotations

import subprocess
import sys
import types

import pytest

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Model, Sampling
from limbeck.models import _journal_file
from limbeck.models.journal import Journal
from limbeck.models.scripted import Scripted, scripted
from limbeck.models.vllm import vllm


def ask(*questions: str) -> list[list[dict[str, str]]]:
    return [[{"role": "user", "content": question}] for question in questions]


def test_the_journal_asks_only_for_missing_samples(tmp_path):
    inner = scripted(replies=["0", "1", "2", "3"])
    list(Journal(inner, tmp_path / "j.jsonl").stream_some(ask("a", "b"), [[1], [0, 3]], Sampling()))
    assert inner.asked == 3
    again = Journal(inner, tmp_path / "j.jsonl")
    assert [[c.text for c in row] for row in again.generate(ask("a", "b"), Sampling(n=4))] == [
        ["0", "1", "2", "3"]
    ] * 2
    assert inner.asked == 8
    assert [c.text for c in again.generate(ask("a"), Sampling(n=2, seed=1))[0]] == ["0", "1"], (
        "another seed is asked"
    )
    assert inner.asked == 10


def test_a_damaged_line_costs_only_itself(tmp_path):
    path = tmp_path / "j.jsonl"
    Journal(scripted(replies=["x"]), path).generate(ask(*"abcd"), Sampling())
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1][:20] + b"\n" + b"".join(lines[2:]) + b'{"key": "to')
    inner = scripted(replies=["x"])
    assert len(Journal(inner, path).generate(ask(*"abcd"), Sampling())) == 4
    assert inner.asked == 1


def test_a_full_disk_is_one_clear_error(tmp_path):
    program = (
        "import resource, signal, sys\n"
        "from limbeck.generation import Sampling\n"
        "from limbeck.models.journal import Journal\n"
        "from limbeck.models.scripted import scripted\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "asked = [[{'role': 'user', 'content': str(i)}] for i in range(99)]\n"
        "Journal(scripted(replies=['x']), sys.argv[1]).generate(asked, Sampling())\n"
    )
    path = tmp_path / "j.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False
    )
    assert "LimbeckError: cannot write" in done.stderr
    whole = path.read_bytes().count(b"\n")
    inner = scripted(replies=["x"])
    Journal(inner, path).generate(ask(*map(str, range(99))), Sampling())
    assert inner.asked == 99 - whole < 99


def test_the_journal_writes_one_short_line_for_each_completion_and_reads_nothing_back(tmp_path, monkeypatch):
    class Idle(Model):
        name = "idle"

        def stream(self, prompts, sampling):
            for index in range(len(prompts)):
                yield index, 0, Completion(text="8-0+3;1" * 4, tokens=28)

    class Counting(Journal):
        reads = 0

        def _replay(self, known):
            self.reads += len(known)
            return super()._replay(known)

    written: list[bytes] = []
    write = _journal_file.JournalFile._write
    monkeypatch.setattr(
        _journal_file.JournalFile, "_write", lambda self, line: write(self, line) or written.append(line)
    )
    journal = Counting(Idle(), tmp_path / "j.jsonl")
    journal.generate(ask(*map(str, range(3000))), Sampling())
    assert (len(written), journal.reads) == (3000, 0)
    assert max(map(len, written)) < 240
    assert (tmp_path / "j.jsonl").read_bytes() == b"".join(written)


def test_a_script_may_be_a_list_a_function_or_rows(tmp_path):
    assert [c.text for c in Scripted(["a", "b"]).generate(ask("x"), Sampling(n=3))[0]] == ["a", "b", "a"]
    by = Scripted(lambda messages, number: f"{messages[-1]['content']}{number}")
    assert [c.text for c in by.generate(ask("x"), Sampling(n=2))[0]] == ["x0", "x1"]
    rows = tmp_path / "script.jsonl"
    rows.write_text(
        '{"question": "q", "reply": "one"}\n\n{"question": "q", "reply": {"text": "two", "finish": '
        '"length"}}\n'
    )
    one, two = scripted(file=str(rows)).generate(ask("q"), Sampling(n=2))[0]
    assert (one.text, one.finish, two.text, two.finish) == ("one", "stop", "two", "length")
    with pytest.raises(LimbeckError, match="is no completion"):
        scripted(replies=[{"text": "x", "finish": "gone"}]).generate(ask("q"), Sampling())
    rows.write_text('{"question": "q"}\n')
    with pytest.raises(LimbeckError, match="is no script: KeyError: 'reply'"):
        scripted(file=str(rows))
    numbers = tmp_path / "script.yaml"
    numbers.write_text("12: twelve\n")
    assert scripted(file=str(numbers)).generate(ask("12"), Sampling())[0][0].text == "twelve"
    assert scripted(replies=["x"]).score(ask("q"), ["a b"], [True]) == [[-1.0] * 3]


def test_vllm_is_handed_chats_and_seeds_in_waves(monkeypatch):
    """A stand-in with vLLM's signatures: what is checked is what crosses the wall, not vLLM."""
    calls = []

    def logp(value):
        return types.SimpleNamespace(logprob=value)

    class Params(types.SimpleNamespace):
        pass

    class Engine:
        def __init__(self, model, **options):
            self.made = (model, options)

        def chat(self, messages, sampling_params, *, use_tqdm, add_generation_prompt, continue_final_message):
            calls.append((messages, sampling_params, add_generation_prompt, continue_final_message))
            lengths = [params.max_tokens for params in sampling_params]
            return [
                types.SimpleNamespace(
                    prompt_token_ids=[1, 2],
                    outputs=[
                        types.SimpleNamespace(
                            text=chat[-1]["content"] + "!", token_ids=[5, 6],
                            logprobs=[{5: logp(-1.0)}, {6: logp(-2.0)}],
                            finish_reason="length" if n < 9 else "stop",
                        )
                    ],
                )
                for chat, n in zip(messages, lengths, strict=True)
            ]  # fmt: skip

    monkeypatch.setitem(sys.modules, "vllm", types.SimpleNamespace(LLM=Engine, SamplingParams=Params))
    model = vllm(path="m", wave=2, options={"max_model_len": 99})
    prompts = [*ask("a", "b"), [*ask("c")[0], {"role": "assistant", "content": "so"}]]
    got = model.generate(prompts, Sampling(n=2, max_tokens=9, logprobs=True))
    assert [[c.text for c in row] for row in got] == [["a!"] * 2, ["b!"] * 2, ["so!"] * 2]
    assert (got[0][0].tokens, got[0][0].prompt_tokens, got[0][0].logprobs) == (2, 2, [-1.0, -2.0])
    assert model._engine.made == ("m", {"max_model_len": 99})
    assert [len(call[0]) for call in calls] == [2, 2, 2]
    assert [(call[2], call[3]) for call in calls] == [(True, False), (True, False), (False, True)]
    assert len({params.seed for call in calls for params in call[1]}) == 6
    calls.clear()
    greedy = model.generate(prompts[:1], Sampling(n=3, temperature=0.0, max_tokens=5))[0]
    assert [(c.text, c.finish) for c in greedy] == [("a!", "length")] * 3
    assert sum(len(call[0]) for call in calls) == 1


def test_a_model_that_gives_fewer_samples_than_asked_for_is_no_silent_success(tmp_path):
    class Lazy(Scripted):
        def stream_some(self, prompts, wanted, sampling):
            yield from list(super().stream_some(prompts, wanted, sampling))[:-1]

    with pytest.raises(LimbeckError, match=r"model 'scripted' gave 3 of 4 samples asked for"):
        Journal(Lazy({"*": "x"}), tmp_path / "j.jsonl").generate(ask("a", "b"), Sampling(n=2))
    assert (tmp_path / "j.jsonl").read_text().count("\n") == 3, "what came is kept"
