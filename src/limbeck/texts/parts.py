"""A reasoning in parts: what each step does and which approach it belongs to, and the text without some."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct, to_builtins
from msgspec.structs import replace

from limbeck.errors import LimbeckError, unknown
from limbeck.records import Trace
from limbeck.texts.steps import Cutting, ends

UNDERSTANDING, PROGRESS, METHOD, CHECK = "understanding", "progress", "method", "check"
SLIP, CORRECTION, SUMMARY = "slip", "correction", "summary"
KINDS = (UNDERSTANDING, PROGRESS, METHOD, CHECK, SLIP, CORRECTION, SUMMARY)
"""What a step does: it restates the question, goes on, begins another approach, checks, errs where a later
step says so, corrects, or sums up."""
RIGHT, WRONG, ABANDONED = "right", "wrong", "abandoned"
STATES = (RIGHT, WRONG, ABANDONED)
"""How an approach ends: with the trace's answer, with another, or without any."""

_LEAD = r"(?i)^\W*(?:(?:but|and|or|so|now|ok(?:ay)?|hmm|wait|also|just|yes)\W+){0,3}(?:"
# Up to two of them: maybe I could try, perhaps we can check.
_I_WILL = (
    r"(?:(?:let me|let's|i should|i can|we can|we could|i could|i'll|just to|to|maybe|perhaps|can i)\W+){1,2}"
)
CUES = {
    CORRECTION: r"(?i)\b(?:(?<!if )(?<!whether )(?:i|we)(?:'ve| have)? made an? (?:\w+ )?(?:mistake|error)"
    r"|(?:that|this)(?:'s| is| was| can't be| cannot be) (?:not (?:right|correct)|wrong|incorrect)|oops"
    r"|i (?:misread|miscalculated|misunderstood)|wait,? no\b|correction:)",
    SUMMARY: r"(?i)^\W*(?:final answer|in summary|to summarize|(?:so,? )?(?:overall|in conclusion))\b",
    METHOD: _LEAD + r"alternatively|(?:is there )?another (?:way|approach|method|idea|angle|thought)"
    r"|(?:just )?thinking about it in another|(?:a|one) different (?:way|approach|method)|" + _I_WILL
    + r"(?:just )?(?:also )?(?:try|use|think of|consider|do it|see|approach)\b"
    r".{0,30}\b(?:another|other|different|differently|alternative)\b)",
    CHECK: _LEAD + r"wait|hold on|(?:double[- ]?check|check|verify|verification)\w*\b|another check"
    r"|does (?:that|this) (?:make sense|seem)|that (?:makes sense|seems right|checks out)"
    r"|is (?:that|this) right|is there any (?:possible way|chance).{0,30}\b(?:mis|mess|mistake)|" + _I_WILL
    + r".{0,25}\b(?:check|verify|confirm|make sure|be sure|recheck|recap|go over|go through|thorough))",
    UNDERSTANDING: r"(?i)^\W*(?:(?:okay|alright|all right|first|so|let me|let's|hmm|well)\W+){0,4}.{0,80}\b"
    r"(?:problem|question|figure out|figure this out|need to (?:find|figure|calculate)|asked to|asks)",
}  # fmt: skip
"""What a step of each kind looks like in English, first fit first: ``understanding`` before the first step
that is none. Read off answers of DeepSeek-R1, QwQ and s1.1."""
_LOOKED_AT = 200
"""Characters of a step in which its cue must stand."""
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?<!,)")


class Part(Struct, frozen=True, omit_defaults=True):
    """A step of a reasoning.

    Attributes:
        end: where it ends in the reasoning, in characters; it begins where the one before ends.
        kind: one of `KINDS`.
        approach: number of the approach it belongs to, from 1; 0 before the first.
        state: how that approach ends, one of `STATES`, where that is known.
        method: a name for what the approach does, where it has one.
    """

    end: int
    kind: str = PROGRESS
    approach: int = 0
    state: str = ""
    method: str = ""


def parts_of(trace: Trace) -> list[Part]:
    """The parts that `curation/segmented` noted; none where it has not, or the reasoning is another by
    now."""
    noted = trace.params.get("parts")
    try:
        parts = msgspec.convert(noted or [], list[Part])
    except msgspec.ValidationError:
        return []
    return parts if parts and parts[-1].end == len(trace.reasoning) else []


def with_parts(trace: Trace, parts: Sequence[Part]) -> Trace:
    """The trace with its parts noted in ``params["parts"]``."""
    return replace(trace, params={**trace.params, "parts": to_builtins(list(parts))})


