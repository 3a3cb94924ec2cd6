#!/usr/bin/env bash
# wordllama 0.4.0.post1: WordLlama.load() cannot use the model that its own wheel brings. Weights and tokenizer lie in
# the package (weights/l2_supercat_256.safetensors, tokenizers/l2_supercat_tokenizer_config.json), and the weights are
# taken from there; the tokenizer is looked for elsewhere and then on the network. Seen with disable_download=True:
# FileNotFoundError, naming the tokenizer's file. Who is to work without a network reads both files himself, with
# safetensors and tokenizers; the result agrees with what the package is for (a cat is nearer to a kitten than to a tax).
#
# Installs into a temporary folder; exits with 1 where that has changed.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q wordllama==0.4.0.post1
cd "$work" && HOME="$work" "$work/venv/bin/python" - <<'PYTHON'
import importlib.util
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer
from wordllama import WordLlama

root = Path(importlib.util.find_spec("wordllama").submodule_search_locations[0])
weights = root / "weights/l2_supercat_256.safetensors"
tokens = root / "tokenizers/l2_supercat_tokenizer_config.json"
print("in the wheel:", weights.exists(), tokens.exists())
try:
    WordLlama.load(disable_download=True)
    told = "loaded"
except FileNotFoundError as error:
    told = f"FileNotFoundError: {str(error).replace(str(Path.home()), '~')[:160]}"
print("WordLlama.load(disable_download=True):", told)

table, tokenizer = load_file(weights)["embedding.weight"], Tokenizer.from_file(str(tokens))
rows = [table[tokenizer.encode(text, add_special_tokens=False).ids].mean(0) for text in ("cat", "kitten", "tax")]
cat, kitten, tax = (row / np.linalg.norm(row) for row in rows)
print(f"read by hand: cat and kitten {cat @ kitten:.2f}, cat and tax {cat @ tax:.2f}")
sys.exit(not (weights.exists() and tokens.exists() and told.startswith("File") and cat @ kitten > cat @ tax))
PYTHON
