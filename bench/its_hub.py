"""The strategies of its_hub 1.2 beside ours, on the same samples: who chooses what, and after how many.

    python -m venv /tmp/its && /tmp/its/bin/pip install its_hub==1.2.0
    python bench/its_hub.py --peer /tmp/its/bin/python            # writes bench/results/its_hub.md
    python bench/its_hub.py --peer … --fixture tests/fixtures/its_hub.json

Needs no network and no weights: samples are answers of a simulated model that is right as often as is drawn.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from its_hub_cases import ours

PEER = Path(__file__).parent / "peers" / "its_hub_choices.py"


def cases(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Samples of questions of every difficulty, with scores that are right more often than not."""
    rng = random.Random(seed)
    drawn = []
    for _ in range(count):
        right, n = rng.uniform(0.2, 0.95), rng.choice((4, 8, 16))
        answers = [str(0 if rng.random() < right else rng.randint(1, 4)) for _ in range(n)]
        worth = {answer: round(rng.betavariate(4, 2 if answer == "0" else 5), 4) for answer in "01234"}
        depth = rng.randint(2, 4)
        ways = ["".join(way) for length in range(1, depth + 1) for way in product("ab", repeat=length)]
        drawn.append(
            {
                "answers": answers,
                "scores": [worth[answer] for answer in answers],
                "sure": rng.choice((0.8, 0.9, 0.95, 0.99)),
                "share": rng.choice((0.6, 0.75, 0.9)),
                "depth": depth,
                "k": 2,
                "steps": {way: round(rng.random(), 4) for way in ways},
            }
        )
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", required=True, help="a Python that has its_hub")
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--fixture", type=Path, help="write the first 40 cases with the peer's choices here")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "its_hub.md")
    given = parser.parse_args()
    asked = cases(given.cases)
    done = subprocess.run(
        [given.peer, str(PEER)], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    theirs = json.loads(done.stdout)
    if given.fixture:
        rows = [{"case": case, "peer": peer} for case, peer in zip(asked[:40], theirs, strict=False)]
        given.fixture.write_text(json.dumps(rows, indent=None) + "\n", encoding="utf-8")
    lines = ["| strategy | what is compared | cases | the same |", "|---|---|---|---|"]
    for name, what in COMPARED.items():
        same = total = 0
        for case, peer in zip(asked, theirs, strict=True):
            verdict = agrees(name, ours(case), peer, case)
            total += verdict is not None
            same += bool(verdict)
        lines.append(f"| {name} | {what} | {total} | {same} |")
    given.out.write_text(f"{HEAD}\n\n" + "\n".join(lines) + f"\n\n{FOOT}\n", encoding="utf-8")
    print("\n".join(lines))


COMPARED = {
    "votes": "the answer of the majority, where one answer has it alone (its_hub draws among equals)",
    "beta": "the answer, and after how many paths it stops",
    "doubling": "the answer, and after how many paths it stops",
    "best": "the path that is given",
    "beam": "the steps of a beam of one with two ways",
    "weights": "weights of particles, to 1e-9",
}
HEAD = (
    "# Strategies beside its_hub 1.2.0, on the same samples\n\n`python bench/its_hub.py --peer PYTHON` with "
    "its_hub 1.2.0 and numpy 2.4.6 on Python 3.11, 29 November 2026; simulated samples, no network, no GPU."
)
FOOT = (
    "A beam wider than one is not compared: its_hub begins with `budget / width` attempts where ours begins "
    "with all of the budget, and copies an attempt that has ended, so that equal copies fill its beam."
)


def agrees(name: str, mine: dict[str, Any], peer: dict[str, Any], case: dict[str, Any]) -> bool | None:
    """Whether both chose alike; None where the peer's choice is a draw among equals."""
    answers = case["answers"]
    if name == "weights":
        return all(abs(a - b) < 1e-9 for a, b in zip(mine[name], peer[name], strict=True))
    if name in ("beam", "best"):
        return bool(mine[name] == peer[name])
    at, count = peer[name] if isinstance(peer[name], list) else (peer[name], len(answers))
    own_at, own_count = mine[name]
    if own_count != count:
        return False
    votes = sorted((answers[:count].count(each) for each in {*answers[:count]}), reverse=True)
    if len(votes) > 1 and votes[0] == votes[1]:
        return None
    return bool(answers[at] == answers[own_at])


if __name__ == "__main__":
    main()
