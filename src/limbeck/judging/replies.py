"""What a judge is shown and what counts as its verdict: fences around the text, and a reader of replies."""

from __future__ import annotations

import hashlib
import math
import re

from msgspec import Struct

from limbeck.errors import LimbeckError
from limbeck.generation import Completion
from limbeck.texts.tags import behind_thought
from limbeck.types import Settings

# No "yes" or "true" among them: the last line of a judge that solved a problem of yes or no may be its own
# answer.
YES = ("correct", "right", "valid")
NO = ("incorrect", "wrong", "invalid", "not correct", "not right", "not valid")
_LEAD = re.compile(
    r"^(?:so |thus |therefore |hence )?,?\s*(?:the |this |my |final |proposed )*"
    r"(?:verdict|answer|judge?ment|decision|conclusion|solution|reasoning|response|it)\b\s*(?:is)?\s*:?\s*",
    re.I,
)
# What may follow the word: other fields of its JSON object, and what closes quotations, objects and code
# blocks.
_CLOSERS = r"(?:[\"']?\s*,[^{}\n]*\})?[\s\"'`}\]).*]*"


def fence(*texts: str) -> str:
    """Eight hexadecimal digits that occur in none of the texts: nobody who wrote them could have known the
    code."""
    joined, salt = "\0".join(texts), 0
    while True:
        code = hashlib.blake2b(
            f"{salt}\0{joined}".encode("utf-8", "surrogatepass"), digest_size=4
        ).hexdigest()
        if code not in joined:
            return code
        salt += 1


class Words(Settings, frozen=True):
    """What a judge's verdict looks like in its reply.

    Args:
        before: regular expression of what stands right before the word.
        right, wrong: the two words, in capitals or not.
    """

    before: str = r'"correct"\s*:'
    right: str = "true"
    wrong: str = "false"


class Voting(Settings, frozen=True):
    """How often a judge is asked, and what makes a majority.

    Args:
        votes: replies per trace.
        share: of all ``votes``, readable or not, that must agree; a tie, or less, decides nothing.
    """

    votes: int = 1
    share: float = 0.5


class Said(Struct, frozen=True):
    """One reply read: the verdict (None for none), the text in front of its word, the word's blanks, and why
    not."""

    verdict: bool | None
    before: str = ""
    blank: str = ""
    why: str = ""


class Reader(Struct, frozen=True):
    """How replies are read. The verdict is what a reply ends with; what stands further up is talk.

    Args:
        words: the two words and what stands before them.
        plain: take a last line that says correct or incorrect, right or wrong, valid or invalid and nothing
            else, too (``Verdict: incorrect.``).
    """

    words: Words
    plain: bool = True

    def pattern(self) -> re.Pattern[str]:
        """The verdict at a reply's end.

        Raises:
            LimbeckError: ``before`` is no regular expression, or the words are no two words.
        """
        before, right, wrong = self.words.before, self.words.right, self.words.wrong
        if not right or not wrong or right.casefold() == wrong.casefold():
            raise LimbeckError(f"right={right!r}, wrong={wrong!r}: a judge needs two different words")
        either = "|".join(map(re.escape, (right, wrong)))
        try:
            return re.compile(rf"(?P<lead>{before})(?P<blank>\s*)(?P<word>{either}){_CLOSERS}$", re.I)
        except re.error as error:
            raise LimbeckError(f"before={before!r} is no regular expression: {error}") from None

    def find(self, text: str) -> Said:
        """The verdict that ends a text, whoever wrote it."""
        last = None
        pattern = self.pattern()
        # The last place the pattern begins: with an empty or short lead an earlier begin would swallow talk.
        for match in pattern.finditer(text):
            last = match
        if last is not None:
            right = last["word"].casefold() == self.words.right.casefold()
            return Said(right, text[: last.start("blank")], last["blank"])
        line = text.rstrip().rpartition("\n")[2] if self.plain else ""
        word = _LEAD.sub("", line.strip(" \t*_#>`\"'.!")).strip(" \t*_`\"'.!").casefold()
        if word in YES or word in NO:
            return Said(word in YES)
        return Said(None, why=f"no verdict at the end of {text[-60:]!r}")

    def read(self, reply: Completion, code: str = "", shown: str = "") -> Said:
        """The verdict of a reply. Thoughts are no verdict, nor is a reply cut off or failed.

        Args:
            code: where the judged text itself holds something that reads as a verdict, a verdict counts only
                when it stands in a line with this code; a judge that merely repeats what it read is then not
                believed.
            shown: the judged text.
        """
        if reply.finish == "error":
            return Said(None, why=reply.error or "the request failed")
        thought, spoken, unended = behind_thought(reply.text)
        if unended and not thought:
            return Said(None, reply.text, why="the thought never ended")
        if reply.finish == "length":
            return Said(None, reply.text, why="cut off")
        told = self.find(spoken)
        if told.verdict is None:
            return Said(None, reply.text, why=told.why)
        if code and self.imitated(shown) and code not in spoken.rstrip().rpartition("\n")[2]:
            return Said(None, reply.text, why="the judged text holds a verdict and the reply's has no code")
        return Said(told.verdict, thought + told.before if told.before else "", told.blank)

    def imitated(self, shown: str) -> bool:
        """Whether some line of a judged text reads as a verdict."""
        return any(self.find(line).verdict is not None for line in shown.splitlines() if line.strip())


def probability(right: float, wrong: float) -> float:
    """``exp(right) / (exp(right) + exp(wrong))`` of two log-probabilities, without overflow.

    Raises:
        ValueError: they are no numbers, or both impossible.
    """
    if math.isnan(right) or math.isnan(wrong) or (right == wrong and math.isinf(right)):
        raise ValueError(f"no probability from log-probabilities {right} and {wrong}")
    gap = wrong - right
    return 1 / (1 + math.exp(gap)) if gap < 0 else math.exp(-gap) / (1 + math.exp(-gap))


def among(
    tops: list[tuple[str, dict[str, float]]], text: str, place: int, right: str, wrong: str
) -> float | None:
    """How likely ``right`` was against ``wrong`` at a place of a text, from the alternatives its tokens had.

    A token counts for the word that it begins, where it begins no other. None where no token can be found at
    the place, or neither word is among its alternatives.

    Args:
        tops: as in `limbeck.generation.Completion`, end tokens that stand for no text among them.
        place: the word's first character.
    """
    behind = text[place:]
    for left_out in range(min(3, len(tops))):
        kept = tops[: len(tops) - left_out]
        joined = "".join(token for token, _ in kept)
        start = len(joined) - len(behind)
        if start < 0 or not joined.endswith(behind):
            continue
        for token, others in kept:
            if start < len(token):
                return _share(others, token[:start], right.casefold(), wrong.casefold())
            start -= len(token)
    return None


def _share(others: dict[str, float], lead: str, right: str, wrong: str) -> float | None:
    masses = [0.0, 0.0]
    for other, logp in others.items():
        begun = other.removeprefix(lead).strip().casefold()
        fits = [bool(begun) and word.startswith(begun) for word in (right, wrong)]
        if fits[0] != fits[1]:
            masses[fits[1]] += math.exp(logp)
    return masses[0] / sum(masses) if sum(masses) else None
