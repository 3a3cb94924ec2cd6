"""What students share: the chat templates a student without one can be given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from limbeck.errors import unknown
from limbeck.types import Configured

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel

CHATML = (
    "{%- for message in messages -%}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}"
)
BARE = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'assistant' -%}{{ message['content'] + eos_token }}"
    "{%- elif message['role'] == 'user' -%}{{ message['content'] + ':' }}"
    "{%- else -%}{{ message['content'] + '\\n' }}{%- endif -%}"
    "{%- endfor -%}"
)
TEMPLATES = {"chatml": CHATML, "bare": BARE}


class Student(Configured, Protocol):
    """A change to a loaded model, with its parameters fixed (``lora``)."""

    def __call__(self, model: PreTrainedModel) -> PreTrainedModel | PeftModel: ...


def chat_template(name: str) -> str:
    """The Jinja text of ``chatml`` (``<|im_start|>`` … ``<|im_end|>``) or ``bare`` (``question:answer``)."""
    if name not in TEMPLATES:
        raise unknown("chat template", name, TEMPLATES)
    return TEMPLATES[name]
