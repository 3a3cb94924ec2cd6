"""``limbeck new ROOM NAME``: a method file, a recipe that runs it and a golden value that guards it."""

from __future__ import annotations

import keyword
from pathlib import Path

import typer

from limbeck.errors import LimbeckError, unknown
from limbeck.pipeline.registry import ROOMS, methods

_HEAD = '''"""{title}. Say here what it does, and from which paper and equation it comes."""

from __future__ import annotations

'''
# Each body is a working method: the smallest thing of its room that does something.
_BODIES = {
    "problems": '''from limbeck.records import Data, Problem


def {name}(*, n: int = 10) -> Data:
    """Sums of two digits."""
    return Data([Problem(id=f"{name}-{{i}}", question=f"{{i}}+1", answer=str(i + 1)) for i in range(n)])
''',
    "teachers": '''from limbeck.generation import Model, Sampling
from limbeck.records import Data, Trace
from limbeck.texts.messages import as_messages


def {name}(data: Data, *, model: Model, max_tokens: int = 256) -> Data:
    """One greedy trace per problem."""
    prompts = [as_messages(problem) for problem in data.problems]
    completions = model.generate(prompts, Sampling(temperature=0.0, max_tokens=max_tokens))
    for problem, (completion,) in zip(data.problems, completions, strict=True):
        data.traces.append(
            Trace(id=f"{{problem.id}}#{name}", problem_id=problem.id, answer=completion.text, finish=completion.finish)
        )
    return data
''',
    "verifiers": '''from limbeck.records import Problem, Trace, Verdict


def {name}(problem: Problem, trace: Trace, *, casefold: bool = True) -> Verdict:
    """Equal text, by default whatever the case."""
    reference, answer = (problem.answer or "").strip(), trace.answer.strip()
    if casefold:
        reference, answer = reference.casefold(), answer.casefold()
    outcome = "unparsed" if not answer else "correct" if answer == reference else "wrong"
    return Verdict(verifier="{name}", outcome=outcome, extracted=answer, reason=f"{{answer}} against {{reference}}")
''',
    "curation": '''from limbeck.records import Data


def {name}(data: Data, *, longest: int = 1000) -> Data:
    """Mark traces longer than ``longest`` characters with ``too_long``."""
    for trace in data.traces:
        if len(trace.reasoning) + len(trace.answer) > longest:
            trace.marks = [*trace.marks, "too_long"]
    return data
''',
    "objectives": '''from limbeck.objectives.ops import Loss, Signal
from limbeck.training.batch import Batch
from limbeck.training.policy import Policy

NEEDS = ("traces",)


def {name}(batch: Batch, policy: Policy, signal: Signal, *, scale: float = 1.0) -> Loss:
    """Mean negative log-probability of a trace, times ``scale``, averaged over traces."""
    loss_B = -scale * policy.mean_B
    return Loss((batch.weight_B * loss_B).sum(), batch.weight_B.sum())
''',
    "evaluation": '''from limbeck.records import Data, Result, Results


def {name}(data: Data, *, unit: str = "characters") -> Results:
    """Mean length of the traces."""
    lengths = [len(trace.reasoning) + len(trace.answer) for trace in data.traces] or [0]
    value = sum(lengths) / len(lengths)
    return Results([Result(model="", benchmark="", metric=f"mean {{unit}}", value=value, n=len(lengths))], data)
''',
}

_RECIPE = """title: {title}
about: What the paper does, in two sentences.
expect: What a user should see after running it, and how long it takes.
paper: {{slug: {name}, title: "", arxiv: ""}}
facts: {{}}
stages:
{stages}"""
_HASTE = "  problems: {{use: problems/haste, n: 50, solve: hasty}}\n"
_STAGES = {
    "problems": "  problems: {{use: problems/{name}}}\n",
    "curation": _HASTE + "  {name}: {{use: curation/{name}, from: problems}}\n",
    "verifiers": _HASTE + "  {name}: {{use: verifiers/{name}, from: problems}}\n",
    "evaluation": _HASTE + "  {name}: {{use: evaluation/{name}, from: problems}}\n",
    "teachers": _HASTE
    + "  {name}: {{use: teachers/{name}, from: problems, model: teacher}}\n"
    + "models:\n  teacher: {{path: asset:haste/teacher}}\n",
    "objectives": _HASTE
    + "  {name}: {{use: training/fit, from: problems, student: base, objective: {name}, steps: 5}}\n"
    + "models:\n  base: {{path: asset:haste/base}}\n",
}
_GOLDEN = '''"""The golden value of {room}/{name}: this recipe must go on giving these counts."""

from pathlib import Path

from limbeck.pipeline import plan, recipe, runner

HERE = Path(__file__).resolve().parent
GOLDEN = {{"problems": {problems}}}


def test_{name}(tmp_path, monkeypatch):
    monkeypatch.setenv("LIMBECK_PATH", str(HERE))
    made = runner.run(plan.make(recipe.load(str(HERE / "recipes" / "{name}.yaml")), tmp_path), jobs=1)
    counts = list(made.manifests.values())[{step}]["counts"]
    assert {{key: counts[key] for key in GOLDEN}} == GOLDEN
'''
_PROBLEMS = {"problems": 10}


def new(room: str, name: str, into: Path | None) -> None:
    """Write the three files; nothing that exists is overwritten."""
    if room not in ROOMS:
        raise unknown("room", room, ROOMS)
    if room not in _BODIES:
        raise LimbeckError(
            f"no scaffold for {room}/: copy its nearest method (limbeck list {room}); rooms: "
            f"{', '.join(_BODIES)}"
        )
    if not name.isidentifier() or keyword.iskeyword(name) or name != name.lower():
        raise LimbeckError(f"a method's name is a lower-case Python identifier, got {name!r}")
    if name in methods(room):
        raise LimbeckError(f"{room}/{name} exists already: {methods(room)[name].path}")
    root = into or Path("limbeck_methods")
    title = name.replace("_", " ").capitalize()
    words = {"name": name, "title": title, "room": room, "problems": _PROBLEMS.get(room, 50)}
    words["step"] = 0 if room == "objectives" else -1
    files = {
        root / room / f"{name}.py": _HEAD.format(title=title) + _BODIES[room].format(**words),
        root / "recipes" / f"{name}.yaml": _RECIPE.format(stages=_STAGES[room].format(**words), **words),
        root / f"test_{name}.py": _GOLDEN.format(**words),
    }
    for path in files:
        if path.exists():
            raise LimbeckError(f"{path} exists already")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        typer.echo(f"wrote {path}")
    typer.echo(f"try: limbeck run {root / 'recipes' / f'{name}.yaml'}; then: pytest {root}")
