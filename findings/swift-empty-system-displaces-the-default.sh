#!/usr/bin/env bash
# ms-swift 4.6.0: "system": "" in an alpaca row becomes an empty system turn, and that displaces the template's default.
#
# An alpaca row whose `system` is null or absent is trained behind the template's default system prompt; one whose `system`
# is the empty text, as many public alpaca files and LLaMA-Factory have it where there is none, is trained behind an
# empty one. In a file that has both, rows that mean the same are trained behind different prompts, without a word.
# (history_to_messages asks `system is not None`, Template._get_system asks `system is None`.)
#
# Output seen (ms-swift 4.6.0, transformers 5.19.0, datasets 4.8.4, Python 3.11; template qwen2_5):
#   system '':    turns system, user, assistant; trained behind ''
#   system None:  turns user, assistant; trained behind 'You are Qwen, created by Alibaba Cloud. You are a helpful assistant.'
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
pip addict dacite json-repair modelscope openai oss2 simplejson tiktoken zstandard attrdict sentencepiece rouge nltk \
  einops datasets==4.8.4 aiohttp requests httpx scipy psutil regex safetensors tqdm pillow
pip --no-deps ms-swift==4.6.0 transformers==5.19.0 tokenizers==0.23.3 peft==0.18.1 accelerate==1.11.0 trl==0.24.0
cat > "$work/show.py" <<'PY'
import sys
from types import SimpleNamespace

from datasets import Dataset
from swift.dataset import AutoPreprocessor
from swift.template import TEMPLATE_MAPPING
from swift.template.base import Template
from swift.template.template_inputs import StdTemplateInputs

default = TEMPLATE_MAPPING["qwen2_5"].default_system
owner = SimpleNamespace(template_meta=TEMPLATE_MAPPING["qwen2_5"], agent_template=None)
systems = ["", None]
rows = [{"instruction": "2+2?", "input": "", "output": "4", "system": system} for system in systems]
behind = []
for system, row in zip(systems, AutoPreprocessor()(Dataset.from_list(rows))):
    turns = [dict(turn) for turn in row["messages"]]
    roles = ", ".join(turn["role"] for turn in turns)
    behind.append(Template._get_system(owner, StdTemplateInputs.from_dict({"messages": turns})))
    print(f"{f'system {system!r}:':<13} turns {roles}; trained behind {behind[-1]!r}")
sys.exit(0 if default and behind == ["", default] else 1)
PY
MODELSCOPE_CACHE="$work/cache" HF_HUB_OFFLINE=1 "$work/venv/bin/python" "$work/show.py"
