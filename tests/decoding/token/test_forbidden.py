"""`decoding/forbidden`: words that cannot be written, and everything else as it was."""

from __future__ import annotations

import pytest
import small_world

torch = pytest.importorskip("torch")

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models.scripted import Scripted  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.pipeline.parameters import ready  # noqa: E402

WARM = Sampling(n=8, temperature=1.5, top_p=1.0, max_tokens=20, seed=5)
CHATS = [[{"role": "user", "content": question}] for question in ("1+2", "3+4")]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return transformers(path=small_world.student(tmp_path_factory.mktemp("model")))


def texts(model, sampling: Sampling = WARM) -> list[str]:
    return [completion.text for samples in model.generate(CHATS, sampling) for completion in samples]


def test_a_forbidden_sign_is_never_written_and_the_rest_is(model):
    free = texts(model)
    sign = max("0123456789+", key="".join(free).count)
    held = texts(ready("decoding/forbidden", model=model, words=[sign])())
    assert sign in "".join(free)
    assert sign not in "".join(held)
    assert "".join(held)


def test_forbidding_what_is_never_drawn_changes_nothing(model):
    # A word of the vocabulary that no sample has.
    tokenizer = model._loaded[1]
    every = {text.strip() for text in tokenizer.batch_decode([[token] for token in range(len(tokenizer))])}
    few = Sampling(n=1, temperature=0.0, max_tokens=3)
    free = texts(model, few)
    unused = next(word for word in sorted(every) if word and word not in "".join(free) and "<" not in word)
    assert texts(ready("decoding/forbidden", model=model, words=[unused])(), few) == free


def test_bad_words_are_told(model):
    with pytest.raises(LimbeckError, match="name the words"):
        ready("decoding/forbidden", model=model, words=[" "])()
    with pytest.raises(LimbeckError, match="'perhaps' is no token"):
        texts(ready("decoding/forbidden", model=model, words=["Perhaps"])())
    with pytest.raises(LimbeckError, match="not of this process"):
        ready("decoding/forbidden", model=Scripted(["x"]), words=["x"])()
