"""Lists of passages as other tools write them."""

from __future__ import annotations

from typing import Any


def texts_of(listed: Any, where: str) -> list[str]:
    """Passages as texts: each a text, or a mapping with ``text`` (or ``passage``, ``contents``) and maybe a
    ``title``.

    Raises:
        ValueError: something else, with its place.
    """
    if not isinstance(listed, list):
        raise ValueError(f"{where} is no list of passages but {type(listed).__name__}")
    texts = []
    for place, each in enumerate(listed):
        if isinstance(each, dict):
            names = (name for name in ("text", "passage", "contents") if isinstance(each.get(name), str))
            body = each.get(next(names, ""))
            title = each.get("title")
            each = f"{title}: {body}" if body and isinstance(title, str) and title else body
        if not isinstance(each, str):
            raise ValueError(f"{where}: passage {place} is no text, nor a mapping with 'text'")
        texts.append(each)
    return texts
