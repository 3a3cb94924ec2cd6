"""Layouts of public data sets and of annotation tools that keep in one field what belongs in several."""

from __future__ import annotations

import re
from typing import Any

from limbeck.answers.extract import find_answer
from limbeck.shapes import values
from limbeck.shapes.spellings import ROLES
from limbeck.tables import Row

_ANSWERED = "response", "messages", "writer", "finish", "tokens", "extracted", "verdict", "chosen", "rejected"
_ANSWERS = {name for role in _ANSWERED for name in ROLES[role]} - {"solution", "solutions", "content"}
"""Names of columns that tell of a model's answer: where one stands, the solution beside it is a person's."""


def _chat(row: Row) -> tuple[str, Any]:
    name = next((name for name in ("messages", "conversations") if row.get(name)), "messages")
    return name, row.get(name)


def am(row: Row) -> Row:
    """AM's chats: what is known of the question and of the reply stands in the turns' ``info``."""
    name, chat = _chat(row)
    infos = [turn.get("info") or {} for turn in chat]
    asked, reply = infos[-2] if len(infos) > 1 else {}, infos[-1]
    known = ("reference_answer", "ground_truth", "source", "think_content", "answer_content")
    return {
        **{key: value for key, value in row.items() if key != name},
        "messages": chat,
        "reference": asked.get("reference_answer") or asked.get("ground_truth"),
        "source": asked.get("source"),
        "writer": reply.get("model_name"),
        "score": reply.get("verify_score"),
        "perplexity": reply.get("ppl"),
        "meta": {key: value for key, value in asked.items() if key not in known and value is not None},
    }


def informed(heads: list[Row]) -> bool:
    """Whether turns bear an ``info``."""
    chats = [chat for row in heads if isinstance(chat := _chat(row)[1], list)]
    return any(isinstance(turn, dict) and isinstance(turn.get("info"), dict) for it in chats for turn in it)


def step_dpo(row: Row) -> Row:
    """Step-DPO's pairs: two ways on from the steps both begin with, made whole."""
    parts = ("initial_reason_steps", "chosen", "rejected", "full_chosen", "full_rejected")
    begin = row["initial_reason_steps"] or ""
    return {
        **{key: value for key, value in row.items() if key not in parts},
        "chosen": begin + row["full_chosen"],
        "rejected": begin + row["full_rejected"],
        "meta": {"steps_before": begin},
    }


def _steps(steps: list[str], labels: list[Any], between: str = "\n") -> Row:
    """A response of labelled steps; the verdict ``steps`` names the first wrong one, counted from 0."""
    if len(steps) != len(labels) or not steps:
        raise ValueError(f"{len(steps)} steps bear {len(labels)} labels")
    wrong = next((i for i, right in enumerate(labels) if not right), None)
    return {
        "response": between.join(steps),
        "step_labels": labels,
        "outcome": "correct" if wrong is None else "wrong",
        "extracted": "" if wrong is None else str(wrong),
        "reason": "every step is labelled right" if wrong is None else f"step {wrong + 1} is labelled wrong",
        "verdict_by": "steps",
    }


def stepwise(row: Row) -> Row:
    """TRL's stepwise supervision: the steps of one response, and a label for each."""
    steps, labels = values.cell(row["completions"]), row["labels"]
    rest = {key: value for key, value in row.items() if key not in ("prompt", "completions", "labels")}
    return {**rest, "question": row["prompt"], **_steps(steps, [bool(it) for it in labels])}


def stepped(heads: list[Row]) -> bool:
    """Whether labels are lists, one for each step."""
    return any(isinstance(row.get("labels"), list) for row in heads)


_MARK = "ки"
"""What Math-Shepherd writes behind each step, and its labels in place of it."""


def shepherd(row: Row) -> Row:
    """Math-Shepherd's rows: question and steps in one text, and that text with a sign behind each step."""
    steps, signs, rest = row["input"].split(_MARK)[:-1], [], row["label"]
    for step in steps:
        if not rest.startswith(step) or rest[len(step) : len(step) + 1] not in ("+", "-"):
            raise ValueError("label has not a + or - behind each step of input")
        signs.append(rest[len(step)] == "+")
        rest = rest[len(step) + 1 :]
    question, first, begin = steps[0].partition("Step 1:") if steps else ("", "", "")
    if not first:
        raise ValueError("input has no 'Step 1:'")
    told = [step.strip() for step in [first + begin, *steps[1:]]]
    return {"question": question.strip(), "source": row["task"], **_steps(told, signs)}


