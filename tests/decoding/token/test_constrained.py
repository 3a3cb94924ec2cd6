"""`decoding/constrained`: completions of a form, and forms that nothing has."""

from __future__ import annotations

import json
import re
import sys

import pytest
import small_world

torch = pytest.importorskip("torch")

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models.scripted import Scripted  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.pipeline.parameters import ready  # noqa: E402

WARM = Sampling(n=6, temperature=1.5, top_p=1.0, max_tokens=24, seed=5)
CHATS = [[{"role": "user", "content": question}] for question in ("1+2", "3+4", "0+1+1")]


def test_without_its_extra_a_plan_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "llguidance", None)
    with pytest.raises(LimbeckError, match=r"limbeck\[constrained\]"):
        ready("decoding/constrained", model=Scripted(["x"]), constraint="a")()


@pytest.fixture(scope="module", params=["char", "bpe"])
def model(request, tmp_path_factory):
    pytest.importorskip("llguidance", reason="needs the extra limbeck[constrained]")
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("model")
    return transformers(path=small_world.student(folder, tokenizer=request.param, vocab=300, template="bare"))


def held(model, constraint, **settings):
    return ready("decoding/constrained", model=model, constraint=constraint, **settings)()


def samples(model, sampling=WARM):
    return [completion for row in model.generate(CHATS, sampling) for completion in row]


@pytest.mark.parametrize("form", ["[0-9]{2,4}\\+1", "(1 and )?2", "a{3}d|m[ak]{2,}e"])
def test_every_sample_has_the_form_or_is_cut_off_in_the_midst_of_one(model, form):
    made = samples(held(model, form))
    whole = [completion.text for completion in made if completion.finish == "stop"]
    assert whole
    assert all(re.fullmatch(form, text) for text in whole)
    assert len({completion.text for completion in made}) > 1
    assert not all(re.fullmatch(form, completion.text) for completion in samples(model))


def test_a_grammar_is_a_form_too(model):
    made = samples(held(model, 'start: "1" ("+" digit)+\ndigit: /[0-9]/', kind="lark"), WARM)
    whole = [completion.text for completion in made if completion.finish == "stop"]
    assert whole
    assert all(re.fullmatch(r"1(\+[0-9])+", text) for text in whole)


def test_a_sample_is_the_same_whoever_is_asked_for_beside_it(model):
    made = held(model, "[0-9+]{1,8}")
    every = {(index, number): each.ids for index, number, each in made.stream(CHATS, WARM)}
    few = {
        (index, number): each.ids for index, number, each in made.stream_some(CHATS, [[1], [], [4, 0]], WARM)
    }
    assert few == {place: every[place] for place in few}
    assert len(few) == 3


def test_a_schema_is_met_where_the_tokens_can_write_json(model):
    schema = json.dumps({"type": "integer", "minimum": 1, "maximum": 3})
    made = samples(held(model, schema, kind="json"))
    assert {json.loads(completion.text) for completion in made} <= {1, 2, 3}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"constraint": "[^\\s\\S]"}, "no text satisfies it"),
        ({"constraint": "("}, "is no regex that can be met"),
        ({"constraint": "(?=a)b"}, "is no regex that can be met"),
        ({"constraint": "[1", "kind": "json"}, "is no json that can be met"),
        ({"constraint": '{"enum": []}', "kind": "json"}, "is no json that can be met"),
        ({"constraint": "begin: a", "kind": "lark"}, "is no lark that can be met"),
    ],
)
def test_what_is_no_form_or_nobodys_is_told_before_anything_runs(model, settings, message):
    with pytest.raises(LimbeckError, match=message):
        held(model, **settings)


def test_a_form_that_the_tokens_cannot_write_is_told(tmp_path):
    pytest.importorskip("llguidance", reason="needs the extra limbeck[constrained]")
    model = transformers(path=small_world.student(tmp_path, template="bare"))
    with pytest.raises(LimbeckError, match=r"behind '1' no token of .* satisfies it"):
        samples(held(model, "1é"))
