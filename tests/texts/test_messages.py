"""The chat in which a problem is asked, and who sees it."""

from __future__ import annotations

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.evaluation.measures.entropy import entropy
from limbeck.generation import Completion, Messages
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.pipeline.registry import Bound, method
from limbeck.records import Data, Problem, Trace
from limbeck.shapes.writers import WRITERS
from limbeck.texts.messages import as_messages, asked_id, context_meta, context_of, in_context
from limbeck.texts.questions import problem_id

EARLIER = [{"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}]
BEFORE = [{"role": "system", "content": "Be brief."}, *EARLIER]
ASKED = [*BEFORE, {"role": "user", "content": "2+2?"}]


def problem(**meta) -> Problem:
    return Problem(id="p", question="2+2?", answer="4", verifier="exact", meta=meta)


def in_dialogue() -> Problem:
    return problem(**context_meta("Be brief.", EARLIER))


def test_a_question_alone_is_one_turn():
    assert as_messages(problem()) == [{"role": "user", "content": "2+2?"}]
    assert as_messages(problem(), "Q: {question}")[-1]["content"] == "Q: 2+2?"
    assert as_messages(problem(), system="Think.")[0] == {"role": "system", "content": "Think."}
    assert as_messages(problem(), prefix="so ")[1:] == [{"role": "assistant", "content": "so "}]


def test_what_stands_before_a_question_comes_first_and_a_methods_own_system_turn_replaces_the_problems():
    assert as_messages(in_dialogue()) == ASKED
    assert as_messages(in_dialogue(), system="Think.") == [
        {"role": "system", "content": "Think."},
        *ASKED[1:],
    ]
    assert in_context(in_dialogue(), "Again?") == [*BEFORE, {"role": "user", "content": "Again?"}]


def test_the_chat_is_the_callers_to_change():
    asked = in_dialogue()
    as_messages(asked)[1]["content"] = "changed"
    assert as_messages(asked) == ASKED


def test_a_question_with_braces_is_put_in_as_it_stands():
    asked = Problem(id="p", question="{question} {x}")
    assert as_messages(asked, "<{question}>")[0]["content"] == "<{question} {x}>"


def test_what_is_no_context_is_none_or_an_error():
    assert as_messages(problem(system=3)) == as_messages(problem())
    assert context_of(problem(system="")) == {}
    for odd in ("1+1?", ["1+1?"], [{"from": "human", "value": "1+1?"}]):
        with pytest.raises(LimbeckError, match="problem p: meta\\['prior_turns'\\] is a list of"):
            as_messages(problem(prior_turns=odd))


def test_the_same_question_in_another_context_has_another_id():
    ids = {
        asked_id("2+2?", context_meta(system, turns)) for system in ("", "a", "b") for turns in ([], EARLIER)
    }
    assert len(ids) == 6
    assert asked_id(" 2+2? ", {}) == problem_id("2+2?")


class Listening(Scripted):
    """Notes what it is asked."""

    def __init__(self) -> None:
        self.heard: list[Messages] = []
        super().__init__(lambda messages, _: self.reply(messages))

    def reply(self, messages: Messages) -> Completion:
        self.heard.append(messages)
        return Completion(text="4", tokens=1, logprobs=[-1.0])

    def score(self, prompts, completions, ended=None):
        self.heard += prompts
        return super().score(prompts, completions, ended)


def exact() -> Bound:
    return Bound("exact", method("verifiers/exact").load(), {})


def no_error() -> Bound:
    return Bound("arithmetic", method("verifiers/arithmetic").load(), {})


ASKING = {
    "sample": (flat("teachers/sample"), {"k": 1}),
    "until_correct": (flat("teachers/until_correct"), {"verifier": exact()}),
    "critic_search": (flat("teachers/critic_search"), {"critic": no_error()}),
    "step_select": (flat("teachers/step_select"), {"k": 1, "most_steps": 1}),
    "step_impact": (flat("teachers/step_impact"), {}),
    "debiased": (flat("teachers/debiased"), {"detector": Scripted(["No"])}),
    "accuracy": (flat("evaluation/accuracy"), {"verifier": exact(), "n": 1}),
    "entropy": (entropy, {"n": 1}),
}


@pytest.mark.parametrize("name", ASKING)
def test_every_method_that_asks_a_problem_shows_its_whole_context(name, tmp_path):
    use, settings = ASKING[name]
    model = Listening()
    trace = Trace(id="t", problem_id="p", reasoning="First.\nThen.\n", answer="4")
    use(Data([in_dialogue()], [trace]), model=model, ctx=Context(tmp_path), **settings)
    assert model.heard
    assert all(chat[: len(ASKED)] == ASKED for chat in model.heard)


def test_the_places_of_steps_are_probed_in_the_context():
    from limbeck.drawing import Prompting
    from limbeck.generation import Sampling
    from limbeck.teachers._steps import Place, Prober

    model = Listening()
    prober = Prober(model, exact(), Sampling(), Prompting(), Data([in_dialogue()]))
    prober.ask([Place("p", "so ", "plain")])
    assert model.heard == [[*ASKED, {"role": "assistant", "content": "so "}]]


def test_a_judge_that_is_asked_again_is_asked_in_the_context(tmp_path):
    model, detector = Listening(), Listening()
    flat("teachers/debiased")(
        Data([in_dialogue()]), model=model, detector=detector, rounds=1, ctx=Context(tmp_path)
    )
    assert [chat[:-1] for chat in model.heard] == [BEFORE, BEFORE]
    assert "2+2?" in model.heard[1][-1]["content"]
    assert [len(chat) for chat in detector.heard] == [1], (
        "who looks for biases judges, and is not asked the problem"
    )


def test_exports_say_what_stood_before_the_question():
    data = Data([in_dialogue()], [Trace(id="t", problem_id="p", answer="4")])
    (row,) = WRITERS["messages"].write([data])
    assert row["messages"] == [*ASKED, {"role": "assistant", "content": "4"}]
    (row,) = WRITERS["verl"].write([data])
    assert row["prompt"] == ASKED
