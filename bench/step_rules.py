"""Rules that find the first wrong step of BIG-Bench-Mistake's solutions without a model, one for each task.

Each is given the question and the steps and returns the place of the first wrong step, counted from 0, -1 for
none, and None where it cannot tell. A step is held against what the steps before it said, so that a mistake
counts once.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter

from limbeck.records import Problem, Trace
from limbeck.texts.steps import Cutting
from limbeck.verifiers.steps.arithmetic import arithmetic

PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}
CLOSERS = {opener: closer for closer, opener in PAIRS.items()}


def multistep_arithmetic(question: str, steps: list[str]) -> int | None:
    """The package's own verifier: every equation recomputed."""
    text = "\n".join(" ".join(step.split()) for step in steps)
    verdict = arithmetic(
        Problem(id="p", question=question),
        Trace(id="t", problem_id="p", reasoning=text),
        cutting=Cutting(by="lines"),
    )
    return {"wrong": int(verdict.extracted or 0), "correct": -1}.get(verdict.outcome)


def dyck_languages(question: str, steps: list[str]) -> int | None:
    """The stack as each step says it, held against the one before and the next symbol of the question."""
    symbols = question.split()
    stack: list[str] = []
    read = 0
    ended = False
    for place, step in enumerate(steps):
        if found := re.fullmatch(r"\s*(\S) ; stack: (.*?)\s*", step):
            if read >= len(symbols) or found[1] != symbols[read]:
                return place
            expected = _pushed(stack, symbols[read])
            said = [] if found[2] == "empty" else found[2].split()
            if said != expected:
                return place
            stack, read = said, read + 1
        elif found := re.search(r'final stack is "([^"]*)"', step):
            ended = True
            if found[1].replace("empty", "").split() != stack or read < len(symbols):
                return place
        elif "pop out" in step:
            if re.findall(r'"(.)"', step.partition("pop out")[2]) != stack[::-1]:
                return place
        elif found := re.search(r"answer is(.*)", step):
            closing = [CLOSERS[one] for one in reversed(stack)]
            return -1 if (ended or read == len(symbols)) and found[1].split() == closing else place
    return -1


def _pushed(stack: list[str], symbol: str) -> list[str] | None:
    """The stack behind a symbol; None where a closing one does not fit."""
    if symbol not in PAIRS:
        return [*stack, symbol]
    return stack[:-1] if stack and stack[-1] == PAIRS[symbol] else None


def tracking_shuffled_objects(question: str, steps: list[str]) -> int | None:
    """Who holds what behind every swap, as far as the step says it, held against the state before."""
    names = list(dict.fromkeys(re.findall(r"\b(Alice|Bob|Claire|Dave|Eve|Fred|Gertrude)\b", question)))
    beginning = re.split(r"\n|First,", question.partition(":")[2])[0]
    things: dict[str, str] = {}
    for name in names:
        if found := re.search(
            rf"\b{name} (?:\w+ )*?(?:has|gets|is \w+(?: \w+)?|with|at)\s+(?:a |an |the )?([^,.\n]+)",
            beginning,
        ):
            things[name] = _thing(found[1])
    swaps = re.findall(r"(?:First|Then|Finally), (\w+) and (\w+) ", question)
    options = {letter: _thing(text) for letter, text in re.findall(r"\((\w)\) ([^\n]+)", question)}
    if len(things) < len(names) or not swaps:
        return None
    short = {name[0]: name for name in names} | {name: name for name in names}
    done = 0
    for place, step in enumerate(steps):
        held = [
            (short[who], _thing(what))
            for who, what in re.findall(r"\b(\w+): ([^,.;:]+)(?=[,.;]|\s*$)", step)
            if who in short
        ]
        head = re.match(r"\s*(?:\w+, )?(\w+) and (\w+)\b", step)
        swapping = (head is not None and head[1] in short and head[2] in short) or (
            held
            and done < len(swaps)
            and place > 0
            and "start" not in step.lower()
            and "end" not in step.lower()
        )
        if swapping and done < len(swaps):
            one, other = swaps[done]
            if head is not None and head[1] in short and {short[head[1]], short.get(head[2])} != {one, other}:
                return place
            things = {**things, one: things[other], other: things[one]}
            done += 1
        for who, what in held:
            if not _same(what, things[who]):
                return place
        if found := re.search(r"answer is \(?(\w)\)?", step):
            asked = re.findall(r"At the end[^,]*, (\w+) ", question)
            if not asked or found[1] not in options or done < len(swaps):
                return place if done < len(swaps) else None
            if not _same(options[found[1]], things[asked[-1]]):
                return place
    return -1


