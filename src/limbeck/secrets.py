"""API keys and passwords: read, checked, and kept out of every text that is stored or shown.

A server may repeat the key it was sent, in an error or in a completion; addresses may hold a password. What
was read here is known for the rest of the process, and `redacted` is the only function that takes it out.
"""

from __future__ import annotations

import base64
import json
import os
import re
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from limbeck.errors import LimbeckError

STAND_IN = "[secret]"
LONG = 12
"""Characters from which on a key is a secret whatever it looks like."""

_KEPT: set[str] = set()
_IN_ADDRESS = re.compile(r"(?<=://)[^\s/@\"'<>\\]*:[^\s/@\"'<>\\]*@")
_BEARS_SECRETS = re.compile(r"(?i)auth|key|token|secret|cookie|password")
_pattern: re.Pattern[str] | None = None


def keep(value: str) -> None:
    """Have a secret redacted from now on, also as JSON, an address or base64 spells it.

    A placeholder such as ``EMPTY`` or ``lm-studio`` is none: its letters may stand in any completion. A
    secret is long, or has letters and digits.
    """
    global _pattern
    mixed = len(value) >= 6 and re.search(r"[^\W\d]", value) and re.search(r"\d", value)
    if not (len(value) >= LONG or mixed) or value in _KEPT:
        return
    escaped = json.dumps(value)[1:-1]
    _KEPT.update((value, escaped, escaped.replace("/", "\\/"), quote(value, safe="")))
    _KEPT.add(base64.b64encode(value.encode()).decode())
    longest_first = sorted(_KEPT, key=len, reverse=True)
    _pattern = re.compile("|".join(re.escape(each) for each in longest_first))


def keep_address(url: str) -> None:
    """Have the user and the password of an address redacted from now on."""
    try:
        user, password = urlsplit(url).username, urlsplit(url).password
    except ValueError:
        return
    if password:
        for pair in (f"{user}:{password}", f"{unquote(user or '')}:{unquote(password)}"):
            keep(pair)
        keep(password)
        keep(unquote(password))
    elif user:
        keep(unquote(user))


def keep_of(settings: dict[str, Any]) -> None:
    """Have what a model's settings hold or name redacted: its key, its address, its headers."""
    keep(os.environ.get(settings.get("key_env") or "", "").strip())
    for name in ("url", "proxy"):
        keep_address(str(settings.get(name) or ""))
    for name, value in (settings.get("headers") or {}).items():
        if value.startswith("$"):
            keep(os.environ.get(value[1:], "").strip())
        elif _BEARS_SECRETS.search(name):
            keep(value)


def redacted(text: str, addresses: bool = True) -> str:
    """A text without the secrets that are known.

    Args:
        addresses: take ``user:password@`` out of every address too. In what a model wrote an address is
            somebody's answer, and only known secrets are taken out.
    """
    if _pattern is not None:
        text = _pattern.sub(STAND_IN, text)
    return _IN_ADDRESS.sub(f"{STAND_IN}@", text) if addresses and "://" in text else text


def redacted_in(value: Any) -> Any:
    """Lists and mappings with `redacted` texts in them."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        return {redacted_in(key): redacted_in(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [redacted_in(each) for each in value]
    return value


def from_environment(name: str, what: str) -> str:
    """An environment variable's value without the white space around it; empty where it is not set.

    Args:
        what: what it is for, as an error says it.

    Raises:
        LimbeckError: a character in it that no header can carry; the value is not shown.
    """
    value = os.environ.get(name, "").strip() if name else ""
    keep(value)
    check(value, f"{what} in ${name}")
    return value


def check(value: str, what: str) -> None:
    """Raise for a value that no header can carry, without showing it.

    Raises:
        LimbeckError: a control character, or one beyond ASCII, and where it stands.
    """
    for place, character in enumerate(value):
        if not 0x20 <= ord(character) < 0x7F:
            kind = "a control character" if ord(character) < 0x20 or ord(character) == 0x7F else "no ASCII"
            raise LimbeckError(
                f"{what} cannot be sent: its character {place + 1} of {len(value)} is {kind} "
                f"(U+{ord(character):04X})"
            )
