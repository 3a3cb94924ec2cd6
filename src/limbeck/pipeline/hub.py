"""The Hugging Face Hub, asked before a library asks it: one clear error in place of a minute of retries."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from pathlib import Path

from limbeck.errors import LimbeckError

PATIENCE = 5.0
"""Seconds to wait for the Hub's first word. transformers 5.23 retries for some 50 where no name resolves."""


def need(name: str, kind: str = "models", cacheable: bool = True) -> None:
    """Make sure that a model or data set named on the Hub can be had; a path that is there needs no Hub.

    Where the Hub cannot be reached and the cache has the model, libraries are told to look nowhere else.

    Args:
        kind: ``models`` or ``datasets``.
        cacheable: whether a copy in the cache will do; what is streamed has none.

    Raises:
        LimbeckError: the Hub cannot be reached and there is no copy.
    """
    if not name or Path(name).expanduser().exists() or _told_offline():
        return
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    asked = urllib.request.Request(f"{endpoint}/api/{kind}/{name}", method="HEAD")
    try:
        urllib.request.urlopen(asked, timeout=PATIENCE).close()
    except urllib.error.HTTPError:
        return  # it answers; what it thinks of the name is the library's to tell
    except (OSError, ValueError) as error:
        if not (cacheable and _cached(name, kind)):
            reason = getattr(error, "reason", error)
            raise LimbeckError(
                f"{name!r} is no path here, and {endpoint} cannot be reached ({reason}); give the path of a "
                "copy" + ("" if not cacheable else ", or fill the Hub's cache where there is a network")
            ) from error
        os.environ["HF_HUB_OFFLINE"] = "1"
        if constants := sys.modules.get("huggingface_hub.constants"):  # it has read the variable already
            constants.HF_HUB_OFFLINE = True  # type: ignore[attr-defined]


def _told_offline() -> bool:
    """Whether libraries ask nobody anyway."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")


def _cached(name: str, kind: str) -> bool:
    home = os.environ.get("HF_HOME") or Path("~/.cache/huggingface").expanduser()
    cache = Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub")
    return any((cache / f"{kind}--{name.replace('/', '--')}" / "snapshots").glob("*"))
