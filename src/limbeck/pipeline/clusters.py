"""Clusters of Ray: found, begun and left. Ray is imported in here alone, and only when a run wants it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from limbeck import processes
from limbeck.errors import Failed, LimbeckError, missing_extra
from limbeck.pipeline.place import Place

SECONDS = 15
"""How long a cluster may take to answer. Ray 2.60 itself tries an address where nothing is for more than two
minutes, without a word."""
GONE = 10
STORE = 100 << 20
"""Bytes of shared memory that a Ray of one's own takes: shards go by files."""
QUIET = {"log_to_driver": False, "logging_level": "error"}
LOOPBACK = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
"""With 0 Ray keeps to 127.0.0.1; on Linux it listens at all addresses otherwise. Read when it is imported."""
_TRIED = """
import sys, ray
ray.init(address=sys.argv[1], log_to_driver=False, logging_level="error")
print(len(ray.nodes()))
"""


@contextmanager
def joined(place: Place) -> Iterator[Place]:
    """The place with the address of a cluster that answers. Without an address that is the one which this
    process, or ``RAY_ADDRESS``, names, else a Ray of this machine that ends with the context.

    Raises:
        LimbeckError: no cluster is there.
    """
    address = place.address or os.environ.get("RAY_ADDRESS", "")
    if not address and "ray" not in sys.modules:
        os.environ[LOOPBACK] = "0"
    ray = _ray()
    if ray.is_initialized():
        here = ray.get_runtime_context().gcs_address
        if place.address not in ("", "auto", here):
            raise LimbeckError(f"this process is connected to the Ray at {here}: end that by ray.shutdown()")
        yield replace(place, address=here)
        return
    if address:
        need_answer(address)
    try:
        yield replace(place, address=address or _begin(ray))
    finally:
        ray.shutdown()


def connect(address: str) -> Any:
    """Ray, with this process connected to a cluster, for as long as it lives or `joined` lasts.

    Raises:
        LimbeckError: it cannot be connected.
    """
    ray = _ray()
    if not ray.is_initialized():
        _init(ray, address=address)
    return ray


def need_head(ray: Any) -> None:
    """Raise where the head of the cluster has been gone for `GONE` seconds: after sixty Ray ends this process
    without a word.

    Raises:
        Failed: it has.
    """
    address = ray.get_runtime_context().gcs_address
    until = time.monotonic() + GONE
    while why := _refused(address):
        if time.monotonic() > until:
            raise Failed(
                f"the cluster of Ray at {address} is gone ({why}); on another one, or here, it goes on"
            )
        time.sleep(1)


def _refused(address: str) -> str:
    """Why nothing listens at an address; empty where something does."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
    except OSError as error:
        return str(error)
    return ""


def _begin(ray: Any) -> str:
    """Begin a Ray of this machine's cores; its address."""
    how = {
        "address": "local",
        "num_cpus": processes.cores(),
        "include_dashboard": False,
        "object_store_memory": STORE,
    }
    return str(_init(ray, **how).address_info["address"])


def _ray() -> Any:
    # Before it is imported: Ray reports how it is used to its makers unless told not to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise missing_extra("ray", "ray", "--on ray") from None
    return ray


def _init(ray: Any, **how: Any) -> Any:
    """``ray.init``, which takes the signal that ends a run for itself."""
    main = threading.current_thread() is threading.main_thread()
    usual = signal.getsignal(signal.SIGTERM)
    try:
        return ray.init(**QUIET, **how)
    except Exception as error:
        raise LimbeckError(f"Ray cannot be used: {str(error).strip().partition(chr(10))[0]}") from error
    finally:
        if main:
            signal.signal(signal.SIGTERM, usual)


def need_answer(address: str) -> None:
    """Raise unless a cluster is there, asked in a process that can be ended.

    Raises:
        LimbeckError: nothing is there, or something else.
    """
    if os.environ.get(LOOPBACK) == "0":
        raise LimbeckError(f"this process had a Ray of its own: a new one is needed for the one at {address}")
    begin = "`ray start --head` begins a cluster, --on ray without an address one for this run alone"
    if address != "auto" and (why := _refused(address)):
        raise LimbeckError(f"no cluster of Ray at {address}: {why}; {begin}")
    try:
        told = subprocess.run(
            [sys.executable, "-c", _TRIED, address], capture_output=True, timeout=SECONDS, cwd="/"
        )
        failed, errors = told.returncode != 0, told.stderr
    except subprocess.TimeoutExpired as error:
        failed, errors = True, error.stderr or b""
    if failed:
        last = (errors.decode(errors="replace").strip().splitlines() or ["it does not answer"])[-1]
        token = "; its head wants a token: RAY_AUTH_MODE=token sends the one of this user" * (
            "Unauthenticated" in last
        )
        raise LimbeckError(f"no cluster of Ray at {address} for this machine: {last[:400]}{token}; {begin}")
