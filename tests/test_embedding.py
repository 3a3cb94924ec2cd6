"""Vectors of texts."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import numpy as np
import pytest

from limbeck import embedding
from limbeck.errors import LimbeckError
from limbeck.texts.similarity import cosine, vector

TEXTS = [
    "How many apples does Tom have?",
    "How many pears does Ann have?",
    "Prove that √2 is irrational.",
    "",
]


def test_hashed_trigrams_keep_the_cosines_of_trigrams():
    rows = embedding.embedder("letters")(TEXTS)
    assert rows.shape == (4, embedding.WIDTH)
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1, 1, 0], abs=1e-5)
    exact = [[cosine(vector(a), vector(b)) for b in TEXTS] for a in TEXTS]
    assert rows @ rows.T == pytest.approx(np.array(exact), abs=0.12)
    assert rows[0] @ rows[1] > 0.4 > 0.2 > abs(rows[0] @ rows[2])


def test_static_vectors_know_what_words_mean():
    if not find_spec("wordllama"):
        pytest.skip("extra vectors")
    rows = embedding.embedder("static")(
        ["the doctor treats a patient", "a physician cures the ill", "stock prices fell", ""]
    )
    assert rows.shape == (4, 256)
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.2
    assert not rows[3].any()


def test_a_network_s_vectors_do_not_depend_on_the_batch(tmp_path):
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = ["[PAD]", "[UNK]", "how", "many", "apples", "does", "tom", "have"]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]"
    ).save_pretrained(tmp_path)
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    transformers.BertModel(config).save_pretrained(tmp_path)
    embed = embedding.embedder(str(tmp_path))
    together = embed(["how many", "how many apples does tom have", ""])
    alone = embed(["how many"])
    assert together[0] == pytest.approx(alone[0], abs=1e-5), "padding is no part of the mean"
    assert np.linalg.norm(together, axis=1) == pytest.approx([1, 1, 0], abs=1e-5)


def test_what_is_not_there_is_said(tmp_path, monkeypatch):
    with pytest.raises(LimbeckError, match="'statik' is neither letters nor static"):
        embedding.check("statik", "here")
    with pytest.raises(LimbeckError, match="cannot open the network"):
        embedding.embedder(str(tmp_path / "nothing"))
    monkeypatch.setattr(embedding, "find_spec", lambda name: None)
    with pytest.raises(LimbeckError, match=r"limbeck\[vectors\]"):
        embedding.check("static", "here")
    assert "wordllama" not in sys.modules, "its own code, which asks the network, is never imported"
