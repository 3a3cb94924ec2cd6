"""Prompts as token ids: the beginning of a text once, the same for training, sampling and evaluation."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from template_cases import BOS, student  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models.local import Local  # noqa: E402
from limbeck.networks.opening import open_tokenizer  # noqa: E402
from limbeck.networks.rows import ChatTokenizer, problem_items, trace_items  # noqa: E402
from limbeck.networks.template import Template, check_template, prompt_text  # noqa: E402
from limbeck.pipeline.context import Context  # noqa: E402
from limbeck.records import Data, Problem, Trace  # noqa: E402
from limbeck.students.new.pretrained import pretrained  # noqa: E402
from limbeck.students.ops import BARE, CHATML  # noqa: E402
from limbeck.texts.messages import as_messages, context_meta  # noqa: E402
from limbeck.training.saving import save_student  # noqa: E402

REFUSES = (
    "{%- if messages[0]['role'] == 'system' -%}"
    "{{ raise_exception('System role not supported') }}{%- endif -%}" + BARE
)


WRITES = "{{ bos_token }}" + BARE
KINDS = {
    "the template writes it": (WRITES, False, BOS, 1),
    "the encoding adds it": (BARE, True, BOS, 1),
    "both would": (WRITES, True, BOS, 1),
    "neither does": (BARE, False, BOS, 0),
    "there is none": (BARE, False, None, 0),
}


@pytest.mark.parametrize("kind", KINDS)
def test_training_sampling_and_scoring_see_one_prompt_that_begins_once(kind, tmp_path):
    template, adds, begin, count = KINDS[kind]
    path = student(tmp_path / "start", template, adds, begin)
    asked = Problem(id="p", question="1+1", meta=context_meta("Add."))
    data = Data([asked], [Trace(id="t", problem_id="p", answer="2")])
    tokenizer = open_tokenizer(path)
    chat_tokenizer = ChatTokenizer(tokenizer, check_template(tokenizer))
    (row,) = trace_items(chat_tokenizer, [data]).items[0].rows
    (drawn,) = problem_items(chat_tokenizer, [data]).items[0].rows
    trained = row.ids[: row.start].tolist()
    assert drawn.ids.tolist() == trained
    model = Local(path)
    assert model._prompt_ids([as_messages(asked)]) == [trained]
    assert trained.count(0) == count
    assert trained[:count] == [0] * count
    assert tokenizer.decode(trained[count:]) == "Add.\n1+1:"
    (completion,) = model.generate([as_messages(asked)], Sampling(temperature=0.0, max_tokens=1))[0]
    assert completion.prompt_tokens == len(trained)
    assert 0 not in row.ids[row.start :]


@pytest.mark.parametrize("kind", ["the template writes it", "the encoding adds it"])
def test_a_saved_student_is_asked_as_it_was_trained_by_whoever_applies_its_template(kind, tmp_path):
    template, adds, begin, _ = KINDS[kind]
    path = student(tmp_path / "start", template, adds, begin)
    tokenizer = open_tokenizer(path)
    model, chat = AutoModelForCausalLM.from_pretrained(path), ChatTokenizer(tokenizer, Template(1))
    save_student(model, chat, tmp_path / "end", torch.float32)
    chat = as_messages(Problem(id="p", question="1+1"))
    served = AutoTokenizer.from_pretrained(tmp_path / "end")
    ids = served.apply_chat_template(chat, add_generation_prompt=True, tokenize=True, return_dict=False)
    (trained,) = ChatTokenizer(tokenizer, check_template(tokenizer)).prompts(
        [Problem(id="p", question="1+1")]
    )
    assert ids == trained
    assert open_tokenizer(str(tmp_path / "end")).chat_template == tokenizer.chat_template, "written once"


def test_a_template_given_to_a_pretrained_model_begins_texts_for_whoever_applies_it(tmp_path):
    path = pretrained(path=student(tmp_path / "base", BARE, True), ctx=Context(tmp_path), template="chatml")
    chat = as_messages(Problem(id="p", question="1+1"))
    prompt = AutoTokenizer.from_pretrained(path).apply_chat_template(chat, tokenize=False)
    assert prompt.startswith(BOS + "<|im_start|>user")


def test_several_templates_in_one_tokenizer_all_begin(tmp_path):
    path = student(tmp_path, BARE, True)
    several = AutoTokenizer.from_pretrained(path)
    several.chat_template = {"default": BARE, "tool_use": CHATML}
    several.save_pretrained(path)
    assert {text[:15] for text in open_tokenizer(path).chat_template.values()} == {"{{ bos_token }}"}


def test_a_template_that_refuses_system_turns_is_one_error_that_names_it(tmp_path):
    path = student(tmp_path, REFUSES, False)
    tokenizer = open_tokenizer(path)
    refused = Problem(id="p", question="1+1", meta=context_meta("Add."))
    data = Data([refused], [Trace(id="t", problem_id="p", answer="2")])
    wanted = "the chat template refuses a chat of the turns system, user: System role not supported"
    with pytest.raises(LimbeckError, match=wanted) as raised:
        trace_items(ChatTokenizer(tokenizer, check_template(tokenizer)), [data])
    assert path in str(raised.value)
    with pytest.raises(LimbeckError, match=wanted):
        Local(path).generate([as_messages(refused)], Sampling(max_tokens=1))
    assert prompt_text(tokenizer, as_messages(Problem(id="p", question="1+1"))) == "1+1:"


def test_a_template_that_changes_what_is_to_be_continued_is_named(tmp_path):
    tokenizer = open_tokenizer(student(tmp_path, BARE.replace("message['content'] + eos", "'' + eos"), False))
    with pytest.raises(LimbeckError, match="refuses a chat of the turns user, assistant"):
        prompt_text(tokenizer, as_messages(Problem(id="p", question="1+1"), prefix="so "))


def test_a_student_from_scratch_knows_the_characters_of_the_whole_chat(tmp_path):
    import small_world

    turns = [{"role": "user", "content": "x?"}, {"role": "assistant", "content": "y"}]
    problems = [Problem(id="p", question="1+1", meta=context_meta("Zeta", turns))]
    data = Data(problems, [Trace(id="t", problem_id="p", answer="2")])
    tokenizer = open_tokenizer(small_world.student(tmp_path, data))
    (ids,) = ChatTokenizer(tokenizer, check_template(tokenizer)).prompts(problems)
    assert tokenizer.unk_token_id not in np.array(ids)
    assert tokenizer.decode(ids) == prompt_text(tokenizer, as_messages(problems[0]))
