"""What a run shows to the person watching: bars on a terminal, one line per finished step elsewhere."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Any

from limbeck.pipeline import logs, partial
from limbeck.pipeline.plan import Step


def remaining(done: float, total: float | None, seconds: float, before: float = 0) -> float | None:
    """Seconds that the rest will take at the pace so far; None where there is no pace or no end in sight.

    Args:
        done: units that are done, ``before`` of them by an earlier run, which took none of these seconds.
        total: all units.
        seconds: since this run began with them.
    """
    made = done - before
    if total is None or made <= 0 or seconds <= 0:
        return None
    return max(0.0, total - done) * seconds / made


def clock(seconds: float | None) -> str:
    """``1:02:03``, ``2:03``; empty for None."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@dataclass
class Pace:
    """When a bar began, and how much had been done by then."""

    begun: float
    before: float

    def told(self, done: float, total: float | None, now: float) -> dict[str, Any]:
        """The bar's ``rate`` and ``eta`` as they are shown."""
        seconds = now - self.begun
        left = remaining(done, total, seconds, self.before)
        rate = f"{(done - self.before) / seconds:,.1f}/s" if left is not None else ""
        return {"rate": rate, "eta": f"eta {clock(left)}" if left is not None else ""}


class Screen:
    """Draws what running steps report.

    The bar over all stages shows how long the run has taken and guesses nothing: one stage does not tell how
    long the next one is. Each stage's own bar guesses from its own pace.

    Args:
        total: how many steps there are; 0 for a call that is no run, which needs no bar over all.
        shown: whether there is anything to see at all.
    """

    def __init__(self, total: int, shown: bool = True) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self.console = Console(file=logs.screen(), highlight=False)
        self.console.quiet = not shown
        self.bars = Progress(
            TextColumn("{task.description:<24}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[eta]} {task.fields[rate]} {task.fields[note]}", markup=False),
            console=self.console,
            transient=True,
            disable=not (self.console.is_terminal and shown),
            # What libraries print goes into logs; rich would have it between the bars.
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self.tasks: dict[str, tuple[Any, Pace]] = {}
        self.whole = self._add("all stages", total) if total else None

    def _add(self, label: str, total: float | None) -> Any:
        return self.bars.add_task(label, total=total, note="", rate="", eta="")

    def hear(self, event: dict[str, Any]) -> None:
        """Draw one event."""
        label = event["label"]
        if event["kind"] == "log":
            self.console.print(f"  {label}: {event['message']}", markup=False, soft_wrap=True)
            return
        now = time.monotonic()
        if label not in self.tasks:
            self.tasks[label] = self._add(label, event["total"]), Pace(now, event["done"])
        task, pace = self.tasks[label]
        done, total = event["done"], event["total"]
        self.bars.update(task, completed=done, total=total, note=event["note"], **pace.told(done, total, now))
        if event["finished"]:
            self.bars.remove_task(self.tasks.pop(label)[0])

    def say(self, text: str) -> None:
        """A line that belongs to no step."""
        self.console.print(text, markup=False, soft_wrap=True)

    def close(self) -> None:
        """Let go of the terminal."""
        if self.console.file is not sys.stderr:
            self.console.file.close()

    def finished(self, step: Step, manifest: dict[str, Any], cached: bool, position: str) -> None:
        """Say in one line what a step made."""
        if self.whole is not None:
            self.bars.advance(self.whole)
        counts = manifest["counts"]
        made = [key for key in ("problems", "traces", "kept", "pairs", "kept_pairs") if counts.get(key)]
        parts = [f"{counts[key]:,} {key.replace('_', ' ')}" for key in made]
        if step.method.room == "verifiers":
            parts += [f"{count:,} {outcome}" for outcome, count in counts["outcomes"].items()]
        state = "cached" if cached else f"{manifest['seconds']:.1f} s"
        line = f"{position:>7}  {step.name:<22} {step.method.key:<26} {state:>9}   {', '.join(parts)}"
        self.console.print(line, markup=False, soft_wrap=True)
        for lacking in partial.told(manifest):
            self.say(f"{'':>7}  {lacking}")
        if cached:
            before = manifest.get("sources", {})
            for key in (key for key, now in step.sources().items() if before.get(key, now) != now):
                changed = f"{key} has changed since this was made; raise its VERSION to make it anew"
                self.console.print(f"{'':>7}  {changed}", markup=False, soft_wrap=True)
