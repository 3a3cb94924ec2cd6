"""A tokenizer's chat template, checked: training must see the prompt that generation uses, and the reasoning
whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from limbeck.errors import LimbeckError
from limbeck.generation import Messages
from limbeck.texts.traces import THINK

QUESTION, REASONING, ANSWER = "What is 2 + 2?", "two and two make four", "four it is"


@dataclass(frozen=True)
class Template:
    """What training takes from a checked chat template.

    Attributes:
        close_id: the token that ends an assistant's turn, appended to every completion that was not cut off.
        opens_thinking: whether the generation prompt itself ends with ``<think>``, so completions begin after
            it.
        notes: what a careful person should know about this template.
    """

    close_id: int
    opens_thinking: bool = False
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

    tokenizer = AutoTokenizer.from_pretrained(path)
    template, begin = tokenizer.chat_template, tokenizer.bos_token_id
    if template and begin is not None and tokenizer("a")["input_ids"][:1] == [begin]:
        prompt = prompt_text(tokenizer, [{"role": "user", "content": QUESTION}])
        if encode(tokenizer, [prompt])[0][:1] != [begin]:
            several = template if isinstance(template, dict) else {"default": template}
            begun = {name: "{{ bos_token }}" + text for name, text in several.items()}
            tokenizer.chat_template = begun if isinstance(template, dict) else begun["default"]
    return tokenizer


def prompt_text(tokenizer: Any, messages: Messages) -> str:
    """The text from which generation goes on after a chat; a last turn of the assistant's is continued, not
    closed.

    Raises:
        LimbeckError: as `chat_text`, or the template changes the turn that is to be continued.
    """
    go_on = messages[-1]["role"] == "assistant"
    return chat_text(tokenizer, messages, add_generation_prompt=not go_on, continue_final_message=go_on)


def chat_text(tokenizer: Any, messages: Messages, **how: bool) -> str:
    """A chat as its template writes it.

    Args:
        how: further arguments of ``apply_chat_template``.

    Raises:
        LimbeckError: the template refuses such a chat.
    """
    from jinja2 import TemplateError

    try:
        text: str = tokenizer.apply_chat_template(messages, tokenize=False, **how)
        return text
    except (TemplateError, ValueError) as error:
        name = getattr(tokenizer, "name_or_path", "") or "the tokenizer"
        turns = ", ".join(turn["role"] for turn in messages)
        raise LimbeckError(
            f"{name}: the chat template refuses a chat of the turns {turns}: {error}; give it one that takes "
            "them with students/pretrained: {template: chatml}, or data without such turns"
        ) from error


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
        name = getattr(tokenizer, "name_or_path", "") or "this tokenizer"
        raise LimbeckError(
            f"{name} cannot say where its tokens lie in a text, which weights and alignment need"
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
        LimbeckError: no template; the dialogue does not begin with the generation prompt; the answer or the
            reasoning does not survive; nothing ends a turn.
    """
    name = getattr(tokenizer, "name_or_path", "") or "the tokenizer"
    if not tokenizer.chat_template:
        raise LimbeckError(
            f"{name} has no chat template, so nobody knows how to ask this student; give it one with "
            "students/pretrained: {template: chatml}"
        )
    notes: list[str] = []
    prompt = prompt_text(tokenizer, [{"role": "user", "content": QUESTION}])
    opens = prompt.rstrip().endswith(THINK)
    stem = prompt.rstrip().removesuffix(THINK) if opens else prompt
    text = f"{THINK}\n{REASONING}\n</think>\n\n{ANSWER}"
    dialogue = tokenizer.apply_chat_template(
        [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": text}], tokenize=False
    )
    if not dialogue.startswith(stem):
        raise LimbeckError(
            f"{name}: the chat template asks one way and trains another: a dialogue begins "
            f"{dialogue[:200]!r}, "
            f"generation starts from {prompt[-200:]!r}"
        )
    body, kept, closing = dialogue[len(stem) :].rpartition(ANSWER)
    if not kept:
        raise LimbeckError(f"{name}: the chat template loses the assistant's answer: {dialogue[:300]!r}")
    if REASONING not in body:
        notes.append(
            "the chat template removes <think>…</think> from answers; training keeps it, it joins the texts"
        )
    ids = encode(tokenizer, [text])[0]
    survived = tokenizer.decode(ids)
    # A vocabulary of digits and signs cannot spell this; its own rows are checked for unknown tokens one by
    # one.
    spelt = tokenizer.unk_token_id is None or tokenizer.unk_token_id not in ids
    if spelt and (REASONING not in survived or ANSWER not in survived):
        raise LimbeckError(
            f"{name}: the reasoning does not survive tokenising: {text!r} comes back as {survived!r}"
        )
    return Template(_close_id(tokenizer, closing, name, notes), opens, notes)


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
