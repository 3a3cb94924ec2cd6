"""Three kinds of logical reasoning under one template: what follows, what caused it, which pattern it is."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.errors import unknown
from limbeck.problems.worlds._worlds import ask, check, distinct, told
from limbeck.records import Data
from limbeck.texts.seq2seq import Asked, rendered

TASKS = ("deductive", "abductive", "inductive")
NAMES = {"in": "abdefghijklm", "out": "nprstuvwxyz"}
"""Names of a domain. No name is in both, and none is a label of the short template."""
PATTERNS = {"swapped": "{1}{0}", "doubled": "{0}{0}", "last twice": "{1}{1}", "kept": "{0}{1}"}


def logics(
    *,
    n: int = 1000,
    tasks: tuple[str, ...] = TASKS,
    names: Literal["in", "out"] = "in",
    size: int = 3,
    form: Literal["text", "short"] = "short",
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "answer", "rationale"] = "",
) -> Data:
    """Rules from letter to letter, and examples of a pattern, each with options (LogiGLUE, arXiv 2310.00836).

    ``deductive``: which letter does a rule lead to, ``c:ab,deq:d?o:e/b``; ``abductive``: from which does one
    come, ``q:?e``; ``inductive``: examples of one pattern of two letters, and a new pair,
    ``c:abba,deedq:gh?o:hg/gg``. The answer is an option, written out.

    Args:
        tasks: kinds of reasoning, which take turns.
        names: ``in`` and ``out`` share no letter: rules of one domain say nothing of the other's names.
        size: rules, or examples.
        form: ``text`` has the template's labels in full, and ``a>b`` for ``ab``.
        solve: ``answer`` adds the bare answer as a trace, ``rationale`` one that first says the rule that is
            used, or completes the pattern, ``de;e``.

    Returns:
        Problems of verifier ``exact``; ``meta`` has ``task``, ``options`` and ``names``.

    Raises:
        LimbeckError: an unknown task or split, impossible sizes, or too few such problems.
    """
    for task in tasks or ("",):
        if task not in TASKS:
            raise unknown("task", task, TASKS, "problems/logics")
    check(2, 5, size=size)
    rng = random.Random(f"logics/{seed}/{split}")
    turn = 0

    def draw() -> tuple[str, tuple[str, tuple[str, ...], str, str]]:
        nonlocal turn
        turn += 1
        task = tasks[turn % len(tasks)]
        letters = rng.sample(NAMES[names], 2 * size)
        asked, answer = _patterned(size, names, rng) if task == "inductive" else _ruled(task, letters, rng)
        if form == "short":
            asked = Asked(asked.context.replace(">", ""), asked.question.replace(">", ""), asked.options)
        used = asked.question.replace("?", answer)
        return rendered(asked, form == "short"), (task, asked.options, answer, used)

    data = Data()
    for question, (task, options, answer, used) in distinct(n, split, draw).items():
        meta = {"task": task, "options": list(options), "names": names}
        data.problems.append(ask(question, answer, "logics", split, meta))
        if solve:
            text, form_of_trace = (answer, "plain") if solve == "answer" else (f"{used};{answer}", "lines")
            data.traces.append(told(data.problems[-1], text, solve, format=form_of_trace))
    return data


def _ruled(task: str, letters: list[str], rng: random.Random) -> tuple[Asked, str]:
    pairs = list(zip(letters[::2], letters[1::2], strict=True))
    context = ",".join(f"{before}>{behind}" for before, behind in pairs)
    (before, behind), other = rng.sample(pairs, 2)
    question, answer, wrong = f"{before}>?", behind, other[1]
    if task == "abductive":
        question, answer, wrong = f"?>{behind}", before, other[0]
    return Asked(context, question, tuple(rng.sample([answer, wrong], 2))), answer


def _patterned(size: int, names: str, rng: random.Random) -> tuple[Asked, str]:
    pattern, other = rng.sample([*PATTERNS.values()], 2)
    pairs = [rng.sample(NAMES[names], 2) for _ in range(size + 1)]
    context = ",".join(f"{''.join(pair)}>{pattern.format(*pair)}" for pair in pairs[:-1])
    asked, answer, wrong = "".join(pairs[-1]), pattern.format(*pairs[-1]), other.format(*pairs[-1])
    return Asked(context, f"{asked}>?", tuple(rng.sample([answer, wrong], 2))), answer
