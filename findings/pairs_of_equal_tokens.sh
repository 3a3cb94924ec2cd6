#!/usr/bin/env bash
# TRL 1.16.0: a preference pair whose chosen and rejected completion are the same tokens stays in DPOTrainer's training
# set. It teaches nothing (its margin is 0 whatever the weights), yet it counts in the mean over the batch, and no log
# says so. Seen: 2 of 2 pairs kept, and the gradient half of that of the other pair alone.
#
# Installs public packages into a temporary folder, runs them on two pairs; exits with 1 where that has changed.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q trl==1.16.0 transformers==5.23.0 accelerate==1.15.0 datasets==5.2.0 torch==2.13.0
cd "$work" && HF_HUB_OFFLINE=1 "$work/venv/bin/python" - <<'PYTHON' 2>/dev/null
import torch, transformers, trl
from datasets import Dataset
from tokenizers import Tokenizer, models
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

letters = [chr(code) for code in range(32, 127)]
raw = Tokenizer(models.BPE({token: at for at, token in enumerate(["</s>", "<pad>", *letters])}, []))
tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="</s>", pad_token="<pad>")
torch.manual_seed(0)
sizes = dict(hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1)
LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), pad_token_id=1, eos_token_id=0, **sizes)).save_pretrained("model")
tokenizer.save_pretrained("model")
TAUGHT = {"prompt": "1+1=", "chosen": "2", "rejected": "3"}
EQUAL = {"prompt": "1+2=", "chosen": "3", "rejected": "3"}


def first_step(pairs):
    """Pairs kept, and the gradient's norm at the first step."""
    args = trl.DPOConfig(
        output_dir="out", max_steps=1, per_device_train_batch_size=2, report_to="none", use_cpu=True, bf16=False,
        logging_steps=1, save_strategy="no", disable_tqdm=True,
    )
    trainer = trl.DPOTrainer("model", args=args, train_dataset=Dataset.from_list(pairs), processing_class=tokenizer)
    trainer.train()
    return len(trainer.train_dataset), float(next(row["grad_norm"] for row in trainer.state.log_history if "loss" in row))


kept, both = first_step([TAUGHT, EQUAL])
_, alone = first_step([TAUGHT])
print(f"trl {trl.__version__}, transformers {transformers.__version__}, torch {torch.__version__}:")
print(f"{kept} of 2 pairs are trained on; gradient norm {both:.4f}, and {alone:.4f} without the pair of equal tokens")
raise SystemExit(not (kept == 2 and abs(both - alone / 2) < 0.01 * alone))
PYTHON
