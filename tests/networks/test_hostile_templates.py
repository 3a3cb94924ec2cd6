"""Templates as people have them: what is trained is the generation prompt and the completion, or refused."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from template_cases import EOS, student  # noqa: E402

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.models.local import Local  # noqa: E402
from limbeck.networks import template as templates  # noqa: E402
from limbeck.networks.rows import ChatTokenizer, pair_items, problem_items, trace_items  # noqa: E402
from limbeck.records import Data, Pair, Problem, Trace  # noqa: E402
from limbeck.students.ops import BARE  # noqa: E402
from limbeck.texts.messages import as_messages, context_meta  # noqa: E402


def asks(opening: str = "") -> str:
    """The generation prompt."""
    return "{%- if add_generation_prompt -%}[bot]" + opening + "{% endif %}"


HEAD = "{%- for m in messages -%}{%- if m.role != 'assistant' -%}[{{ m.role }}]{{ m.content }}"
TURNS = HEAD + "{%- else -%}[bot]{{ m.content }}{{ eos_token }}{%- endif -%}{%- endfor -%}"
STRIPS = TURNS.replace("m.content }}{{ eos", "m.content.split('</think>')[-1].strip() }}{{ eos")
SHOUTS = TURNS.replace("m.content }}{{ eos", "m.content | trim }}{{ eos")
EMPTY = TURNS.replace(
    "[bot]{{ m.content }}",
    "[bot]{% if '<think>' not in m.content %}<think>\n\n</think>\n\n{% endif %}{{ m.content }}",
)
CLOSES = asks("<think>\n\n</think>\n\n")
DEFAULT = "{%- if messages[0].role != 'system' -%}[system]Be good.{%- endif -%}"
ALTERNATES = (
    "{%- for m in messages -%}{%- if (m.role == 'user') != (loop.index0 % 2 == 0) -%}"
    "{{ raise_exception('roles must alternate') }}{%- endif -%}{%- endfor -%}"
)
THOUGHT = "<think>\none and one\n</think>"
TRAINED = {
    "plain": (TURNS + asks(), "[user]1+1[bot]", THOUGHT),
    "strips the thought": (STRIPS + asks(), "[user]1+1[bot]", THOUGHT),
    "trims": (SHOUTS + asks(), "[user]1+1[bot]", THOUGHT),
    "empty thought in a dialogue": (EMPTY + asks(), "[user]1+1[bot]", THOUGHT),
    "opens the thought": (STRIPS + asks("<think>\n"), "[user]1+1[bot]<think>\n", THOUGHT[8:]),
    "opens it without a line": (TURNS + asks("<think>"), "[user]1+1[bot]<think>", THOUGHT[7:]),
    "default system turn": (DEFAULT + TURNS + asks(), "[system]Be good.[user]1+1[bot]", THOUGHT),
    "wants turns in turn": (ALTERNATES + TURNS + asks(), "[user]1+1[bot]", THOUGHT),
    "lines behind the end": (
        TURNS.replace("eos_token }}", "eos_token }}\n") + asks(),
        "[user]1+1[bot]",
        THOUGHT,
    ),
    "no generation prompt": (BARE, "1+1:", THOUGHT),
}
ASKED = Problem(id="p", question="1+1")


def chat_tokenizer(path: str, *settings) -> ChatTokenizer:
    return ChatTokenizer.open(path, *settings)


def thinking(name: str = "t", problem: str = "p") -> Trace:
    return Trace(id=name, problem_id=problem, reasoning="\none and one\n", answer="2", format="think")


@pytest.mark.parametrize("kind", TRAINED)
def test_a_row_is_the_prompt_that_sampling_sees_and_the_completion(kind, tmp_path):
    template, prompt, thought = TRAINED[kind]
    path = student(tmp_path, template, False)
    chat, data = chat_tokenizer(path), Data([ASKED], [thinking()])
    (row,) = trace_items(chat, [data]).items[0].rows
    seen = Local(path)._prompt_ids([as_messages(ASKED)])[0]
    assert row.ids[: row.start].tolist() == seen
    assert problem_items(chat, [data]).items[0].rows[0].ids.tolist() == seen
    assert chat.tokenizer.decode(seen) == prompt
    assert chat.tokenizer.decode(row.ids[row.start :]) == thought + "2" + EOS


REFUSED = {
    "a header that generation lacks": (TURNS, r"between the generation prompt and the answer.*chatml"),
    "another header": (TURNS + asks().replace("[bot]", "[it]"), "asks one way and trains another"),
    "words before the answer": (
        TURNS.replace("[bot]{{ m", "[bot]Sure! {{ m") + asks(), r"'Sure! ' between the generation prompt"
    ),
    "no answer": (TURNS.replace("m.content }}{{ eos", "'' }}{{ eos") + asks(), "loses the assistant"),
    "wants what is not there": ("{{ messages[0].content + tools[0].name }}", "refuses a chat of the"),
    "not Jinja": ("{{ messages ", "refuses a chat of the turns user: unexpected"),
    "none": (None, "has no chat template.*chatml"),
    "names without a default": ({"rag": TURNS, "tool_use": TURNS}, "refuses a chat.*rag"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_would_be_trained_otherwise_than_asked_is_one_error(kind, tmp_path):
    template, words = REFUSED[kind]
    path = student(tmp_path, template, True)
    with pytest.raises(LimbeckError, match=words) as raised:
        chat_tokenizer(path)
    assert path in str(raised.value)


def test_a_thought_behind_a_prompt_that_closes_it_is_left_out_and_counted(tmp_path):
    chat = chat_tokenizer(student(tmp_path, EMPTY + CLOSES, False))
    plain = Trace(id="plain", problem_id="p", answer="2")
    items = trace_items(chat, [Data([ASKED], [thinking(), plain])])
    (row,) = items.items[0].rows
    assert chat.tokenizer.decode(row.ids) == "[user]1+1[bot]<think>\n\n</think>\n\n2" + EOS
    assert items.skipped == {"thought_behind_a_prompt_that_closes_it": 1}
    with pytest.raises(LimbeckError, match="1 thought_behind_a_prompt_that_closes_it"):
        trace_items(chat, [Data([ASKED], [thinking()])])


def test_a_chat_that_a_template_refuses_costs_its_own_rows_alone(tmp_path):
    chat = chat_tokenizer(student(tmp_path, ALTERNATES + TURNS + asks(), False))
    odd = Problem(id="odd", question="1", meta=context_meta("", [{"role": "user", "content": "0"}]))
    traces = [thinking(), thinking("u", "odd")]
    pairs = [Pair(problem_id="odd", chosen="u", rejected="t")]
    data = Data([ASKED, odd], traces, pairs)
    reason = "refused_by_the_chat_template (roles must alternate)"
    items = trace_items(chat, [data])
    assert [item.rows[0].id for item in items.items] == ["t"]
    assert items.skipped == {reason: 1}
    assert problem_items(chat, [data]).skipped == {reason: 1}
    with pytest.raises(LimbeckError, match=r"1 refused_by_the_chat_template \(roles must alternate\)"):
        pair_items(chat, [data])


def test_a_dated_template_is_the_same_on_every_day(tmp_path, monkeypatch):
    dated = "\n{% set form = '%-d %b %Y' %}{{ strftime_now(form) }}" + TURNS + asks()
    path = student(tmp_path, dated, False)
    chat = chat_tokenizer(path)
    assert any("26 Jul 2024" in note for note in chat.template.notes)
    (row,) = trace_items(chat, [Data([ASKED], [thinking()])]).items[0].rows
    assert chat.tokenizer.decode(row.ids[: row.start]) == "\n26 Jul 2024[user]1+1[bot]"
    assert Local(path)._prompt_ids([as_messages(ASKED)])[0] == row.ids[: row.start].tolist()
    monkeypatch.setattr(templates, "DATE", templates.DATE.replace(year=1999))
    assert "1999" in chat.tokenizer.decode(chat.prompts([ASKED])[0])


def test_each_of_several_templates_begins_a_text_once(tmp_path):
    begins = "{{ bos_token }}" + TURNS + asks()
    several = {"default": TURNS + asks(), "rag": begins, "tool_use": "{{ tools[0].name }}"}
    chat = chat_tokenizer(student(tmp_path, several, True))
    kept = chat.tokenizer.chat_template
    assert kept == {"default": begins, "rag": begins, "tool_use": "{{ tools[0].name }}"}
    assert chat.prompts([ASKED])[0].count(chat.tokenizer.bos_token_id) == 1
