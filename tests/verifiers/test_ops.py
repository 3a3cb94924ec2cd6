"""Running verifiers over many traces and rows; worker processes; agreement with real labels."""

from __future__ import annotations

import json
import os
import threading
import time
from concurrent.futures import Future

import pytest

from limbeck.checkers import workers
from limbeck.errors import LimbeckError, missing_extra
from limbeck.pipeline.context import Progress
from limbeck.records import Problem, Trace, Verdict
from limbeck.shapes.verified import verify_rows
from limbeck.verifiers import ops
from limbeck.verifiers.answers.exact import exact
from limbeck.verifiers.answers.math import math

PROBLEMS = {"p": Problem(id="p", question="", answer="18")}


def trace(answer: str, **fields) -> Trace:
    return Trace(**{"id": answer[:10], "problem_id": "p", "answer": answer, **fields})


def test_verdicts_are_appended_in_order_to_copies():
    traces = [trace("18"), trace("(1+x)^2"), trace("17"), trace("x+1"), trace("18.0")]
    done = list(ops.verify(math, PROBLEMS, traces, window=2))
    assert [t.id for t in done] == [t.id for t in traces]
    assert [t.outcome for t in done] == ["correct", "wrong", "wrong", "wrong", "correct"]
    assert all(t.verdicts == [] for t in traces)
    again = list(ops.verify(exact, PROBLEMS, done))
    assert [v.verifier for v in again[0].verdicts] == ["math", "exact"]


def test_a_cut_off_trace_is_looked_at_but_never_wrong():
    cut = [trace("A: 17", finish="length"), trace("A: 18", finish="length"), trace("A: 17", finish="stop")]
    outcomes = [(t.outcome, t.verdicts[-1].reason) for t in ops.verify(math, PROBLEMS, cut)]
    assert outcomes == [("unparsed", "truncated"), ("correct", "18 = 18"), ("wrong", "17 is not 18")]


def broken(problem: Problem, trace: Trace) -> Verdict | Future[Verdict]:
    if trace.answer == "raise":
        raise ValueError("bad luck")
    future: Future[Verdict] = Future()
    if trace.answer == "late":
        future.set_exception(KeyError("later"))
    elif trace.answer == "slow":
        future.set_exception(TimeoutError())
    else:
        return Verdict("broken", "correct")
    return future


def test_a_verifier_that_fails_stops_nothing():
    events = []
    bar = Progress("verify", 5, events.append)
    traces = [trace("raise"), trace("fine"), trace("late"), trace("slow"), trace("fine", problem_id="absent")]
    done = list(ops.verify(broken, PROBLEMS, traces, progress=bar))
    assert [t.outcome for t in done] == ["unknown", "correct", "unknown", "timeout", "unknown"]
    assert done[0].verdicts[0].reason == "ValueError: bad luck"
    assert "absent" in done[4].verdicts[0].reason
    assert bar.done == 5
    assert events[-1]["note"] == "3 unknown"


def test_settings_that_fit_no_trace_stop_the_run_and_what_is_not_installed_says_so():
    def absent(problem: Problem, trace: Trace) -> Verdict:
        raise missing_extra("z3", "verify", "verifiers/absent")

    problems = {"p": Problem(id="p", question="q", answer="4")}
    with pytest.raises(LimbeckError, match="tolerance must be at least 0"):
        list(ops.verify(lambda problem, one: math(problem, one, tolerance=5), problems, [trace("4")]))
    (done,) = ops.verify(absent, problems, [trace("4")])
    assert (done.outcome, "pip install" in done.verdicts[0].reason) == ("unknown", True)


def test_no_more_than_a_window_waits():
    open_now, most = 0, 0
    futures: list[Future[Verdict]] = []

    def late(problem: Problem, trace: Trace) -> Future[Verdict]:
        nonlocal open_now, most
        future: Future[Verdict] = Future()
        futures.append(future)
        open_now += 1
        most = max(most, open_now)
        if open_now == 4:  # the window is full: let all go
            for waiting in futures:
                if not waiting.done():
                    waiting.set_result(Verdict("late", "correct"))
            open_now = 0
        return future

    assert len(list(ops.verify(late, PROBLEMS, (trace("1") for _ in range(40)), window=4))) == 40
    assert most == 4


