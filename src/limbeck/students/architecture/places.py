"""A student whose prompts end with places for a thought that is not written."""

from __future__ import annotations

import shutil
from typing import Any

from limbeck.errors import missing_extra
from limbeck.pipeline.context import Context
from limbeck.types import Checkpoint, Count


def places(*, student: Checkpoint, n: Count = 1, seed: int = 0, ctx: Context) -> Checkpoint:
    """Give a model a token that stands for a state of thought, and prompts that end with ``n`` of it.

    Latent students write such states there (`students/mind_reader`, `students/coupled`,
    `students/latent_steps`); to a plain model it is a token as any other. Its embedding begins as the mean
    of all others, moved a little.

    Args:
        student: a model's folder, or the stage that made it.

    Returns:
        ``ctx.dir/model``; its configuration says the token's id.

    Raises:
        LimbeckError: the model cannot be opened, or has no chat template.
    """
    try:
        import torch
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "students/places") from error
    from limbeck.networks.opening import load, open_tokenizer
    from limbeck.networks.silent import MARK
    from limbeck.networks.template import check_template
    from limbeck.networks.tokenizers import save_tokenizer
    from limbeck.networks.vocabularies import with_tokens

    tokenizer = open_tokenizer(str(student))
    check_template(tokenizer)
    torch.manual_seed(seed)
    model = with_tokens(load(str(student)), tokenizer, [MARK])
    model.config.latent_id = tokenizer.convert_tokens_to_ids(MARK)
    model.config.latent_places = n
    templates = tokenizer.chat_template
    several = isinstance(templates, dict)
    named: dict[str, Any] = templates if several else {"": templates}
    placed = {name: ending(text, MARK * n) for name, text in named.items()}
    tokenizer.chat_template = placed if several else placed[""]
    check_template(tokenizer)
    partial, folder = ctx.dir / ".model", ctx.dir / "model"
    for each in (partial, folder):
        shutil.rmtree(each, ignore_errors=True)
    model.save_pretrained(partial)
    save_tokenizer(tokenizer, partial)
    partial.rename(folder)
    return Checkpoint(str(folder))


def ending(template: str, text: str) -> str:
    """A chat template whose generation prompt ends with ``text``, and whose answers so begin."""
    # A list made anew, for Jinja changes none: every answer in the dialogue stands behind the text too.
    told = (
        "{%- set told = namespace(turns=[]) -%}{%- for turn in messages -%}"
        "{%- if turn['role'] == 'assistant' -%}"
        f"{{%- set told.turns = told.turns + [dict(turn, content='{text}' + turn['content'])] -%}}"
        "{%- else -%}{%- set told.turns = told.turns + [turn] -%}{%- endif -%}{%- endfor -%}"
        "{%- set messages = told.turns -%}"
    )
    return told + template + f"{{%- if add_generation_prompt -%}}{{{{ '{text}' }}}}{{%- endif -%}}"
