"""A small house of a user's own methods, and a recipe over them."""

from __future__ import annotations

from pathlib import Path

from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes

METHODS = {
    "problems/digits.py": '''
from limbeck.records import Data, Problem

def digits(*, n: int = 3, shards: int = 1, seed: int = 0):
    """Digits to echo."""
    for s in range(shards):
        yield Data([Problem(id=f"{s}-{i}", question=str(i + seed), answer=str(i + seed)) for i in range(n)])
''',
    "curation/answer.py": '''
import time
from pathlib import Path
from limbeck.records import Data, Trace

def answer(data: Data, *, add: int = 0, pause: float = 0.0, log: str = "", workers: int = 1) -> Data:
    """Answer every problem, ``add`` too high."""
    time.sleep(pause)
    if log:
        with Path(log).open("a") as file:
            file.write(data.problems[0].id + "\\n")
    for p in data.problems:
        data.traces.append(Trace(id=p.id, problem_id=p.id, answer=str(int(p.question) + add)))
    return data
''',
    "curation/fail.py": '''
from limbeck.errors import LimbeckError
from limbeck.records import Data

def fail(data: Data) -> Data:
    """Never works."""
    raise LimbeckError("nothing works today")
''',
    "curation/both.py": '''
from limbeck.records import Data

def both(*data: Data) -> Data:
    """Join."""
    return Data.join(data)
''',
    "verifiers/same.py": '''
from limbeck.records import Problem, Trace, Verdict

def same(problem: Problem, trace: Trace) -> Verdict:
    """Equal text."""
    return Verdict("same", "correct" if problem.answer == trace.answer else "wrong", trace.answer)
''',
}


RECIPE = {
    "title": "Echo",
    "stages": {
        "digits": {"use": "problems/digits", "n": 4},
        "right": {"use": "curation/answer", "from": "digits"},
        "wrong": {"use": "curation/answer", "from": "digits", "add": 1},
        "checked": {"use": "verifiers/same", "from": "right"},
        "missed": {"use": "verifiers/same", "from": "wrong"},
    },
}


def plan(house: Path, raw: dict = RECIPE, **options) -> planning.Plan:
    return planning.make(recipes.build("echo", house / "echo.yaml", raw, **options), house / "out")


def with_stage(name: str, **body) -> dict:
    return {**RECIPE, "stages": {**RECIPE["stages"], name: body}}
