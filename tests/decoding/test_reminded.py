"""decoding/reminded: the part is repeated where the thought ends, and the model goes on."""

from __future__ import annotations

import pytest

from limbeck.decoding.rewrite.reminded import reminded
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Model, Sampling


class Echo(Model):
    """Thinks and answers at once; behind a prefix it answers with the prefix's last word."""

    name = "echo"

    def stream_some(self, prompts, wanted, sampling):
        for index, (chat, numbers) in enumerate(zip(prompts, wanted, strict=True)):
            for number in numbers:
                begun = chat[-1]["content"] if chat[-1]["role"] == "assistant" else ""
                text = f"saw {begun.split()[-2]}" if begun else f"hm{number}</think>12"
                yield index, number, Completion(text=text, tokens=3, finish="stop")

    def stream(self, prompts, sampling):
        return self.stream_some(prompts, [range(sampling.n)] * len(prompts), sampling)


def asked(question: str, **settings) -> list[Completion]:
    chat = [[{"role": "user", "content": question}]]
    return [reply for _, _, reply in reminded(model=Echo(), **settings).stream(chat, Sampling(n=2))]


def test_the_instructions_stand_where_the_thought_ends_and_the_answer_is_anew():
    first, second = asked("3+9?\n\nUse no comma.")
    assert first.text == "hm0\nI must not forget: Use no comma.\n</think>saw comma."
    assert second.text.startswith("hm1\n")
    assert (first.tokens, first.finish) == (6, "stop")


def test_a_question_without_the_part_or_a_thought_without_an_end_is_left_as_it_is():
    assert [reply.text for reply in asked("3+9?")] == ["hm0</think>12", "hm1</think>12"]
    assert asked("3+9?\n\nUse no comma.", mark="</thought>")[0].text == "hm0</think>12"


@pytest.mark.parametrize("settings", [{"part": "("}, {"part": "x"}, {"template": "no part"}])
def test_what_can_repeat_nothing_is_refused(settings):
    with pytest.raises(LimbeckError, match="part"):
        asked("3+9?", **settings)
