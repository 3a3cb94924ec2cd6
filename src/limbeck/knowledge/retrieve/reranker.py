"""A reranker that learns from rationales which passages a question wants."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from limbeck.errors import LimbeckError, missing_extra
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace
from limbeck.retrieval import late
from limbeck.retrieval.reading import Language
from limbeck.retrieval.words import WordIndex
from limbeck.texts.shown import asked, passages_of
from limbeck.texts.traces import full_text
from limbeck.types import Count, Part, Positive, Shards

if TYPE_CHECKING:
    from torch import Tensor


Lesson = tuple[str, list[str], list[float]]
"""A question, its candidates, and what the rationale makes of each."""


def reranker(
    data: Shards,
    *,
    language: Language = "",
    width: Count = 32,
    epochs: Count = 3,
    lr: Positive = 0.01,
    tau_teacher: Positive = 1.0,
    tau_student: Positive = 1.0,
    seed: int = 0,
    ctx: Context,
) -> Part:
    """Learn to order a question's passages as its rationale would (KARD, arXiv 2305.18395, section 3.2).

    The teacher is BM25 of each candidate by the rationale, ``Q = softmax(BM25(d; r) / tau_teacher)``; the
    student sees the question alone, ``P = softmax(f(d, x) / tau_student)``; minimised is ``KL(Q || P)``. Here
    f compares vectors of words late (`limbeck.retrieval.late`), where the paper has a LinkBERT. BM25's rare
    words are counted among each question's own candidates.

    Args:
        data: problems with ``meta["passages"]``, the candidates, and a trace without marks.
        width: of a word's vector.
        epochs: how often each question is seen.

    Returns:
        ``ctx.dir/part``, for `knowledge/reranked`.

    Raises:
        LimbeckError: no problem has both.
    """
    try:
        import torch
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "knowledge/reranker") from error
    lessons = [lesson for shard in data for lesson in _lessons(shard, language)]
    if not lessons:
        raise LimbeckError(
            "knowledge/reranker: no problem has both meta['passages'] and a trace without marks"
        )
    texts = (text for question, passages, _ in lessons for text in (question, *passages))
    reader = late.Late(late.vocabulary(texts, language), np.zeros(0), np.zeros(0), language)
    generator, rng = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    # Small at first, so that no word is near to another before it was seen beside it.
    weight_SVD = torch.randn(2, len(reader.row_of) + 1, width, generator=generator) * 0.1
    weight_SVD.requires_grad_()
    optimizer, losses = torch.optim.Adam([weight_SVD], lr=lr), []
    with ctx.progress(epochs * len(lessons)) as bar:
        for place in (place for _ in range(epochs) for place in rng.permutation(len(lessons)).tolist()):
            loss = _divergence(weight_SVD, reader, lessons[place], (tau_teacher, tau_student))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
            bar.advance()
    query_VD, passage_VD = weight_SVD.detach().numpy()
    replace(reader, query_VD=query_VD, passage_VD=passage_VD).save(ctx.dir / "part")
    share = max(1, len(losses) // 20)
    ctx.log(f"KL {np.mean(losses[:share]):.3f} at first, {np.mean(losses[-share:]):.3f} at last")
    return Part(str(ctx.dir / "part"))


def _lessons(data: Data, language: str) -> list[Lesson]:
    """Of each problem that has candidates and a rationale."""
    first: dict[str, Trace] = {}
    for trace in data.kept():
        first.setdefault(trace.problem_id, trace)
    lessons = []
    for problem in data.problems:
        texts = [str(passage["text"]) for passage in passages_of(problem)]
        if texts and problem.id in first:
            worths = _worths(full_text(first[problem.id]), texts, language)
            lessons.append((asked(problem), texts, worths))
    return lessons


def _divergence(weight_SVD: Tensor, reader: late.Late, lesson: Lesson, taus: tuple[float, float]) -> Tensor:
    """``KL(Q || P)`` of one question."""
    import torch

    question, passages, worths = lesson
    told_C = torch.tensor(worths) / taus[0]
    logits_C = _logits(weight_SVD, reader, question, passages) / taus[1]
    return torch.nn.functional.kl_div(logits_C.log_softmax(0), told_C.softmax(0), reduction="sum")


def _worths(rationale: str, passages: list[str], language: str) -> list[float]:
    """BM25 of each candidate by the rationale, 0 where they share no word."""
    told = WordIndex.of(passages, language).scores(rationale)
    return [told.get(place, 0.0) for place in range(len(passages))]


def _logits(weight_SVD: Tensor, reader: late.Late, question: str, passages: list[str]) -> Tensor:
    """``[C]``: what the student makes of each candidate."""
    import torch

    rows = [reader.rows(text) for text in passages]
    longest = max(map(len, rows))
    padded_CP = torch.tensor([[*each, *[0] * (longest - len(each))] for each in rows])
    real_CP = torch.tensor([[place < len(each) for place in range(longest)] for each in rows])
    return late.score(weight_SVD[0][reader.rows(question)], weight_SVD[1][padded_CP], real_CP)
