"""The tags that models put around their thoughts, as their chat templates and papers write them.

A file of ``formats/`` with the same name splits a text by them.
"""

from __future__ import annotations

from typing import NamedTuple


class Tags(NamedTuple):
    """A thought's tags, and for some models the answer's.

    ``between`` is what most often stands between the two: the only spelling of it whose reasoning is kept
    without tags.
    """

    opening: str
    closing: str
    between: str = ""
    answer_opening: str = ""
    answer_closing: str = ""

    def parse(self, text: str) -> tuple[str, str]:
        """Split behind the first closing tag; without one the thought never ended and there is no answer.

        Reasoning is kept without its tags where the text has them in their places and an answer follows.
        Elsewhere it keeps the tags that were written, and `render` adds none. An answer's own tags are left
        out where they are closed and end the text.
        """
        reasoning, close, answer = text.partition(self.closing)
        if not close:
            return text, ""
        inner = self._inner(answer)
        bare = reasoning.startswith(self.opening) and reasoning != self.opening
        if not self.answer_opening and bare and answer:
            return reasoning.removeprefix(self.opening), answer
        if inner and bare and answer.startswith(self.between + self.answer_opening):
            return reasoning.removeprefix(self.opening), inner
        if inner:
            cut = answer.index(self.answer_opening) + len(self.answer_opening)
            return reasoning + close + answer[:cut], inner
        return reasoning + close, answer

    def render(self, reasoning: str, answer: str) -> str:
        """The exact text: tags around reasoning that has none, if an answer follows."""
        if reasoning and answer and self.closing not in reasoning:
            middle = f"{self.closing}{self.between}{self.answer_opening}"
            return f"{self.opening}{reasoning}{middle}{answer}{self.answer_closing}"
        if self.answer_opening and self.closing in reasoning and reasoning.endswith(self.answer_opening):
            return reasoning + answer + self.answer_closing
        return reasoning + answer

    def _inner(self, answer: str) -> str:
        """What stands between the answer's tags; empty where they are not around all of it."""
        text = answer.lstrip()
        if not self.answer_opening or not text.startswith(self.answer_opening):
            return ""
        whole = len(text) >= len(self.answer_opening + self.answer_closing)
        closed = whole and text.endswith(self.answer_closing)
        return text[len(self.answer_opening) : -len(self.answer_closing)] if closed else ""


_ANSWER = ("<answer>", "</answer>")
_SOLUTION = ("<|begin_of_solution|>", "<|end_of_solution|>")
_RESPONSE = ("<|START_RESPONSE|>", "<|END_RESPONSE|>")
KINDS = {
    "think": Tags("<think>", "</think>"),
    "think_answer": Tags("<think>", "</think>", "\n", *_ANSWER),
    "thinking": Tags("<thinking>", "</thinking>"),
    "thinking_answer": Tags("<thinking>", "</thinking>", "\n", *_ANSWER),
    "reasoning": Tags("<reasoning>", "</reasoning>"),
    "reasoning_answer": Tags("<reasoning>", "</reasoning>", "\n", *_ANSWER),
    "thought": Tags("<thought>", "</thought>"),
    "mistral": Tags("[THINK]", "[/THINK]"),
    "kimi": Tags("◁think▷", "◁/think▷"),
    "seed": Tags("<seed:think>", "</seed:think>"),
    "gemma": Tags("<|channel>thought\n", "<channel|>"),
    "open_thoughts": Tags("<|begin_of_thought|>", "<|end_of_thought|>", "\n\n", *_SOLUTION),
    "cohere": Tags("<|START_THINKING|>", "<|END_THINKING|>", "", *_RESPONSE),
    "harmony": Tags("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),
    "harmony_stripped": Tags("analysis", "assistantfinal"),
}
"""Tags by the name of their format."""
_PAIRS = [tags[:2] for name, tags in KINDS.items() if name != "harmony_stripped"]


def behind_thought(text: str) -> tuple[str, str, bool]:
    """A text cut behind the last closing tag of any kind: the thought, what follows, and whether a thought
    begins there that never ends."""
    cut = max(text.rfind(closing) + len(closing) if closing in text else 0 for _, closing in _PAIRS)
    spoken = text[cut:]
    return text[:cut], spoken, any(opening in spoken for opening, _ in _PAIRS)
