"""What may be spent on models elsewhere: caps in USD, tokens and requests, and the account a run keeps."""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from limbeck.errors import LimbeckError, unknown

FILE = "spent.jsonl"
"""A run's account, a line for each reply that was paid for, in the run's folder."""

UNASKED = "not asked: "
"""How the error of a request begins that a spent budget did not allow."""

CHARACTERS = 3.5
"""Characters of a token, about, where a reply does not count its own."""


class Amounts(NamedTuple):
    """USD, tokens (of prompts and completions) and requests: what was spent, or at most may be."""

    usd: float = 0.0
    tokens: float = 0.0
    requests: float = 0.0

    def plus(self, other: Amounts) -> Amounts:
        return Amounts(*(mine + more for mine, more in zip(self, other, strict=True)))

    def reach(self, cap: Amounts) -> str:
        """The first unit in which a cap is reached, or nothing."""
        return next((name for name in self._fields if getattr(self, name) >= getattr(cap, name)), "")


UNLIMITED = Amounts(math.inf, math.inf, math.inf)


def read(given: Mapping[str, Any], where: str) -> Amounts:
    """A cap as recipes write it: ``{usd: 5, tokens: 2e6}``.

    Raises:
        LimbeckError: an unknown unit, or a cap that is no positive number.
    """
    for name, value in given.items():
        if name not in Amounts._fields:
            raise unknown("unit", name, Amounts._fields, where)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
            raise LimbeckError(f"{where}: {name} cannot be {value!r}; a number above 0 is wanted")
    return UNLIMITED._replace(**{name: float(value) for name, value in given.items()})


def of_model(given: Mapping[str, Any], prices: tuple[float, float]) -> Amounts:
    """The cap of a model at such prices.

    Raises:
        LimbeckError: as `read`; USD of a model without prices.
    """
    cap = read(given, "budget")
    if "usd" in given and not any(prices):
        raise LimbeckError("budget: usd counts nothing without price_in and price_out of the model")
    return cap


def parse(text: str | None, where: str = "--budget") -> Amounts:
    """A cap as the command line writes it: ``usd=5,tokens=2e6``; None sets none.

    Raises:
        LimbeckError: as `read`.
    """
    if text is None:
        return UNLIMITED
    given: dict[str, Any] = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        try:
            given[name.strip()] = float(value)
        except ValueError:
            given[name.strip()] = value.strip()
    if not given:
        raise LimbeckError(f"{where}: {text!r} names no cap; write usd=5,tokens=2e6 or requests=1000")
    return read(given, where)


def shown(spent: Amounts, cap: Amounts = UNLIMITED) -> str:
    """``5.01 of 5 USD, 1,234 requests, 2,345,678 tokens``: with its cap what has one, and what else is not
    0."""
    parts = []
    for name, unit in (("usd", "USD"), ("requests", "requests"), ("tokens", "tokens")):
        amount, most = getattr(spent, name), getattr(cap, name)
        if not amount and most == math.inf:
            continue
        digits = 0 if unit != "USD" else 4 if 0 < amount < 1 else 2
        limit = "" if most == math.inf else f" of {most:,.{0 if most == round(most) else 4}f}"
        parts.append(f"{amount:,.{digits}f}{limit} {unit}")
    return ", ".join(parts)


