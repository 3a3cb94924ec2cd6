"""What a saved state must have in common with the run that would continue it, and in what two runs differ."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from limbeck.pipeline.registry import method

SHOWN = 80
"""Letters of a value that a message shows."""


def differences(theirs: str, ours: str, idle: Collection[str]) -> list[str]:
    """What keeps a run from continuing another one: ``lr was 0.01 and is 0.001``, a line for each setting.

    Args:
        theirs, ours: fingerprints as `limbeck.training.job.Job.fingerprint` writes them. A setting that one
            of them lacks counts as its default: it came later, or says nothing there.
        idle: settings that may differ.
    """
    try:
        then, now = json.loads(theirs), json.loads(ours)
    except ValueError:
        return ["its fingerprint cannot be read"]
    usual = {name: parameter.default for name, parameter in method("training/fit").params.items()}
    lines: list[str] = []
    for name in sorted((then.keys() | now.keys()) - {*idle}):
        lines += _differing(name, then.get(name, usual.get(name)), now.get(name, usual.get(name)))
    return lines


def _differing(name: str, then: Any, now: Any) -> Iterator[str]:
    # Tuples of the signature are lists in JSON.
    then, now = (list(value) if isinstance(value, tuple) else value for value in (then, now))
    if then == now:
        return
    if name == "rows":
        yield "the tokens trained on are others (other data, tokenizer or template)"
    elif _is_method(then) and _is_method(now) and then[0] == now[0]:
        yield from _differing(f"{name} {then[0]}:", then[1], now[1])
    elif isinstance(then, dict) and isinstance(now, dict):
        for inner in sorted(then.keys() | now.keys()):
            yield from _differing(f"{name} {inner}", then.get(inner), now.get(inner))
    else:
        yield f"{name} was {_text(then)} and is {_text(now)}"


def _is_method(value: Any) -> bool:
    """Whether it is a method as a fingerprint has it: its name and its settings."""
    return isinstance(value, list) and len(value) == 2 and isinstance(value[1], dict)


def _text(value: Any) -> str:
    written = json.dumps(value, ensure_ascii=False)
    return written if len(written) <= SHOWN else f"{written[:SHOWN]}…"
