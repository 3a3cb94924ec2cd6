"""Passages looked up by their words."""

from __future__ import annotations

from collections.abc import Iterable

from limbeck.pipeline.context import Context
from limbeck.retrieval import corpus, stored
from limbeck.retrieval.reading import Language
from limbeck.retrieval.words import WordIndex
from limbeck.types import Fraction, Index, Positive, Shards


def word_index(
    data: Shards, *, language: Language = "", k1: Positive = 1.5, b: Fraction = 0.75, ctx: Context
) -> Index:
    """Index passages for BM25: the rare words that a query shares with a passage count most.

    Of Robertson and Zaragoza (2009, The Probabilistic Relevance Framework). Passages are problems
    without marks whose question is the text, as `problems/documents` reads them. They are kept in the index
    with where they are from. Held in memory while it is made: the vocabulary and ten bytes for each different
    word of each passage.

    Args:
        language: ``english`` leaves out words that say nothing and takes plurals for singulars; empty reads
            words as they are, as miniature worlds need it. Digits are words in both.
        k1: how soon a word that comes again adds nothing.
        b: how much long passages are held back, 0 for not at all.

    Returns:
        ``ctx.dir/index``.

    Raises:
        LimbeckError: no passage is free of marks, or two have one id.
    """
    folder = ctx.dir / "index"
    size, digest = corpus.write(folder, (problem for shard in data for problem in shard.problems))
    with ctx.progress(size) as bar:

        def texts() -> Iterable[str]:
            for text in corpus.Corpus(folder).texts():
                yield text
                bar.advance()

        index = WordIndex.of(texts(), language, k1, b)
    stored.write_words(folder, index, digest)
    ctx.log(f"{size:,} passages, {len(index.row_of):,} words")
    return Index(str(folder))
