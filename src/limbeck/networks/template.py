"""A tokenizer's chat template, checked: training must see the prompt that generation uses, and the reasoning
whole."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from limbeck.errors import LimbeckError
from limbeck.generation import Messages
from limbeck.texts.traces import THINK

QUESTION, REASONING, ANSWER = "What is 2 + 2?", "two and two make four", "four it is"
DATE = datetime(2024, 7, 26)
"""The day that a template which writes the date is told: what a stage makes must not depend on when it is
made."""
DIRECTIVES = (*"aAwdbBmyYHIpMSfjUWcxXGuV", "-d", "-m", "-H", "-I", "-M", "-S", "-j")
_CLOSED = re.compile(r"<think>\s*</think>\s*")


@dataclass(frozen=True)
class Template:
    """What training takes from a checked chat template.

    Attributes:
        close_id: the token that ends an assistant's turn, appended to every completion that was not cut off.
        opening: the ``<think>`` with which the generation prompt itself ends and the white space behind it;
            completions begin after it.
        skips_thinking: whether the generation prompt ends with a thought that is closed already.
        notes: what a careful person should know about this template.
    """

    close_id: int
    opening: str = ""
    skips_thinking: bool = False
    notes: list[str] = field(default_factory=list)


def load_tokenizer(path: str) -> Any:
    """The tokenizer in a folder or of a Hub id, its chat template made to write the beginning of a text.

    Chats are encoded without special tokens, so that a beginning-of-text token which the template writes does
    not come twice. A template that leaves that token to the encoding would lose it, and what serves the
    student later might put it back: so the template writes it, here and in every student saved with it.

    Raises:
        OSError, ValueError: as `transformers` does.
    """
    from transformers import AutoTokenizer

    from limbeck.networks.adapters import tokenizer_place
    from limbeck.networks.architectures import known
    from limbeck.networks.gguf import ordinary

    place, model = tokenizer_place(known(ordinary(path)))
    tokenizer = AutoTokenizer.from_pretrained(place, **model)
    begin_texts(tokenizer)
    return tokenizer


def begin_texts(tokenizer: Any) -> None:
    """Have each chat template of a tokenizer that begins texts with a token of its own write that token."""
    template, begin = tokenizer.chat_template, tokenizer.bos_token_id
    if template and begin is not None and tokenizer("a")["input_ids"][:1] == [begin]:
        several = isinstance(template, dict)
        named = template if several else {"": template}
        begun = {name: _begun(tokenizer, text) for name, text in named.items()}
        tokenizer.chat_template = begun if several else begun[""]


def _begun(tokenizer: Any, template: str) -> str:
    """A template that writes the beginning of a text: one that does already, or does with this in front."""
    try:
        prompt = chat_text(tokenizer, [_user()], chat_template=template, add_generation_prompt=True)
    except LimbeckError:
        return (
            template  # it wants another kind of chat, such as one with tools; or it is broken, and found so
        )
    begins = encode(tokenizer, [prompt])[0][:1] == [tokenizer.bos_token_id]
    return template if begins else "{{ bos_token }}" + template


def _user() -> dict[str, str]:
    return {"role": "user", "content": QUESTION}


def prompt_text(tokenizer: Any, messages: Messages) -> str:
    """The text from which generation goes on after a chat; a last turn of the assistant's is continued, not
    closed.

    Raises:
        LimbeckError: as `chat_text`, or the template changes the turn that is to be continued.
    """
    go_on = messages[-1]["role"] == "assistant"
    return chat_text(tokenizer, messages, add_generation_prompt=not go_on, continue_final_message=go_on)


def chat_text(tokenizer: Any, messages: Messages, **how: Any) -> str:
    """A chat as its template writes it, on `DATE` where it writes the date.

    Args:
        how: further arguments of ``apply_chat_template``.

    Raises:
        LimbeckError: the template refuses such a chat.
    """
    from jinja2 import TemplateError

    try:
        template = tokenizer.get_chat_template(how.pop("chat_template", None))
        dated = _on_date(template) if "strftime_now" in template else template
        text: str = tokenizer.apply_chat_template(messages, tokenize=False, chat_template=dated, **how)
        return text
    except (TemplateError, ValueError, TypeError, LookupError, AttributeError) as error:
        turns = ", ".join(turn["role"] for turn in messages)
        raise LimbeckError(
            f"{called(tokenizer)}: the chat template refuses a chat of the turns {turns}: {error}; give it "
            "one that takes them with students/pretrained: {template: chatml}, or data without such turns"
        ) from error


def takes(tokenizer: Any, messages: Messages) -> bool:
    """Whether the template writes such a chat."""
    try:
        prompt_text(tokenizer, messages)
    except LimbeckError:
        return False
    return True


def _on_date(template: str) -> str:
    """A template that is told `DATE` where it asks for today's."""
    # In Jinja's own words, for apply_chat_template (transformers 5.23) passes plain data alone. The empty
    # text behind it keeps the template's first line break.
    spelt = "".join(f"|replace('%{each}', '{DATE.strftime('%' + each)}')" for each in DIRECTIVES)
    return "{% macro strftime_now(format) %}{{ format" + spelt + " }}{% endmacro %}{{ '' }}" + template


