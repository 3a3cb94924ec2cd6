"""How somebody is asked whether a solution is finished, and the two words that answer it."""

from __future__ import annotations

TEMPLATE = (
    "{question}\n\nSomebody writes a solution, piece by piece. So far:\n{partial}\n\nIs it finished, with a "
    "final answer and nothing left to do? Reply with one word: finished or continue."
)


def stops(reply: str, stop: str, go: str) -> bool | None:
    """Whether a reply says stop; the word that comes last counts, None where neither does."""
    last_stop, last_go = reply.rfind(stop), reply.rfind(go)
    return None if last_stop == last_go else last_stop > last_go
