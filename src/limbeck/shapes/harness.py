"""Rows of evaluations as lm-evaluation-harness logs them (``samples_TASK_DATE.jsonl``, 0.4.13)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from limbeck.records import Outcome, Trace
from limbeck.shapes.writing import Item
from limbeck.tables import Row
from limbeck.texts.messages import as_messages, context_of
from limbeck.texts.traces import full_text

INVALID = "[invalid]"
"""What the harness writes where a filter finds no answer."""
METRIC = "exact_match"
DECIDED = {"correct": 1.0, "wrong": 0.0, "unparsed": 0.0}


def lm_eval(item: Item) -> Row:
    """Every problem with all its traces as lm-evaluation-harness logs a document with its repeats; a metric
    is the mean over those that are decided."""
    problem, traces = item.problem, item.traces
    doc = {"question": problem.question, "answer": problem.answer}
    prompt = "\n\n".join(turn["content"] for turn in as_messages(problem))
    outcomes = [trace.outcome for trace in traces]
    values = [DECIDED[each] for each in outcomes if each in DECIDED]
    return {
        "doc_id": item.index,
        "doc": doc,
        "target": problem.answer,
        "arguments": {"gen_args_0": {"arg_0": prompt, "arg_1": _settings(traces)}},
        "resps": [[full_text(trace) for trace in traces]],
        "filtered_resps": [[_extracted(trace) for trace in traces]],
        "filter": _filter(traces),
        "metrics": [METRIC] if values else [],
        **({METRIC: sum(values) / len(values)} if values else {}),
        "doc_hash": _hash(json.dumps(doc, indent=2, ensure_ascii=False)),
        "prompt_hash": _hash(prompt),
        "target_hash": _hash(str(problem.answer)),
        "outcomes": outcomes,
        **context_of(problem),
    }


def _extracted(trace: Trace) -> str:
    told = trace.verdicts[-1].extracted if trace.verdicts else None
    return INVALID if trace.outcome == "unparsed" else told or trace.answer


def _filter(traces: list[Trace]) -> str:
    """Who judged, which is how answers are read; ``none`` where nobody has."""
    names = [trace.verdicts[-1].verifier.removeprefix("lm_eval/") for trace in traces if trace.verdicts]
    return names[0] if names else "none"


def _settings(traces: list[Trace]) -> dict[str, Any]:
    names: tuple[str, ...] = ("temperature", "top_p")
    known = {name: trace.params[name] for trace in traces for name in names if name in trace.params}
    return {"until": [], **known}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def outcomes_of(row: Row, count: int) -> list[Outcome] | None:
    """The outcomes of a row's ``count`` responses, where it was written here and says them."""
    told = row.get("outcomes")
    return told if isinstance(told, list) and len(told) == count else None
