"""Rows with rows inside: what other tools nest is laid flat, so that its fields can have roles.

A layout is told by its columns, and by the first rows where columns say too little. Its function gives a row
whose keys are names of `limbeck.shapes.spellings.ROLES` where it knows what they are; ``meta`` holds what
has no role; other keys are read as those of flat rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from limbeck.shapes import attempts, endpoints, harness, published, values
from limbeck.shapes.spellings import ROLES
from limbeck.tables import Row
from limbeck.texts.messages import PRIOR_TURNS, SYSTEM


@dataclass(frozen=True)
class Layout:
    """Columns that tell it, all of them; the function that lays a row flat; whose it is; what the first rows
    must show beside, maybe the columns that are a writer each."""

    columns: frozenset[str]
    flat: Callable[[Row], Row]
    whose: str
    shown: Callable[[list[Row]], bool | list[str]] = lambda heads: True


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
        # The question and the solution that many keep here are those before the prompt was made of them.
        "meta": {key: value for key, value in extra.items() if key not in known},
        **rest,
        **{key: extra[key] for key in ("problem_id", "split", "verifier") if extra.get(key)},
        "question": row["prompt"],
        "reference": _truth(reward.get("ground_truth")),
        "source": row["data_source"],
    }


def _truth(value: Any) -> str | None:
    """What a rule compares with, as text: several targets as the JSON they are, a list of one as that one."""
    listed = values.cell(value)
    if isinstance(listed, list) and len(listed) == 1 and isinstance(listed[0], str | int | float):
        value = str(listed[0])
    return value if value is None or isinstance(value, str) else msgspec.json.encode(value).decode()


def lm_eval(row: Row) -> Row:
    """Samples of lm-evaluation-harness: one row per document *and* filter."""
    doc = _mapping(row["doc"])
    filter_ = row.get("filter") or "none"
    texts = _texts(row["resps"])
    scored = [row.get(name) for name in row.get("metrics") or ("exact_match", "acc") if isinstance(name, str)]
    right = next((score for score in scored if score in (0, 1)), None)
    filtered = _texts(row.get("filtered_resps"))
    extracted = filtered[0] if filtered else None
    outcomes = harness.outcomes_of(row, len(texts))
    flat: Row = {
        "meta": {key: value for key, value in doc.items() if key not in _OF_DOC},
        "question": _of_doc(doc, "question") or _prompt(row.get("arguments")),
        "response": texts,
        "reference": _of_doc(doc, "reference") if len(str(row["target"])) > values.SHORT else row["target"],
        "id": f"{row['doc_id']}/{filter_}",
        "filter": filter_,
        **_drawn(row.get("arguments")),
        **{name: row[name] for name in (SYSTEM, PRIOR_TURNS) if row.get(name)},
        "extracted": filtered if outcomes and len(texts) > 1 else extracted,
        "verdict_by": f"lm_eval/{filter_}",
    }
    told: Row = {
        "verdict": right if len(texts) == 1 else None,
        # The filter did not find an answer: that is no wrong one.
        "outcome": "unparsed" if extracted in ("[invalid]", "[no answer]") and not right else None,
    }
    if outcomes:
        told = {"outcome": outcomes if len(texts) > 1 else outcomes[0]}
    return {**flat, "reference": flat["reference"] or row["target"], **told}


_OF_DOC = {*ROLES["question"], *ROLES["reference"]}


def _of_doc(doc: Row, role: str) -> Any:
    return next((doc[name] for name in ROLES[role] if isinstance(doc.get(name), str | int | float)), None)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [text for inner in value for text in _texts(inner)] if isinstance(value, list) else []


def _drawn(arguments: Any) -> Row:
    """At which temperature lm-eval asked for a text; it samples nowhere else."""
    while isinstance(arguments, dict) and "arg_1" not in arguments and arguments:
        arguments = next(iter(arguments.values()))
    settings = _mapping(arguments.get("arg_1")) if isinstance(arguments, dict) else {}
    # A table has the field in all rows.
    return {"temperature": settings["temperature"]} if settings.get("temperature") is not None else {}


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
    by, right = _first_score(metric)
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
        "verdict_by": by,
        **({"choices": choices} if isinstance(choices, list) and len(choices) > 1 else {}),
    }


def _first_score(metric: Row) -> tuple[str | None, Any]:
    """The first of a document's metrics that says right or wrong, and what it says."""
    scores = ((f"lighteval/{name}", score) for name, score in metric.items() if score in (0, 1))
    return next(scores, (None, None))


