"""Which tool loads which export: every shape is read by the tool it is written for.

Run: python bench/loads.py trl=PYTHON llamafactory=PYTHON swift=PYTHON verl=PYTHON datasets=PYTHON, each
PYTHON an interpreter that has the tool (and no need of Limbeck). Exports are made here from 24 problems, of
which every third has a system turn and every fourth earlier turns, with a right and a wrong trace each; the
student is random, 2 layers of width 16. Writes bench/results/loads.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PROBLEMS = 24
SHAPES = {
    "datasets": [
        *("messages", "prompt_completion", "preference", "kto", "prompt_only", "alpaca", "alpaca_preference"),
        *("sharegpt", "sharegpt_preference", "sharegpt_kto", "swift_preference", "swift_kto"),
        *("swift_prompts", "verl", "nemo_skills", "openai_requests", "responses", "openr1", "traces"),
    ],
    "trl": ["messages", "prompt_completion", "preference", "kto", "prompt_only"],
    "llamafactory": [
        *("messages", "alpaca", "sharegpt", "alpaca_preference", "sharegpt_preference", "sharegpt_kto")
    ],
    "swift": ["messages", "alpaca", "sharegpt", "swift_preference", "swift_kto", "swift_prompts"],
    "verl": ["messages", "verl"],
}
PACKAGES = {
    "trl": ["trl", "transformers", "datasets"],
    "llamafactory": ["llamafactory", "transformers", "datasets"],
    "swift": ["ms-swift", "transformers", "datasets"],
    "verl": ["verl", "transformers", "datasets"],
    "datasets": ["datasets"],
}
TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def make(folder: Path) -> None:
    """Exports of every shape, with and without the columns beside it, and a student."""
    from limbeck.pipeline.store import MemoryShards
    from limbeck.records import Data, Pair, Problem, Trace, Verdict
    from limbeck.shapes import WRITERS, Choice
    from limbeck.shapes.exporting import Export
    from limbeck.shapes.folders import export_folder

    data = Data()
    turns = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Yes?"}]
    for n in range(PROBLEMS):
        meta: dict[str, Any] = {"license": "MIT"} if n % 2 else {}
        meta |= {"system": "Be brief."} if n % 3 == 0 else {}
        meta |= {"prior_turns": turns} if n % 4 == 0 else {}
        asked = Problem(id=f"p{n}", question=f"{n}+1?", answer=str(n + 1), source="sums", meta=meta)
        data.problems.append(asked)
        for outcome, answer in (("correct", n + 1), ("wrong", n + 2)):
            verdict = Verdict("math", outcome, str(answer), score=0.5)  # type: ignore[arg-type]
            trace = Trace(id=f"t{n}-{outcome}", problem_id=asked.id, answer=f"{answer}", verdicts=[verdict])
            trace.format, trace.reasoning, trace.model = "think", f"add 1 to {n}", "m"
            trace.marks = ["wrong"] if outcome == "wrong" else []
            data.traces.append(trace)
        data.pairs.append(Pair(problem_id=asked.id, chosen=f"t{n}-correct", rejected=f"t{n}-wrong"))
    for shape in WRITERS:
        for plain in (False, True):
            export = Export(MemoryShards([data]), shape, Choice(plain=plain, model="m"))
            export_folder(export, folder / f"{shape}{'-plain' * plain}")
    student(folder / "student")


def student(folder: Path) -> None:
    """A random network with a tokenizer of characters."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    special = ["<pad>", "<|end|>", "<unk>", "<|system|>", "<|user|>", "<|assistant|>"]
    letters = [chr(code) for code in range(32, 127)] + ["\n"]
    vocabulary = {token: index for index, token in enumerate(special + letters)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.decoder = decoders.Fuse()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="<|end|>",
        unk_token="<unk>",
        additional_special_tokens=special[3:],
    )
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    size = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = LlamaConfig(
        vocab_size=len(vocabulary), pad_token_id=0, bos_token_id=None, eos_token_id=1, **size
    )
    LlamaForCausalLM(config).save_pretrained(folder)


