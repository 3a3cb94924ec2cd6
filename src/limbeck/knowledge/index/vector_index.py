"""Passages looked up by vectors."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np

from limbeck import embedding
from limbeck.pipeline.context import Context
from limbeck.retrieval import corpus, stored
from limbeck.types import Index, Shards

BATCH = 512


def vector_index(data: Shards, *, vectors: str = "static", ctx: Context) -> Index:
    """Index passages by vectors whose cosine says how alike texts are; every one is compared, so it is exact.

    Passages as in `knowledge/word_index`. To 10⁵ passages an exact search costs less than what it would save.

    Args:
        vectors: ``static`` (words' meanings, English, extra ``vectors``, no torch), ``letters`` (wording, any
            language), or a folder or Hub id of a network whose last hidden states are averaged.

    Returns:
        ``ctx.dir/index``.

    Raises:
        LimbeckError: no passage is free of marks, two have one id, or no such vectors.
    """
    folder = ctx.dir / "index"
    size, digest = corpus.write(folder, (problem for shard in data for problem in shard.problems))
    embed, texts, parts = embedding.embedder(vectors), corpus.Corpus(folder).texts(), []
    with ctx.progress(size) as bar:
        while batch := list(islice(texts, BATCH)):
            parts.append(embed(batch))
            bar.advance(len(batch))
    stored.write_vectors(folder, np.concatenate(parts), vectors, digest)
    ctx.log(f"{size:,} passages")
    return Index(str(folder))


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: vectors that nobody can make cost no stage before it."""
    embedding.check(given["vectors"], "knowledge/vector_index")
