"""What a thought of a search is: its types, how a model is asked for one, and what its reply makes of the
text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from limbeck.drawing import Prompting
from limbeck.errors import LimbeckError, unknown
from limbeck.generation import Completion, Messages
from limbeck.records import Problem
from limbeck.texts.messages import in_context
from limbeck.texts.steps import Cutting, ends
from limbeck.texts.templates import check_fields, fill
from limbeck.texts.traces import joined_text, split_text
from limbeck.trees import ROLLOUT
from limbeck.types import Settings

_SHOWN = "Problem:\n{question}\n\nThoughts so far:\n{thoughts}\n\n"
_ALONE = " Write this one thought in at most a few sentences, and nothing of what comes after it."
PROMPTS = {
    "clarify": _SHOWN + "Say in your own words what is asked and what is given, as far as the thoughts above "
    "have not." + _ALONE,
    "sub_question": _SHOWN + "Name the one smaller question whose answer would help most from here, and "
    "answer it." + _ALONE,
    "solve_step": _SHOWN + "Take the next step of the solution: carry out one calculation or inference and "
    "state its result." + _ALONE,
    "reflect": _SHOWN + "Ask whether the way taken above leads to the answer. If it does not, say where it "
    "went wrong and how to go on instead." + _ALONE,
    "verify": _SHOWN + "Check the last result above in another way, and correct it where it is wrong."
    + _ALONE,
    "conclude": _SHOWN + "Finish the solution from here, as briefly as you can, and end with the final "
    "answer as the problem asks for it; without any other wish, put it in \\boxed{}.",
}  # fmt: skip
"""Types of thoughts, each with its prompt."""
LATER = ("reflect", "verify")
"""Types that have nothing to speak of before the first thought."""


class Thoughts(Settings, frozen=True):
    """Which types of thoughts a search expands a node by, and how each is asked for.

    Args:
        types: those that take part; empty takes all there are.
        prompts: a type's own prompt, with ``{question}`` and ``{thoughts}``, beside or in place of
            ``PROMPTS``.
        ending: the type that ends a chain: after every new thought it is asked for, and what it gives is
            judged.
        openings: for a model that goes on with its own text, in place of prompts: what a thought of each type
            begins with. The model writes to the end; what lies behind the first step is what is judged.
    """

    types: tuple[str, ...] = ()
    prompts: dict[str, str] = {}  # noqa: RUF012 read as configuration, never changed
    ending: str = "conclude"
    openings: dict[str, str] = {}  # noqa: RUF012

    def chosen(self) -> dict[str, str]:
        """Prompt or opening by type, of those that take part.

        Raises:
            LimbeckError: a type nobody knows, prompts and openings at once, a prompt without its fields, or
                nothing but the type that ends a chain.
        """
        where = "teachers/tree_search"
        if self.openings and self.prompts:
            raise LimbeckError(f"{where}: give prompts: or openings:, not both")
        known = self.openings or {**PROMPTS, **self.prompts}
        wanted = self.types or tuple(known)
        for name in wanted if self.openings else (*wanted, self.ending):
            if name not in known:
                raise unknown("thought type", name, known, where)
            if not self.openings:
                check_fields(known[name], ("question", "thoughts"), f"{where}, thought type {name!r}")
        chosen = {name: known[name] for name in wanted if self.openings or name != self.ending}
        if not chosen:
            raise LimbeckError(f"{where}: types: {list(wanted)} leaves nothing but what ends a chain")
        return chosen


class Start(NamedTuple):
    """Where a thought is to be added: whose problem, the text so far, and the thoughts it consists of."""

    problem: Problem
    text: str
    thoughts: tuple[str, ...]


class Written(NamedTuple):
    """What a reply gives: the text up to the end of the new thought, and the attempt that was made of it.

    Attributes:
        inner: None where the attempt itself is the new thought.
        leaf: the whole attempt as a completion; None where one is yet to be asked for.
        thought: the attempt's type.
    """

    inner: str | None
    thoughts: tuple[str, ...]
    leaf: Completion | None
    thought: str


class Continuing:
    """Thoughts of a model that goes on with its own text: one request gives a thought and an attempt."""

    def __init__(self, openings: Mapping[str, str], cutting: Cutting, prompting: Prompting) -> None:
        self.openings, self.cutting, self.prompting = openings, cutting, prompting
        ends("", cutting)  # a separator that is no expression shows before anything is asked

    def messages(self, start: Start, thought: str) -> Messages:
        return self.prompting.messages(start.problem, start.text + self.openings[thought])

    def written(self, start: Start, thought: str, reply: Completion) -> Written:
        """The first step behind the opening is the thought, unless it is all there is."""
        new = self.openings[thought] + reply.text
        cuts = ends(new, self.cutting)
        leaf = Completion(text=start.text + new, finish=reply.finish, tokens=reply.tokens, error=reply.error)
        if reply.finish == "error" or len(cuts) < 2:
            return Written(None, (*start.thoughts, new), leaf, thought)
        first = new[: cuts[0]]
        return Written(start.text + first, (*start.thoughts, first), leaf, ROLLOUT)


class Prompted:
    """Thoughts of a model that is asked for each by its type's prompt, and then for a conclusion."""

    def __init__(self, prompts: Mapping[str, str], ending: str, format: str, system: str) -> None:
        self.prompts, self.ending, self.format, self.system = prompts, ending, format, system

    def messages(self, start: Start, thought: str) -> Messages:
        thoughts = "\n\n".join(start.thoughts) or "(none yet)"
        content = fill(self.prompts[thought], question=start.problem.question, thoughts=thoughts)
        return in_context(start.problem, content, self.system)

    def written(self, start: Start, thought: str, reply: Completion) -> Written:
        """A thought that goes on from the text; a request that failed or was cut off ends there."""
        reasoning, answer = split_text(reply.text, self.format)
        spoken = (answer or reasoning).strip()  # a model that thinks before it speaks: only what it says
        thoughts = (*start.thoughts, spoken)
        if thought == self.ending:
            text = self._joined(start.thoughts, spoken)
            leaf = Completion(text=text, finish=reply.finish, tokens=reply.tokens, error=reply.error)
            return Written(None, thoughts, leaf, self.ending)
        text = self._head(thoughts)
        whole = reply.finish == "stop" and spoken and text.startswith(start.text)
        if whole:
            return Written(text, thoughts, None, self.ending)
        leaf = Completion(text=text, finish=reply.finish, tokens=reply.tokens, error=reply.error)
        return Written(None, thoughts, leaf, thought)

    def _joined(self, thoughts: tuple[str, ...], answer: str) -> str:
        reasoning = "\n\n".join(thoughts) + "\n" if thoughts else ""
        return joined_text(reasoning, f"\n\n{answer}" if reasoning else answer, self.format)

    def _head(self, thoughts: tuple[str, ...]) -> str:
        """The text up to the end of the last thought, as an attempt that goes on from it begins."""
        reasoning = "\n\n".join(thoughts)
        whole = self._joined(thoughts, "x")
        return whole[: whole.find(reasoning) + len(reasoning)]