def called(tokenizer: Any) -> str:
    """What an error calls a tokenizer."""
    return getattr(tokenizer, "name_or_path", "") or "the tokenizer"


def encode(tokenizer: Any, texts: list[str]) -> list[list[int]]:
    """Token ids of texts as they stand; special tokens come from the template alone."""
    if not texts:
        return []
    if not getattr(tokenizer, "is_fast", False):
        ids: list[list[int]] = tokenizer(texts, add_special_tokens=False, return_attention_mask=False)[
            "input_ids"
        ]
        return ids
    # The Rust tokenizer asked directly: for short rows the wrapping of its answer costs more than the answer.
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    return [encoding.ids for encoding in backend.encode_batch_fast(texts, add_special_tokens=False)]


def encode_spans(tokenizer: Any, texts: list[str]) -> list[tuple[list[int], list[tuple[int, int]]]]:
    """Token ids of texts, and where in its text each token begins and ends.

    Raises:
        LimbeckError: the tokenizer does not know (it is not one of the fast ones).
    """
    if not getattr(tokenizer, "is_fast", False):
        raise LimbeckError(
            f"{called(tokenizer)} cannot say where its tokens lie in a text, which weights and alignment need"
        )
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    encodings = backend.encode_batch(texts, add_special_tokens=False) if texts else []
    return [(encoding.ids, encoding.offsets) for encoding in encodings]


def check_template(tokenizer: Any) -> Template:
    """Check that training and generation agree on the prompt, on the end of a turn, and on keeping the
    reasoning.

    Training joins generation prompt and completion itself, so a template that strips ``<think>…</think>``
    from assistant turns (many do) costs nothing; it is noted. The template must render a finished dialogue as
    the generation prompt, the answer and a closing token, or the student would be trained on one dialogue and
    asked in another.

    Args:
        tokenizer: of `transformers`, with a chat template.

    Raises:
        LimbeckError: no template; the dialogue does not begin with the generation prompt, or has more than
            that before the answer; the answer or the reasoning does not survive; nothing ends a turn.
    """
    name = called(tokenizer)
    if not tokenizer.chat_template:
        raise LimbeckError(
            f"{name} has no chat template, so nobody knows how to ask this student; give it one with "
            "students/pretrained: {template: chatml}"
        )
    prompt = prompt_text(tokenizer, [_user()])
    opening = prompt[prompt.rindex(THINK) :] if prompt.rstrip().endswith(THINK) else ""
    closed = _CLOSED.search(prompt)
    notes = _notes(tokenizer, bool(opening))
    skips = closed is not None and closed.end() == len(prompt)
    closing = _closing(tokenizer, prompt.removesuffix(opening), skips, notes)
    _check_spelling(tokenizer, f"{THINK}\n{REASONING}\n</think>\n\n{ANSWER}")
    return Template(_close_id(tokenizer, closing, name, notes), opening, skips, notes)


