"""How numbers are cut into tokens, and whether a text cut anew is what was sampled.

Run: python bench/real_tokens.py [SVAMP.csv]; a minute of one core. Writes bench/results/real_tokens.md.
"""

from __future__ import annotations

from collections.abc import Iterator

import real_model
from transformers import AutoTokenizer

from limbeck.generation import Sampling
from limbeck.networks.gguf import gguf_at
from limbeck.networks.template import encode

PROMPTS, SAMPLES, TOKENS = 16, 8, 40
TEXTS = [
    *("42", "1234", "1,234", " 18", "-5", " -5", "3.14", "1/2", "$5", "50%", "=7", "= 7", "1e-5", "½"),
    *("\n7", "\n\n1.", "a  7", "１２"),
]
LINES = "There are three steps:\n\n1. Add 2 and 3.\n\n2. Double it.\n\n3. The answer is 10."


def lines() -> Iterator[str]:
    model = real_model.opened("bfloat16")
    tokenizer = model._loaded[1]
    file = gguf_at(real_model.MODEL)
    assert file is not None
    loaded = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name).backend_tokenizer
    digits = tokenizer.backend_tokenizer
    yield (
        "The GGUF file names the pre-tokenizer `smollm`, which cuts every digit off first, and so it is "
        "opened here; transformers gives what it loads that of GPT-2 "
        "([finding](../../findings/transformers-gguf-cuts-text-otherwise.sh)). `Ġ` is a blank, `Ċ` a line "
        "break."
    )
    yield from ["", "| text | as transformers loads it | digits cut first |", "|---|---|---|"]
    for text in [*TEXTS, LINES]:
        cuts = [each.encode(text, add_special_tokens=False).tokens for each in (loaded, digits)]
        told = [" ".join(cut) if len(cut) < 9 else f"{len(cut)} tokens" for cut in cuts]
        yield f"| `{text!r}` | {told[0]} | {'the same' if cuts[0] == cuts[1] else told[1]} |"
    how = Sampling(n=SAMPLES, temperature=1.0, top_p=1.0, max_tokens=TOKENS)
    chats = real_model.chats(real_model.problems(0, PROMPTS))
    asked = model._prompt_ids(chats)
    counts = dict.fromkeys(("sampled", "text", "ids", "joined"), 0)
    for index, _, reply in model.stream(chats, how):
        ids = [token for token in reply.ids or [] if token not in model._hidden]
        (again,) = encode(tokenizer, [reply.text])
        prompt = tokenizer.decode(asked[index])
        (whole,) = encode(tokenizer, [prompt + reply.text])
        counts["sampled"] += 1
        counts["text"] += tokenizer.decode(again) != reply.text
        counts["ids"] += again != ids
        counts["joined"] += whole != asked[index] + again
    yield ""
    yield (
        f"Of {counts['sampled']} samples at T = 1 (at most {TOKENS} tokens): cut anew, {counts['ids']} are "
        f"other tokens than were sampled, and {counts['text']} do not come back as the same text; prompt and "
        f"completion cut together differ from their parts in {counts['joined']}. Rollouts are trained on the "
        "sampled tokens, stored traces on their text cut anew."
    )


if __name__ == "__main__":
    real_model.write("real_tokens", "Numbers and boundaries in tokens", __file__, lines())