def _thing(text: str) -> str:
    words = re.sub(r"\b(?:and|the|a|an|ball|present|book|balls|dancing|with|playing)\b", " ", text.lower())
    return " ".join(re.findall(r"[a-z0-9']+", words))


def _same(one: str, other: str) -> bool:
    """Whether a thing's short name is part of its long one."""
    return bool({*one.split()} & {*other.split()}) if one and other else one == other


def word_sorting(question: str, steps: list[str]) -> int | None:
    """Letters looked up, groups in the order of their letters, and no word lost, added or moved between
    lists."""
    words = question.split()
    part = Counter(words)
    whole: list[list[str]] = [words]
    expected = whole
    position = 0
    for place, step in enumerate(steps):
        if re.search(r"answer is", step):
            said = re.sub(r"[\".,]", " ", step.rpartition("answer is")[2]).split()
            return -1 if said == [word for group in whole for word in group] and _fine(whole) else place
        letters = re.findall(r'"([\w\'&.-]+)": "(.)" \((\d+)\)', step)
        if letters:
            if found := re.search(r"subpart \[([^\]]*)\]", step):
                part = Counter(re.findall(r'"([^"]+)"', found[1]))
                # Groups are sorted from the left, none is passed over.
                if part != Counter(next((group for group in whole if len(group) > 1), [])):
                    return place
            named = re.search(r"by looking at their (\w+) letters|looking at the (first) letter", step)
            position = ORDINALS.get((named[1] or named[2]) if named else "", position)
            if Counter(word for word, _, _ in letters) != part:
                return place
            if any(
                word[position : position + 1] != letter or ord(letter) - 96 != int(number)
                for word, letter, number in letters
            ):
                return place
            continue
        chains = re.split(r"Hence, we have|we now have", step, flags=re.I)
        for number, text in enumerate(chains):
            groups = [re.findall(r'"([^"]+)"', piece) for piece in re.split(r"<|(?<=\") = ", text)]
            groups = [group for group in groups if group]
            if not groups:
                continue
            partial = number == 0 or "subpart" in text or (place > 1 and number == 1 and len(chains) > 2)
            if Counter(word for group in groups for word in group) != (
                part if partial and place > 1 else Counter(words)
            ):
                return place
            if not _ordered(groups, position if partial or place <= 1 else None):
                return place
            if partial and place > 1:
                expected = [one for group in whole for one in (groups if Counter(group) == part else [group])]
            elif place > 1 and [Counter(group) for group in groups] != [Counter(group) for group in expected]:
                return place
            else:
                expected = groups
        whole = expected
    return None


ORDINALS = {
    "first": 0,
    "second": 1,
    "third": 2,
    "fourth": 3,
    "fifth": 4,
    "sixth": 5,
    "seventh": 6,
    "eighth": 7,
}


def _ordered(groups: list[list[str]], position: int | None) -> bool:
    """Whether groups follow each other, by one letter that each group shares, or word by word."""
    if position is not None:
        keys = [{word[position : position + 1] for word in group} for group in groups]
        return all(len(key) == 1 for key in keys) and all(
            min(a) < min(b) for a, b in itertools.pairwise(keys)
        )
    return all(max(one) <= min(other) for one, other in itertools.pairwise(groups))


def _fine(groups: list[list[str]]) -> bool:
    return all(len(group) == 1 for group in groups)


RULES = {
    "multistep_arithmetic": multistep_arithmetic, "dyck_languages": dyck_languages,
    "tracking_shuffled_objects": tracking_shuffled_objects, "word_sorting": word_sorting,
    "logical_deduction": lambda question, steps: None,
}  # fmt: skip
"""Positions in an order that a step leaves open have no short rule: logical_deduction is abstained from."""
