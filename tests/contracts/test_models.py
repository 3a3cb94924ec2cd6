"""What every model keeps: each sample once, and the same one when it alone is asked for again.

A killed stage asks for the samples that its journal lacks and no others, so a sample must not depend on those
beside it.
"""

from __future__ import annotations

import pytest
import small_world
from contract_cases import entries, ready
from contract_parts import parts_of

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Model, Sampling
from limbeck.models.journal import Journal
from limbeck.models.scripted import Scripted
from limbeck.pipeline.registry import methods
from limbeck.texts.thought_templates import Looking, ThoughtBuffer, ThoughtTemplate

NEEDS_A_SERVER = ("openai", "vllm")
"""Backends that need a server or a card; `tests/models` and the device checks look at them."""
TAUGHT = ("routed", "selected_blocks")
"""Strategies that need what was taught for their models; their own tests hold them to the same."""
MODELS = entries("models", but=NEEDS_A_SERVER) + entries("decoding", but=TAUGHT)
SAMPLING = Sampling(n=3, temperature=0.8, max_tokens=8, seed=1, logprobs=True)
QUESTIONS = ["1+1?2|3", "2+3?6|5", "4+4?8|7"]
"""Comparisons, which is what a simulated judge can read."""
WORLDS = {
    "drifter": ["1+1", "2+3-1", "4+4-2"],
    "doubter": [
        f"There are {n} figs. How many {what} are there?"
        for n, what in ((3, "figs"), (4, "figs"), (5, "pears"))
    ],
    "noisy_tabler": [
        f"What is the total of {what} in team red? (table 1)" for what in ("points", "fouls", "assists")
    ],
    "noisy_follower": [f"1+{n}\n\nUse no comma.\nUse the word violin." for n in range(3)],
    "noisy_mover": ["hanoi:1:KAD", "checkers:1:RB", "blocks:KA//:A/K/"],
    "swayed_chooser": [f"1+{n} is\n(A) {n + 1}\n(B) {n + 2}" for n in range(3)],
    "rewriter": ["1+1", "2+3-1", "4+4*2"],
    "branch_solve_merge": [f"Q?\n[Answer 1]\n{n}\n[Answer 2]\n2" for n in range(3)],
    "template_user": [f"Sort the words from a to z: mado, {word}" for word in ("kine", "polu", "fegi")],
}
"""Questions of rehearsals that know one world alone."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> str:
    pytest.importorskip("torch", reason="local models need the extra limbeck[train]")
    return small_world.student(tmp_path_factory.mktemp("model"))


def thoughts(folder) -> str:
    """A buffer with one template of thought."""
    template = ThoughtTemplate(description="sums", category="maths", schema="Add.")
    ThoughtBuffer(Looking(), [template]).write(folder)
    return str(folder)


@pytest.fixture
def model(request, folder, tmp_path):
    entry = request.param
    if entry.name == "constrained":
        pytest.importorskip("llguidance", reason="needs the extra limbeck[constrained]")
    given = {"path": folder} if "path" in entry.params else {}
    if entry.name == "scripted":
        given["replies"] = {"*": ["{question} is 2", "so 3", "4"]}
    asked = [name for name, each in entry.params.items() if each.annotation == "Model"]
    steers = {"logits", "work", "cache", "drafts"} & {*getattr(entry.load(), "MODEL_WANTS", ())}
    inner = methods("models")["transformers"] if steers else None
    given |= {
        name: ready(inner, path=folder)() if inner else Scripted({"*": ["2", "3", "2"]}) for name in asked
    }
    given |= {"words": ["7"]} if "words" in entry.params else {}
    given |= {"proxy": folder} if "proxy" in entry.params else {}
    given |= parts_of(entry, tmp_path, folder)
    if "index" in entry.params:
        given["index"] = thoughts(tmp_path)
    if "verifier" in entry.params:
        given["verifier"] = ready(methods("verifiers")["exact"])
    made = ready(entry, **given)()
    made.name = entry.name
    return made


each_model = pytest.mark.parametrize("model", MODELS, indirect=True)


def chats(questions=QUESTIONS):
    return [[{"role": "user", "content": question}] for question in questions]


def streamed(model, wanted=None) -> dict[tuple[int, int], Completion]:
    asked = chats(WORLDS.get(model.name, QUESTIONS))
    pieces = model.stream(asked, SAMPLING) if wanted is None else model.stream_some(asked, wanted, SAMPLING)
    listed = [((prompt, sample), completion) for prompt, sample, completion in pieces]
    assert len({place for place, _ in listed}) == len(listed), "no sample comes twice"
    return dict(listed)


@each_model
def test_every_sample_comes_once_with_how_it_ended(model):
    made = streamed(model)
    assert {*made} == {(prompt, sample) for prompt in range(3) for sample in range(3)}
    for completion in made.values():
        assert isinstance(completion.text, str)
        assert completion.finish in ("stop", "length", "error", "unknown")
        assert completion.tokens is None or completion.tokens >= 0
        assert completion.finish != "error" or completion.error


@each_model
def test_a_sample_is_the_same_whoever_is_asked_for_beside_it(model):
    every = streamed(model)
    some = streamed(model, [[1], [], [2, 0]])
    assert {*some} == {(0, 1), (2, 2), (2, 0)}
    assert {place: made.text for place, made in some.items()} == {place: every[place].text for place in some}


@each_model
def test_nothing_asked_is_nothing_said(model):
    assert list(model.stream([], SAMPLING)) == []
    assert list(model.stream_some(chats(), [[], [], []], SAMPLING)) == []


@each_model
def test_what_is_journaled_is_not_asked_again(model, tmp_path):
    first = streamed(Journal(model, tmp_path / "journal.jsonl"))

    def deaf(*_):
        raise AssertionError("asked again")

    model.stream_some = model.stream = deaf
    assert streamed(Journal(model, tmp_path / "journal.jsonl")) == first


@each_model
def test_a_manifest_can_say_what_it_was(model):
    manifest = model.describe()
    assert manifest["name"]
    assert manifest["backend"]


@each_model
def test_texts_are_scored_token_by_token_or_that_is_refused(model):
    if type(model).score is Model.score:
        with pytest.raises(LimbeckError, match=model.name):
            model.score(chats(), ["2"] * 3)
        return
    scores = model.score(chats(), ["2", "5 and more", ""], [True, True, True])
    assert [len(row) > 0 for row in scores] == [True] * 3, "the end has a log-probability too"
    assert all(value <= 0 for row in scores for value in row)
