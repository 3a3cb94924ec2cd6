"""Stories of things that come and go (`problems/stories`): told as questions and as documents, read, worked
out."""

from __future__ import annotations

import random
import re

from msgspec import Struct

THEMES = {
    "mill": "sacks", "harbour": "barrels", "school": "pupils", "orchard": "crates", "bakery": "loaves",
    "stable": "horses", "library": "books", "garage": "cars", "dairy": "cheeses", "quarry": "stones",
    "theatre": "guests", "market": "melons",
}  # fmt: skip
"""What is counted at which place."""
PLACES = {thing: place for place, thing in THEMES.items()}
TOP = 9
"""The largest count on the way."""
SOME, TABLE = "some", "table"
"""What stands in a move for a number that was lost, and for one that the document keeps in a table."""
WEATHER = ("The day was fine.", "It rained all day.", "A cold wind blew.", "Fog lay over the land.")
LINKS = ("After a while", "Before noon", "Some time later", "In the afternoon", "Towards evening")
_QUESTION = re.compile(
    r"The (?P<place>[a-z]+) has (?P<start>\d+) (?P<thing>[a-z]+)\. (?P<moves>.*?)How many [a-z]+ are in the "
    r"[a-z]+ "
    r"(?P<when>now|today)\?"
)
_DOCUMENT = re.compile(
    r"In the morning the (?P<place>[a-z]+) had (?P<start>\d+) (?P<thing>[a-z]+)\.(?P<moves>.*?)"
    r"Somebody counted them all, (?P<when>now|today)\.",
    re.S,
)
_SHORT = re.compile(r"(?P<start>\d+) (?P<thing>[a-z]+)(?P<moves>(?:, \d+ (?:come|go))+), how many now\?")
_SHORT_MOVE = re.compile(r"(\d+) (come|go)()")
_ASKED_MOVE = re.compile(r"(\w+) (come|go)\.|As table 2 says, more (come|go)\.")
_TOLD_MOVE = re.compile(r"(\w+) [a-z]+ (came|went)\.|more [a-z]+ (came|went), as table 2 says\.")
_PRESENT = {"came": "come", "went": "go"}
_PAST = {"come": "came", "go": "went"}


class Story(Struct, frozen=True):
    """A count at the start, then moves: ``("come", "5")``, ``("go", "some")``, ``("come", "table")``."""

    place: str
    start: int
    moves: tuple[tuple[str, str], ...]
    when: str = "now"

    @property
    def thing(self) -> str:
        return THEMES[self.place]

    def question(self) -> str:
        """The story as a question of a dozen to two dozen words."""
        moves = "".join(f"{_asked(*move)} " for move in self.moves)
        return (
            f"The {self.place} has {self.start} {self.thing}. {moves}How many {self.thing} are in the "
            f"{self.place} "
            f"{self.when}?"
        )

    def short(self) -> str:
        """The story in the notation of a task: ``3 sacks, 5 come, 2 go, how many now?``"""
        moves = "".join(f", {number} {verb}" for verb, number in self.moves)
        return f"{self.start} {self.thing}{moves}, how many now?"

    def told(self) -> list[str]:
        """What happened, a sentence each."""
        first = f"In the morning the {self.place} had {self.start} {self.thing}."
        return [first, *(self._told(*move) for move in self.moves)]

    def _told(self, verb: str, number: str) -> str:
        past = f"{self.thing} {_PAST[verb]}"
        return f"more {past}, as table 2 says." if number == TABLE else f"{number} {past}."

    def document(self, page: int, rng: random.Random) -> str:
        """The story as a page of somebody's notes, a paragraph for each thing that happened."""
        first, *moves = self.told()
        told = [first, *(f"{rng.choice(LINKS)} {move}" for move in moves)]
        ends = [f"Notes of a visitor, page {page}. {rng.choice(WEATHER)}", *told]
        return "\n\n".join([*ends, f"Somebody counted them all, {self.when}."])


def _asked(verb: str, number: str) -> str:
    return f"As table 2 says, more {verb}." if number == TABLE else f"{number.capitalize()} {verb}."


def draw(low: int, high: int, rng: random.Random) -> Story:
    """A story of ``low`` to ``high`` moves whose count never leaves 0 to `TOP`."""
    place = rng.choice(sorted(THEMES))
    start = count = rng.randint(1, TOP)
    moves = []
    for _ in range(rng.randint(low, high)):
        comes = count == 0 or (count < TOP and rng.random() < 0.5)
        number = rng.randint(1, TOP - count if comes else count)
        count += number if comes else -number
        moves.append(("come" if comes else "go", str(number)))
    return Story(place, start, tuple(moves))


def read(text: str) -> Story | None:
    """The first story in a text, told as a question, as a document or in short."""
    for pattern, move in ((_QUESTION, _ASKED_MOVE), (_DOCUMENT, _TOLD_MOVE), (_SHORT, _SHORT_MOVE)):
        if match := pattern.search(text):
            moves = tuple(_move(each) for each in move.finditer(match["moves"]))
            fields = match.groupdict()
            place = fields.get("place") or PLACES.get(fields["thing"], "")
            story = Story(place, int(fields["start"]), moves, fields.get("when") or "now")
            return story if place in THEMES else None
    return None


def _move(match: re.Match[str]) -> tuple[str, str]:
    verb = match[2] or match[3]
    return _PRESENT.get(verb, verb), match[1].lower() if match[1] else TABLE


def whole(story: Story) -> bool:
    """Whether all its numbers are told."""
    return all(number.isdecimal() for _, number in story.moves)


def possible(story: Story) -> bool:
    """Whether the count never leaves 0 to `TOP`."""
    count = story.start
    for verb, number in story.moves:
        count += int(number) if verb == "come" else -int(number)
        if not 0 <= count <= TOP:
            return False
    return True


def worked(story: Story, rng: random.Random | None = None) -> str:
    """A solution in equations, ``3+5=8;8-2=6;6``; a number that is not told is guessed."""
    count, lines = story.start, []
    for verb, told in story.moves:
        number = int(told) if told.isdecimal() else (rng or random.Random(0)).randint(1, TOP)
        total = count + number if verb == "come" else count - number
        lines.append(f"{count}{'+' if verb == 'come' else '-'}{number}={total};")
        count = total
    return f"{''.join(lines)}{count}"
