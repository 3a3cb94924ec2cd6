"""Tokenizers compared by what they do: two of one vocabulary may cut a text otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from limbeck.errors import LimbeckError
from limbeck.networks.template import called, encode

SAMPLES = (
    "What is 12 + 345? Seven and five make twelve, it's 12.",
    "  Two  spaces,\ttabs\n\nand lines;\r\n    indented(x_1[0]) == {'a': -3.5e10}\n",
    "naïve café, caf\u0065\u0301 \u212b \ufb01 \uff11\uff12 ½ → “quoted” … ∑ᵢ xᵢ² ≤ √2",
    "Ответ 7. 答案是七。 القيمة ٧ हिन्दी 안녕 🙂👩‍👩‍👧",
    "<think>\nfirst\n</think>\n\n<answer> \\boxed{\\frac{1}{2}} </answer>",
    "12345678901234567890 1,234.50 user: assistant\n\n\n",
)
"""Texts in which tokenizers are known to differ: digits, blanks, forms of one letter, scripts, tags."""


def difference(reader: Any, other: Any) -> str | None:
    """A text that ``other`` cuts into other tokens than ``reader``, or a word it numbers otherwise; None
    where
    there is none.

    Tokens that were added to ``other`` alone are no difference: the reader's texts do without them.
    """
    words: dict[str, int] = reader.get_vocab()
    others: dict[str, int] = other.get_vocab()
    extra = others.keys() - words.keys() - other.get_added_vocab().keys()
    moved = (word for word, index in words.items() if others.get(word) != index)
    if (word := next(moved, None) or min(extra, default=None)) is not None:
        return word
    texts = [*SAMPLES, *(f"a {token} b{token}" for token in sorted(reader.get_added_vocab()))]
    pairs = zip(texts, encode(reader, texts), encode(other, texts), strict=True)
    return next((text for text, ours, theirs in pairs if ours != theirs), None)


def words(tokenizer: Any) -> tuple[str, ...]:
    """The vocabulary as text; what is no text by itself is empty."""
    special = set(tokenizer.all_special_ids)
    every = tokenizer.batch_decode([[index] for index in range(len(tokenizer))])
    return tuple("" if i in special or "\ufffd" in word else word for i, word in enumerate(every))


def save_tokenizer(tokenizer: Any, folder: Path) -> None:
    """Write a tokenizer into a folder with a model's configuration, and see that what is reopened is the
    same.

    The model beside it tells `transformers` which class to open it as, and a class may have rules of its own:
    Qwen2's (5.23) cuts texts into words its own way, whatever was saved.

    Raises:
        LimbeckError: what is reopened cuts texts into other tokens or writes chats otherwise.
    """
    from transformers import AutoTokenizer

    tokenizer.save_pretrained(folder)
    reopened = AutoTokenizer.from_pretrained(folder)
    text = difference(tokenizer, reopened)
    if text is not None:
        ours, theirs = (each.convert_ids_to_tokens(encode(each, [text])[0]) for each in (tokenizer, reopened))
        raise LimbeckError(
            f"{called(tokenizer)}: saved and opened again, its tokenizer is another one: {text!r} was "
            f"{ours[:12]}, and {type(reopened).__name__} reads {theirs[:12]}"
        )
    if tokenizer.chat_template != reopened.chat_template:
        raise LimbeckError(f"{called(tokenizer)}: saved and opened again, its chat template is another one")
