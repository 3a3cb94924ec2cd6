"""A sample of the probes in every setting; ``python -m torture`` and `sandbox_kit.escapes` try them all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sandbox_denied import DENIED
from sandbox_kit import SETTINGS, UNFENCED, escapes, why_not
from sandbox_probes import CANARY_ONLY, probes

from limbeck.sandbox import _calls

SHARE = 4
HEADER = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")


@pytest.mark.parametrize("setting", SETTINGS)
def test_nothing_escapes(setting):
    if why := why_not(setting):
        pytest.skip(why)
    told = escapes(setting, SHARE)
    if not told["kind"]:
        pytest.skip(told["reason"])
    assert setting.endswith(told["kind"])
    assert (told["user"] == 0) == setting.startswith("root")
    assert told["escaped"] == []
    assert told["tried"] == len(list(probes())[::SHARE])


def test_what_the_probes_reach_for_is_there_to_be_had():
    """Without a sandbox they get it: that they do not within says something."""
    if why := why_not(UNFENCED):
        pytest.skip(why)
    asked = [name for name in list(probes())[::SHARE] if name.startswith(CANARY_ONLY)]
    told = escapes(UNFENCED, SHARE)
    refused = set(asked) - set(told["escaped"])
    assert not [name for name in refused if "attribute" not in name], "not all file systems have attributes"
    assert len(asked) > 25


def test_there_are_enough_of_every_kind():
    kinds = [name.partition(":")[0] for name in probes()]
    assert len(kinds) >= 200
    few = {kind for kind in kinds if kinds.count(kind) < 8}
    assert not few


def test_no_call_is_both_allowed_and_probed():
    tables = (_calls.ALLOWED, _calls.ALLOWED_WITH, _calls.CHANGES, _calls.ATTRIBUTES)
    assert not set(DENIED) & {name for table in tables for name in table}


def test_the_numbers_of_calls_are_the_kernels():
    if not HEADER.exists():
        pytest.skip("no headers of the kernel here")
    numbers = dict(re.findall(r"#define __NR_(\w+) (\d+)", HEADER.read_text()))
    pairs = {**_calls.ALLOWED, **_calls.CHANGES, **_calls.ATTRIBUTES, **DENIED}
    pairs |= {name: rule[0] for name, rule in _calls.ALLOWED_WITH.items()}
    wrong = {name: pair[0] for name, pair in pairs.items() if int(numbers.get(name, pair[0])) != pair[0]}
    assert not wrong
    assert len(numbers) > 300
