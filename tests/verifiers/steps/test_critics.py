"""Critics of steps: errors planted, shown, judged and rewarded; solutions written under a critic's eyes."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from flat import flat

from limbeck.curation.score.outcome_reward import outcome_reward
from limbeck.curation.score.sneaky_reward import sneaky_reward
from limbeck.curation.tasks.critic_tasks import critic_tasks
from limbeck.errors import LimbeckError
from limbeck.generation import Completion
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.teachers.write.critic_search import estimate
from limbeck.verifiers.answers.exact import exact
from limbeck.verifiers.ops import verify
from limbeck.verifiers.steps.critic import last_word

critic_search, step_harm = flat("teachers/critic_search"), flat("teachers/step_harm")
critic, sneaky_tasks = flat("verifiers/critic"), flat("curation/sneaky_tasks")


def context(heard: list | None = None) -> Context:
    return Context(Path("."), report=heard.append if heard is not None else lambda event: None)


def chained(reasoning: str, answer: str = "1", **more) -> Trace:
    return Trace(
        id=more.pop("id", "t"), problem_id="p", reasoning=reasoning, answer=answer, format="lines", **more
    )


PROBLEM = Problem(id="p", question="q", answer="1")
ASK = {"template": "{question}|{prefix}|{step}", "separator": ";"}


def careful(messages, number):
    """Calls a step wrong that has an ``x``."""
    step = messages[-1]["content"].rpartition("|")[2]
    return "It has an x, so not right: WRONG." if "x" in step else "All is right"


def told(trace: Trace, replies=careful, **more) -> Verdict:
    found = critic(PROBLEM, trace, model=Scripted(replies), **ASK, **more)
    return found if isinstance(found, Verdict) else found.result()


def test_the_critic_reads_up_to_the_first_wrong_step():
    asked = []

    def heard(messages, number):
        asked.append(messages[-1]["content"])
        return careful(messages, number)

    verdict = told(chained(";a;bx;c;"), heard)
    assert (verdict.outcome, verdict.extracted) == ("wrong", "1")
    assert asked == ["q||;a", "q|;a|;bx"]
    assert told(chained(";a;b;")) == Verdict("critic", "correct", "", "all 3 steps are called right")
    assert told(chained(";ax;b;cx;", params={"checked": 1})).extracted == "2"
    assert told(chained(";ax;", params={"checked": 5})).outcome == "correct"
    assert told(chained("", "")).outcome == "unparsed"


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("I cannot tell", "no verdict"),
        ("upright wrongdoing", "no verdict"),
        (Completion(text="wrong", finish="length"), "cut off"),
    ],
)
def test_a_critic_that_says_nothing_makes_no_negative(reply, why):
    verdict = told(chained(";a;"), [reply])
    assert verdict.outcome == "unknown"
    assert why in verdict.reason


def test_a_critic_that_fails_at_times_makes_no_negative():
    busy = Completion(text="", finish="error", error="busy")
    verdict = told(
        chained(";a;b;"), lambda messages, number: busy if "b" in messages[-1]["content"] else "right"
    )
    assert (verdict.outcome, "busy" in verdict.reason) == ("unknown", True)
    with pytest.raises(LimbeckError, match="all 1 requests to scripted failed; the first: busy"):
        told(chained(";a;"), [busy])


def test_the_last_of_the_words_counts():
    assert last_word("wrong? No, Right.", "right", "wrong") == "right"
    assert last_word("1 0 11", "1", "0") == "0"
    assert last_word("a+b or a", "a+b", "c") == "a+b"
    with pytest.raises(LimbeckError, match="has no {step}".replace("{", r"\{")):
        critic(PROBLEM, chained(";a;"), model=Scripted(careful), template="{question}")


def test_all_traces_are_asked_together_round_by_round():
    class Batches(Scripted):
        sizes = []  # noqa: RUF012 of this test alone

        def stream_some(self, prompts, wanted, sampling):
            self.sizes.append(len(prompts))
            yield from super().stream_some(prompts, wanted, sampling)

    model = Batches(careful)
    traces = [chained(";a;b;", id="a"), chained(";ax;", id="b"), chained(";a;bx;", id="c")]
    out = list(
        verify(lambda problem, trace: critic(problem, trace, model=model, **ASK), {"p": PROBLEM}, traces)
    )
    assert [trace.verdicts[-1].extracted for trace in out] == ["", "0", "1"]
    assert model.sizes == [3, 2, 1]


def search(model, replies=careful, **more) -> list[Trace]:
    def asked(problem, trace):
        return critic(problem, trace, model=Scripted(replies), **ASK)

    more = {"format": "lines", "separator": ";", "temperature": 1.0, "max_tokens": 50, **more}
    data = Data([Problem(id="p", question="q", answer="1")])
    return critic_search(data, model=model, critic=asked, ctx=context(), **more).traces


def test_rejected_steps_are_dropped_and_sampled_again_from_where_they_stood():
    asked = []

    def solver(messages, number):
        prefix = messages[-1]["content"] if messages[-1]["role"] == "assistant" else ""
        asked.append(prefix)
        return {"": ";a;bx;2", ";a": ";b x;c;2" if asked.count(";a") < 2 else ";b;c;1"}[prefix]

    (trace,) = search(Scripted(solver))
    assert asked == ["", ";a", ";a"]
    assert (trace.reasoning, trace.answer, trace.format) == (";a;b;c;", "1", "lines")
    assert trace.params["dropped"] == 2
    assert "checked" not in trace.params
    assert trace.tokens == 1 + 2 + 1


def test_after_the_last_try_what_is_written_stands():
    stubborn = Scripted([";x;2"])
    (trace,) = search(stubborn, tries=2)
    assert (trace.reasoning, trace.answer, trace.params["dropped"]) == (";x;", "2", 2)
    assert stubborn.asked == 3
    (trace,) = search(Scripted([";x;2"]), tries=0)
    assert trace.params["dropped"] == 0
    # A critic that cannot tell lets everything pass, and what was cut off is not read.
    (trace,) = search(Scripted([";x;2"]), replies=["hm"])
    assert trace.params["dropped"] == 0
    (trace,) = search(Scripted([Completion(text=";x", finish="length")]))
    assert (trace.marks, trace.params["dropped"]) == (["truncated"], 0)
    with pytest.raises(LimbeckError, match="tries=-1"):
        search(Scripted(["1"]), tries=-1)
    settings = {"k": 3, "tries": 1, "max_tokens": 5, "template": "{question}", "system": ""}
    assert estimate({"problems": 2}, settings) == {
        "traces": 6, "trace_tokens": 5, "samples": 12, "max_tokens": 60,
    }  # fmt: skip


def test_drafts_at_the_same_place_get_different_samples():
    out = search(Scripted(lambda messages, number: f";{number};1"), k=3)
    assert sorted(trace.reasoning for trace in out) == [";0;", ";1;", ";2;"]
    assert len({trace.id for trace in out}) == 3


def solved() -> Data:
    trace = chained(";8+3;", "1", verdicts=[Verdict("exact", "correct")])
    wrong = chained(";8+4;", "2", id="w", verdicts=[Verdict("exact", "wrong")], marks=["wrong"])
    return Data([Problem(id="p", question="5-7-0+3", answer="1")], [trace, wrong])


def test_sneaky_tasks_show_a_step_of_a_right_trace_in_its_place():
    out = sneaky_tasks(
        solved(), kinds=("slip",), per_trace=9, separator=";", template="{question}{prefix}[{step}]{kind}"
    )
    assert [problem.question for problem in out.problems] == ["5-7-0+3[;8+3]slip", "5-7-0+3;8+3[;1]slip"]
    task = out.problems[1].meta["task"]
    assert (task["prefix"], task["step"], task["number"], task["answer"]) == (";8+3", ";1", 1, "1")
    assert (
        sneaky_tasks(solved(), separator=";", seed=1).problems
        == sneaky_tasks(solved(), separator=";", seed=1).problems
    )
    with pytest.raises(LimbeckError, match="none of 1 traces is correct"):
        sneaky_tasks(Data(solved().problems, solved().traces[1:]))
    with pytest.raises(LimbeckError, match="kinds="):
        sneaky_tasks(solved(), kinds=())


def planted(*steps: str) -> Data:
    data = sneaky_tasks(solved(), kinds=("slip",), per_trace=9, separator=";")
    name = data.problems[1].id
    data.traces = [
        Trace(id=f"s{i}", problem_id=name, answer=step, format="plain") for i, step in enumerate(steps)
    ]
    return data


def solver(messages, number):
    """Ends where the step says; behind ``;7`` it mends one time of four."""
    prefix = messages[-1]["content"]
    return "" if not prefix.endswith(";7") or number else ";1"


def test_a_planted_step_counts_where_the_solver_succeeds_less_behind_it():
    data = planted(";1", ";7", ";3", "9")
    out = step_harm(data, model=Scripted(solver), verifier=exact, n=4, margin=0.8, ctx=context()).traces
    assert [trace.marks for trace in out] == [["unchanged"], ["harmless"], [], []]
    assert [trace.scores.get("step_harm") for trace in out] == [None, 0.75, 1.0, 1.0]
    blind = step_harm(
        planted(";7"), model=Scripted(solver), n=1, ctx=context(),
        verifier=lambda problem,
        trace: exact(problem, trace) if trace.answer == "1" else Verdict("v", "timeout"),
    ).traces  # fmt: skip
    assert blind[0].marks in (["harmless"], ["harm_unknown"])
    with pytest.raises(LimbeckError, match="has no meta 'task'"):
        step_harm(solved(), model=Scripted(solver), verifier=exact, ctx=context())
    with pytest.raises(LimbeckError, match="margin=0"):
        step_harm(data, model=Scripted(solver), verifier=exact, margin=0, ctx=context())


def test_right_and_wrong_steps_are_shown_in_the_same_places_and_as_often():
    data = planted(";7", ";9")
    data.traces[1].marks = ["harmless"]
    out = critic_tasks(data, template="{question}{prefix}{step}", right="1", wrong="0")
    assert {problem.question: problem.answer for problem in out.problems} == {
        "5-7-0+3;8+3;1": "1",
        "5-7-0+3;8+3;7": "0",
    }
    assert [problem.meta["planted"] for problem in out.problems] == [[], ["s0"]]
    # The step itself, planted: nobody can be right about it.
    assert critic_tasks(planted(";1"), template="{step}").problems == []
    data.traces[0].marks = ["unchanged"]
    with pytest.raises(LimbeckError, match="none of 2 traces is a planted step"):
        critic_tasks(data)


def test_who_fools_earns_what_the_critic_loses():
    data = planted(";7", ";9", ";2")
    shown = critic_tasks(data, template="{step}", right="1", wrong="0")
    said = {";1": "1111", ";7": "0001", ";9": "1110", ";2": ""}
    for problem in shown.problems:
        for i, word in enumerate(said[problem.question]):
            outcome = "correct" if word == problem.answer else "wrong"
            verdict = Verdict("exact", outcome)
            shown.traces.append(
                Trace(id=f"{problem.id}{i}", problem_id=problem.id, answer=word, verdicts=[verdict])
            )
    heard: list = []
    out = sneaky_reward(data, shown, more={"anchor": 0.0}, ctx=context(heard)).traces
    assert [trace.scores.get("reward") for trace in out] == [-0.5, 0.5, None]
    assert [trace.outcome for trace in out] == ["wrong", "correct", "unknown"]
    assert out[2].marks == ["not_judged"]
    assert heard[0]["message"] == "2 planted steps fool the critic in 50.0% of its answers"
    assert out[0].scores["anchor"] == 0
    with pytest.raises(LimbeckError, match="no critic has judged any of these 3"):
        sneaky_reward(data, Data(), ctx=context())


def test_rewards_follow_the_outcome():
    out = outcome_reward(solved(), more={"anchor": 1.0}).traces
    assert [trace.scores for trace in out] == [
        {"reward": 1.0, "anchor": 1.0},
        {"reward": -1.0, "anchor": 1.0},
    ]
    assert outcome_reward(Data([], [chained(";1;")])).traces[0].scores == {}


def test_clipped_offline_golden():
    torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")
    from objective_cases import mean, metrics, row, signal_of

    from limbeck.networks.batch import Item, collate
    from limbeck.networks.policy import Policy
    from limbeck.objectives.reinforcement.clipped_offline import clipped_offline

    batch = collate(
        [
            Item((row("a", 2, reward=1, anchor=0),)), Item((row("b", 1, reward=-1, anchor=0),), 2.0),
            Item((row("c", 1, reward=1, anchor=0),)), Item((row("d", 2, reward=1, anchor=1),)),
        ]
    )  # fmt: skip
    reference = torch.tensor([-1.0, -2.0, -1.0, -1.0, -3.0, -3.0])
    # Ratios exp(0.1), exp(-1), exp(1); d is an anchor with mean log-probability -1.5.
    logp = torch.tensor([-0.9, -1.9, -2.0, 0.0, -1.0, -2.0], requires_grad=True)
    loss = clipped_offline(batch, Policy.of(logp, batch), signal_of(reference, batch), clip=0.2, sft=0.5)
    # b is pushed down already (clipped at 0.8), c pulled up already (clipped at 1.2).
    assert mean(loss) == pytest.approx((-math.exp(0.1) + 2 * 0.8 - 1.2 + 0.5 * 1.5) / 5, abs=1e-6)
    loss.sum.backward()
    assert logp.grad.tolist() == pytest.approx([-math.exp(0.1) / 2] * 2 + [0, 0] + [-0.25] * 2)
    shown = metrics(loss)
    assert shown["ratio"] == pytest.approx((math.exp(0.1) + 2 * math.exp(-1) + math.e) / 4)
    assert shown["clipped"] == pytest.approx(3 / 4)
    bare = collate([Item((row("a", 1, reward=1),))])
    alone = clipped_offline(
        bare, Policy.of(torch.tensor([-1.0]), bare), signal_of(torch.tensor([-1.0]), bare)
    )
    assert mean(alone) == pytest.approx(-1)
