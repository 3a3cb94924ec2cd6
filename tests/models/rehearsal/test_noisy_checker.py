"""models/noisy_checker: right without noise, wrong at its rate with it."""

from __future__ import annotations

from functools import partial

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models.rehearsal.noisy_checker import noisy_checker
from limbeck.problems.worlds.deductions import deductions
from limbeck.verifiers.ops import verify

first_error = flat("verifiers/first_error")
self_check = flat("verifiers/self_check")
deductive = flat("verifiers/deductive")


def test_a_checker_without_noise_is_right_and_one_with_noise_errs_at_its_rate():
    data = deductions(n=60, k=4, split="test")
    known = data.problem_by_id()
    for verifier in (deductive, first_error, self_check):
        model = noisy_checker(rate=0.0, spoil=0.0)
        for one in verify(partial(verifier, model=model), known, data.traces):
            assert (one.outcome, one.verdicts[-1].extracted) == (
                one.verdicts[0].outcome,
                one.verdicts[0].extracted,
            )
    done = list(verify(partial(first_error, model=noisy_checker(rate=0.4, uneven=0.3)), known, data.traces))
    wrong = sum((one.verdicts[-1].extracted or "") != one.verdicts[0].extracted for one in done) / len(done)
    assert 0.3 < wrong < 0.5
    with pytest.raises(LimbeckError, match="repair=2"):
        noisy_checker(repair=2)


def test_a_reply_depends_on_seed_and_number_alone():
    model = noisy_checker(rate=0.5)
    shown = "<step-0-ab>\n#1. a\n</step-0-ab>\n<step-1-ab>\n#2. (by #1) b\n</step-1-ab>"
    asked = [{"role": "user", "content": shown}]
    many = [one.text for one in model.generate([asked], Sampling(n=20))[0]]
    assert many == [one.text for one in model.generate([asked], Sampling(n=20))[0]]
    assert len(set(many)) > 1
