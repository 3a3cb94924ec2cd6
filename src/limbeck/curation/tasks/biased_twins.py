"""Comparisons dressed up so that a biased judge errs: a twin with the same right answer for every bias."""

from __future__ import annotations

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError, unknown
from limbeck.records import Data, Problem
from limbeck.texts.questions import problem_id
from limbeck.texts.templates import check_fields, fill

KINDS = ("verbosity", "position", "bandwagon", "sentiment")
TEMPLATE = (
    "{question}\n\nSolution 1:\n{first}\n\nSolution 2:\n{second}\n\n"
    "Which solution is right? Answer with 1 or 2 alone."
)
FILLER = " To be thorough, all of this was gone over once more, slowly, and every step was found to hold."


def biased_twins(
    data: Data,
    *,
    kinds: tuple[str, ...] = ("verbosity", "position", "bandwagon", "sentiment"),
    template: str = "",
    first: str = "1",
    second: str = "2",
    filler: str = FILLER,
    times: int = 3,
    crowd: str = "{text}\n\n90% of those asked believe that solution {wrong} is right.",
    praised: str = "With joy and full confidence: {text} What a beautiful result!",
    deplored: str = "Sadly, and far from sure: {text} It is hard to like this.",
) -> Data:
    """Add to each comparison of `comparison_tasks` a twin for every bias that draws a judge to the wrong one
    (RBD).

    ArXiv 2505.17100. ``verbosity`` lengthens the wrong solution by words that say nothing; ``position`` swaps
    the two; ``bandwagon`` tells what others are said to believe; ``sentiment`` praises the wrong one and
    deplores the right. The right answer is the same solution in all of them: whoever changes the verdict was
    moved by the dressing.

    Args:
        template: that of the comparison, with ``{first}`` and ``{second}``; empty takes ``TEMPLATE``.
        first, second: its two answers.
        filler: put behind the wrong solution, ``times`` times.
        crowd: the question in ``{text}``, and ``{wrong}``, the name of the wrong solution.
        praised, deplored: a solution in ``{text}``, in either tone.

    Returns:
        The comparisons and their twins alone, as a new set of questions; ``meta["bias"]`` is empty for a
        clean one, ``meta["twin"]`` the id of the clean one. A twin whose clean problem bears marks bears
        them too, and one that reads as another problem does (a swap of a comparison that comes in both
        orders) is that problem's twin and no new one.

    Raises:
        LimbeckError: an unknown bias, a template without its fields, or problems that compare nothing.
    """
    template = template or TEMPLATE
    _check(kinds, template, crowd, praised, deplored)
    compared = [problem for problem in data.problems if "right" in problem.meta and "pair" in problem.meta]
    if data.problems and not compared:
        raise LimbeckError(
            f"biased_twins: none of {len(data.problems):,} problems is one of curation/comparison_tasks"
        )
    clean = [replace(problem, meta={**problem.meta, "bias": "", "twin": problem.id}) for problem in compared]
    made = {problem.id: problem for problem in clean}
    for problem in clean:
        dressed = _dressed(problem, filler * times, praised, deplored)
        for kind in kinds:
            texts, place = dressed[kind]
            asked = fill(template, question=problem.meta["item"], first=texts[1], second=texts[2])
            if kind == "bandwagon":
                wrong = (second, first)[int(problem.meta["right"]) - 1]
                asked = fill(crowd, text=asked, wrong=wrong)
            _add(made, problem, kind, asked, texts, place, (first, second)[place - 1])
    return Data([*made.values()])


def _dressed(
    problem: Problem, filler: str, praised: str, deplored: str
) -> dict[str, tuple[dict[int, str], int]]:
    """By bias: both solutions by their places, and the place of the right one."""
    right = int(problem.meta["right"])
    wrong = 3 - right
    texts = {1: problem.meta["first"], 2: problem.meta["second"]}
    tones = {right: fill(deplored, text=texts[right]), wrong: fill(praised, text=texts[wrong])}
    return {
        "verbosity": ({right: texts[right], wrong: texts[wrong] + filler}, right),
        "position": ({1: texts[2], 2: texts[1]}, wrong),
        "bandwagon": (texts, right),
        "sentiment": (tones, right),
    }


def _check(kinds: tuple[str, ...], template: str, crowd: str, praised: str, deplored: str) -> None:
    for kind in kinds:
        if kind not in KINDS:
            raise unknown("bias", kind, KINDS, "curation/biased_twins")
    check_fields(template, ("first", "second"), "curation/biased_twins")
    for text, needed in ((crowd, ("text", "wrong")), (praised, ("text",)), (deplored, ("text",))):
        check_fields(text, needed, "curation/biased_twins")


def _add(
    made: dict[str, Problem],
    clean: Problem,
    kind: str,
    asked: str,
    texts: dict[int, str],
    place: int,
    answer: str,
) -> None:
    name = problem_id(asked)
    if name in made:
        # The other order is there as a clean comparison of its own: each is the other's twin.
        if kind == "position" and not made[name].meta["bias"]:
            made[name].meta["swap"] = clean.id
        return
    known = {key: value for key, value in clean.meta.items() if key != "swap"}
    meta = {**known, "first": texts[1], "second": texts[2], "right": place, "bias": kind, "twin": clean.id}
    twin = replace(clean, id=name, question=asked, answer=answer, meta=meta, marks=[])
    made[name] = marked(twin, *clean.marks)