def lighteval_before(row: Row) -> Row:
    """Details of lighteval as tables before 2025 hold them: a document's fields beside the predictions."""
    texts, gold = _texts(values.cell(row["predictions"])), values.cell(row["gold"])
    by, right = _first_score(_mapping(row.get("metrics")))
    return {
        "question": row.get("example") or row["full_prompt"],
        "response": texts,
        "reference": gold,
        "system": row.get("instruction") or None,
        "verdict": right if len(texts) == 1 else None,
        "verdict_by": by,
        "meta": {"choices": row["choices"]} if len(row.get("choices") or ()) > 1 else {},
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
        "meta": _mapping(row.get("metadata")),
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
    if row.get("error") or body.get("error") or not body:
        raise ValueError(f"the request failed: {row.get('error') or body.get('error') or reply!r:.80}")
    return {"problem_id": row["custom_id"], **endpoints.replied(body)}


def batch_request(row: Row) -> Row:
    """A line of OpenAI's batch input: a chat, known by its ``custom_id``."""
    return {"problem_id": row["custom_id"], **endpoints.asked(_mapping(row["body"]))}


def _layout(columns: str, flat: Callable[[Row], Row], whose: str, shown: Any = None) -> Layout:
    return Layout(frozenset(columns.split()), flat, whose, *([shown] if shown else []))


LAYOUTS = {
    "verl": _layout("data_source prompt reward_model", verl, "verl"),
    "verl_rollouts": _layout("input output gts score step", published.rollouts, "verl's rollouts"),
    "lm_eval": _layout("doc_id doc target resps", lm_eval, "lm-evaluation-harness"),
    "lighteval": _layout("doc model_response", lighteval, "lighteval"),
    "lighteval_before": _layout("full_prompt predictions gold", lighteval_before, "lighteval before 2025"),
    "inspect": _layout("input target output epoch", inspect, "inspect"),
    "openai_batch": _layout("custom_id response error", batch_output, "OpenAI batch output"),
    "openai_requests": _layout("custom_id method body", batch_request, "OpenAI batch input"),
    "openai_preference": _layout(
        "input preferred_output non_preferred_output", endpoints.preference, "OpenAI preference fine-tuning"
    ),
    "exchange": _layout("request response", endpoints.exchange, "logged exchanges", endpoints.exchanged),
    "choices": _layout("choices", endpoints.choices, "logged choices", endpoints.chosen),
    "argilla": _layout("fields metadata suggestions", published.argilla, "Argilla"),
    "label_studio": _layout("data annotations", published.label_studio, "Label Studio"),
    "am": _layout("", published.am, "AM-DeepSeek-R1-Distilled", published.informed),
    "step_dpo": _layout("initial_reason_steps full_chosen full_rejected", published.step_dpo, "Step-DPO"),
    "stepwise": _layout("prompt completions labels", published.stepwise, "TRL", published.stepped),
    "shepherd": _layout("input label task", published.shepherd, "Math-Shepherd", published.shepherded),
    "prm800k": _layout("question label labeler", published.prm800k, "PRM800K"),
    "helpsteer3": _layout(
        "context response1 response2 overall_preference", published.helpsteer3, "HelpSteer3"
    ),
    "attempts": _layout("", attempts.attempts, "s1K", attempts.beside_thoughts),
    "by_writer": _layout("", attempts.by_writer, "GSM8K's model solutions", attempts.writers),
    "by_question": _layout("", attempts.by_question, "MiP-Overthinking", attempts.asked),
    "gsm8k": _layout("question answer", published.gsm8k, "GSM8K", published.hashed),
    "boxed": _layout("problem solution", published.boxed, "MATH", published.boxes),
}
"""The nested layouts by name."""


def layout_of(columns: Iterable[str], heads: list[Row]) -> str:
    """The layout that these first rows have; empty for flat rows."""
    names = set(columns)
    for name, layout in LAYOUTS.items():
        if layout.columns <= names and layout.shown(heads):
            return name
    return ""


def writers(name: str, heads: list[Row]) -> list[str]:
    """The columns that hold the responses of a writer each, in a layout that has such."""
    shown = LAYOUTS[name].shown(heads) if name in LAYOUTS else []
    return shown if isinstance(shown, list) else []


def flattener(name: str) -> Callable[[Row], Row] | None:
    """The function of a layout; None for flat rows."""
    return LAYOUTS[name].flat if name in LAYOUTS else None


def flattened(name: str, heads: list[Row]) -> list[Row]:
    """These rows laid flat; those that cannot be are left out here and counted when they are read."""
    if (flat := flattener(name)) is None:
        return heads
    rows = []
    for row in heads:
        try:
            rows.append(flat(row))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return rows
