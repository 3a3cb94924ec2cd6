"""Students and teachers as people have them: padded vocabularies, adapters kept beside the student."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import small_world

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from flat import flat, with_settings  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402

from limbeck.generation import Sampling  # noqa: E402
from limbeck.models.local import Local  # noqa: E402
from limbeck.pipeline.context import Context  # noqa: E402
from limbeck.pipeline.store import MemoryShards  # noqa: E402


def padded(base: str, folder: Path, extra: int) -> str:
    """A model with more rows than its tokenizer has words, and those far from unlikely."""
    torch.manual_seed(extra)
    model = AutoModelForCausalLM.from_pretrained(base)
    words = model.config.vocab_size
    model.resize_token_embeddings(words + extra, mean_resizing=False)
    with torch.no_grad():
        rows = model.get_input_embeddings().weight
        rows[words:] = rows[3] * 3 + 0.02 * torch.randn(extra, rows.shape[1])
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    return str(folder)


def test_stored_words_that_a_student_lacks_count_as_its_rest(tmp_path):
    """Padding rows of the teacher beyond the student's are among its stored likeliest."""
    base = small_world.student(tmp_path / "base")
    start, teacher = padded(base, tmp_path / "start", 3), padded(base, tmp_path / "teacher", 11)
    data = small_world.world(20)
    (tmp_path / "signal").mkdir()
    signal = flat("teachers/score")(
        MemoryShards([data]), model=teacher, ctx=Context(tmp_path / "signal"), k=5
    )
    for name, given in (("live", {"teacher": teacher}), ("stored", {"signal": signal})):
        use = small_world.objective("kd", divergence="forward")
        small_world.train(tmp_path / name, start, data, use, steps=30, **given)
        rows = small_world.curve(tmp_path / name)
        assert all(math.isfinite(row["loss"]) for row in rows)
        assert rows[-1]["loss"] < rows[0]["loss"], name


def test_a_kept_adapter_writes_what_the_merged_student_writes(tmp_path):
    pytest.importorskip("peft", reason="adapters need the extra limbeck[peft]")
    start = small_world.student(tmp_path / "s")
    lora = with_settings("students/lora", r=4)
    merged = small_world.train(tmp_path / "run", start, adapt=lora, keep_adapter=True, steps=25)
    asked = [[{"role": "user", "content": question}] for question in ("1+2", "7+0")]
    sampling = Sampling(max_tokens=12, temperature=0.0)
    texts = {}
    for path in (merged, str(tmp_path / "run" / "adapter"), start):
        texts[path] = [samples[0].text for samples in Local(path).generate(asked, sampling)]
    assert texts[str(tmp_path / "run" / "adapter")] == texts[merged] != texts[start]
