#!/usr/bin/env bash
# transformers 5.23.0: WatermarkDetector fails on every text of a model whose configuration has no bos_token_id.
#
# The detector compares the first id with `model_config.bos_token_id`. Where that is None, as PreTrainedConfig has it by
# default, `input_ids[:, 0] == None` is the plain False, and `torch.any(False)` is a TypeError. generate() with the same
# WatermarkingConfig writes such a model's watermark without a word, so the text can be marked and not be tested.
#
# Output seen (transformers 5.23.0, torch 2.13.0, Python 3.11):
#   bos_token_id=0: z 0.82
#   bos_token_id=None: TypeError: any() received an invalid combination of arguments - got (bool), …
#
# Exits 0 while that is so, 1 when it is otherwise. PYTHON is an interpreter with torch and transformers.
set -euo pipefail
PYTHON=${PYTHON:-python3}
"$PYTHON" - <<'PY'
import sys

import torch
from transformers import LlamaConfig, WatermarkDetector, WatermarkingConfig

ids = torch.tensor([[5, 3, 8]])
failed = False
for bos in (0, None):
    config = LlamaConfig(vocab_size=16, bos_token_id=bos)
    detector = WatermarkDetector(config, "cpu", WatermarkingConfig())
    try:
        print(f"bos_token_id={bos}: z {detector(ids, return_dict=True).z_score[0]:.2f}")
    except TypeError as error:
        failed = True
        print(f"bos_token_id={bos}: TypeError: {str(error).splitlines()[0]}")
sys.exit(not failed)
PY
