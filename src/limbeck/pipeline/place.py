"""Where a run makes its shards: in its own processes, or each as a task of Ray."""

from __future__ import annotations

from dataclasses import dataclass

from limbeck.errors import LimbeckError, nearest

ENGINES = ("local", "ray")
ROOMS = ("curation", "verifiers")
"""Rooms whose methods look at a shard and at nothing else."""


@dataclass(frozen=True)
class Place:
    """Where shards are made.

    Attributes:
        engine: ``local``, or ``ray``.
        address: ``HOST:PORT`` of a cluster's head, or ``auto`` for the one of this machine; without one a Ray
            that lives as long as the run.
        seconds: longest that a shard may take before it counts as failed; a shard made here has no limit.
    """

    engine: str = "local"
    address: str = ""
    seconds: float = 3600.0


LOCAL = Place()


def parse(text: str, seconds: float = LOCAL.seconds) -> Place:
    """``local``, ``ray`` or ``ray:ADDRESS`` as a place.

    Raises:
        LimbeckError: any other text, an address that is none, a limit that is no time.
    """
    engine, _, address = text.partition(":")
    if engine not in ENGINES:
        raise LimbeckError(f"--on takes local, ray or ray:HOST:PORT, got {text!r}{nearest(engine, ENGINES)}")
    if address and engine == "local":
        raise LimbeckError(f"--on {text}: local has no address; a cluster is `ray:{address}`")
    if not seconds > 0:
        raise LimbeckError(f"--shard-seconds is the time that a shard may take, got {seconds:g}")
    if address not in ("", "auto"):
        host, _, port = address.rpartition(":")
        if not host or "/" in host or not (port.isdecimal() and 0 < int(port) < 1 << 16):
            raise LimbeckError(
                f"--on {text}: {address!r} is no HOST:PORT; `ray start --head` prints the one of a cluster"
            )
    return Place(engine, address, seconds)
