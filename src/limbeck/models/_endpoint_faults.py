"""What a reply that is no completion means for its request, and for all others."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Kind = Literal["limit", "passing", "settled", "moderated", "refused", "moved", "unpaid"]
"""``limit``: too many requests, nobody asks for a while. ``passing``: may be gone on the next try.
``settled``: this request will never be answered. ``moderated``: nor this one, unless none ever was (a key
that may do nothing). ``refused``, ``moved``, ``unpaid``: no request will be answered until somebody mends the
key, the address or the balance."""

_CODES = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "insufficient_balance"}
_WORDS = ("credit balance is too low", "insufficient balance", "insufficient credits")


def kind(status: int, body: bytes) -> Kind:
    """Of a reply with a status other than 200."""
    if status == 402 or (400 <= status < 500 and _unpaid(body)):
        return "unpaid"
    if status == 429:
        return "limit"
    if status in (401, 404, 405, 407):
        return "refused"
    if status == 403:
        return "moderated"
    if 300 <= status < 400:
        return "moved"
    # 409 is a conflict with another request, 425 came too early.
    return "passing" if status in (408, 409, 425) or status >= 500 else "settled"


def _unpaid(body: bytes) -> bool:
    """Whether the error in a reply says that the money is gone; what else it may repeat does not count."""
    error = _error(body)
    named = {str(error.get(field)).lower() for field in ("code", "type", "status")}
    words = str(error.get("message", "")).lower()[:300]
    return bool(named & _CODES) or any(each in words for each in _WORDS)


def _error(body: bytes) -> dict[str, Any]:
    try:
        reply = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return {}
    error = reply.get("error", reply) if isinstance(reply, dict) else None
    if isinstance(error, str):
        return {"message": error}
    return error if isinstance(error, dict) else {}
