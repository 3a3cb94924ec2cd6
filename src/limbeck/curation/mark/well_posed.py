"""Questions checked in stages by a model before anybody answers them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.drawing import Drawing
from limbeck.errors import LimbeckError, unknown
from limbeck.generation import Completion, Model
from limbeck.judging.question_stages import FURTHER, STAGES, WHOLE, asked, read
from limbeck.judging.replies import fence
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, prompt
from limbeck.pipeline.estimates import asked as asks
from limbeck.records import Data, Problem

UNREAD = "unread"


def well_posed(
    data: Data,
    *,
    model: Model,
    stages: tuple[str, ...] = ("task", "language", "condition", "contradiction", "sufficiency"),
    votes: int = 1,
    agree: int = 1,
    drawing: Drawing = Drawing(max_tokens=4096),
    ctx: Context,
) -> Data:
    """Ask a model of each question, stage by stage, whether it is well posed; mark those that are not.

    MathQ-Verify (arXiv 2505.13903): is it a question and nothing else, is its language right, is each
    condition possible, do they agree with each other, do they suffice. A vote passes when all stages do, and
    ends at the first that does not. A reply that is not the JSON asked for passes nothing. Only problems that
    bear no mark are looked at.

    Args:
        stages: in this order; ``whole`` asks for all five at once. ``self_contained`` is one more, for
            questions
            taken from documents.
        votes: independent passes through the stages.
        agree: how many votes must pass.

    Returns:
        The data. A question that too few votes pass is marked ``ill_posed/STAGE``, the stage at which most
        votes ended, or ``unread`` where replies that nobody could read might have made up what is missing.
        ``meta["well_posed"]`` holds for every vote where it ended, empty for one that passed.

    Raises:
        LimbeckError: an unknown stage, or not ``1 <= agree <= votes``.
    """
    for stage in stages or ("",):
        if stage not in (known := (*STAGES, *FURTHER, WHOLE)):
            raise unknown("stage", stage, known, "curation/well_posed")
    if not 1 <= agree <= votes:
        raise LimbeckError(
            f"curation/well_posed: agree={agree}, votes={votes}: at least one vote, at most all of them"
        )
    problems = [problem for problem in data.problems if not problem.marks]
    sampling = drawing.sampling(votes)
    ended: list[list[str]] = [[""] * votes for _ in problems]
    with ctx.progress(len(stages)) as bar:
        for stage in stages:
            alive = [[vote for vote, end in enumerate(ends) if not end] for ends in ended]
            texts = [asked(stage, problem.question, fence(problem.question)) for problem in problems]
            prompts = [[{"role": "user", "content": text}] for text in texts]
            for index, vote, reply in model.stream_some(prompts, alive, sampling):
                ended[index][vote] = _end(stage, reply)
            bar.advance(1, stage)
    voted = zip(problems, ended, strict=True)
    looked = {problem.id: _marked(problem, ends, agree) for problem, ends in voted}
    unread = sum(end == UNREAD for ends in ended for end in ends)
    if unread:
        ctx.log(f"{unread:,} of {len(problems) * votes:,} votes ended with a reply that could not be read")
    return Data([looked.get(problem.id, problem) for problem in data.problems], data.traces, data.pairs)


def _end(stage: str, reply: Completion) -> str:
    passed, _ = read(reply)
    return "" if passed else UNREAD if passed is None else stage


def _marked(problem: Problem, ended: list[str], agree: int) -> Problem:
    problem = replace(problem, meta={**problem.meta, "well_posed": ended})
    passed = ended.count("")
    if passed >= agree:
        return problem
    failed = Counter(end for end in ended if end not in ("", UNREAD))
    if not failed or passed + ended.count(UNREAD) >= agree:
        return marked(problem, UNREAD)
    return marked(problem, f"ill_posed/{failed.most_common(1)[0][0]}")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """The most replies it can ask for, and the most tokens they can cost."""
    stages, votes = params["stages"], params["votes"]
    around = sum(prompt(counts, asked(stage, "", "")) or 0.0 for stage in stages)
    mean = around / len(stages) if stages and "question_tokens" in counts else None
    return asks(counts["problems"] * len(stages) * votes, mean, params["max_tokens"])