def texts_of(reasoning: str, parts: Sequence[Part]) -> list[str]:
    """What each part says."""
    begins = [0, *(part.end for part in parts)]
    return [reasoning[begin : part.end] for begin, part in zip(begins, parts, strict=False)]


def without(trace: Trace, dropped: Collection[int], id: str) -> Trace:
    """A new trace under ``id`` without some of the parts, which has yet to be verified: no verdict, no score,
    no token count, the trace as its parent; ``params["dropped"]`` are the parts left out, by number."""
    parts = parts_of(trace)
    left, reasoning = [], ""
    for number, (part, text) in enumerate(zip(parts, texts_of(trace.reasoning, parts), strict=True)):
        if number not in dropped:
            reasoning += text
            left.append(replace(part, end=len(reasoning)))
    params: dict[str, Any] = {**trace.params, "dropped": sorted(dropped)}
    fresh = replace(trace, id=id, reasoning=reasoning, params=params, tokens=None, verdicts=[], scores={})
    return with_parts(replace(fresh, weights=[], parents=[trace.id]), left)


def check_kinds(kinds: Iterable[str], where: str) -> None:
    """Raise where a kind of step is none.

    Raises:
        LimbeckError: naming it and the nearest right one.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise unknown("kind of step", kind, KINDS, where)


def cues_of(given: Mapping[str, str], where: str) -> dict[str, re.Pattern[str]]:
    """The expressions by which kinds are told, ready: those given, or else `CUES`.

    Raises:
        LimbeckError: an unknown kind, or no regular expression.
    """
    check_kinds(given, where)
    ready = {}
    # Whoever gives cues of their own has texts of their own: English ones would only be in the way.
    for kind, cue in (given or CUES).items():
        try:
            ready[kind] = re.compile(cue, re.S)
        except re.error as error:
            raise LimbeckError(f"{where}: cue {cue!r} of {kind} is no regular expression: {error}") from None
    return ready


def by_cues(trace: Trace, cutting: Cutting, cues: Mapping[str, re.Pattern[str]]) -> list[Part]:
    """The parts of a trace's reasoning, told by what its steps say; a step that goes on, right before a
    correction, is a slip.

    A step of kind ``method`` begins another approach. An approach in which the trace's answer stands is
    ``right``, any other ``abandoned``: by words alone a wrong result is not told from a number on the way.
    """
    cuts = ends(trace.reasoning, cutting)
    texts = [trace.reasoning[begin:end] for begin, end in itertools.pairwise([0, *cuts])]
    kinds: list[str] = []
    for text in texts:
        begun = any(kind not in (UNDERSTANDING, SUMMARY) for kind in kinds)
        kind = next((kind for kind, cue in cues.items() if cue.search(text[:_LOOKED_AT])), PROGRESS)
        kinds.append(PROGRESS if kind == UNDERSTANDING and begun else kind)
        if kind == CORRECTION and len(kinds) > 1 and kinds[-2] == PROGRESS:
            kinds[-2] = SLIP
    approaches = _numbered(kinds)
    answer = _whole(trace)
    right = {number for number, text in zip(approaches, texts, strict=True) if answer and answer.search(text)}
    states = [(RIGHT if number in right else ABANDONED) if number else "" for number in approaches]
    return [Part(*each) for each in zip(cuts, kinds, approaches, states, strict=True)]


def _numbered(kinds: Sequence[str]) -> list[int]:
    """The approach that each step belongs to."""
    numbers, number = [], 0
    for kind in kinds:
        number += kind == METHOD or (number == 0 and kind != UNDERSTANDING)
        numbers.append(number)
    return numbers


def _whole(trace: Trace) -> re.Pattern[str] | None:
    """The trace's answer as it stands in a text."""
    from limbeck.answers.extract import find_answer

    told = next((verdict.extracted for verdict in reversed(trace.verdicts) if verdict.extracted), None)
    return standing(told or find_answer(trace.answer) or trace.answer.strip())


def standing(answer: str) -> re.Pattern[str] | None:
    """An answer as it stands in a text by itself, not within another number or word; the last number of one
    that is a sentence. None for what is empty or too long to be looked for."""
    if len(answer.split()) > 2 and (numbers := _NUMBER.findall(answer)):
        answer = numbers[-1]
    if not answer or len(answer) > _LOOKED_AT:
        return None
    # 1080 is 1,080, too.
    spelt = ",?".join(map(re.escape, answer.replace(",", ""))) if answer[0].isdigit() else re.escape(answer)
    return re.compile(rf"(?<![\w.]){spelt}(?!\w|[.,]\d)")
