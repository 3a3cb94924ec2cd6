"""A model on the Hub that cannot be reached is one error at once, or its copy in the cache."""

from __future__ import annotations

import os
import socket

import pytest

from limbeck.errors import LimbeckError
from limbeck.pipeline import hub


@pytest.fixture
def nobody(monkeypatch, tmp_path) -> str:
    """An address of this machine where nobody answers, as the Hub's; an empty cache."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    monkeypatch.setenv("HF_ENDPOINT", address)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "")
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    return address


def test_a_hub_that_cannot_be_reached_is_one_error(nobody, tmp_path):
    with pytest.raises(LimbeckError, match=rf"'owner/name' is no path here, and {nobody} cannot be reached"):
        hub.need("owner/name")
    hub.need(str(tmp_path))


def test_a_copy_in_the_cache_will_do_but_not_for_what_is_streamed(nobody, tmp_path):
    (tmp_path / "cache/models--owner--name/snapshots/abc").mkdir(parents=True)
    hub.need("owner/name")
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    os.environ["HF_HUB_OFFLINE"] = ""
    with pytest.raises(LimbeckError, match="cannot be reached"):
        hub.need("owner/name", cacheable=False)


def test_who_is_told_to_stay_offline_asks_nobody(nobody, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    hub.need("owner/name")
