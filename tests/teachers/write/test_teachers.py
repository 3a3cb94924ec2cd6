"""Teachers: who is asked what, what comes back as which trace, and what failures and kills cost."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.generation import Completion
from limbeck.models.journal import Journal
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.teachers.write.sample import estimate

sample = flat("teachers/sample")
until_correct = flat("teachers/until_correct")


def problems(*questions: str) -> Data:
    return Data([Problem(id=f"p{i}", question=question, answer="4") for i, question in enumerate(questions)])


def context(heard: list | None = None) -> Context:
    return Context(Path("."), report=heard.append if heard is not None else lambda event: None)


def notes(heard: list) -> list[str]:
    return [event["message"] for event in heard if event["kind"] == "log"]


def exact(problem: Problem, trace: Trace) -> Verdict:
    right = trace.answer == problem.answer
    return Verdict("exact", "correct" if right else "wrong", trace.answer)


def test_k_traces_for_each_problem_without_a_mark():
    data = problems("2+2", "3+1", "skip me")
    data.problems[2].marks.append("invalid")
    asked = []

    def reply(messages, number):
        asked.append(messages)
        return f"<think>so {number}</think>4"

    out = sample(
        data, model=Scripted(reply), k=2, seed=3, system="Be brief.", template="Q: {question}", ctx=context()
    )
    assert [trace.id for trace in out.traces] == [
        "p0#scripted-0",
        "p0#scripted-1",
        "p1#scripted-0",
        "p1#scripted-1",
    ]
    first = out.traces[1]
    assert (first.reasoning, first.answer, first.format, first.finish, first.marks) == (
        "so 1",
        "4",
        "think",
        "stop",
        [],
    )
    assert first.params == {"temperature": 0.6, "top_p": 0.95, "max_tokens": 32768, "seed": 3, "sample": 1}
    assert first.tokens == 2
    assert asked[0] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Q: 2+2"}]
    assert len(out.problems) == 3


def test_traces_that_did_not_end_are_marked_and_failures_counted():
    heard: list = []
    model = Scripted({"*": ["so 4", "so and so on", Completion(text="", finish="error", error="busy")]})
    out = sample(problems("2+2"), model=model, k=3, max_tokens=2, format="plain", ctx=context(heard))
    assert [trace.marks for trace in out.traces] == [[], ["truncated"], ["error"]]
    assert [trace.finish for trace in out.traces] == ["stop", "length", "error"]
    assert out.traces[1].answer == "so and"
    assert out.traces[2].params["error"] == "busy"
    assert notes(heard) == ["1 of 3 requests failed and are marked; the first: busy"]
    assert any("samples/s" in event["note"] for event in heard if event["kind"] == "progress")


def test_ids_stay_unique_when_a_model_is_asked_again():
    once = sample(problems("2+2"), model=Scripted(["4"]), k=2, ctx=context())
    twice = sample(once, model=Scripted(["5"]), k=2, seed=1, ctx=context())
    ids = [trace.id for trace in twice.traces]
    assert len(set(ids)) == 4
    assert ids[:2] == [trace.id for trace in once.traces]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"format": "thnk"}, "did you mean 'think'"),
        ({"template": "no question"}, "has no {question}"),
        ({"k": 0}, "samples per problem cannot be 0"),
        ({"temperature": -1.0}, "temperature cannot be -1"),
        ({"top_p": 0.0}, "top_p cannot be 0"),
        ({"max_tokens": 0}, "max_tokens cannot be 0"),
    ],
)
def test_settings_that_can_give_no_traces_are_refused(settings, message):
    with pytest.raises(LimbeckError, match=message):
        sample(problems("2+2"), model=Scripted(["4"]), ctx=context(), **settings)


def test_when_everything_fails_the_stage_does():
    with pytest.raises(LimbeckError, match="all 4 requests failed; the first: scripted failure"):
        sample(problems("a", "b"), model=Scripted(["4"], fail_every=1), k=2, ctx=context())


def test_what_was_paid_is_told():
    class Paid(Scripted):
        def describe(self):
            usage = {"requests": 2, "prompt_tokens": 10, "completion_tokens": 2000, "usd": 1.5}
            return {**super().describe(), "usage": usage}

    heard: list = []
    sample(problems("a"), model=Paid(["4"]), k=2, ctx=context(heard))
    assert notes(heard) == ["2 requests answered: 10 prompt and 2,000 completion tokens, 1.50 USD"]


ASKED = {"template": "{question}", "system": ""}


def test_a_dry_run_knows_samples_and_tokens():
    assert estimate({"problems": 3, "traces": 1}, {**ASKED, "k": 4, "max_tokens": 10}) == {
        "traces": 13, "samples": 12, "max_tokens": 120,
    }  # fmt: skip


def test_a_problem_is_tried_until_it_is_solved():
    heard: list = []
    model = Scripted({"easy": ["4"], "later": ["1", "2", "4", "3"], "never": ["0"]})
    out = until_correct(
        problems("easy", "later", "never"),
        model=model,
        verifier=exact,
        tries=4,
        format="plain",
        ctx=context(heard),
    )
    tried = {problem: [trace.outcome for trace in traces] for problem, traces in out.by_problem().items()}
    assert tried == {"p0": ["correct"], "p1": ["wrong", "wrong", "correct"], "p2": ["wrong"] * 4}
    assert model.asked == 8
    assert notes(heard) == ["1 problems have no correct trace after 4 tries"]


def test_two_tries_at_once_draw_the_same_samples():
    def reply(messages, number):
        return str(number)

    data = Data([Problem(id=f"p{i}", question=f"q{i}", answer=str(i)) for i in range(4)])
    one = until_correct(data, model=Scripted(reply), verifier=exact, tries=4, format="plain", ctx=context())
    two = until_correct(
        data, model=Scripted(reply), verifier=exact, tries=4, at_once=2, format="plain", ctx=context()
    )
    answers = {trace.id: trace.answer for trace in one.traces}
    assert len(one.traces) == 1 + 2 + 3 + 4
    assert len(two.traces) == 2 + 2 + 4 + 4
    assert answers.items() <= {trace.id: trace.answer for trace in two.traces}.items()


def test_a_verifier_that_fails_or_thinks_elsewhere_stops_nothing():
    def slow(problem, trace):
        if trace.answer == "bad":
            raise RuntimeError("no such answer")
        future: Future = Future()
        if trace.answer == "lost":
            future.set_exception(TimeoutError("gone"))
        else:
            future.set_result(exact(problem, trace))
        return future

    out = until_correct(
        problems("2+2"),
        model=Scripted(["bad", "lost", "4"]),
        verifier=slow,
        tries=3,
        format="plain",
        ctx=context(),
    )
    assert [trace.outcome for trace in out.traces] == ["unknown", "unknown", "correct"]
    assert out.traces[0].verdicts[0].reason == "RuntimeError: no such answer"


def test_what_was_cut_off_is_not_wrong_and_greedy_tries_are_refused():
    out = until_correct(
        problems("2+2"), model=Scripted(["on and on"]), verifier=exact, tries=1, max_tokens=2, format="plain",
        ctx=context(),
    )  # fmt: skip
    assert out.traces[0].outcome == "unparsed"
    with pytest.raises(LimbeckError, match="4 tries at temperature 0 are all the same"):
        until_correct(
            problems("2+2"), model=Scripted(["4"]), verifier=exact, tries=4, temperature=0.0, ctx=context()
        )


def test_a_stage_that_failed_half_way_goes_on_where_it_was(tmp_path):
    class Dies(Scripted):
        def complete(self, *args):
            if self.asked > 5:
                raise LimbeckError("the server went away")
            return super().complete(*args)

    data = problems(*map(str, range(4)))
    with pytest.raises(LimbeckError, match="went away"):
        sample(data, model=Journal(Dies(["4"]), tmp_path / "j.jsonl"), k=2, ctx=context())
    rest = Scripted(["4"])
    out = sample(data, model=Journal(rest, tmp_path / "j.jsonl"), k=2, ctx=context())
    assert len(out.traces) == 8
    assert rest.asked == 3
