"""models/adder: sums gone on with from wherever they were left."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models.rehearsal.adder import adder


def rest(begun: str, seed: int = 0, **settings) -> str:
    chat = [{"role": "user", "content": "3+8+5"}]
    chat += [{"role": "assistant", "content": begun}] if begun else []
    ((completion,),) = adder(**settings).generate([chat], Sampling(seed=seed))
    assert completion.finish == "stop"
    return completion.text


@pytest.mark.parametrize(
    ("begun", "wanted"),
    [("", ";3+8=1;1+5=6;6"), (";3+8=1", ";1+5=6;6"), (";3+8=1!8+3=1", ";1+5=6;6"), (";3+8=2;2+5=7", ";7")],
)
def test_a_sum_is_gone_on_with_from_where_it_was_left(begun, wanted):
    assert rest(begun, wrong=0, redundant=0) == wanted


def test_errors_and_checks_come_as_often_as_told():
    texts = [rest("", seed=seed, wrong=0.25, redundant=0.5) for seed in range(1500)]
    # 2 additions each; a check follows each of them, and each check, with probability 0.5: one on average.
    assert sum(text.count("!") for text in texts) / 3000 == pytest.approx(1.0, abs=0.08)
    assert sum(";3+8=1" in text for text in texts) / 1500 == pytest.approx(0.75, abs=0.04)
    # Two errors of one each make 8, one makes 7.
    assert sum(text[-1] == "6" for text in texts) / 1500 == pytest.approx(0.75**2, abs=0.04)


def test_what_is_longer_than_asked_for_is_cut_off():
    chat = [{"role": "user", "content": "3+8+5"}]
    ((completion,),) = adder(wrong=0, redundant=0).generate([chat], Sampling(max_tokens=5))
    assert (completion.text, completion.finish, completion.tokens) == (";3+8=", "length", 5)
    with pytest.raises(LimbeckError, match="redundant=1"):
        adder(redundant=1)
