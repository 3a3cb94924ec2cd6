"""Real long traces of DeepSeek-R1, QwQ and s1.1, cut into labelled steps and shortened."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest
from flat import flat

from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace
from limbeck.texts.parts import parts_of, texts_of
from limbeck.verifiers.answers.math import math
from limbeck.verifiers.ops import verify

segmented, simplified, pruned = (flat(f"curation/{name}") for name in ("segmented", "simplified", "pruned"))
CONTEXT = Context(Path("."))
MODELS = ("deepseekR1", "QwQ", "s1.1")


@pytest.fixture(scope="module")
def real():
    """The answers of three models to the well-posed questions of GSM8K, judged."""
    from paths import SHARED

    path = SHARED / "traces/mip_reasoning_models.jsonl.gz"
    if not path.is_file():
        pytest.skip("the folder shared/data is not beside this checkout")
    data = Data()
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file):
            row = json.loads(line)
            text = row.get("model_answer") or row.get("deepseek-reasoner (question)")
            if row["model"] not in MODELS or row["kind"] != "normal" or row["dataset"] != "gsm8k" or not text:
                continue
            thought, _, answer = text.partition("\nanswer\n" if row["model"] == "s1.1" else "</think>")
            gold = row["answer"].rpartition("#### ")[2]
            name = f"p{number}"
            data.problems.append(Problem(id=name, question=row.get("question", ""), answer=gold))
            data.traces.append(
                Trace(
                    id=name, problem_id=name, reasoning=thought, answer=answer, format="think",
                    model=row["model"], finish="stop",
                )
            )  # fmt: skip
    data.traces = list(verify(math, data.problem_by_id(), data.traces[::4]))
    return segmented(data, ctx=CONTEXT)


def test_all_of_a_text_lies_in_its_parts(real):
    labelled = [trace for trace in real.traces if trace.reasoning.strip()]
    assert len(labelled) > 400
    for trace in labelled:
        assert "".join(texts_of(trace.reasoning, parts_of(trace))) == trace.reasoning


def test_these_models_check_more_than_they_correct(real):
    for model in MODELS:
        traces = [trace for trace in real.traces if trace.model == model]
        kinds = Counter(part.kind for trace in traces for part in parts_of(trace))
        total = kinds.total()
        assert 0.5 < kinds["progress"] / total < 0.9
        assert kinds["check"] > 3 * kinds["correction"]
        # Nearly all of them begin by restating the question, or end with a final answer.
        assert sum(trace.reasoning.count("Final Answer") > 0 for trace in traces) > 0.5 * len(traces)
        assert kinds["summary"] > 0.5 * len(traces)
        assert kinds["method"] > 0.5 * len(traces), "more than every second trace goes another way, too"


def test_a_right_trace_comes_to_its_answer_in_some_approach(real):
    right = [trace for trace in real.traces if trace.outcome == "correct"]
    assert len(right) > 300
    there = [any(part.state == "right" for part in parts_of(trace)) for trace in right]
    assert sum(there) > 0.95 * len(there)


def test_shortened_traces_are_shorter_and_keep_their_answer(real):
    kept = [trace for trace in real.traces if trace.outcome == "correct"]
    out = simplified(Data(real.problems, kept), trunk="first", ctx=CONTEXT)
    short = [trace for trace in out.traces if trace.parents]
    before = {trace.id: trace for trace in kept}
    assert len(short) > 0.5 * len(kept)
    lengths = [(len(trace.reasoning), len(before[trace.parents[0]].reasoning)) for trace in short]
    assert sum(after for after, _ in lengths) < 0.7 * sum(whole for _, whole in lengths)
    assert all(trace.verdicts == [] for trace in short)
    again = list(verify(math, out.problem_by_id(), short))
    assert {trace.outcome for trace in again} == {"correct"}


def test_half_of_the_functional_steps_go_at_random(real):
    traces = [trace for trace in real.traces if trace.outcome == "correct"]
    out = pruned(Data(real.problems, traces), choose="random", ctx=CONTEXT)
    for trace in out.traces:
        if trace.parents:
            parent = next(each for each in traces if each.id == trace.parents[0])
            kinds = [parts_of(parent)[step].kind for step in trace.params["dropped"]]
            assert {*kinds} <= {"check", "method", "correction"}
            assert trace.reasoning.strip()
