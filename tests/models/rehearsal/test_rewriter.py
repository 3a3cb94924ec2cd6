"""models/rewriter: digit chains gone on with from wherever they were left."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models.rehearsal.rewriter import rewriter


def rest(begun: str, seed: int = 0, **settings) -> str:
    chat = [{"role": "user", "content": "5-7-0*3"}]
    chat += [{"role": "assistant", "content": begun}] if begun else []
    ((completion,),) = rewriter(**settings).generate([chat], Sampling(seed=seed))
    assert completion.finish == "stop"
    return completion.text


@pytest.mark.parametrize(
    ("begun", "wanted"),
    [("", ";5-7-0;8-0;8"), (";5-7-0", ";8-0;8"), (";5-7-0:5-7-0", ";8-0;8"), (";5-7-1!7", "")],
)
def test_a_chain_is_gone_on_with_from_where_it_was_left(begun, wanted):
    assert rest(begun, wrong=0, restated=0) == wanted


def test_errors_and_repetitions_come_as_often_as_told():
    texts = [rest("", seed=seed, wrong=0.25, restated=0.5) for seed in range(1500)]
    # Two lines may be repeated; each line and each repetition is with probability 0.5, once on average.
    assert sum(text.count(":") for text in texts) / 3000 == pytest.approx(1.0, abs=0.08)
    assert sum(text.startswith(";5-7-0") for text in texts) / 1500 == pytest.approx(0.75, abs=0.04)


def test_what_is_longer_than_asked_for_is_cut_off():
    chat = [{"role": "user", "content": "5-7-0*3"}]
    ((completion,),) = rewriter(wrong=0, restated=0).generate([chat], Sampling(max_tokens=5))
    assert (completion.text, completion.finish, completion.tokens) == (";5-7-", "length", 5)
    with pytest.raises(LimbeckError, match="restated=1"):
        rewriter(restated=1)
