"""The kit: faults, kills, damage, full disks and probes, bounded and on loopback alone.

Run: make torture, or python -m torture [PART ...] [--quick]. Prints what was lost, doubled, escaped and
hung; a part that is not all zeros makes the exit status 1. All parts, not quick, write torture/results.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from torture import tables
from torture.disks import disks
from torture.kills import kills
from torture.outcome import Outcome, table
from torture.together import together

PARTS: dict[str, Callable[[bool], list[Outcome]]] = {
    "faults": lambda quick: [tables.faults(quick), tables.replies(quick), tables.balance(quick)],
    "damage": lambda quick: [tables.damage(quick)],
    "probes": tables.probes,
    "architectures": lambda quick: [tables.architectures(quick)],
    "kills": lambda quick: [kills(3 if quick else 60, seed=0)],
    "together": lambda quick: [together(1 if quick else 5)],
    "disks": lambda quick: [disks(quick)],
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="torture", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="default: all")
    parser.add_argument("--quick", action="store_true", help="a sample of each part")
    asked = parser.parse_args()
    outcomes = []
    for part in asked.parts or PARTS:
        begun = time.monotonic()
        made = PARTS[part](asked.quick)
        outcomes += made
        for outcome in made:
            print(f"{outcome.row()}  {time.monotonic() - begun:.0f} s", flush=True)
    text = table(outcomes)
    print(f"\n{text}")
    if not asked.parts and not asked.quick:
        head = f"# Torture\n\nWritten by `make torture` on {time.strftime('%Y-%m-%d')}.\n\n"
        (Path(__file__).parent / "results.md").write_text(head + text, encoding="utf-8")
    return 0 if all(outcome.clean for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
