"""A run folder as the pipeline writes it, filled with made-up numbers, for tests of the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from limbeck.evaluation.measures.accuracy import results_of
from limbeck.evaluation.samples import groups, like
from limbeck.pipeline.counting import counts
from limbeck.pipeline.store import read_data, write_data, write_results
from limbeck.records import Data, Pair, Problem, Results, Trace, Verdict

HOSTILE = (
    "</script><script>document.title='owned'</script>"
    "<img src=x onerror=\"document.title='owned'\">\x00\u202e{{ 7*7 }}"
)
SKILL = {"sft": 0.0, "sft_longer": 0.01, "redi_08": 0.07, "dpo": 0.06, "simpo": 0.055, "alpha_1": -0.3}
ABOUT = (
    "Stage 1 is SFT on correct traces. "
    "Stage 2 also pushes wrong ones down, with less weight than it lifts right ones."
)


def teacher_data(problems: int, hostile: bool = True) -> Data:
    """Problems with eight traces each, marked and paired as curation would."""
    rng = np.random.default_rng(0)
    data = Data()
    for i in range(problems):
        digits = rng.integers(0, 10, 6)
        question = "".join(
            f"{d}{op}" for d, op in zip(digits, rng.choice(list("+-*"), 5), strict=False)
        ) + str(digits[-1])
        pid = f"haste/{i}"
        data.problems.append(Problem(id=pid, question=question, answer="7", source="haste", split="train"))
        rate = rng.beta(1.1, 0.9)
        for j in range(8):
            cut, right = rng.random() < 0.03, rng.random() < rate
            answer = "7" if right else str(rng.integers(0, 7))
            steps = int(np.clip(rng.normal(4 if right else 5, 1.2), 1, 9))
            reasoning = "".join(
                f";{''.join(map(str, rng.integers(0, 10, 5 - min(s, 4))))}" for s in range(steps)
            )
            outcome, mark = (
                ("unparsed", "truncated") if cut else (("correct", "") if right else ("wrong", "wrong"))
            )
            verdict = Verdict("exact", outcome, answer, "" if right else f"{answer} is not the reference 7")
            data.traces.append(
                Trace(
                    id=f"{pid}#t-{j}", problem_id=pid, reasoning=reasoning, answer=answer, model="teacher",
                    tokens=6 * steps + 2, verdicts=[verdict], marks=[mark] if mark else [],
                    finish="length" if cut else "stop",
                )
            )  # fmt: skip
        mine = data.traces[-8:]
        right_ones, wrong_ones = ([t.id for t in mine if t.outcome == kind] for kind in ("correct", "wrong"))
        data.pairs += [
            Pair(problem_id=pid, chosen=c, rejected=r)
            for c, r in zip(right_ones[:1], wrong_ones, strict=False)
        ]
    if hostile:
        data.problems[0].question = HOSTILE
        for trace in data.traces[:8]:
            trace.reasoning, trace.answer = HOSTILE * 40, HOSTILE
            trace.verdicts = [Verdict(HOSTILE, trace.outcome, HOSTILE, HOSTILE)]
    return data


def evaluation(model: str, skill: float, problems: int = 60) -> Results:
    """What `accuracy` returns for a model of this skill on two benchmarks at three temperatures."""
    rng, data = np.random.default_rng(7), Data()
    for split, base in (("test", 0.72), ("hard", 0.45)):
        rates = np.clip(rng.normal(base, 0.25, problems), 0, 1)
        for i, rate in enumerate(rates):
            data.problems.append(
                Problem(id=f"{split}/{i}", question="1+1", answer="2", source="haste", split=split)
            )
            for t in (0.0, 0.6, 1.0):
                for j in range(4 if t else 1):
                    right = rng.random() < np.clip(rate + skill * (1 if t else 0.2) - 0.1 * t + 0.1, 0, 1)
                    cut = not right and rng.random() < 0.05
                    verdict = Verdict(
                        "exact", "correct" if right else ("unparsed" if cut else "wrong"), str(int(right))
                    )
                    data.traces.append(
                        Trace(
                            id=f"{split}/{i}-{t}-{j}", problem_id=f"{split}/{i}", model=model,
                            verdicts=[verdict],
                            finish="length" if cut else "stop", tokens=int(rng.integers(10, 40)),
                            params={"temperature": t, "sample": j},
                        )
                    )  # fmt: skip
    common = like(model, [0], top_p=0.95, max_tokens=96)
    return Results([row for group in groups(data) for row in results_of(group, (1, 4), common)], data)


def curve(arm: str) -> dict[str, list[Any]]:
    """A training curve: a falling loss, and for stage 2 two log-probabilities."""
    rng, steps = np.random.default_rng(len(arm)), np.arange(1, 121)
    progress = steps / steps[-1]
    columns = {
        "step": steps.tolist(),
        "loss": (1.6 * np.exp(-4 * progress) + 0.3 + rng.normal(0, 0.03, 120)).tolist(),
    }
    if arm not in ("sft", "sft_longer"):
        fall = 2.6 if arm == "alpha_1" else 0.25
        noise = rng.normal(0, 0.03, (2, 120))
        columns["logp_chosen"] = (-0.16 - 0.3 * fall * progress**2 + noise[0]).tolist()
        columns["logp_rejected"] = (-0.63 - fall * progress + noise[1]).tolist()
    return columns


def _stage(name: str, use: str, kind: str, inputs: list[str], **more: Any) -> dict[str, Any]:
    stage = {
        "name": name, "use": use, "kind": kind, "inputs": inputs, "key": f"{abs(hash(use + name)):012x}"[:12],
        "dir": f"stages/{name}", "cached": False, "seconds": 3.21, "of": None, "counts": {},
        "params": {"seed": 0},
    }  # fmt: skip
    return {**stage, **more}


RIGHT_TO_LEFT = "\u05ea\u05e9\u05d5\u05d1\u05d4 7"


def odd_samples() -> dict[str, Data]:
    """What an evaluation may lack or hold: no verdicts or tokens, failed requests, hostile and huge texts."""

    def problem(place: int, **more: Any) -> Problem:
        return Problem(id=f"p{place}", question=f"Question {place}?", source="odd", split="test", **more)

    def trace(place: int, arm: str, **more: Any) -> Trace:
        return Trace(id=f"p{place}#{arm}", problem_id=f"p{place}", model=arm, **more)

    problems = [problem(0, answer="7"), problem(1), problem(2, marks=["leaked"]), problem(3)]
    earlier, later = Verdict("math", "unparsed"), Verdict("judge", "correct", "7", "7 it is", float("nan"))
    judged = [
        trace(0, "judged", answer=HOSTILE, verdicts=[earlier, later], tokens=3, finish="stop"),
        trace(1, "judged", reasoning="x" * 100_000 + "END", answer=RIGHT_TO_LEFT, finish="length"),
        trace(2, "judged", answer=r"\\frac{1}{2}", verdicts=[Verdict("math", "wrong")], marks=["wrong"]),
    ]
    bare = [trace(place, "bare", answer=str(place)) for place in range(3)]
    bare[2].verdicts = [Verdict("math", "correct")]
    bare.append(trace(3, "bare", finish="error", params={"error": "503 <b>overloaded</b>"}))
    failed = [trace(place, "failed", finish="error", params={"error": "401"}) for place in range(4)]
    return {"judged": Data(problems, judged), "bare": Data(problems, bare), "failed": Data(problems, failed)}


def write_odd_run(folder: Path) -> Path:
    """A run of which nothing but odd evaluations is there, one of them empty."""
    stages = []
    for arm, data in [*odd_samples().items(), ("empty", Data())]:
        write_results(folder / "stages" / f"scores@{arm}", Results([], data))
        stages.append(_stage(f"scores@{arm}", "evaluation/accuracy", "results", [], of=arm))
    (folder / "run.json").write_text(json.dumps({"name": "odd", "stages": stages}), encoding="utf-8")
    return folder


def write_run(folder: Path, problems: int = 160, hostile: bool = True) -> Path:
    """Write a whole run: two data stages, five arms with curves, their evaluations, and ``run.json``."""
    kept = teacher_data(problems, hostile)
    bare = Data(
        kept.problems, [Trace(id=t.id, problem_id=t.problem_id, tokens=t.tokens) for t in kept.traces]
    )
    stages = []
    for name, use, inputs, data in (
        ("traces", "teachers/sample", [], bare),
        ("kept", "curation/reject", ["traces"], Data(kept.problems, kept.traces)),
        ("pairs", "curation/pairs", ["kept"], kept),
    ):  # fmt: skip
        write_data(folder / "stages" / name, data)
        stages.append(
            _stage(
                name,
                use,
                "data",
                inputs,
                counts=counts(read_data(folder / "stages" / name)),
                params={"k": 8, "t": [0.5]},
            )
        )
    for arm, skill in SKILL.items():
        place = folder / "stages" / arm
        place.mkdir(parents=True)
        pq.write_table(pa.table(curve(arm)), place / "curve.parquet")
        stages.append(
            _stage(
                arm, "training/fit", "checkpoint", ["pairs"], params={"objective": {"redi": {"alpha": 0.8}}}
            )
        )
        scores = f"scores@{arm}"
        write_results(folder / "stages" / scores, evaluation(arm, skill))
        stages.append(_stage(scores, "evaluation/accuracy", "results", ["pairs"], of=arm))
    recipe = {
        "title": "REDI: learn from the teacher's wrong traces too", "about": ABOUT,
        "facts": {"MATH-500": {"SFT": 80.4, "REDI": 83.1}, "AIME24": {"SFT": 21.9, "REDI": 28.1}},
        "claim": {"better": "redi_08", "than": ["sft_longer", "dpo", "simpo", "alpha_1"]},
    }  # fmt: skip
    page = {
        "name": "redi", "title": recipe["title"], "scale": "miniature", "seed": 0, "recipe": recipe,
        "state": "finished", "paper": {"title": "Harnessing Negative Signals", "arxiv": "2505.24850"},
        "versions": {"limbeck": "0.1.0"}, "started": 1.7e9, "finished": 1.7e9 + 151, "seconds": 151.0,
        "command": "limbeck run redi", "stages": stages,
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(page), encoding="utf-8")
    return folder
