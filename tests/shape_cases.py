"""Data with everything a shape may hold or lose."""

from __future__ import annotations

from paths import TESTS

from limbeck.records import Data, Pair, Problem, Trace, Verdict
from limbeck.texts.traces import full_text

FIXTURE = TESTS / "fixtures" / "openr1.jsonl"


HOSTILE = '<script>alert("1")</script> \u202e "quoted" \\ π\n\ttab'


def trace(name: str, problem: str, text: str, outcome: str, **more) -> Trace:
    verdicts = [Verdict("exact", outcome, "4", "because")]  # type: ignore[arg-type]
    marks = [] if outcome == "correct" else [outcome]
    given = {
        "id": name,
        "problem_id": problem,
        "answer": text,
        "verdicts": verdicts,
        "marks": marks,
        "model": "m",
    }
    return Trace(**{**given, **more})


def sample() -> Data:
    problems = [
        Problem(
            id="p1",
            question="2+2?",
            answer="4",
            source="sums",
            split="train",
            meta={"level": 2, "tags": ["a"]},
        ),
        Problem(
            id="p2",
            question=HOSTILE,
            answer="0",
            source="odd",
            verifier="exact",
            meta={"system": "Be brief."},
        ),
        Problem(id="p3", question="dropped", answer="1", marks=["contaminated"]),
        Problem(id="p4", question="no traces", answer="1"),
    ]
    traces = [
        trace(
            "t1",
            "p1",
            "It is 4.",
            "correct",
            scores={"s": 0.5},
            params={"temperature": 1.0},
            tokens=3,
            finish="stop",
        ),
        trace("t2", "p1", "It is 5.", "wrong"),
        trace("t3", "p2", HOSTILE, "correct", parents=["t1"]),
        trace("t4", "p2", "cut", "unparsed", finish="length"),
        trace("t5", "p2", "twice", "wrong", marks=["wrong", "duplicate"]),
        trace("t6", "p3", "1", "correct"),
        trace("t7", "p2", "again", "correct", marks=["duplicate"]),
    ]
    pairs = [
        Pair(problem_id="p1", chosen="t1", rejected="t2", weight=0.5),
        Pair(problem_id="p2", chosen="t3", rejected="t4", marks=["long_chosen"]),
    ]
    return Data(problems, traces, pairs)


def texts(data: Data) -> list[tuple[str, str]]:
    asked = data.problem_by_id()
    return [(asked[one.problem_id].question, full_text(one)) for one in data.traces]


_TRACES = ("messages", "prompt_completion", "sharegpt", "alpaca", "nemo_skills")
_PAIRS = ("preference", "alpaca_preference", "sharegpt_preference", "swift_preference")
_PROBLEMS = ("prompt_only", "swift_prompts", "verl", "openai_requests")
_LABELLED = ("kto", "sharegpt_kto", "swift_kto")
WRITTEN = {
    **dict.fromkeys(_TRACES, 2),
    **dict.fromkeys(_PAIRS, 1),
    **dict.fromkeys(_PROBLEMS, 3),
    **dict.fromkeys(_LABELLED, 3),
    "openr1": 4,
    "traces": 8,
    "responses": 7,
    "lm_eval": 3,
}
"""Rows that each shape makes of `sample`."""
