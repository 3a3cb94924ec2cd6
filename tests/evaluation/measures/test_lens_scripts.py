"""evaluation/lens_scripts: the scripts of what a lens shows, held against those that were written."""

from __future__ import annotations

import pytest
import small_world
from flat import flat

torch = pytest.importorskip("torch")

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.pipeline.context import Context  # noqa: E402
from limbeck.texts.languages import script_of, shares  # noqa: E402

alphabets = flat("problems/alphabets")

lens_scripts = flat("evaluation/lens_scripts")
DATA = alphabets(n=12, switch=0.5, solve="steps")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> str:
    torch.manual_seed(0)
    place = tmp_path_factory.mktemp("student")
    start = small_world.student(place, DATA, layers=2, template="bare")
    # A few steps, so that letters are likely somewhere.
    (place / "trained").mkdir()
    return small_world.train(place / "trained", start, DATA, steps=30)


def likeliest(folder: str, question: str, text: str) -> list[str]:
    """The model's likeliest token before each character of a text and before its end."""
    model, tokenizer = transformers(path=folder)._loaded
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": question}], tokenize=False, add_generation_prompt=True
    )
    ids = [tokenizer(part, add_special_tokens=False)["input_ids"] for part in (prompt, text)]
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([ids[0] + ids[1]])).logits[0]
    return [tokenizer.decode([token]) for token in logits[len(ids[0]) - 1 :].argmax(-1).tolist()]


def test_behind_the_last_layer_it_shows_what_the_model_would_say(folder, tmp_path):
    made = lens_scripts(DATA, model=folder, layer=-1, precision="fp32", ctx=Context(tmp_path))
    asked = DATA.problem_by_id()
    for trace in made.data.traces:
        text = trace.reasoning + trace.answer
        words = likeliest(folder, asked[trace.problem_id].question, text)
        shown = [script_of(word) for word in words if len(word) == 1]
        letters = [script for script in shown if script]
        for script, share in shares(text).items():
            assert trace.scores[f"written/{script}"] == share
            assert trace.scores[f"lens/{script}"] == pytest.approx(letters.count(script) / len(letters))


def test_places_behind_letters_can_be_left_out(folder, tmp_path):
    made = lens_scripts(
        DATA, model=folder, layer=-1, places="unlettered", precision="fp32", ctx=Context(tmp_path)
    )
    asked = DATA.problem_by_id()
    for trace in made.data.traces:
        text = trace.reasoning + trace.answer
        words = likeliest(folder, asked[trace.problem_id].question, text)
        behind = [word for word, before in zip(words, " " + text, strict=True) if not script_of(before)]
        letters = [script_of(word) for word in behind if len(word) == 1 and script_of(word)]
        assert trace.scores.get("lens/Latin", 0) == pytest.approx(letters.count("Latin") / len(letters))


def test_the_control_takes_the_next_traces_scripts(folder, tmp_path):
    made = lens_scripts(DATA, model=folder, layer=1, shuffled=True, ctx=Context(tmp_path))
    plain = lens_scripts(DATA, model=folder, layer=1, ctx=Context(tmp_path))
    looked = [trace.id for trace in made.data.traces]
    assert looked == [trace.id for trace in plain.data.traces]
    written = {trace.id: trace.scores for trace in plain.data.traces}
    for trace, following in zip(made.data.traces, looked[1:] + looked[:1], strict=True):
        assert trace.scores.get("written/Latin", 0) == written[following].get("written/Latin", 0)


def test_a_layer_that_is_not_there_is_said(folder, tmp_path):
    with pytest.raises(LimbeckError, match="layer=7: the model has 0 to 2"):
        lens_scripts(DATA, model=folder, layer=7, ctx=Context(tmp_path))
