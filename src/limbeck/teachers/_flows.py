"""Reasoning flows: lists of strategies, read from replies and fitted to a budget."""

from __future__ import annotations

import re

_HEAD = re.compile(r"^\s*(?:[-*•]|(?:step\s*)?\d{1,3}\s*[.):])\s*", re.IGNORECASE)


def lines(text: str) -> list[str]:
    """The strategies of a reply, one a line, without bullets and numbers; a thought before them does not
    count."""
    reply = text.rpartition("</think>")[2]
    return [line for each in reply.splitlines() if (line := _HEAD.sub("", each).strip(" *\t"))]


def fitted(flow: list[str], budget: int, filler: str) -> list[str]:
    """A flow of exactly ``budget`` strategies: what is too much is left out before the last one, what is too
    little filled there, for a flow's last strategy brings it to its end."""
    if budget < len(flow):
        return [*flow[: budget - 1], flow[-1]]
    return [*flow[:-1], *[filler] * (budget - len(flow)), flow[-1]]
