"""Whether a model thinks in the language that is wanted."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace
from limbeck.texts import languages

UNIT = "share"
QUESTION = "question"


def thinks_in_at(problem: Problem, traces: list[Trace], *, name: str = QUESTION) -> float | None:
    """Share of the thoughts whose most frequent language or script is ``name``, as in ``thinks_in@German``.

    ``thinks_in@Han`` is of a script (arXiv 2505.22888). A thought that tells no language is in another.

    Args:
        name: as in `limbeck.texts.languages`; ``question`` is that of the problem, ``meta["language"]`` where
            it is there.
    """
    wanted = name
    if name == QUESTION:
        wanted = str(problem.meta.get("language") or languages.language(problem.question))
    if not wanted:
        return None
    return ops.mean(wanted in _names(trace.reasoning) for trace in traces)


def _names(text: str) -> set[str]:
    return {languages.most(languages.scripts(text)), languages.language(text)}
