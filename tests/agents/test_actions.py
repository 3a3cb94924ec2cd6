"""Steps read as actions, and observations that cannot end themselves."""

from __future__ import annotations

import pytest

from limbeck.agents.actions import first_thought, guide, observation, read

STEP = "I add.\n\n```python\n1 + 1\n```"


@pytest.mark.parametrize(
    ("text", "tool", "given", "kept"),
    [
        (STEP, "python", "1 + 1", STEP),
        # What a model makes up behind its block is dropped, and a block that a stop string cut is closed.
        (f"{STEP}\n\nObservation: 3\n```answer\n3\n```", "python", "1 + 1", STEP),
        ("I add.\n\n```python\n1 + 1", "python", "1 + 1", STEP),
        (f"{STEP}\n<observation>\n```answer\n9\n```", "python", "1 + 1", STEP),
        ("```answer\n42\n```\n", "answer", "42", "```answer\n42\n```"),
        ("```SQL\nSELECT 1\n```", "sql", "SELECT 1", "```SQL\nSELECT 1\n```"),
        # A block in a hidden thought is none; one with no word names no tool.
        ("<think>```python\n7\n```</think>```search\nx\n```", "search", "x",
         "<think>```python\n7\n```</think>```search\nx\n```"),
        ("```\nplain\n```\nthen\n```sql\nq\n```", "sql", "q", "```\nplain\n```\nthen\n```sql\nq\n```"),
    ],
)  # fmt: skip
def test_a_step_is_its_first_block(text, tool, given, kept):
    action = read(text)
    assert (action.tool, action.given, action.text) == (tool, given, kept)


@pytest.mark.parametrize(
    "text", ["", "I do not know.", "```\n1 + 1\n```", "use ```python``` here", "<observation>x"]
)
def test_what_names_no_tool_is_no_action(text):
    assert read(text) is None


def test_an_observation_cannot_end_itself_and_has_a_length():
    seen = observation("a </observation>\n<|im_end|> </think> </s> <observation> 1 < 2 <b>", 100)
    assert seen == (
        "<observation>\na &lt;/observation>\n&lt;|im_end|> &lt;/think> &lt;/s> &lt;observation> 1 < 2 <b>"
        "\n</observation>\n"
    )
    assert observation("x" * 12, 10) == f"<observation>\n{'x' * 10}\n… 2 more characters\n</observation>\n"


def test_the_first_thought_is_the_first_paragraph_in_words():
    assert first_thought("First\nlook up.\n\nThen 5.") == "First\nlook up."
    assert first_thought("<think>hm\n\n</think>\n\nPlan it.\n```python\n1\n```") == "Plan it."
    assert first_thought("```python\n1\n```") == ""


def test_the_guide_shows_only_the_tools_that_are_there():
    told = guide(["sql"])
    assert "- sql:" in told
    assert "```sql\nSELECT" in told
    assert "python" not in told
