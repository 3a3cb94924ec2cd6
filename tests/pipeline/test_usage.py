"""What models really used is in the manifest, prompts too, also of a run that was killed."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from house_cases import plan, with_stage

from limbeck.generation import Completion, Sampling
from limbeck.models.journal import Entry, Journal
from limbeck.models.openai import Endpoint
from limbeck.models.scripted import Scripted
from limbeck.pipeline import execute, usage
from limbeck.pipeline.context import Context
from limbeck.pipeline.runner import run


def endpoint(name: str, asked: int = 0) -> Endpoint:
    model = Endpoint(name, "http://127.0.0.1:9", "", prices=(2.0, 10.0))
    for _ in range(asked):
        model._counted(Completion(text="", tokens=100, prompt_tokens=1_000))
    return model


def test_what_this_process_asked(tmp_path):
    twice, once, never = endpoint("a", 2), endpoint("a", 1), endpoint("b")
    told = usage.of([(twice, tmp_path / "none", False), (once, None, False), (never, None, False)])
    assert told == {"a": {"requests": 3, "prompt_tokens": 3_000, "completion_tokens": 300, "usd": 0.009}}


def test_a_resumed_stage_counts_what_its_journal_knows(tmp_path):
    completion = Completion(text="", tokens=100, prompt_tokens=1_000)
    lines = [msgspec.json.encode(Entry(f"k-{number}", completion)) for number in (0, 1, 1, 2)]
    # Sample 1 stands there twice and counts once, 2 was cut off by a kill.
    (tmp_path / "journal").write_bytes(b"\n".join(lines)[:-20])
    told = usage.of([(endpoint("a", 1), tmp_path / "journal", True), (endpoint("b", 1), None, False)])
    assert told["a"] == {"requests": 2, "prompt_tokens": 2_000, "completion_tokens": 200, "usd": 0.006}
    assert told["b"]["resumed"] is True


COUNTED = '''
from limbeck.generation import Model
from limbeck.models.openai import Endpoint
from limbeck.models.scripted import Scripted

class Counted(Endpoint):
    """An endpoint whose replies come from a script."""

    def stream_some(self, prompts, wanted, sampling):
        for index, number, completion in Scripted(["4"]).stream_some(prompts, wanted, sampling):
            completion.prompt_tokens = 50
            yield index, number, self._counted(completion)

def counted(*, price_in: float = 0.0, price_out: float = 0.0) -> Model:
    """Count."""
    return Counted("x", "http://127.0.0.1:9", "", prices=(price_in, price_out))
'''


def test_a_manifest_says_what_was_used(house):
    own = Path(os.environ["LIMBECK_PATH"]) / "models/counted.py"
    own.parent.mkdir(exist_ok=True)
    own.write_text(COUNTED)
    sampled = {"use": "teachers/sample", "from": "digits", "model": "m", "k": 2, "format": "plain"}
    raw = {**with_stage("x", **sampled), "models": {"m": {"use": "counted", "price_in": 2.0}}}
    manifests = run(plan(house, raw), jobs=1).manifests
    assert manifests["x"]["usage"] == {
        "m": {"requests": 8, "prompt_tokens": 400, "completion_tokens": 8, "usd": 0.0008},
    }  # fmt: skip
    assert manifests["digits"]["usage"] == {}


def test_the_line_beside_a_bar(tmp_path):
    model = endpoint("a", 2)
    journal = Journal(model, tmp_path / "journal.jsonl")
    # 2 × 1,100 tokens, each 0.003 USD; after 2 of 8 four times as much is expected.
    assert (
        usage.line([journal, Scripted(["4"])], 2, 8) == "2 requests, 2.2k tokens, 0.0060 of about 0.0240 USD"
    )
    assert usage.line([journal], 8, 8) == "2 requests, 2.2k tokens, 0.0060 USD"
    assert usage.line([journal], 2, None) == "2 requests, 2.2k tokens, 0.0060 USD"
    model.price_in = model.price_out = 0.0
    assert usage.line([journal], 2, 8) == "2 requests, 2.2k of about 8.8k tokens"
    assert usage.line([endpoint("b"), Scripted(["4"])], 2, 8) == ""


def test_what_a_journal_brings_back_counts_beside_a_bar(tmp_path):
    model, prompts = endpoint("a"), [[{"role": "user", "content": "2 + 2"}]]
    model.stream_some = lambda prompts, wanted, sampling: [
        (0, number, model._counted(Completion(text="4", tokens=100, prompt_tokens=1_000)))
        for number in wanted[0]
    ]
    assert len(list(Journal(model, tmp_path / "j.jsonl").stream(prompts, Sampling(n=2)))) == 2
    again = Journal(endpoint("a", 1), tmp_path / "j.jsonl")
    assert len(list(again.stream(prompts, Sampling(n=2)))) == 2
    assert usage.line([again], 3, 6) == "3 requests, 3.3k tokens, 0.0090 of about 0.0180 USD"


def test_a_bar_shows_what_endpoints_cost():
    heard: list[dict] = []
    context = Context(Path(), report=heard.append, cost=lambda done, total: f"{done} of {total}")
    with context.progress(2) as bar:
        bar.advance(1, "loss 0.3")
    assert [event["note"] for event in heard] == ["0 of 2", "loss 0.3, 1 of 2", "loss 0.3, 1 of 2"]


def test_a_stage_that_asks_has_its_cost_beside_its_bar(house):
    own = Path(os.environ["LIMBECK_PATH"]) / "models/counted.py"
    own.parent.mkdir(exist_ok=True)
    own.write_text(COUNTED)
    sampled = {"use": "teachers/sample", "from": "digits", "model": "m", "k": 2, "format": "plain"}
    raw = {**with_stage("x", **sampled), "models": {"m": {"use": "counted", "price_in": 2.0}}}
    steps = plan(house, raw).steps
    folders = {name: step.folder for name, step in steps.items()}
    notes: dict[str, list[str]] = {"digits": [], "x": []}
    for name in notes:
        execute.run(steps[name], folders, lambda it, name=name: notes[name].append(it.get("note", "")), 1)
    assert [note for note in notes["x"] if note][-1].endswith(", 8 requests, 408 tokens, 0.0008 USD")
    assert not any("requests" in note for note in notes["digits"])
