#!/usr/bin/env bash
# LLaMA-Factory 0.9.5: a `columns` or `tags` block in dataset_info.json takes the defaults of all that it does not name.
#
# data/README.md gives every column and tag a default ("prompt": "… (default: instruction)", "system_tag": "… (default:
# system …)"). They hold only for an entry without such a block: DatasetAttr.join sets what the block leaves out to None.
#   1. "columns": {"system": "system"} beside instruction, input and output: prompt and response come out empty, without
#      a word.
#   2. "tags" without "system_tag": a chat that begins with a system turn is an "Invalid role tag" and is dropped, with a line in the log.
#
# Output seen (llamafactory 0.9.5, transformers 5.6.0, datasets 4.0.0, Python 3.11):
#   no block:             prompt 'Add.\n2+2', response ['4']
#   only system named:    prompt '', response []
#   tags, no system_tag:  0 turns of 3
#
# Exits 0 while that is so, 1 when it is otherwise. PYTHON is an interpreter; its torch is used where it has one.
set -euo pipefail
PYTHON=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$PYTHON" -m venv "$work/venv"
site=$("$work/venv/bin/python" -c 'import site; print(site.getsitepackages()[0])')
pip() { "$work/venv/bin/pip" install -q --disable-pip-version-check "$@"; }
if "$PYTHON" -c 'import torch' 2>/dev/null; then
  "$PYTHON" -c 'import site; print(site.getsitepackages()[0])' > "$site/base.pth"
else
  pip torch==2.13.0
fi
pip einops fire omegaconf pydantic sentencepiece tiktoken av httpx datasets==4.0.0 scipy psutil regex safetensors tqdm
pip --no-deps llamafactory==0.9.5 transformers==5.6.0 tokenizers==0.22.2 'huggingface_hub<2' peft==0.18.1 \
  accelerate==1.11.0 trl==0.24.0 hf-xet
# Imported for sounds at the top of a module; sounds play no part here.
mkdir -p "$site/torchaudio" && touch "$site/torchaudio/__init__.py"
cat > "$work/show.py" <<'PY'
import json
import sys
from pathlib import Path
from types import SimpleNamespace

from llamafactory.data.converter import get_dataset_converter
from llamafactory.data.parser import get_dataset_list

folder = Path(sys.argv[1])
tags = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}
entries = {
    "bare": {"file_name": "rows.json"},
    "named": {"file_name": "rows.json", "columns": {"system": "system"}},
    "chat": {"file_name": "c.json", "formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": tags},
}
(folder / "dataset_info.json").write_text(json.dumps(entries))
row = {"instruction": "Add.", "input": "2+2", "output": "4", "system": "Be brief."}
roles = (("system", "Be brief."), ("user", "2+2?"), ("assistant", "4"))
chat = {"messages": [{"role": role, "content": text} for role, text in roles]}
bare, named, dialogue = (
    get_dataset_converter(entry.formatting, entry, SimpleNamespace(media_dir="."))(example)
    for entry, example in zip(get_dataset_list([*entries], str(folder)), (row, row, chat))
)


def told(example):
    return example["_prompt"][-1]["content"], [turn["content"] for turn in example["_response"]]


turns = len(dialogue["_prompt"]) + len(dialogue["_response"])
print("no block:             prompt %r, response %r" % told(bare))
print("only system named:    prompt %r, response %r" % told(named))
print(f"tags, no system_tag:  {turns} turns of 3")
as_told = told(bare) == ("Add.\n2+2", ["4"]) and told(named) == ("", []) and turns == 0
sys.exit(0 if as_told else 1)
PY
DISABLE_VERSION_CHECK=1 HF_HUB_OFFLINE=1 "$work/venv/bin/python" "$work/show.py" "$work"
