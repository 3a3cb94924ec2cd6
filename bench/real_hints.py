"""What it is worth to a small language model, as a teacher, to be told the answer: traces kept, and why.

Run: python bench/real_hints.py [SVAMP.csv]; three minutes of one core. Writes bench/results/real_hints.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import real_model

from limbeck.answers.equations import equations
from limbeck.drawing import Drawing
from limbeck.evaluation.ops import bootstrap
from limbeck.generation import Model
from limbeck.pipeline.context import Context
from limbeck.problems.benchmarks.svamp import svamp
from limbeck.records import Data, Problem, Trace
from limbeck.teachers.write.hinted import Hinting, hinted
from limbeck.types import InputFile
from limbeck.verifiers.answers.number import number
from limbeck.verifiers.ops import verify

PROBLEMS, SAMPLES, SHOTS = 40, 4, 3
ASKED = "{question}\nWork it out step by step, an equation a line, and end with #### and the answer."
ARMS = {
    "answer-free": ASKED,
    "hinted": f"{ASKED}\nThe answer is {{answer}}; write as if you had not been told.",
}


def examples(left_out: Sequence[Problem]) -> Data:
    """Worked problems of other stories: an equation a line, then ``####`` and the answer."""
    stories = {problem.meta["story"] for problem in left_out}
    worked = svamp(path=InputFile(str(real_model.SVAMP)), solve="steps")
    others = [problem for problem in worked.problems if problem.meta["story"] not in stories]
    return Data(others[:: len(others) // SHOTS][:SHOTS], worked.traces)


def right(trace: Trace, problem: Problem) -> bool:
    return trace.outcome == "correct"


def true_equations(trace: Trace, problem: Problem) -> bool:
    """It has an equation, and all of them hold."""
    return (holds := [each.holds for each in equations(trace.answer)]) != [] and all(holds)


def both(trace: Trace, problem: Problem) -> bool:
    return right(trace, problem) and true_equations(trace, problem)


def reached(trace: Trace, problem: Problem) -> bool:
    """Right, all its equations hold, and the last one's value is the answer."""
    values = [float(each.value) for each in equations(trace.answer)]
    return both(trace, problem) and values[-1] == float(problem.answer or "nan")


Measure = Callable[[Trace, Problem], bool]
MEASURES: dict[str, Measure] = {
    "answer right": right,
    "all equations true, one at least": true_equations,
    "both": both,
    "both, and the last equation gives the answer": reached,
}


def shares(made: Data, measure: Measure) -> np.ndarray:
    """Of each problem, the share of its traces."""
    groups = made.by_problem()
    return np.array(
        [np.mean([measure(each, problem) for each in groups[problem.id]]) for problem in made.problems]
    )


def percent(values: np.ndarray) -> str:
    low, high = bootstrap(values)
    return f"{100 * values.mean():.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def sampled(model: Model, template: str, problems: list[Problem], shown: Data) -> Data:
    """Problems and traces of an arm, judged by their answers."""
    how = Drawing(temperature=0.7, top_p=0.95, max_tokens=64)
    asked = Hinting(template=template, tells="")
    made = hinted(
        Data(problems), shown, model=model, k=SAMPLES, drawing=how, format="plain", hinting=asked,
        ctx=Context(Path(".")),
    )  # fmt: skip
    return Data(problems, list(verify(number, made.problem_by_id(), made.traces)))


def lines() -> Iterator[str]:
    problems = real_model.problems(400, PROBLEMS)
    model, shown = real_model.opened("bfloat16"), examples(problems)
    arms = {name: sampled(model, template, problems, shown) for name, template in ARMS.items()}
    yield (
        f"{PROBLEMS} problems behind {SHOTS} worked examples, {SAMPLES} traces each at T = 0.7; shares of "
        "all traces in percent, with 95% intervals over problems (bootstrap)."
    )
    yield from ["", "| | answer-free | hinted | hinted less answer-free |", "|---|---:|---:|---:|"]
    for name, measure in MEASURES.items():
        plain, told = (shares(arms[arm], measure) for arm in ARMS)
        yield f"| {name} | {percent(plain)} | {percent(told)} | {percent(told - plain)} |"
    yield ""
    for name, made in arms.items():
        problem_of = made.problem_by_id()
        kept = [trace for trace in made.traces if right(trace, problem_of[trace.problem_id])]
        empty = [trace for trace in kept if not reached(trace, problem_of[trace.problem_id])]
        yield f"* {name}: {len(kept)} traces kept by their answer, {len(kept) - len(empty)} of them reach it."
        for trace in empty[:2]:
            yield f"  * kept, not reached: `{' / '.join(trace.answer.splitlines())[:160]}`"


if __name__ == "__main__":
    real_model.write("real_hints", "A teacher that is told the answer", __file__, lines())
