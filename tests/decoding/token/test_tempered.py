"""`decoding/tempered`: a factor on the temperature, and nothing else."""

from __future__ import annotations

import pytest
import small_world

torch = pytest.importorskip("torch")

from limbeck.generation import Sampling  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.pipeline.parameters import ready  # noqa: E402

CHATS = [[{"role": "user", "content": question}] for question in ("1+2", "3+4")]


def ids(model, temperature):
    sampling = Sampling(n=4, temperature=temperature, top_p=0.9, max_tokens=12, seed=5)
    return [[each.ids for each in row] for row in model.generate(CHATS, sampling)]


def test_a_factor_is_a_temperature(tmp_path):
    torch.manual_seed(0)
    model = transformers(path=small_world.student(tmp_path, template="bare"))
    hot = ready("decoding/tempered", model=model, factor=2.0)()
    assert ids(hot, 0.75) == ids(model, 1.5) != ids(model, 0.75)
    assert ids(hot, 0.0) == ids(model, 0.0)
    assert ids(ready("decoding/tempered", model=model)(), 0.75) == ids(model, 0.75)
