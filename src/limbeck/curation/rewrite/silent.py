"""Thoughts that weigh nothing: for students that learn the answer and think otherwise."""

from __future__ import annotations

from msgspec.structs import replace

from limbeck.records import Data
from limbeck.texts.traces import full_text, known_format


def silent(data: Data) -> Data:
    """Let the answer of each trace weigh 1 and all before it nothing, whatever weights it had.

    A plain student then learns to answer behind thoughts that it is given. A latent one reads the rows
    without them: its hidden states take the thought's place (`students/mind_reader`,
    `students/latent_steps`).

    Returns:
        The data with weights; a trace whose answer is not the end of its text, or empty, stays as it is.
    """
    traces = []
    for trace in data.traces:
        text = full_text(trace) if known_format(trace.format) else ""
        if trace.answer and text.endswith(trace.answer):
            before = len(text) - len(trace.answer)
            trace = replace(trace, weights=[(0, before, 0.0)] if before else [])
        traces.append(trace)
    return Data(data.problems, traces, data.pairs)
