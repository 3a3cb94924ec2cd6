"""The torture kit counts what it is there to count; `make torture` measures what it finds."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from torture.endpoint import Endpoint
from torture.kills import compare
from torture.outcome import Outcome, table


@pytest.mark.parametrize(
    ("held", "lost", "doubled"),
    [
        ({("traces", "a"): 1, ("traces", "b"): 1}, 0, 0),
        ({("traces", "a"): 1}, 1, 0),
        ({("traces", "a"): 2, ("traces", "b"): 1}, 0, 1),
        ({("traces", "a"): 1, ("traces", "other"): 1}, 1, 1),
    ],
)
def test_what_is_missing_and_what_is_too_much_is_counted(held, lost, doubled):
    outcome = Outcome("kills")
    compare(outcome, "run", Counter(held), Counter({("traces", "a"): 1, ("traces", "b"): 1}))
    assert (outcome.lost, outcome.doubled) == (lost, doubled)
    assert outcome.clean == (not outcome.notes)


def asked(url: str, body: dict) -> dict:
    with urlopen(Request(f"{url}/chat/completions", json.dumps(body).encode())) as reply:
        return json.load(reply)


def test_the_endpoint_counts_a_request_that_comes_again():
    with Endpoint() as server:
        ask = {"messages": [{"role": "user", "content": "Add 3 and 4."}], "seed": 0}
        replies = [asked(server.url, body) for body in (ask, ask, {**ask, "seed": 1})]
        server.shutdown()
    texts = [reply["choices"][0]["message"]["content"] for reply in replies]
    assert [text[-9:] for text in texts] == [r"\boxed{7}", r"\boxed{7}", r"\boxed{8}"]
    assert server.again == 1


def test_the_table_has_a_row_for_each_part_and_the_notes_below():
    text = table([Outcome("kills", tried=3), Outcome("disks", tried=1, hung=1, notes=["it hung"])])
    assert "| kills | 3 | 0 | 0 | 0 | 0 |" in text
    assert text.endswith("- disks: it hung\n")
