"""A method's file held against its room's contract: its signature, and the names that the room reads."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from limbeck.errors import LimbeckError
from limbeck.pipeline.constants import Unread
from limbeck.pipeline.rooms import CONTRACTS, HOOK, options


def misnamed(room: str, names: Iterable[str]) -> tuple[str, str] | None:
    """The first of a file's module-level names that a room does not read but that is nearly one it reads,
    with that one: ``NEED``, ``Needs``, ``Version``."""
    known = options(room)
    for name in names:
        if name in known or name.startswith("_"):
            continue
        folded = {each.casefold(): each for each in known}
        for each in known:  # of two that differ in case alone, the one written like the name
            if each.isupper() == name[:1].isupper():
                folded[each.casefold()] = each
        # Two letters that changed places make a short name look like another one: UNTI.
        close = [each for each in folded if sorted(each) == sorted(name.casefold())]
        close = close or difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.85)
        if close:
            return name, folded[close[0]]
    return None


def unfit(room: str, values: Mapping[str, Any]) -> str:
    """What is wrong with the values that a method's file gives to names its room reads; empty if nothing.

    Args:
        values: by name; a function for a hook, an `Unread` for what only running the file could tell.
    """
    for name, option in options(room).items():
        given = values.get(name)
        if name not in values or isinstance(given, Unread):
            continue
        if option.type == HOOK:
            if not callable(given):
                return f"{name} is a function, {option.example}, not {given!r}"
            continue
        try:
            read = msgspec.convert(given, option.type)
        except msgspec.ValidationError:
            return f"{name} is written {option.example}, not {given!r}"
        keys = [read] if isinstance(read, str) else read
        if name == "WAS" and not all(key.count("/") == 1 and key.split("/")[0] in CONTRACTS for key in keys):
            return f"{name} is written {option.example}, not {given!r}"
    return ""


def check_form(room: str, key: str, inputs: tuple[str, ...], returns: str) -> None:
    """Refuse a method that its room could not call.

    Args:
        inputs: names of its positional parameters.

    Raises:
        LimbeckError: with the signature that the room's methods have.
    """
    forms = CONTRACTS[room].forms
    if room != "formats" and not any(form.fits(len(inputs), returns) for form in forms):
        allowed = " or ".join(f"`{form.signature}`" for form in forms)
        gives = "says not what it returns" if returns == "Any" else f"returns {returns}"
        raise LimbeckError(f"{key} takes ({', '.join(inputs)}) and {gives}; a method of {room}/ is {allowed}")
