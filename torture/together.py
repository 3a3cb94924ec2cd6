"""Two runs of one recipe into one folder at once: the work is done once, both end well."""

from __future__ import annotations

import tempfile
from pathlib import Path

from torture import runs
from torture.endpoint import Endpoint
from torture.kills import compare
from torture.outcome import Outcome


def together(count: int) -> Outcome:
    """``count`` times two runs at once, held against one alone."""
    outcome, server = Outcome("two runs at once"), Endpoint()
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        folder = Path(name)
        made = runs.recipe(folder, server.url)
        if runs.finished(runs.start(made, folder / "alone")) != 0:
            raise SystemExit((folder / "alone.log").read_text())
        wanted = runs.contents(folder / "alone")
        for trial in range(count):
            server.asked.clear()
            out = folder / f"both-{trial}"
            ended = [runs.finished(process) for process in (runs.start(made, out), runs.start(made, out))]
            outcome.tried += 1
            outcome.hung += ended.count(None)
            if any(ended):
                outcome.lost += 1
                outcome.notes.append(f"trial {trial} ended with {ended}")
            compare(outcome, out.name, runs.contents(out), wanted)
            outcome.doubled += server.again
    return outcome
