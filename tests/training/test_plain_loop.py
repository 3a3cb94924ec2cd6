"""The plain twin of the loop runs by itself, and is one: the same rows give the same losses, step by step."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys

import pytest
import small_world
from paths import REPO

pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from transformers import AutoModelForCausalLM

from limbeck.networks.rows import ChatTokenizer, pair_items, trace_items
from limbeck.pipeline.store import MemoryShards

FILE = REPO / "examples" / "plain_loop.py"


@pytest.fixture(scope="module")
def plain():
    spec = importlib.util.spec_from_file_location("plain_loop", FILE)
    module = sys.modules["plain_loop"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules["plain_loop"]


def test_it_runs_by_itself_and_each_stage_widens_the_margin():
    text = FILE.read_text(encoding="utf-8")
    assert "import limbeck" not in text
    assert "from limbeck" not in text
    done = subprocess.run([sys.executable, str(FILE)], capture_output=True, text=True, check=True)
    start, sft, redi = (float(number) for number in re.findall(r"(?:by|margin) ([+-]\S+)", done.stdout))
    assert start + 0.1 < sft < redi - 0.1


def test_both_stages_have_the_losses_of_the_loop(plain, tmp_path):
    start = small_world.student(tmp_path / "start")
    shards, tokens = MemoryShards([small_world.world(20)]), ChatTokenizer.open(start)
    rows = [item.rows for item in trace_items(tokens, shards).items]
    pairs = [item.rows for item in pair_items(tokens, shards).items]
    settings = {"steps": 8, "batch": 8, "lr": 3e-3}

    ours = small_world.train(tmp_path / "sft", start, small_world.world(20), **settings)
    model = AutoModelForCausalLM.from_pretrained(start)
    losses = plain.train(model, [plain_row(plain, row) for (row,) in rows], plain.sft_loss, **settings)
    assert losses == pytest.approx(curve(tmp_path / "sft"), rel=1e-4)

    redi = small_world.objective("redi", alpha=0.8)
    small_world.train(tmp_path / "redi", ours, small_world.world(20), redi, **settings)
    both = [tuple(plain_row(plain, row) for row in pair) for pair in pairs]
    losses = plain.train(AutoModelForCausalLM.from_pretrained(ours), both, plain.redi_loss, **settings)
    assert losses == pytest.approx(curve(tmp_path / "redi"), rel=1e-3, abs=1e-4)
    assert losses[-1] < losses[0] - 0.01


def plain_row(plain, row):
    return plain.Row(row.ids.tolist(), row.start)


def curve(folder) -> list[float]:
    return [row["loss"] for row in small_world.curve(folder)]
