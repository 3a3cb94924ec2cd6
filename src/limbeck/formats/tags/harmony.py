"""gpt-oss's messages: reasoning in the channels before ``final``, the answer in that one.

Reasoning of several messages keeps the tags that stand between them. Where
the text does not begin with the analysis, or closes with ``<|return|>``, reasoning keeps all its tags. The
format is that of openai/harmony's ``docs/format.md``.
"""

from __future__ import annotations

from limbeck.texts.tags import KINDS

ANALYSIS, FINAL = KINDS["harmony"][:2]
NEXT, RETURN = "<|end|><|start|>assistant", "<|return|>"
_MESSAGE = "<|message|>"
_CHANNEL = FINAL.removesuffix(_MESSAGE)


def parse(text: str) -> tuple[str, str]:
    """Split at the final message; a text without one has no answer."""
    before, final, answer = text.partition(FINAL)
    if not final:
        return text, ""
    if answer.endswith(RETURN) and answer != RETURN:
        # `render` knows by the missing ``<|message|>`` that the answer was closed.
        return before + _CHANNEL, answer.removesuffix(RETURN)
    reasoning = before.removeprefix(ANALYSIS).removesuffix(NEXT)
    regular = before == ANALYSIS + reasoning + NEXT and not reasoning.endswith(_CHANNEL)
    return (reasoning, answer) if regular and reasoning and answer else (before + final, answer)


def render(reasoning: str, answer: str) -> str:
    """The exact text: tags around reasoning that has none, if an answer follows."""
    if not reasoning or not answer or FINAL in reasoning:
        return reasoning + answer
    if reasoning.endswith(_CHANNEL):
        return reasoning + _MESSAGE + answer + RETURN
    return ANALYSIS + reasoning + NEXT + FINAL + answer