class Ledger:
    """What a run has spent by model, in all its processes and all times that it was started, and the cap on
    all of it.

    Args:
        path: a file to which each process appends a line for each reply; None for an account of this process
            alone.
        cap: of all models together.
    """

    def __init__(self, path: Path | None = None, cap: Amounts = UNLIMITED) -> None:
        self.path, self.cap = path, cap
        self.models: dict[str, Amounts] = {}
        self.accounts: list[Account] = []
        self.lock = threading.Lock()
        self._file, self._read, self._rest = -1, 0, b""

    def __reduce__(self) -> Any:
        """Another process opens the file itself."""
        return Ledger, (self.path, self.cap)

    def spent(self, model: str = "") -> Amounts:
        """What a model, or all of them, have cost so far."""
        with self.lock:
            self._follow()
        return self.models.get(model, Amounts()) if model else _sum(self.models.values())

    def add(self, model: str, amounts: Amounts) -> None:
        """Note what a reply has cost.

        Raises:
            OSError: it cannot be written.
        """
        with self.lock:
            if self.path is None:
                self.models[model] = self.models.get(model, Amounts()).plus(amounts)
                return
            line = json.dumps({"model": model, **amounts._asdict()}) + "\n"
            os.write(self._opened(os.O_CREAT), line.encode())  # one write of a few bytes is never torn
            self._follow()

    def _opened(self, create: int = 0) -> int:
        if self._file < 0 and self.path is not None and (create or self.path.exists()):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_APPEND | create, 0o644)
        return self._file

    def _follow(self) -> None:
        """Take in the lines that all processes have written since; one that is none is passed over."""
        if self.path is None or self._opened() < 0:
            return
        while part := os.pread(self._file, 1 << 20, self._read):
            self._read += len(part)
            *lines, self._rest = (self._rest + part).split(b"\n")
            for line in lines:
                try:
                    entry = json.loads(line)
                    amounts = Amounts(*(float(entry[name]) for name in Amounts._fields))
                    model = str(entry["model"])
                except (ValueError, KeyError, TypeError):
                    continue
                self.models[model] = self.models.get(model, Amounts()).plus(amounts)


class Account:
    """A model's part in a ledger.

    Args:
        prices: USD per million prompt and completion tokens.
        cap: the model's own.
    """

    def __init__(self, model: str, prices: tuple[float, float], cap: Amounts, ledger: Ledger) -> None:
        self.model, self.prices, self.cap, self.ledger = model, prices, cap, ledger
        self.flying = 0
        self.first: Amounts | None = None
        ledger.accounts.append(self)

    def reached(self) -> str:
        """Which cap is reached, in words, or nothing."""
        spent, total = self.ledger.spent(self.model), self.ledger.spent()
        if spent.reach(self.cap):
            return f"the budget of model {self.model!r} is spent ({shown(spent, self.cap)})"
        return f"the run's budget is spent ({shown(total, self.ledger.cap)})" if self._over(total) else ""

    def _over(self, total: Amounts) -> bool:
        return bool(total.reach(self.ledger.cap))

    def begin(self, prompt: int, most: int, waited_for: int) -> bool:
        """Whether a request may go, which is under way from here on; not while those that are may use up what
        is left.

        Args:
            prompt: characters of its prompt.
            most: tokens of its completion.
            waited_for: requests under way whose end the caller would hear of.
        """
        with self.ledger.lock:
            self.first = self.first or self._cost(prompt / CHARACTERS, min(most, 512))
            mine, total = self.ledger.models.get(self.model, Amounts()), _sum(self.ledger.models.values())
            everywhere = _sum(account.likely() for account in self.ledger.accounts)
            full = mine.plus(self.likely()).reach(self.cap) or total.plus(everywhere).reach(self.ledger.cap)
            if full and waited_for:
                return False
            self.flying += 1
        return True

    def end(self) -> None:
        """A request is no longer under way."""
        with self.ledger.lock:
            self.flying -= 1

    def likely(self) -> Amounts:
        """What the requests under way will cost, at the mean of the replies so far; before any, a guess."""
        spent = self.ledger.models.get(self.model, Amounts())
        each = Amounts(*(amount / spent.requests for amount in spent)) if spent.requests else self.first
        return Amounts(*(amount * self.flying for amount in each or Amounts()))

    def pay(self, prompt: float, new: float) -> None:
        """A reply came, to a prompt of so many tokens with so many new ones."""
        self.ledger.add(self.model, self._cost(prompt, new))

    def _cost(self, prompt: float, new: float) -> Amounts:
        usd = (prompt * self.prices[0] + new * self.prices[1]) / 1e6
        return Amounts(usd, prompt + new, 1.0)


def _sum(amounts: Iterable[Amounts]) -> Amounts:
    total = Amounts()
    for each in amounts:
        total = total.plus(each)
    return total
