"""A server's own words for what went wrong, whatever shape they came in."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from limbeck import secrets
from limbeck.models._reply_text import whole

LONGEST = 300
"""Characters kept of a server's words."""

_WORDS = ("message", "msg", "detail", "error_msg", "errorMessage", "status_msg", "description", "raw")
_CODES = ("code", "status", "status_code")
_HOLDERS = ("error", "errors", "metadata", "base_resp", "detail")
_UNSEEN = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.DOTALL | re.IGNORECASE)


def clipped(text: str, longest: int = LONGEST) -> str:
    """The beginning of a text as one line without secrets, which a cut would leave half of, and without
    control characters, which terminals would act on."""
    line = " ".join(secrets.redacted(text[: 4 * longest]).split())
    line = whole("".join(char if char.isprintable() else "?" for char in line))
    return line if len(line) <= longest else line[: longest - 1] + "…"


def shown(value: Any) -> str:
    """A value of a reply as JSON, shortened."""
    try:
        return clipped(json.dumps(value, ensure_ascii=False), 100)
    except RecursionError:
        return "something nested deep"


def in_error(reply: Any, depth: int = 0) -> str:
    """The words in a reply that is an error: ``error.message``, ``detail``, ``errors[0].message``, …; empty
    where it has none."""
    if isinstance(reply, str):
        return reply
    if isinstance(reply, list):
        return next(filter(None, (in_error(each, depth + 1) for each in reply[:3])), "")
    if not isinstance(reply, dict) or depth > 4:
        return ""
    words = [reply[name] for name in _WORDS if isinstance(reply.get(name), str) and reply[name]]
    # A gateway says "Provider returned error" and keeps the provider's words beneath.
    beneath = next(filter(None, (in_error(reply.get(name), depth + 1) for name in _HOLDERS)), "")
    words += [beneath] if beneath not in words else []
    code = next((reply[name] for name in ("code", "type") if isinstance(reply.get(name), str)), "")
    text = ": ".join(filter(None, words))
    return f"{text} ({code})" if text and code and code not in text else text


def status_in(reply: Any, depth: int = 0) -> int:
    """The HTTP status that an error inside a reply means; 0 where it names none."""
    if isinstance(reply, list):
        return next(filter(None, (status_in(each, depth + 1) for each in reply[:3])), 0)
    if not isinstance(reply, dict) or depth > 4:
        return 0
    for name in _CODES:
        code = reply.get(name)
        code = int(code) if isinstance(code, str) and re.fullmatch(r"[1-5]\d\d", code) else code
        if isinstance(code, int) and not isinstance(code, bool) and 400 <= code < 600:
            return code
    return next(filter(None, (status_in(reply.get(name), depth + 1) for name in _HOLDERS)), 0)


def in_text(text: str) -> str:
    """The words of a body that is no JSON; of a page its title, else what is to be read on it."""
    if not text.lstrip().startswith("<"):
        return text
    title = _TITLE.search(text[:20_000])
    shown = re.sub(r"<[^>]*>", " ", _UNSEEN.sub(" ", text[:20_000]))
    return html.unescape(title.group(1) if title and title.group(1).strip() else shown)
