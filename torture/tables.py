"""Parts that go through the tables of the tests, each row held against what it says must be seen of it."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import msgspec

from torture import runs
from torture.endpoint import Endpoint
from torture.outcome import Outcome

SHARE = 8
"""A quick run tries every eighth row."""


def faults(quick: bool) -> Outcome:
    """Faults of an endpoint: refusals, pauses, cuts, floods."""
    import endpoint_faults

    outcome = Outcome("endpoint faults")
    for fault in endpoint_faults.FAULTS[:: SHARE if quick else 1]:
        outcome.tried += 1
        if wrong := endpoint_faults.wrong(fault):
            outcome.lost += 1
            outcome.notes.append(wrong)
    return outcome


def replies(quick: bool) -> Outcome:
    """Odd replies: each a completion, or a failed request with its reason, that comes back as it is written
    down."""
    import odd_replies

    from limbeck.generation import Completion, Sampling
    from limbeck.models._endpoint_reply import read

    outcome = Outcome("odd replies")
    for odd in odd_replies.ODD[:: SHARE if quick else 1]:
        outcome.tried += 1
        headers = {"content-type": odd.kind, "location": odd.location}
        completion = read(odd.status, headers, odd.body, Sampling()).completion
        right = completion.finish == odd.finish and odd.why in completion.error
        right &= odd.finish == "error" or completion.text == odd.text
        back = msgspec.json.decode(msgspec.json.encode(completion), type=Completion)
        if not right or back != completion:
            outcome.lost += 1
            outcome.notes.append(f"{odd.name}: read as {completion}"[:300])
    return outcome


def damage(quick: bool) -> Outcome:
    """Stores that lose, swap or change what they hold: an error that names the file, or all of the data."""
    import store_damage

    from limbeck import api
    from limbeck.errors import LimbeckError
    from limbeck.records import Data

    outcome = Outcome("damage to stores")
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        for number, way in enumerate(store_damage.WAYS[:: SHARE if quick else 1]):
            folder, outcome.tried = Path(name) / str(number), outcome.tried + 1
            whole = Data.join(store_damage.made(folder))
            way.does(folder)
            try:
                seen = "" if api.load(folder) == whole else "less, in silence"
            except LimbeckError as error:
                seen = str(error)
            if (way.seen not in seen) if way.seen else seen:
                outcome.lost += 1
                outcome.notes.append(f"{way.name}: {seen or 'all data'} was seen, {way.seen!r} was wanted")
    return outcome


def probes(quick: bool) -> list[Outcome]:
    """What a program in the sandbox should not reach, with canaries, in each setting of the sandbox."""
    import sandbox_kit

    outcomes = []
    for setting in sandbox_kit.SETTINGS:
        outcome = Outcome(f"sandbox, {setting}")
        outcomes.append(outcome)
        if reason := sandbox_kit.why_not(setting):
            outcome.notes.append(f"left out: {reason}")
            continue
        told = sandbox_kit.escapes(setting, 12 if quick else 1)
        if not told["kind"]:
            outcome.notes.append(f"left out: {told['reason']}")
            continue
        outcome.tried, outcome.escaped = told["tried"], len(told["escaped"])
        outcome.notes += [f"escaped: {each}" for each in told["escaped"]]
    return outcomes


def architectures(quick: bool) -> Outcome:
    """Students of ten architectures, whole and with adapters: trained, saved, the same in plain
    transformers."""
    import architectures as table
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.set_verbosity_error()
    warnings.simplefilter("ignore")
    outcome = Outcome("architectures")
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        for arch in list(table.ARCHITECTURES)[:: SHARE if quick else 1]:
            begin = table.start(arch, Path(name) / arch)
            for adapted in (False, True):
                outcome.tried += 1
                folder = Path(name) / f"{arch}-{adapted}"
                saved, (ids, logits) = table.train(folder, begin, adapted)
                with torch.no_grad():
                    plain = AutoModelForCausalLM.from_pretrained(saved)(input_ids=ids, use_cache=False)
                away = (plain.logits - logits).abs().max().item()
                if away > 1e-4:
                    outcome.lost += 1
                    outcome.notes.append(f"{arch}{', adapted' if adapted else ''}: logits are {away:.2g} off")
    return outcome


def balance(quick: bool) -> Outcome:
    """An account that runs empty half-way: topped up, the same command asks for what is missing alone."""
    outcome, server = Outcome("an empty account"), Endpoint()
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        folder = Path(name)
        made = runs.recipe(folder, server.url)
        if runs.finished(runs.start(made, folder / "whole")) != 0:
            raise SystemExit((folder / "whole.log").read_text())
        wanted = runs.contents(folder / "whole")
        for money in (17,) if quick else (1, 17, 40, 71):
            server.asked.clear()
            server.money, outcome.tried = money, outcome.tried + 1
            runs.finished(runs.start(made, folder / f"paid-{money}"))
            server.money = 10**9
            if runs.finished(runs.start(made, folder / f"paid-{money}")) != 0:
                outcome.lost += 1
                outcome.notes.append((folder / f"paid-{money}.log").read_text()[-300:])
                continue
            outcome.lost += (wanted - runs.contents(folder / f"paid-{money}")).total()
            outcome.doubled += max(server.again, 0)
    return outcome
