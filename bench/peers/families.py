"""Pairs drawn from a seed."""

from __future__ import annotations

from collections.abc import Iterator


def drawn() -> Iterator[tuple[str, ...]]:
    yield from ()
