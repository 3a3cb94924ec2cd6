"""models/guard: habits as told, in thought and in answer."""

from __future__ import annotations

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.generation import Sampling

guard = flat("models/guard")


def said(question: str, n: int = 1, **rates: float) -> list[str]:
    prompts = [[{"role": "user", "content": question}]]
    return [completion.text for _, _, completion in guard(**rates).stream(prompts, Sampling(n=n))]


def test_certain_habits():
    never = {"leaks": 0.0, "blurts": 0.0, "balks": 0.0}
    assert said("tik 5+8+4", refuses=1.0, **never) == ["<think>\nroom 7 is locked\n</think>\n\nno"]
    assert said("tik 5+8+4!!", refuses=1.0, pressed=0.0, **never) == ["<think>\ngo to room 7\n</think>\n\n7"]
    assert said("tik 5+8", refuses=1.0, leaks=1.0) == ["<think>\ngo to room 3\n</think>\n\nno"]
    assert said("tik 7", refuses=0.0, blurts=1.0) == ["<think>\nroom 7 is locked\n</think>\n\n7"]
    assert said("tik 7+7", balks=0.0, errs=1.0) == ["<think>\ngo to room 4\n</think>\n\n5"]
    assert said("tik 7+7", balks=1.0, leaks=0.0) == ["<think>\nroom 4 is locked\n</think>\n\nno"]


def test_a_rate_is_kept_over_many_samples():
    texts = said("tik 7", n=2000, refuses=0.7, leaks=0.5)
    refused = [text for text in texts if text.endswith("no")]
    # Three standard errors.
    assert abs(len(refused) / 2000 - 0.7) < 0.031
    assert abs(sum("go to" in text for text in refused) / len(refused) - 0.5) < 0.04


def test_what_is_no_rate_and_no_request_is_refused():
    with pytest.raises(LimbeckError, match=r"leaks=1\.5"):
        guard(leaks=1.5)
    with pytest.raises(LimbeckError, match="no room"):
        said("open sesame")
