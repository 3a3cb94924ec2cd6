"""Rows with rows inside: what other tools nest is laid flat, so that its fields can have roles.

A layout is told by its columns. Its function gives a row whose keys are names of `limbeck.shapes.roles.ROLES`
where it knows what they are; other keys stay as they were.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from limbeck.shapes import values
from limbeck.shapes.spellings import ROLES
from limbeck.tables import Row


@dataclass(frozen=True)
class Layout:
    """Columns that tell it, all of them; the function that lays a row flat; whose it is; what a row must hold
    where columns are not enough."""

    columns: frozenset[str]
    flat: Callable[[Row], Row]
    whose: str
    sure: Callable[[Row], bool] = lambda row: True


def _mapping(value: Any) -> Row:
    return value if isinstance(value, dict) else {}


def verl(row: Row) -> Row:
    """verl's reinforcement learning rows: the answer in ``reward_model.ground_truth``."""
    reward, extra = row["reward_model"], row.get("extra_info") or {}
    if not isinstance(reward, dict) or not isinstance(extra, dict):
        raise ValueError("reward_model and extra_info are mappings")
    used = ("prompt", "reward_model", "extra_info", "data_source")
    rest = {key: value for key, value in row.items() if key not in used}
    known = {"problem_id", "split", "verifier", "index"}
    return {
        **{key: value for key, value in extra.items() if key not in known and key not in ROLES},
        **rest,
        **{key: extra[key] for key in ("problem_id", "split", "verifier") if extra.get(key)},
        "question": row["prompt"],
        "reference": _truth(reward.get("ground_truth")),
        "source": row["data_source"],
    }


def _truth(value: Any) -> str | None:
    """What a rule compares with, as text: several targets as the JSON they are."""
    return value if value is None or isinstance(value, str) else msgspec.json.encode(value).decode()


def lm_eval(row: Row) -> Row:
    """Samples of lm-evaluation-harness: one row per document *and* filter."""
    doc = _mapping(row["doc"])
    filter_ = row.get("filter") or "none"
    texts = _texts(row["resps"])
    scored = [row.get(name) for name in row.get("metrics") or ("exact_match", "acc") if isinstance(name, str)]
    right = next((score for score in scored if score in (0, 1)), None)
    flat: Row = {
        **{key: value for key, value in doc.items() if key not in ROLES},
        "question": _of_doc(doc, "question") or _prompt(row.get("arguments")),
        "response": texts,
        "reference": _of_doc(doc, "reference") if len(str(row["target"])) > values.SHORT else row["target"],
        "id": f"{row['doc_id']}/{filter_}",
        "filter": filter_,
        "extracted": next(iter(_texts(row.get("filtered_resps"))), None),
        "verdict_by": f"lm_eval/{filter_}",
    }
    return {
        **flat,
        "reference": flat["reference"] or row["target"],
        "verdict": right if len(texts) == 1 else None,
    }


def _of_doc(doc: Row, role: str) -> Any:
    return next((doc[name] for name in ROLES[role] if isinstance(doc.get(name), str | int | float)), None)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [text for inner in value for text in _texts(inner)] if isinstance(value, list) else []


def _prompt(arguments: Any) -> Any:
    """The prompt in lm-eval's arguments: ``{"gen_args_0": {"arg_0": prompt, …}}`` or ``[[prompt, …]]``."""
    while isinstance(arguments, dict | list) and arguments:
        arguments = next(iter(arguments.values())) if isinstance(arguments, dict) else arguments[0]
    return arguments


def lighteval(row: Row) -> Row:
    """Details of lighteval: a document, what the model answered, the metrics."""
    doc, answered, metric = row["doc"], row["model_response"], row.get("metric") or {}
    if not isinstance(doc, dict) or not isinstance(answered, dict):
        raise ValueError("doc and model_response are mappings")
    choices, gold = doc.get("choices") or [], doc.get("gold_index")
    index = gold[0] if isinstance(gold, list) and gold else gold
    held = isinstance(index, int) and isinstance(choices, list) and 0 <= index < len(choices)
    right = next((score for score in metric.values() if score in (0, 1)), None)
    texts = _texts(answered.get("text"))
    return {
        "question": doc.get("query"),
        "response": texts,
        "reference": choices[index] if held and isinstance(index, int) else None,
        "reasoning": answered.get("reasonings"),
        "finish": "length" if answered.get("truncated_tokens_count") else None,
        "source": doc.get("task_name"),
        "system": doc.get("instruction") if isinstance(doc.get("instruction"), str) else None,
        "verdict": right if len(texts) == 1 else None,
        **({"choices": choices} if isinstance(choices, list) and len(choices) > 1 else {}),
    }


