"""Where the arithmetic at the end or the beginning of a piece of text begins and ends, in tokens.

A run leans on its surroundings where what stands beside it belongs to it: ``x - 3`` is not -3, ``half of
10`` is not 10. Such a run is left out rather than read wrongly.
"""

from __future__ import annotations

from limbeck.expressions.exact import LEANING, MEASURES, SAYING, STOPS, Token

VALUES = ("number", "mixed")
"""Kinds of tokens that are a number."""


def run_at_end(tokens: list[Token]) -> tuple[int, int] | None:
    """The longest run of arithmetic that the tokens end with; None where it leans on what is not read."""
    return _bounded(tokens, _suffix(tokens), len(tokens), True)


def run_at_beginning(tokens: list[Token]) -> tuple[int, int] | None:
    """The longest run of arithmetic that the tokens begin with; None where it leans on what is not read."""
    return _bounded(tokens, 0, _prefix(tokens), False)


def _arithmetic(token: Token) -> bool:
    return token.kind in ("number", "mixed", "percent", "op")


def _touches(tokens: list[Token], place: int) -> bool:
    """Whether a token follows the one before it without a space."""
    return 0 < place < len(tokens) and tokens[place - 1].end == tokens[place].start


def _unit(tokens: list[Token], place: int) -> bool:
    """Whether the word at this place belongs to a unit: up to three words behind a number,
    ``tasks per day``."""
    for back in range(1, 4):
        word = tokens[place]
        power = place + 1 < len(tokens) and tokens[place + 1].text in ("^", "(", "_")
        if word.text.casefold() in STOPS or back > place + 1 or (power and _touches(tokens, place + 1)):
            return False
        before = tokens[place - 1] if place else None
        if before is None or (before.kind not in (*VALUES, "percent", "word") and before.text != ")"):
            return False
        if before.kind != "word":
            # "2x" and "2xy" are products with names, "2cm" and "50/hour" are not.
            if len(word.text) == 1 and word.text not in "mgshlLk":
                return False
            measure = len(word.text) > 1 and bool(MEASURES.fullmatch(word.text))
            return before.end < word.start or word.text[0] == "/" or measure
        place -= 1
    return False


def _suffix(tokens: list[Token]) -> int:
    """Where the longest run of arithmetic at the end begins."""
    begin = len(tokens)
    while begin > 0:
        token = tokens[begin - 1]
        behind = tokens[begin] if begin < len(tokens) else None
        if _arithmetic(token):
            # Two numbers side by side: the sentence before ends with one.
            if behind is not None and token.kind in VALUES and behind.kind in VALUES:
                break
            begin -= 1
        elif token.kind == "word" and _unit(tokens, begin - 1) and (behind is None or _joins(behind)):
            begin -= 1
        else:
            break
    return begin


def _prefix(tokens: list[Token]) -> int:
    """Where the longest run of arithmetic at the beginning ends."""
    end = 0
    while end < len(tokens):
        token = tokens[end]
        if _arithmetic(token):
            if end and token.kind in VALUES and tokens[end - 1].kind in ("number", "mixed", "word"):
                break
            # "3 (the rest)" ends with 3.
            aside = token.text == "(" and end and not _touches(tokens, end)
            if aside and tokens[end - 1].kind in ("number", "word"):
                break
            end += 1
        elif token.kind == "word" and _unit(tokens, end):
            end += 1
        else:
            break
    return end


def _joins(token: Token) -> bool:
    return token.kind == "word" or (token.kind == "op" and token.text != "(")


def _bounded(tokens: list[Token], begin: int, end: int, last: bool) -> tuple[int, int] | None:
    """Without brackets that open or close outside; None where the run leans on what was not read."""
    texts = [token.text for token in tokens]

    def more(bracket: str, other: str) -> bool:
        return texts[begin:end].count(bracket) > texts[begin:end].count(other)

    while last and begin < end and texts[begin] == "(" and more("(", ")"):
        begin += 1
    while not last and begin < end and texts[end - 1] == ")" and more(")", "("):
        end -= 1
    if begin >= end or _leans_back(tokens, begin, end) or _leans_on(tokens, end):
        return None
    return begin, end


def _leans_back(tokens: list[Token], begin: int, end: int) -> bool:
    """Whether a run belongs to what stands before it: ``x - 3``, ``f(2)``, ``3:4``, ``half of 10``."""
    first = tokens[begin]
    if first.kind == "op" and first.text not in "(-+":
        return True
    if begin == 0:
        return False
    before = tokens[begin - 1]
    touches = before.end == first.start
    listed = before.text in ("and", "or") or (before.text == "," and touches)
    if before.kind in VALUES or (listed and begin > 1 and tokens[begin - 2].kind == "number"):
        return True
    if before.kind == "word" and before.text.casefold() in LEANING:
        return True
    if before.kind == "word" and first.text in "-+":
        # "get -3 + 4" begins with a negative number, "age - 3" and "x -3" do not.
        return not (_touches(tokens, begin + 1) and before.text.casefold() in SAYING)
    # "\\sqrt 4", and "25 + his 1", whose sum is not read.
    if before.kind == "word" and begin > 1 and tokens[begin - 2].text in ("\\", "+", "-", "*", "/"):
        return True
    if before.text == ":":
        return begin > 1 and tokens[begin - 2].kind == "number" and touches
    if before.text in ("_", "\\", "^", "!", "|"):
        return True
    return touches and before.text not in ",([{\"'>“"


def _leans_on(tokens: list[Token], end: int) -> bool:
    """Whether a run goes on in what stands behind it: ``3x``, ``4!``, ``6:8``, ``5 -`` and then a word."""
    last = tokens[end - 1]
    if last.kind == "op" and last.text != ")":
        return True
    after = tokens[end] if end < len(tokens) else None
    if after is not None and after.kind in VALUES and last.kind in VALUES:
        return True
    if after is None or after.start > last.end:
        return False
    if after.text == ":":
        return end + 1 < len(tokens) and tokens[end + 1].start == after.end
    return last.kind != "word" and (after.kind == "word" or after.text in "_\\!°{[")
