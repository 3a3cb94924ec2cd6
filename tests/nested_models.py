"""A user's folder of methods with models made of models, and recipes that evaluate them."""

from __future__ import annotations

from pathlib import Path

from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes

METHODS = {
    "problems/countable.py": '''
from limbeck.records import Data, Problem

def countable(*, n: int = 4) -> Data:
    """Digits to echo."""
    return Data([Problem(id=f"p{i}", question=str(i), answer=str(i), source="digits") for i in range(n)])
''',
    "models/echo.py": '''
import os, signal
from pathlib import Path
from limbeck.models.scripted import Scripted

def echo(*, log: str = "", kill_at: int = 0):
    """Right two times in three; dies once, before its reply number ``kill_at``."""
    def reply(messages, number):
        if log:
            with Path(log).open("a") as file:
                file.write(f"{messages[-1]['content']} {number}\\n")
            if kill_at and len(Path(log).read_text().splitlines()) == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return messages[-1]["content"] if number % 3 else "9"
    return Scripted(reply)
''',
    "decoding/twice.py": '''
from limbeck.decoding.ops import Decoded, made_of
from limbeck.generation import Model

def twice(*, model: Model, mark: str = "!") -> Model:
    """Say it, and a mark."""
    return Twice(model, mark)

class Twice(Decoded):
    def __init__(self, inner, mark):
        super().__init__(inner, mark=mark)
        self.mark = mark

    def stream_some(self, prompts, wanted, sampling):
        for index, number, done in self.inner.stream_some(prompts, wanted, sampling):
            yield index, number, made_of(done.text + self.mark, done, [done, done])
''',
    "decoding/forbidden.py": '''
import torch
from limbeck.generation import Model

MODEL_WANTS = ("logits",)
GIVES = ("text", "ids", "logprobs")

def forbidden(*, model: Model, texts: list[str]) -> Model:
    """Never write a token of these texts."""
    ids = sorted({token for text in texts for token in model._loaded[1](text)["input_ids"]})
    return model.steered(Without(ids))

class Without:
    def __init__(self, ids):
        self.ids = ids

    def begin(self, model, rows):
        pass

    def logits(self, logits_RV, rows):
        return logits_RV.index_fill(1, torch.tensor(self.ids), -torch.inf)

    def end(self):
        pass
''',
    "decoding/judged.py": '''
from limbeck.generation import Model
from limbeck.types import Verifier

def judged(*, model: Model, other: Model | None = None, verifier: Verifier | None = None) -> Model:
    """Hand on a model."""
    return model if other is None else other
''',
    "rewards/asked.py": '''
from limbeck.generation import Model, Sampling

def asked(groups, context=None, *, model: Model) -> list[list[float]]:
    """What a model says of each question, as a number."""
    prompts = [[{"role": "user", "content": group.problem.question}] for group in groups]
    answers = model.generate(prompts, Sampling(seed=3))
    return [
        [float(done.text) / (place + 1) for place in range(len(group.traces))]
        for group, (done,) in zip(groups, answers, strict=True)
    ]
''',
    "decoding/nothing.py": '''
from limbeck.generation import Model

def nothing(*, model: Model) -> Model:
    """Forget to return it."""
''',
}  # fmt: skip
MUTE = {"use": "decoding/forbidden", "texts": ["0", "1"]}
SC = {"use": "decoding/self_consistency", "format": "plain"}
ECHO = {
    "sft": {"use": "models/echo"},
    "voted": {**SC, "model": "sft", "n": 3},
    "loud": {"use": "decoding/twice", "model": "voted"},
}


def build(folder: Path) -> Path:
    """Write the methods to ``folder/limbeck_methods``."""
    for name, text in METHODS.items():
        path = folder / "limbeck_methods" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def page(models: dict, **stages) -> dict:
    scores = {
        "use": "evaluation/accuracy", "from": "digits", "of": list(models), "verifier": "exact", "n": 2,
        "temperature": [1.0], "max_tokens": 5, "format": "plain",
    }  # fmt: skip
    return {
        "title": "Echo",
        "models": models,
        "stages": {"digits": {"use": "problems/countable"}, "scores": scores, **stages},
    }


def plan(house: Path, raw: dict, **options) -> planning.Plan:
    return planning.make(recipes.build("echo", house / "echo.yaml", raw, **options), house / "out")
