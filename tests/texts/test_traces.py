"""Which format's tags a text bears."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limbeck.texts.tags import behind_thought
from limbeck.texts.traces import joined_text, split_text, told_format, told_parts

_OPEN = "<|channel|>analysis<|message|>"
_NEXT = "<|end|><|start|>assistant"
_START = "<|start|>assistant"
_FINAL = "<|channel|>final<|message|>"
_CALLED = f"hm{_NEXT}<|channel|>commentary<|message|>so"
SOLVED = "<|end_of_thought|>\n\n<|begin_of_solution|>\n\n4\n\n<|end_of_solution|>"


@pytest.mark.parametrize(
    ("text", "format", "reasoning", "answer"),
    [
        ("<think>hm</think>4", "think", "hm", "4"),
        ("hm</think>4", "think", "hm</think>", "4"),
        ("  \n<think>never ends", "think", "  \n<think>never ends", ""),
        ("Well:\n<think>hm</think>4", "think", "Well:\n<think>hm</think>", "4"),
        ("<|x|>assistant\n<think>hm</think>4", "think", "<|x|>assistant\n<think>hm</think>", "4"),
        ("<|assistant|><think>hm</think>4", "think", "<|assistant|><think>hm</think>", "4"),
        ("Okay. <think>\nhm</think>4", "think", "Okay. <think>\nhm</think>", "4"),
        ("<think>hm</think>\n<answer>4</answer>", "think_answer", "hm", "4"),
        ("hm</think> <answer>4</answer>", "think_answer", "hm</think> <answer>", "4"),
        ("<think>hm</think>\n<answer>4", "think_answer", "<think>hm</think>", "\n<answer>4"),
        ("<think>an <answer>?</think>4", "think", "an <answer>?", "4"),
        ("<reasoning>\nhm\n</reasoning>\n<answer>\n4\n</answer>", "reasoning_answer", "\nhm\n", "\n4\n"),
        ("<thinking>a <think> b</thinking>4", "thinking", "a <think> b", "4"),
        ("[THINK]hm[/THINK]4", "mistral", "hm", "4"),
        ("<thinking>hm</thinking>\n<answer>4</answer>", "thinking_answer", "hm", "4"),
        ("<|channel>thought\nhm<channel|>4", "gemma", "hm", "4"),
        ("hm◁/think▷4", "kimi", "hm◁/think▷", "4"),
        ("<|begin_of_thought|>\n\nhm\n\n" + SOLVED, "open_thoughts", "\n\nhm\n\n", "\n\n4\n\n"),
        (f"{_OPEN}hm{_NEXT}{_FINAL}4", "harmony", "hm", "4"),
        (f"{_OPEN}{_CALLED}{_NEXT}{_FINAL}4", "harmony", _CALLED, "4"),
        (f"{_OPEN}hm{_NEXT}{_FINAL}4<|return|>", "harmony", f"{_OPEN}hm{_NEXT}<|channel|>final", "4"),
        (f"{_START}{_OPEN}hm{_NEXT}{_FINAL}4", "harmony", f"{_START}{_OPEN}hm{_NEXT}{_FINAL}", "4"),
        (f"{_FINAL}4", "harmony", _FINAL, "4"),
        (f"{_OPEN}never ends", "harmony", f"{_OPEN}never ends", ""),
        ("analysisTwo and two.assistantfinal4", "harmony_stripped", "Two and two.", "4"),
    ],
)  # fmt: skip
def test_tags_tell_the_format_and_part_reasoning_from_answer(text, format, reasoning, answer):
    assert told_format(text) == format
    assert split_text(text, format) == (reasoning, answer)
    assert joined_text(reasoning, answer, format) == text


@pytest.mark.parametrize(
    "text",
    [
        "4",
        "",
        "Models write `<think>` and `</think>` around a thought.",
        "A thought is closed by `</think>`, as said.",
        'text.split("</think>")[-1]',
        "Put it between <think> and </think> tags.",
        "```xml\n<reasoning>\nhm\n</reasoning>\n```\nis what I write.",
        "analysis of the two: assistants",
        "The assistantfinal word",
    ],
)
def test_tags_that_are_only_spoken_of_are_none(text):
    assert told_format(text) == "plain"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("hm</think>4", ("hm</think>", "4", False)),
        ("[THINK]hm[/THINK]4", ("[THINK]hm[/THINK]", "4", False)),
        ("<think>a</think>b</think>c", ("<think>a</think>b</think>", "c", False)),
        ("◁think▷never ends", ("", "◁think▷never ends", True)),
        ("analysis: 4", ("", "analysis: 4", False)),
    ],
)
def test_what_is_spoken_stands_behind_the_last_closing_tag_of_any_kind(text, parts):
    assert behind_thought(text) == parts


@given(
    st.lists(
        st.sampled_from(["<think>", "</think>", "<answer>", "</answer>", "analysis", "x", "\n", " "]),
        max_size=8,
    )
)
def test_the_parts_of_texts_are_those_of_their_formats(pieces):
    text = "".join(pieces)
    name = told_format(text)
    assert told_parts([text, text]) == 2 * [(name, *split_text(text, name))]


def test_the_parts_of_texts_are_those_of_a_format_of_ones_own(tmp_path, monkeypatch):
    (tmp_path / "formats").mkdir()
    (tmp_path / "formats/think.py").write_text(
        "def parse(text):\n    return '', text\n\n\ndef render(thought, text):\n    return thought + text\n"
    )
    monkeypatch.setenv("LIMBECK_PATH", str(tmp_path))
    assert told_parts(["<think>a</think>b"]) == [("think", "", "<think>a</think>b")]