def _notes(tokenizer: Any, opens: bool) -> list[str]:
    """What a careful person should know about a template before it is tried."""
    notes, template = [], tokenizer.chat_template
    if "strftime_now" in (template.get("default", "") if isinstance(template, dict) else template):
        notes.append(
            f"the chat template writes today's date; in training and sampling here that is {DATE:%d %b %Y}, "
            "whatever the day"
        )
    if opens:
        notes.append(f"the generation prompt opens a thought with {THINK}; completions begin behind it")
    return notes


def _closing(tokenizer: Any, stem: str, skips: bool, notes: list[str]) -> str:
    """What ends an answer in a dialogue, which must be ``stem``, the answer and that, with a thought or
    without.

    Args:
        stem: the generation prompt, without the thought that it opens.
        skips: it closes a thought, so that none can follow.
    """
    name = called(tokenizer)
    thought = f"{THINK}\n{REASONING}\n</think>\n\n{ANSWER}"
    for text in (ANSWER,) if skips else (thought, ANSWER):
        dialogue = chat_text(tokenizer, [_user(), {"role": "assistant", "content": text}])
        if not dialogue.startswith(stem):
            raise LimbeckError(
                f"{name}: the chat template asks one way and trains another: a dialogue begins "
                f"{dialogue[:200]!r}, generation starts from {stem[-200:]!r}"
            )
        body, kept, closing = dialogue[len(stem) :].rpartition(ANSWER)
        if not kept:
            raise LimbeckError(f"{name}: the chat template loses the assistant's answer: {dialogue[:300]!r}")
        if text != ANSWER and REASONING not in body:
            notes.append(
                "the chat template removes <think>…</think> from answers; training keeps it, it joins the "
                "texts"
            )
    # What stands before the bare answer is nobody's text but the template's.
    between = _CLOSED.sub("", body)
    if between.strip():
        raise LimbeckError(
            f"{name}: the chat template asks one way and trains another: a dialogue has {between[:200]!r} "
            "between the generation prompt and the answer, which generation never sees; give it one that "
            "writes that for add_generation_prompt, or students/pretrained: {template: chatml}"
        )
    if body != between:
        notes.append(
            "the chat template writes an empty thought before an answer without one; training leaves it out, "
            "as generation does"
        )
    return closing


def _check_spelling(tokenizer: Any, text: str) -> None:
    """Raise where the tokens of a text do not give it back."""
    ids = encode(tokenizer, [text])[0]
    survived = tokenizer.decode(ids)
    # A vocabulary of digits and signs cannot spell this; its own rows are checked for unknown tokens one by
    # one.
    spelt = tokenizer.unk_token_id is None or tokenizer.unk_token_id not in ids
    if spelt and (REASONING not in survived or ANSWER not in survived):
        raise LimbeckError(
            f"{called(tokenizer)}: the reasoning does not survive tokenising: {text!r} comes back as "
            f"{survived!r}"
        )


def _close_id(tokenizer: Any, closing: str, name: str, notes: list[str]) -> int:
    """The token that ends a turn: the first special one after the answer, else the tokenizer's end of
    sequence."""
    added = tokenizer.added_tokens_decoder.items()
    special = {*tokenizer.all_special_ids, *(index for index, token in added if token.special)}
    closers = [token for token in encode(tokenizer, [closing])[0] if token in special] if closing else []
    eos: int | None = tokenizer.eos_token_id
    if closers:
        if closers[0] != eos:
            token = tokenizer.convert_ids_to_tokens(closers[0])
            notes.append(
                f"turns end with {token!r}, not with the tokenizer's {tokenizer.eos_token!r}; both will stop"
            )
        return closers[0]
    if eos is None:
        raise LimbeckError(
            f"{name}: neither the chat template nor the tokenizer has a token that ends a turn"
        )
    notes.append(f"the chat template does not close a turn; {tokenizer.eos_token!r} is appended")
    return eos
