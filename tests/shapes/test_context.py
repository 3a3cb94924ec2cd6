"""Chats with a system turn and earlier turns: read into the problem, written out as they came."""

from __future__ import annotations

import pytest

from limbeck.records import Data, Pair, Problem, Trace, Verdict
from limbeck.shapes import WRITERS, Choice, export_rows, import_rows
from limbeck.tables import read_rows, write_rows
from limbeck.texts.messages import as_messages, context_meta
from limbeck.texts.questions import problem_id

MODEL = Choice(model="m")


def turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


SYSTEM, EARLIER = turn("system", "Be brief."), [turn("user", "1+1?"), turn("assistant", "2")]
LAST = [turn("user", "And 2+2?"), turn("assistant", "4")]
CHAT = [SYSTEM, *EARLIER, *LAST]


def imported(path, *rows, **more):
    write_rows(path, rows)
    return import_rows(path, **more)


def test_earlier_turns_belong_to_the_problem_and_the_last_reply_is_the_trace(tmp_path):
    data = imported(tmp_path / "r.jsonl", {"messages": CHAT})
    assert [problem.question for problem in data.problems] == ["And 2+2?"]
    assert [trace.answer for trace in data.traces] == ["4"]
    assert as_messages(data.problems[0]) == CHAT[:-1]


def test_the_same_question_in_two_contexts_is_two_problems(tmp_path):
    rows = [{"messages": chat} for chat in (CHAT, LAST, [SYSTEM, *LAST], CHAT)]
    data = imported(tmp_path / "r.jsonl", *rows)
    assert [len(as_messages(problem)) for problem in data.problems] == [4, 1, 2]
    assert data.problems[1].id == problem_id("And 2+2?")
    assert [trace.problem_id for trace in data.traces].count(data.problems[0].id) == 2


def test_an_id_that_comes_again_in_another_context_is_a_counted_row(tmp_path, caplog):
    rows = [{"messages": chat, "problem_id": "p"} for chat in (LAST, CHAT)]
    data = imported(tmp_path / "r.jsonl", *rows)
    assert len(data.traces) == 1
    assert "the id 'p' comes again behind other turns than before" in caplog.text


def sample() -> Data:
    asked = Problem(id="p", question="And 2+2?", answer="4", meta=context_meta("Be brief.", EARLIER))
    alone = Problem(id="q", question="3+3?", answer="6")
    traces, pairs = [], []
    for problem, right, wrong in ((asked, "4", "5"), (alone, "6", "7")):
        for outcome, answer in (("correct", right), ("wrong", wrong)):
            verdict = Verdict("label", outcome, answer)  # type: ignore[arg-type]
            name = f"{problem.id}/{outcome}"
            marks = ["wrong"] if outcome == "wrong" else []
            trace = Trace(id=name, problem_id=problem.id, answer=answer, verdicts=[verdict], marks=marks)
            traces.append(trace)
        pairs.append(Pair(problem_id=problem.id, chosen=traces[-2].id, rejected=traces[-1].id))
    return Data([asked, alone], traces, pairs)


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
@pytest.mark.parametrize("shape", list(WRITERS))
def test_every_shape_brings_the_context_back(tmp_path, shape, suffix):
    path = tmp_path / f"rows{suffix}"
    export_rows(sample(), path, shape, MODEL)
    back = import_rows(path, shape)
    assert [as_messages(problem) for problem in back.problems] == [CHAT[:-1], [turn("user", "3+3?")]]
    again = tmp_path / f"again{suffix}"
    export_rows(back, again, shape, MODEL)
    assert list(read_rows(again)) == list(read_rows(path))


def test_prompts_and_pairs_of_dialogues_are_read(tmp_path):
    other = [*CHAT[:-1], turn("assistant", "5")]
    data = imported(tmp_path / "p.jsonl", {"chosen": CHAT, "rejected": other})
    assert as_messages(data.problems[0]) == CHAT[:-1]
    assert [trace.answer for trace in data.traces] == ["4", "5"]
    data = imported(tmp_path / "c.jsonl", {"prompt": CHAT[:-1], "completion": CHAT[-1:]})
    assert as_messages(data.problems[0]) == CHAT[:-1]


def test_a_column_of_system_turns_is_one(tmp_path):
    rows = {"conversations": [{"from": "human", "value": "2+2?"}, {"from": "gpt", "value": "4"}]}
    data = imported(tmp_path / "r.jsonl", {**rows, "system": "Be brief."}, rows)
    assert [len(as_messages(problem)) for problem in data.problems] == [2, 1]
