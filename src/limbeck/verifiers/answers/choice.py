"""Multiple choice."""

from __future__ import annotations

import re

from limbeck.answers.extract import find_answer
from limbeck.answers.options import Naming, chosen, denied, named_option, options
from limbeck.errors import LimbeckError
from limbeck.records import Problem, Trace, Verdict

VERSION = 5
_STATES = re.compile(r"\banswer\b|\\f?boxed", re.I)
_OPENING = re.compile(r"\W{0,4}\(?[A-Za-z](?:[).:]|\W*$)")
_RETRACTS = re.compile(
    r"\b(?:wait|actually|correction|scratch|oops|sorry|(?:I|i) mean|no,|(?:is|was) (?:wrong|not|incorrect))"
    r"|n['’]t\b"
)


def choice(problem: Problem, trace: Trace, *, letters: str = "ABCDE") -> Verdict:
    r"""The letter, or the text, of the chosen option is the reference.

    Reads ``(B)``, ``B) 12``, ``\boxed{\text{B}}``, ``The answer is option B.``, ``{"answer": "B"}`` and,
    where the options are known, ``12``. Options are ``problem.meta["options"]`` or ``["choices"]`` (a list,
    or texts by letter), else the lines or the row ``A) … B) …`` of the question. The reference is a letter or
    the text of one option.

    A letter counts alone, in brackets, or where a choice is made (``option B``, ``it is B``), not in
    ``Vitamin C``. An answer that names no option, several (``A or B``), one to deny it (``not A``), or one
    option's letter with another's text is ``unparsed``, as is one that is taken back; a reference that is
    none of the options is ``unknown``.

    Args:
        letters: the options there are, as one string, where neither question nor ``meta`` says.

    Raises:
        LimbeckError: when ``letters`` are not different letters.
    """
    if not letters.isalpha() or len(set(letters.upper())) != len(letters):
        raise LimbeckError(
            f"verifiers/choice: letters must be different letters such as ABCDE, not {letters!r}"
        )
    texts = options(problem) or dict.fromkeys(letters.upper(), "")
    known = "".join(texts)
    gold = named_option(find_answer(problem.answer or "") or "", texts)
    if gold.letter is None:
        return Verdict(
            "choice", "unknown", reason=f"the reference {(problem.answer or '')[:80]!r} is none of {known}"
        )
    named = _read(trace.answer, texts)
    if named.letter is None:
        return Verdict("choice", "unparsed", reason=named.reason or f"none of {known} is named alone")
    if named.letter == gold.letter:
        return Verdict("choice", "correct", named.letter, f"{named.letter} = {gold.letter}")
    return Verdict("choice", "wrong", named.letter, f"{named.letter} is not {gold.letter}")


def _read(text: str, texts: dict[str, str]) -> Naming:
    marked = find_answer(text)
    if marked is not None:
        if _taken_back(text, texts):
            return Naming(None, "the answer is denied or taken back")
        named = named_option(marked, texts)
        whole = named if named.letter or named.reason else named_option(text, texts)
        return whole if len(text) <= 300 else named
    # Several lines without a marker: the first counts when it is an option and no other one is chosen after
    # it, the last when it names an option in so many words.
    first, _, rest = text.strip()[:4000].partition("\n")
    if _OPENING.match(first) and (named := named_option(first, texts)).letter:
        return named if chosen(rest, texts) <= {named.letter} else Naming(None, "several options are named")
    last = text[-300:].strip().rsplit("\n", 1)[-1]
    says_so = re.search(r"\b(?:option|choice)\b|\([A-Za-z]\)", last)
    return named_option(last, texts) if says_so else Naming(None, "")


def _taken_back(text: str, texts: dict[str, str]) -> bool:
    """Whether the last statement is denied, or followed by second thoughts that name an option."""
    states = list(_STATES.finditer(text[-4000:]))
    if not states:
        return False
    start, end = states[-1].span()
    tail = text[-4000:][end:]
    thought = _RETRACTS.search(tail)
    return denied(text[-4000:][:start]) or bool(thought and chosen(tail[thought.start() :], texts))