def rows_of(folder: Path, cache: str) -> Any:
    """A folder's train split as `load_dataset` gives it."""
    from datasets import load_dataset

    return load_dataset(str(folder), split="train", cache_dir=cache)


def by_datasets(shape: str, folder: Path, cache: str) -> str:
    rows = rows_of(folder, cache)
    return f"{len(rows)} rows, {len(rows.column_names)} columns"


def by_trl(shape: str, folder: Path, cache: str) -> str:
    """Two steps of the trainer that reads the shape."""
    import trl

    rows = rows_of(folder, cache)
    name = {"preference": "DPO", "kto": "KTO", "prompt_only": "GRPO"}.get(shape, "SFT")
    options: dict[str, Any] = {
        "max_steps": 2,
        "per_device_train_batch_size": 4,
        "use_cpu": True,
        "bf16": False,
    }
    options |= {"report_to": [], "output_dir": f"{cache}/out", "logging_steps": 1, "save_strategy": "no"}
    more: dict[str, Any] = {}
    seen: list[str] = []
    if name == "GRPO":
        options |= {"num_generations": 4, "max_completion_length": 8}

        def reward(completions: list[Any], solution: list[str], **columns: Any) -> list[float]:
            seen.extend(solution)
            return [float(len(done[0]["content"])) for done in completions]

        more = {"reward_funcs": reward}
    config = getattr(trl, f"{name}Config")(**options)
    trainer = getattr(trl, f"{name}Trainer")
    model = str(folder.parent / "student")
    done = trainer(model=model, args=config, train_dataset=rows, processing_class=tokenizer(model), **more)
    done.train()
    told = f"{name}Trainer, {done.state.global_step} steps on {len(rows)} rows"
    if name == "KTO":
        told += f", labels {sum(rows['label'])} true and {len(rows) - sum(rows['label'])} false"
    return told + (f", the reward was given {len(seen)} solutions" if seen else "")


def tokenizer(folder: str) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


def by_llamafactory(shape: str, folder: Path, cache: str) -> str:
    """Its own loader: registry, converter, template, tokens and labels."""
    from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
    from llamafactory.hparams import get_train_args

    (name,) = json.loads((folder / "dataset_info.json").read_text())
    stage = "kto" if "kto" in shape else "dpo" if "preference" in shape else "sft"
    model = str(folder.parent / "student")
    given = {
        "stage": stage,
        "do_train": True,
        "model_name_or_path": model,
        "dataset": name,
        "template": "qwen",
    }
    given |= {"dataset_dir": str(folder), "output_dir": f"{cache}/out", "cutoff_len": 512, "use_cpu": True}
    given |= {"finetuning_type": "full", "overwrite_cache": True, "report_to": "none", "cache_dir": cache}
    model_args, data_args, training_args, _, _ = get_train_args(given)
    coder = tokenizer(model)
    template = get_template_and_fix_tokenizer(coder, data_args)
    kind = "rm" if stage == "dpo" else stage
    module = get_dataset(template, model_args, data_args, training_args, kind, tokenizer=coder)
    rows = module["train_dataset"]
    told = f"stage {stage}, {len(rows)} rows with labels"
    if stage == "kto":
        told += f", {sum(rows['kto_tags'])} true and {len(rows) - sum(rows['kto_tags'])} false"
    first = rows[0]["chosen_input_ids" if stage == "dpo" else "input_ids"]
    text = coder.decode(first)
    kept = [part for part in ("Be brief.", "Hello.", "Yes?", "0+1?", "<think>") if part in text]
    return told + (", system and earlier turns kept" if len(kept) == 5 else f", of the first row only {kept}")


def by_swift(shape: str, folder: Path, cache: str) -> str:
    """Its own loader and preprocessor."""
    from swift.dataset import load_dataset

    files = sorted(str(path) for path in (folder / "data").glob("*.parquet"))
    rows, _ = load_dataset(files, remove_unused_columns=shape != "swift_prompts", use_hf=True)
    first = rows[0]
    roles = ["-".join(turn["role"][0] for turn in row["messages"]) for row in rows.select(range(2))]
    told = f"{len(rows)} rows, turns of the first two {' and '.join(roles)}"
    if "label" in rows.column_names:
        told += f"; labels {sum(rows['label'])} true and {len(rows) - sum(rows['label'])} false"
    return told + "".join(f"; {name} kept" for name in ("rejected_response", "solution") if first.get(name))