def inspect(row: Row) -> Row:
    """A sample of an inspect log: its output's choices, the first scorer's C or I."""
    output = _mapping(row["output"])
    choices = [choice for choice in output.get("choices") or [] if isinstance(choice, dict)]
    name, score = next(iter(_mapping(row.get("scores")).items()), ("", {}))
    score = _mapping(score)
    target = row.get("target")
    several = isinstance(target, list) and len(target) > 1
    return {
        **_mapping(row.get("metadata")),
        "question": row["input"],
        "response": [[choice.get("message")] for choice in choices],
        "finish": [choice.get("stop_reason") for choice in choices],
        "reference": target[0] if isinstance(target, list) and target else target,
        **({"answers": target} if several else {}),
        "writer": output.get("model") or None,
        "id": f"{row.get('id')}/{row.get('epoch', 1)}",
        "epoch": row.get("epoch", 1),
        "verdict": values.label(score["value"]) if "value" in score and len(choices) == 1 else None,
        "extracted": score.get("answer"),
        "verdict_by": name or None,
    }


def batch_output(row: Row) -> Row:
    """A line of OpenAI's batch output: the choices of one request, known by its ``custom_id``."""
    reply = _mapping(row["response"])
    body = _mapping(reply.get("body"))
    if row.get("error") or not body.get("choices"):
        raise ValueError(f"the request failed: {row.get('error') or body.get('error') or reply!r:.80}")
    choices = [choice for choice in body["choices"] if isinstance(choice, dict)]
    used = (body.get("usage") or {}).get("completion_tokens")
    return {
        "problem_id": row["custom_id"],
        "response": [[choice.get("message")] for choice in choices],
        "finish": [choice.get("finish_reason") for choice in choices],
        "writer": body.get("model"),
        "tokens": used if len(choices) == 1 else None,
    }


def batch_request(row: Row) -> Row:
    """A line of OpenAI's batch input: a chat, known by its ``custom_id``."""
    body = _mapping(row["body"])
    return {"problem_id": row["custom_id"], "question": body.get("messages") or body.get("prompt")}


_ATTEMPT = re.compile(r"^(?P<writer>\w+?)_(?:attempt|response|solution|generation)$")
_THOUGHT = "{0}_thinking_trajectory", "{0}_reasoning", "{0}_thinking", "{0}_thoughts", "{0}_thought"
_GRADE = "{0}_grade", "{0}_correct", "{0}_is_correct"


def attempts(row: Row) -> Row:
    """Columns by writer, as s1K has them (``gemini_attempt`` beside ``gemini_thinking_trajectory``)."""
    writers = attempt_columns(row)
    read = [name for _, column in writers for name in (column,)]
    flat: Row = {"response": [], "reasoning": [], "writer": [], "verdict": []}
    for writer, column in writers:
        thought = next((name.format(writer) for name in _THOUGHT if name.format(writer) in row), "")
        grade = next((name.format(writer) for name in _GRADE if name.format(writer) in row), "")
        read += [thought, grade]
        if row[column] is None and row.get(thought) is None:
            continue
        flat["response"].append(row[column] or "")
        flat["reasoning"].append(row.get(thought))
        flat["writer"].append(writer)
        flat["verdict"].append(row.get(grade))
    return {**{key: value for key, value in row.items() if key not in read}, **flat}


def attempt_columns(columns: Iterable[str]) -> list[tuple[str, str]]:
    """Writers and their columns, where a column of thoughts stands beside one of attempts."""
    there = set(columns)
    matches = [(match["writer"], name) for name in columns if (match := _ATTEMPT.match(name))]
    thoughts = {writer: {form.format(writer) for form in _THOUGHT} for writer, _ in matches}
    return [(writer, name) for writer, name in matches if thoughts[writer] & there]


