"""What every test may use."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from paths import SHARED

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# A shell has what it starts in the background ignore Ctrl-C, which tests send.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real public data beside the checkout; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder shared/data is not beside this checkout")
    return SHARED


@pytest.fixture(autouse=True)
def _spoken_aloud(monkeypatch):
    """A command's --quiet or --json is that command's alone: what a test calls next speaks again."""
    from limbeck.cli import output

    monkeypatch.setattr(output, "_MODE", {"json": False, "quiet": False})
