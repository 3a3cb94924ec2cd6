"""The model card of a trained student: what it was made of and how, how to ask it. No path of the machine."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from limbeck.networks.batch import Items
from limbeck.networks.lineage import lineage
from limbeck.pipeline.manifests import versions
from limbeck.records import Data, Trace
from limbeck.summary import licences
from limbeck.training.job import Job
from limbeck.training.tracking import called, settings

ASK = """```python
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = "."  # this one
tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
chat = [{"role": "user", "content": "What is 2 + 2?"}]
prompt = tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
asked = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")
written = model.generate(**asked, max_new_tokens=1024)
print(tokenizer.decode(written[0, asked["input_ids"].shape[1]:], skip_special_tokens=True))
```"""


@dataclass
class Made:
    """What a student was trained on: counts of records, and of what they say of themselves."""

    stage: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, shards: Iterable[Data]) -> Made:
        """Counted shard by shard."""
        folder = getattr(shards, "folder", None)
        made = cls(called(str(folder)) if folder else "")
        for data in shards:
            kept = data.kept()
            made.counts["problems"] += len(data.problems)
            made.counts["positives"] += len(kept)
            made.counts["negatives"] += sum(map(_is_negative, data.traces))
            made.counts["pairs"] += len(data.kept_pairs())
            made.sources.update(problem.source for problem in data.problems if problem.source)
            made.licences.update(each for problem in data.problems for each in licences(problem))
            made.formats.update(trace.format for trace in kept)
        return made


def _is_negative(trace: Trace) -> bool:
    return trace.outcome == "wrong" and {*trace.marks} <= {"wrong"}


def model_card(
    name: str, job: Job, made: Made, items: Items, curve: list[dict[str, float]], notes: list[str]
) -> str:
    """The text of ``README.md``, with the front matter of the Hugging Face Hub.

    Args:
        name: of the student.
        curve: of the training, a row per step.
        notes: on the chat template.
    """
    from huggingface_hub import ModelCardData

    papers = list(dict.fromkeys(_papers(job)))
    known, start = lineage(job.student), called(job.student)
    front = ModelCardData(
        **known,
        library_name="transformers",
        pipeline_tag="text-generation",
        tags=["limbeck", "distillation", job.objective.name, *(f"arxiv:{paper}" for paper in papers)],
    )
    parts = [
        f"---\n{front.to_yaml()}\n---",
        f"# {name}",
        f"A student of reasoning, trained and described by Limbeck {versions()['limbeck']}.",
        f"* **Start:** {start}; base model: {known.get('base_model', 'none that is known to be public')}",
        *_data(made, items),
        "## Training",
        _trained(job, curve, papers),
        _table(settings(job)),
        "Versions: " + ", ".join(f"{package} {number}" for package, number in versions().items()) + ".",
        "## How to ask it",
        ASK,
        *(f"* {note}" for note in notes),
    ]
    return "\n\n".join(parts) + "\n"


def _papers(job: Job) -> Iterator[str]:
    """arXiv ids that the docstrings of the run's methods name."""
    for bound in (job.objective, job.learning.rollout, job.learning.reward):
        if bound is not None:
            text = inspect.getdoc(getattr(bound.module, bound.name)) or ""
            yield from re.findall(r"arXiv\s(\d{4}\.\d{4,5})", text)


def _data(made: Made, items: Items) -> Iterator[str]:
    counts = ", ".join(f"{count:,} {what}" for what, count in made.counts.items())
    stage = f"stage `{made.stage}`: " if made.stage else ""
    yield f"* **Data:** {stage}{counts}; {len(items):,} items trained on"
    told = {"Left out": items.skipped, "Sources": made.sources, "Licences of the problems": made.licences}
    for title, counted in {**told, "Formats of the traces": made.formats}.items():
        if counted:
            shown = ", ".join(f"{name} ({count:,})" for name, count in counted.most_common(12))
            yield f"* **{title}:** {shown}"


def _trained(job: Job, curve: list[dict[str, float]], papers: list[str]) -> str:
    """What was minimised, for how long, and to which loss."""
    last = curve[-1] if curve else {}
    source = "".join(f", [arXiv {paper}](https://arxiv.org/abs/{paper})" for paper in papers)
    losses = [f"loss {last['loss']:.4f} in the last"] if last else []
    losses += [f"lowest val_loss {min(held):.4f}"] if (held := _column(curve, "val_loss")) else []
    return f"Objective `{job.objective.name}`{source}; {len(curve):,} steps, {', '.join(losses)}."


def _column(curve: list[dict[str, float]], name: str) -> list[float]:
    return [row[name] for row in curve if name in row]


def _table(rows: Iterable[tuple[str, Any]]) -> str:
    lines = [f"| `{name}` | {str(value).replace('|', '/')} |" for name, value in rows]
    return "\n".join(["| setting | value |", "|---|---|", *lines])