def die(_: int) -> None:
    os._exit(3)


def fill_memory() -> int:
    return len(bytearray(8 << 30))


def spin() -> None:
    while True:
        pass


def test_a_workers_time_is_the_processors_not_the_clocks():
    # On a busy machine a comparison waits its turn, here by sleeping; its verdict must not depend on that.
    assert workers.in_worker(time.sleep, 2.0, timeout=1.0).result() is None


def test_workers_are_killed_replaced_and_bounded():
    hung = workers.in_worker(time.sleep, 10**6, timeout=0.1)
    busy = workers.in_worker(spin, timeout=0.3)
    fine = [workers.in_worker(abs, -n, timeout=60) for n in range(20)]
    for endless in (hung, busy):
        with pytest.raises(TimeoutError):
            endless.result()
    assert [future.result() for future in fine] == list(range(20))
    with pytest.raises(Exception, match="Abnormal termination"):
        workers.in_worker(die, 0, timeout=60).result()
    if os.path.exists("/proc/self/statm"):
        with pytest.raises(MemoryError):
            workers.in_worker(fill_memory, timeout=60).result()
    assert workers.in_worker(abs, -1, timeout=60).result() == 1


def test_algebra_works_from_any_thread_and_after_a_shutdown():
    workers.shut()
    found: list[str] = []

    def ask() -> None:
        found.extend(
            t.outcome
            for t in ops.verify(math, {"p": Problem(id="p", question="", answer="x+y")}, [trace("y+x")])
        )

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == ["correct"] * 4


def test_rows_of_a_table():
    rows = [
        {"question": "?", "answer": "#### 18", "response": "A: 18", "id": 7},
        {"answer": "18", "response": "17"},
        {"answer": "18", "response": "hm\nhm"},
        {"answer": 18, "response": 18.0},
        {"answer": "18", "response": None},
        {"answer": ["18"], "response": "18"},
        {"response": "18"},
        "not a row",
    ]
    done = list(verify_rows(rows, math))
    assert [row["correct"] for row in done] == [True, False, None, True, None, True, None, None]
    assert done[0] == {
        **rows[0],
        "correct": True,
        "extracted": "18",
        "reason": "18 = 18",
        "outcome": "correct",
    }
    assert done[2]["outcome"] == "unparsed"
    assert [row["outcome"] for row in done[4:]] == ["unknown", "correct", "unknown", "unknown"]
    assert done[4]["reason"] == "no response in column 'response'"
    assert list(verify_rows([], math)) == []


def test_a_missing_column_is_one_clear_error():
    with pytest.raises(LimbeckError, match=r"column 'answer'.*did you mean 'answers'"):
        list(verify_rows([{"answers": "1", "response": "1"}], math))
    with pytest.raises(LimbeckError, match=r"column 'response'.*did you mean 'respnse'"):
        list(verify_rows([{"answer": "1", "respnse": "1"}], math))


def test_published_labels_of_real_solutions(shared):
    items = []
    for line in (shared / "gsm8k/model_solutions.jsonl").open(encoding="utf-8"):
        row = json.loads(line)
        problem = Problem(id="p", question=row["question"], answer=row["ground_truth"])
        items += [
            (e["is_correct"], problem, trace(e["solution"])) for e in row.values() if isinstance(e, dict)
        ]
    agree = [label == (found.outcome == "correct") for label, found in ops.judge(math, items)]
    assert len(agree) == 3600
    assert sum(agree) / len(agree) >= 0.995


def test_every_real_gold_is_accepted(shared):
    golds = [
        (row["problem"], answer)
        for name in ("math", "aime", "amc", "minerva", "olympiad_bench", "math_train")
        for row in json.loads((shared / f"math/{name}.json").read_text(encoding="utf-8"))
        for answer in (row["answer"] if isinstance(row["answer"], list) else [row["answer"]])
        if answer not in (None, "")
    ]
    items = [
        (answer, Problem(id="p", question=question, answer=str(answer)), trace(f"So\n\\boxed{{{answer}}}"))
        for question, answer in golds
    ]
    assert [answer for answer, found in ops.judge(math, items) if found.outcome != "correct"] == []