def choices(row: Row) -> Row:
    """A request with the choices of its reply, as logs of endpoints keep them."""
    listed = [_mapping(choice) for choice in row["choices"]]
    rest = {key: value for key, value in row.items() if key not in ("choices", "usage")}
    used = _mapping(row.get("usage")).get("completion_tokens")
    return {
        **rest,
        "response": [_said(choice) for choice in listed],
        "finish": [choice.get("finish_reason") for choice in listed],
        "tokens": used if len(listed) == 1 else None,
    }


def _said(choice: Row) -> Any:
    return [choice["message"]] if choice.get("message") else choice.get("text")


def _has_replies(row: Row) -> bool:
    """Whether choices are a model's, not an exam's."""
    listed = row["choices"]
    return isinstance(listed, list) and any("message" in it or "text" in it for it in map(_mapping, listed))


def _is_informed(row: Row) -> bool:
    turns = row["messages"]
    return isinstance(turns, list) and any("info" in turn for turn in map(_mapping, turns))


def informed(row: Row) -> Row:
    """Chats whose turns bear an ``info``, as AM-DeepSeek-R1-Distilled has them: reference and source."""
    infos = [_mapping(_mapping(turn).get("info")) for turn in row["messages"]]
    reference = next((info["reference_answer"] for info in infos if info.get("reference_answer")), None)
    source = next((info["source"] for info in infos if info.get("source")), None)
    return {"source": source, **row, "reference": reference}


def stepwise(row: Row) -> Row:
    """TRL's stepwise supervision: the steps of one response, each with a label. The response has no verdict,
    for a right step proves no answer and a step after a wrong one may mend it."""
    rest = {key: value for key, value in row.items() if key not in ("completions", "labels")}
    return {**rest, "response": "\n".join(row["completions"]), "step_labels": row["labels"]}


def step_pairs(row: Row) -> Row:
    """Math-Step-DPO's rows: ``chosen`` and ``rejected`` go on from the same first steps."""
    begun = row["initial_reason_steps"] or ""
    return {**row, "chosen": begun + row["chosen"], "rejected": begun + row["rejected"]}


LAYOUTS = {
    "verl": Layout(frozenset({"data_source", "prompt", "reward_model"}), verl, "verl"),
    "lm_eval": Layout(frozenset({"doc_id", "doc", "target", "resps"}), lm_eval, "lm-evaluation-harness"),
    "lighteval": Layout(frozenset({"doc", "model_response"}), lighteval, "lighteval"),
    "inspect": Layout(frozenset({"input", "target", "output", "epoch"}), inspect, "inspect"),
    "openai_batch": Layout(
        frozenset({"custom_id", "response", "error"}), batch_output, "OpenAI batch output"
    ),
    "choices": Layout(frozenset({"choices"}), choices, "logs of endpoints", _has_replies),
    "informed": Layout(frozenset({"messages"}), informed, "AM-DeepSeek-R1-Distilled", _is_informed),
    "stepwise": Layout(
        frozenset({"prompt", "completions", "labels"}), stepwise, "TRL's stepwise supervision"
    ),
    "step_pairs": Layout(frozenset({"initial_reason_steps", "chosen"}), step_pairs, "Math-Step-DPO"),
    "openai_requests": Layout(
        frozenset({"custom_id", "method", "body"}), batch_request, "OpenAI batch input"
    ),
}
"""The nested layouts by name; `attempts` is told by pairs of columns instead."""


def layout_of(heads: list[Row]) -> str:
    """The layout that rows which begin like these have; empty for flat rows."""
    names = dict.fromkeys(name for row in heads for name in row)
    fits = (name for name, layout in LAYOUTS.items() if layout.columns <= names.keys())
    sure = (name for name in fits if any(_is_sure(LAYOUTS[name], row) for row in heads))
    return next(sure, "attempts" if attempt_columns(names) else "")


def _is_sure(layout: Layout, row: Row) -> bool:
    return layout.columns <= row.keys() and layout.sure(row)


def flattener(name: str) -> Callable[[Row], Row] | None:
    """The function of a layout; None for flat rows."""
    return attempts if name == "attempts" else LAYOUTS[name].flat if name in LAYOUTS else None
