"""Disks that fill and disks that cannot be written: one clear error, and nothing of what was there is lost.

The disk is a tmpfs in a mount namespace of its own, so the part needs no rights of an administrator; where
the system gives no such namespace it is left out, and says so.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from torture import runs
from torture.endpoint import Endpoint
from torture.kills import compare
from torture.outcome import Outcome

ALONE = ["unshare", "--user", "--map-root-user", "--mount"]
SHARES = (0.1, 0.25, 0.4, 0.55, 0.7, 0.85)
"""Sizes of the disk, as shares of what a whole run writes."""


def disks(quick: bool) -> Outcome:
    """Runs on full and on read-only disks, in a namespace of their own."""
    outcome = Outcome("full and read-only disks")
    if not shutil.which("unshare") or subprocess.run([*ALONE, "true"], capture_output=True).returncode:
        outcome.notes.append("left out: this system gives no mount namespace")
        return outcome
    command = [*ALONE, sys.executable, "-m", "torture.disks", "quick" if quick else "whole"]
    ended = subprocess.run(command, capture_output=True, check=True)
    return msgspec.json.decode(ended.stdout.splitlines()[-1], type=Outcome)


def _inside(quick: bool) -> Outcome:
    outcome, server = Outcome("full and read-only disks"), Endpoint()
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        folder = Path(name)
        made = runs.recipe(folder, server.url)
        if runs.finished(runs.start(made, folder / "whole")) != 0:
            raise SystemExit((folder / "whole.log").read_text())
        size = sum(file.stat().st_blocks * 512 for file in (folder / "whole").rglob("*"))
        (folder / "disk").mkdir()
        for share in SHARES[1:2] if quick else SHARES:
            server.asked.clear()
            _full(folder, int(share * size), outcome)
            again = max(server.again - runs.CONCURRENCY, 0)
            outcome.doubled += again
            if again:
                outcome.notes.append(f"{share:.0%} of a disk: {again} asked again")
        _read_only(folder, outcome)
    return outcome


def _full(folder: Path, size: int, outcome: Outcome) -> None:
    """A run on a disk of ``size`` bytes, and again with enough of it."""
    disk = folder / "disk"
    mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk)
    try:
        _refused(folder, f"a disk of {size:,} bytes", outcome)
        mount("-o", "remount,size=1G", disk)
        _goes_on(folder, f"a disk of {size:,} bytes, grown", outcome)
    finally:
        subprocess.run(["umount", disk], check=True)


def _read_only(folder: Path, outcome: Outcome) -> None:
    """A finished run asked for again where nothing can be written, and one that has not begun."""
    disk = folder / "disk"
    mount("-t", "tmpfs", "-o", "size=1G", "tmpfs", disk)
    try:
        mount("-o", "remount,ro", disk)
        _refused(folder, "a read-only disk", outcome)
        mount("-o", "remount,rw", disk)
        _goes_on(folder, "a disk that can be written again", outcome)
        mount("-o", "remount,ro", disk)
        _refused(folder, "a read-only disk with a finished run", outcome, may_pass=True)
    finally:
        subprocess.run(["umount", disk], check=True)


def mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True)


def _refused(folder: Path, where: str, outcome: Outcome, *, may_pass: bool = False) -> None:
    """The run ends with one error in plain words."""
    outcome.tried += 1
    log = folder / "disk.log"
    log.unlink(missing_ok=True)
    status = runs.finished(runs.start(folder / "recipe.yaml", folder / "disk/out", log=log))
    told = log.read_text()
    outcome.hung += status is None
    ours = "Traceback" in told or "mistake of ours" in told
    if ours or (status not in (1, 2) and not (may_pass and status == 0)):
        outcome.lost += 1
        outcome.notes.append(f"{where}: ended with {status}, {told[-300:]}")


def _goes_on(folder: Path, where: str, outcome: Outcome) -> None:
    outcome.tried += 1
    log = folder / "disk.log"
    status = runs.finished(runs.start(folder / "recipe.yaml", folder / "disk/out", log=log))
    outcome.hung += status is None
    if status:
        outcome.lost += 1
        outcome.notes.append(f"{where}: ended with {status}, {log.read_text()[-300:]}")
    elif status == 0:
        compare(outcome, where, runs.contents(folder / "disk/out"), runs.contents(folder / "whole"))


if __name__ == "__main__":
    print(msgspec.json.encode(_inside(sys.argv[1:] == ["quick"])).decode())
