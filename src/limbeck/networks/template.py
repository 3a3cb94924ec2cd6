"""A tokenizer's chat template, checked: training must see the prompt that generation uses, and the reasoning
whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from limbeck.errors import LimbeckError

QUESTION, REASONING, ANSWER = "What is 2 + 2?", "two and two make four", "four it is"
THINK = "<think>"


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


def prompt_text(tokenizer: Any, question: str) -> str:
    """The text generation starts from for a question."""
    messages = [{"role": "user", "content": question}]
    text: str = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    return text


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
    found = backend.encode_batch(texts, add_special_tokens=False) if texts else []
    return [(encoding.ids, encoding.offsets) for encoding in found]


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
    prompt = prompt_text(tokenizer, QUESTION)
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
    body, found, closing = dialogue[len(stem) :].rpartition(ANSWER)
    if not found:
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
    special = set(tokenizer.all_special_ids) | {
        index for index, token in tokenizer.added_tokens_decoder.items() if token.special
    }
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
