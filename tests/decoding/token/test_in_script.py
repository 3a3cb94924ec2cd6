"""decoding/in_script: no letter of another script is drawn, and the answer may be free."""

from __future__ import annotations

import pytest
import small_world
from flat import flat

torch = pytest.importorskip("torch")

from limbeck.decoding.token.in_script import Mask, in_script, precheck  # noqa: E402
from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models._queue import Row  # noqa: E402
from limbeck.models.scripted import scripted  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.networks.template import load_tokenizer  # noqa: E402
from limbeck.networks.vocabularies import allowed, scripts_of_tokens  # noqa: E402
from limbeck.texts.languages import scripts  # noqa: E402

alphabets = flat("problems/alphabets")

LANGUAGES = ("Latin", "Cyrillic", "Han")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> str:
    torch.manual_seed(0)
    data = alphabets(n=60, languages=LANGUAGES, solve="steps")
    return small_world.student(tmp_path_factory.mktemp("student"), data, template="bare")


@pytest.fixture(scope="module")
def bytewise(tmp_path_factory) -> str:
    """A student whose tokenizer holds pieces of characters."""
    torch.manual_seed(0)
    data = alphabets(n=60, languages=LANGUAGES, solve="steps")
    place = tmp_path_factory.mktemp("bytewise")
    return small_world.student(place, data, template="bare", tokenizer="bpe", vocab=300)


QUESTIONS = [[{"role": "user", "content": text}] for text in ("b+c", "一+二", "б+г")]


@pytest.mark.parametrize("script", LANGUAGES)
@pytest.mark.parametrize("which", ["folder", "bytewise"])
def test_no_letter_of_another_script_is_drawn(script, which, request):
    inner = transformers(path=request.getfixturevalue(which))
    sampling = Sampling(n=16, temperature=1.5, top_p=1.0, max_tokens=40)
    free = "".join(each.text for row in inner.generate(QUESTIONS, sampling) for each in row)
    assert {*scripts(free)} >= {*LANGUAGES}
    model = in_script(model=inner, scripts=(script,))
    texts = [each.text for row in model.generate(QUESTIONS, sampling) for each in row]
    assert {*scripts("".join(texts))} <= {script}
    assert "\ufffd" not in "".join(texts)
    assert scripts("".join(texts))
    assert inner.steering is None


def test_pieces_of_characters_are_forbidden_and_control_tokens_are_not(bytewise):
    tokenizer = load_tokenizer(bytewise)
    known = scripts_of_tokens(tokenizer)
    pieces = [index for index, each in enumerate(known) if each is None]
    assert pieces
    free = allowed(tokenizer, ["Latin"], len(tokenizer) + 3)
    assert not any(free[index] for index in pieces)
    assert free[tokenizer.eos_token_id]
    assert free[-3:] == [False] * 3
    digits = tokenizer("7", add_special_tokens=False)["input_ids"]
    assert all(free[index] for index in digits)


def test_behind_the_mark_the_answer_is_free(folder):
    mask = Mask(folder, ("Latin",), ";b")
    tokenizer = load_tokenizer(folder)
    write = lambda text: tokenizer(text, add_special_tokens=False)["input_ids"]  # noqa: E731
    prompt = write("一+;b")  # a mark in the question is none
    rows = [
        Row(prompt, 0, number, 9, seen=prompt + write(text)) for number, text in enumerate(("a", ";ba", "a;"))
    ]
    mask.begin(None, rows)
    (han,) = write("一")
    logits = torch.zeros(3, len(tokenizer))
    assert mask.logits(logits, rows)[:, han].isfinite().tolist() == [False, True, False]
    rows[2].seen += write("b")
    assert mask.logits(logits, rows)[:, han].isfinite().tolist() == [False, True, True]
    # Set aside and taken up again, with the mark far behind.
    rows[1].seen += write("a" * 50)
    mask.end()
    mask.begin(None, rows[1:2])
    assert mask.logits(logits[:1], rows[1:2])[:, han].isfinite().tolist() == [True]
    assert (logits == 0).all(), "not in place"


def test_what_cannot_be_masked_is_said():
    for scripts_, told in (((), "scripts is empty"), (("Lation",), "did you mean 'Latin'")):
        with pytest.raises(LimbeckError, match=told):
            precheck({"scripts": scripts_})
    with pytest.raises(LimbeckError, match="not of this process"):
        in_script(model=scripted(replies=["b"]), scripts=("Latin",))
