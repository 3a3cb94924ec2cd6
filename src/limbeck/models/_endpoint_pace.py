"""When an endpoint may be asked: not while it has asked for a pause, and within the limits set for a
minute."""

from __future__ import annotations

import asyncio
import math
import random
import re
import time
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

LONGEST = 3600.0
"""Seconds that are waited for an endpoint that answers nothing but "too many requests"."""

_SPAN = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_RESET = re.compile(r"(?:x-|anthropic-)?ratelimit-(?:reset(?:-([a-z-]+))?|([a-z-]+)-reset)")
_AGAIN = re.compile(r"(?i)(?:try again|retry) in (\d+(?:\.\d+)?) ?(ms|s)\b")
_SCALES = (86400, 3600, 60, 1, 0.001)


class Clock:
    """Time, as endpoints are asked in it. Tests bring another."""

    def now(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic()

    def date(self) -> float:
        """Seconds since 1970."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def limit(self, seconds: float) -> Any:
        """A context that raises `TimeoutError` when it has lasted so long."""
        return asyncio.timeout(seconds)


def seconds(text: str | None, date: float) -> float | None:
    """A wait as servers write it: ``2.5``, ``6m0s``, ``20ms``, an HTTP or ISO date, seconds or milliseconds
    since 1970; None for anything else.

    Args:
        date: now, in seconds since 1970.
    """
    text = (text or "").strip()
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if math.isfinite(number):
        if number > 1e9:  # no wait is 30 years long
            number = (number / 1000 if number > 1e11 else number) - date
        return max(0.0, number)
    if (span := _SPAN.fullmatch(text)) and text:
        return sum(float(part) * scale for part, scale in zip(span.groups(), _SCALES, strict=True) if part)
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return max(0.0, read(text).timestamp() - date)
        except (ValueError, OverflowError, OSError):
            continue
    return None


def told(headers: Mapping[str, str], body: str, date: float) -> float | None:
    """For how many seconds a server asks to be left alone; None where it does not say.

    ``Retry-After`` goes first, then the limit that is used up by ``x-ratelimit-remaining-…``, then the first
    limit that is reset, then the reply's own words.

    Args:
        headers: with names in small letters.
        date: now, in seconds since 1970.
    """
    if (wait := seconds(headers.get("retry-after-ms"), date)) is not None:
        return wait / 1000
    if (wait := seconds(headers.get("retry-after"), date)) is not None:
        return wait
    used_up: list[float] = []
    others: list[float] = []
    for name, value in headers.items():
        if _RESET.fullmatch(name) and (wait := seconds(value, date)) is not None:
            twin = name.replace("reset", "remaining")
            (used_up if headers.get(twin, "").strip() == "0" else others).append(wait)
    if used_up or others:
        return max(used_up) if used_up else min(others)
    if again := _AGAIN.search(body[:2000]):
        return float(again[1]) * (0.001 if again[2].lower() == "ms" else 1.0)
    return None


class Limit:
    """So much a minute, evenly: what is taken makes the next one wait for as long as it takes to grow
    back."""

    def __init__(self, per_minute: float) -> None:
        self.each = 60.0 / per_minute if per_minute else 0.0
        self.free = -math.inf

    def take(self, amount: float, now: float) -> float:
        """The moment at which ``amount`` may be spent."""
        if not self.each:
            return now
        start = max(now, self.free)
        self.free = start + amount * self.each
        return start

    def correct(self, amount: float) -> None:
        """It was ``amount`` more than was taken."""
        self.free += amount * self.each


class Pace:
    """The moments at which all requests to an endpoint may go.

    Args:
        requests: most requests a minute, 0 for any number.
        tokens: most prompt and completion tokens a minute, 0 for any number.
    """

    def __init__(self, clock: Clock, requests: float = 0.0, tokens: float = 0.0) -> None:
        self.clock = clock
        self.requests, self.tokens = Limit(requests), Limit(tokens)
        self.until = self.paused_at = -math.inf
        self.refused_since = math.inf
        self.doubled = 0
        self.pauses, self.paused = 0, 0.0
        self.answers, self.spent = 0, 0.0

    async def turn(self, prompt: int, most: int) -> float:
        """Wait for a request's turn; returns the tokens it is taken to spend.

        Args:
            prompt: characters of its prompt.
            most: tokens of its completion.
        """
        expected = self.spent / self.answers if self.answers else prompt / 4 + min(most, 512)
        while True:
            while (wait := self.until - self.clock.now()) > 0:
                await self.clock.sleep(wait)
            now = self.clock.now()
            start = max(self.requests.take(1, now), self.tokens.take(expected, now))
            if start > now:
                await self.clock.sleep(start - now)
            if self.until <= self.clock.now():
                return expected

    def answered(self, sent: float, expected: float, spent: float) -> None:
        """A request that was ``sent`` at that moment was answered and cost ``spent`` tokens."""
        self.answers += 1
        self.spent += spent
        self.tokens.correct(spent - expected)
        if sent > self.paused_at:
            self.doubled, self.refused_since = 0, math.inf

    def pause(self, sent: float, wait: float | None) -> float:
        """A request was told to come again: nobody asks for as long as the server says, or for a second, two,
        four, … up to a minute where it does not. Returns how long all have been refused.

        Args:
            sent: when the request was sent: those sent before the pause began do not double it.
        """
        now = self.clock.now()
        self.refused_since = min(self.refused_since, now)
        if wait is None and (sent > self.paused_at or self.until < now):
            wait = min(60.0, 2.0**self.doubled) * random.uniform(0.5, 1.5)
            self.doubled = min(self.doubled + 1, 6)
        if wait is not None and now + wait > self.until:
            if self.until <= now:
                self.pauses, self.paused_at = self.pauses + 1, now
            self.paused += now + wait - max(self.until, now)
            self.until = now + wait
            # Turns that were given out lie in the pause: they are taken anew when it is over.
            self.requests.free = min(self.requests.free, self.until)
        return now - self.refused_since