def by_verl(shape: str, folder: Path, cache: str) -> str:
    """Its data sets for fine-tuning and for reinforcement learning."""
    from omegaconf import OmegaConf
    from verl.utils.dataset.multiturn_sft_dataset import MultiTurnSFTDataset
    from verl.utils.dataset.rl_dataset import RLHFDataset

    files = sorted(str(path) for path in (folder / "data").glob("*.parquet"))
    coder = tokenizer(str(folder.parent / "student"))
    config = OmegaConf.create({"max_length": 512, "max_prompt_length": 256, "cache_dir": cache})
    kind = MultiTurnSFTDataset if shape == "messages" else RLHFDataset
    rows = kind(files, coder, config)
    items = [rows[index] for index in range(len(rows))]
    if shape == "messages":
        trained = int(items[0]["loss_mask"].sum())
        return f"MultiTurnSFTDataset, {len(items)} rows, {trained} tokens trained in the first"
    truth = items[0]["reward_model"]["ground_truth"]
    return f"RLHFDataset, {len(items)} rows, ground truth {truth!r} in the first"


def load(tool: str, folder: Path) -> None:
    """In the tool's interpreter: every shape of its, one JSON line each."""
    from importlib.metadata import version

    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES[tool])
    for shape in SHAPES[tool]:
        for name in (shape, f"{shape}-plain"):
            with tempfile.TemporaryDirectory() as cache:
                try:
                    told, good = globals()[f"by_{tool}"](shape, folder / name, cache), True
                except Exception as error:
                    told, good = f"{type(error).__name__}: {error}".replace("\n", " ")[:300], False
            line = {"tool": tool, "versions": versions, "shape": name, "good": good, "told": told}
            print("LOADED " + json.dumps(line), flush=True)


def main() -> None:
    """Make exports, let every tool load them, write the page."""
    tools = dict(argument.split("=", 1) for argument in sys.argv[1:])
    lines = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make(folder)
        plain = {"HF_HUB_OFFLINE": "1", "DISABLE_VERSION_CHECK": "1", "TOKENIZERS_PARALLELISM": "false"}
        plain |= {"MODELSCOPE_CACHE": f"{temporary}/modelscope", "WANDB_MODE": "disabled"}
        for tool, python in tools.items():
            command = [python, __file__, "--load", tool, temporary]
            done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **plain})
            heard = [line[7:] for line in done.stdout.splitlines() if line.startswith("LOADED ")]
            lines += [json.loads(line) for line in heard]
            if not heard:
                print(f"{tool}: nothing loaded\n{done.stderr[-2000:]}")
            for line in heard:
                print(line)
    if lines:
        write(lines)


def write(lines: list[dict[str, Any]]) -> None:
    """The results as a page."""
    page = [
        "# Exports loaded by the tools they are for",
        "",
        f"{time.strftime('%Y-%m-%d')}, 2-core CPU. Made by `python bench/loads.py`: 24 problems with a",
        "right and a wrong trace each, every third behind a system turn, every fourth behind earlier turns.",
        "*Plain* is an export with `--plain`; else ids, writers, verdicts and licences stand beside the",
        "shape. ms-swift's turns are named by their first letters. LLaMA-Factory ran with an empty module in",
        "place of torchaudio, which it imports for sounds and of which there is no build for this torch.",
        "`openai_requests` and `nemo_skills` were read by no tool of their own.",
        "",
    ]
    for tool in dict.fromkeys(line["tool"] for line in lines):
        of_tool = [line for line in lines if line["tool"] == tool]
        page += [f"## {of_tool[0]['versions']}", "", "| shape | loaded | what was seen |", "|---|---|---|"]
        for line in of_tool:
            page.append(f"| {line['shape']} | {'yes' if line['good'] else '**no**'} | {line['told']} |")
        page.append("")
    (HERE / "results" / "loads.md").write_text("\n".join(page), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--load"]:
        load(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