def shepherded(heads: list[Row]) -> bool:
    """Whether steps bear Math-Shepherd's mark."""
    return any(_MARK in str(row.get("input")) for row in heads)


def prm800k(row: Row) -> Row:
    """PRM800K's rows: of each step the completion that was chosen, or written by a person; the last, where
    none was, is the one that was rated."""
    asked, steps, labels = row["question"], [], []
    for step in row["label"]["steps"]:
        rated, place = step.get("completions") or [], step.get("chosen_completion")
        part = rated[place] if place is not None else step.get("human_completion") or next(iter(rated), None)
        if part is None or (place is not None and part.get("rating") is None):
            raise ValueError("a step has no rating")
        steps.append(part["text"])
        labels.append(part.get("rating") != -1)
    return {
        "question": asked["problem"],
        "reference": asked.get("ground_truth_answer"),
        **_steps(steps, labels),
    }


def helpsteer3(row: Row) -> Row:
    """HelpSteer3's pairs: ``overall_preference`` is below 0 where the first response is the better."""
    used = ("context", "response1", "response2", "overall_preference")
    preference = row["overall_preference"]
    if not preference:
        raise ValueError("neither response is preferred")
    sides = [row["response1"], row["response2"]]
    better, worse = sides if preference < 0 else sides[::-1]
    rest = {key: value for key, value in row.items() if key not in used}
    return {"meta": rest, "question": row["context"], "chosen": better, "rejected": worse}


def gsm8k(row: Row) -> Row:
    """GSM8K's rows: the solution of a person, which ends with ``####`` and the reference."""
    return {**row, "answer": None, "response": row["answer"], "reference": row["answer"]}


def hashed(heads: list[Row]) -> bool:
    """Whether all answers are such solutions, and nothing else is a response."""
    alone = not {name.lower() for row in heads for name in row} & _ANSWERS
    return alone and values.hashed([row.get("answer") for row in heads])


def boxed(row: Row) -> Row:
    """MATH's rows: the solution of a person, in which the reference is boxed."""
    return {**row, "reference": find_answer(row["solution"])}


def boxes(heads: list[Row]) -> bool:
    """Whether all solutions box a result, and nothing else is the reference."""
    names = {name.lower() for row in heads for name in row} - {"solution"}
    alone = not names & {*ROLES["reference"], *_ANSWERS}
    return alone and all("\\boxed{" in str(row.get("solution")) for row in heads)


_TURNS = re.compile(r"(?:system\n(?P<system>.*?)\n)?user\n(?P<question>.*)\nassistant\n?", re.DOTALL)


def rollouts(row: Row) -> Row:
    """verl's dumps: the prompt is what is left of a chat template without its control tokens."""
    rest = {key: value for key, value in row.items() if key not in ("input", "output", "gts")}
    asked = str(row["input"])
    # Behind earlier turns the text does not say where one ends: it stays as it is.
    match = None if asked.count("user\n") > 1 else _TURNS.fullmatch(asked.strip() + "\n")
    parts = match.groupdict() if match else {"question": asked}
    return {**rest, **parts, "response": row["output"], "reference": row["gts"]}


def argilla(row: Row) -> Row:
    """Argilla's records: ``fields`` hold what was shown; annotations stay beside."""
    rest = {key: value for key, value in row.items() if key not in ("fields", "metadata", "id") and value}
    return {**row["fields"], "id": row.get("id"), "meta": {**rest, **(row["metadata"] or {})}}


def label_studio(row: Row) -> Row:
    """Label Studio's tasks: ``data`` was shown; a choice that says right or wrong is the verdict."""
    results = [it for note in row["annotations"] or [] for it in note.get("result") or []]
    picked = [it for result in results for it in result.get("value", {}).get("choices") or []]
    right = next((it for it in picked if values.label(it) is not None), None)
    judged = {"verdict": right, "verdict_by": "label_studio", "meta": {"choices": picked} if picked else {}}
    return {**row["data"], "id": row.get("id"), **judged}
