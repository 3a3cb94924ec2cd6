"""What models really used is in the manifest, prompts too, also of a run that was killed."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from house_cases import plan, with_stage

from limbeck.generation import Completion
from limbeck.models.journal import Entry
from limbeck.models.openai import Endpoint
from limbeck.pipeline import usage
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
