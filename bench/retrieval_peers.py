"""What bm25s and tantivy take and find, for `bench/retrieval.py`, in an interpreter that has them."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from time import process_time
from typing import Any


def with_bm25s(texts: list[str], queries: list[str], k: int) -> tuple[str, float, float, list[list[int]]]:
    """Name, passages and queries a processor second, and what was found."""
    import bm25s
    import Stemmer

    settings: dict[str, Any] = {
        "stopwords": "en",
        "stemmer": Stemmer.Stemmer("english"),
        "show_progress": False,
    }
    start = process_time()
    index = bm25s.BM25()
    index.index(bm25s.tokenize(texts, **settings), show_progress=False)
    made = process_time() - start
    start = process_time()
    hits, _ = index.retrieve(bm25s.tokenize(queries, **settings), k=min(k, len(texts)), show_progress=False)
    asked = process_time() - start
    return f"bm25s {bm25s.__version__}, PyStemmer", len(texts) / made, len(queries) / asked, hits.tolist()


def with_tantivy(texts: list[str], queries: list[str], k: int) -> tuple[str, float, float, list[list[int]]]:
    """The same of tantivy, one thread."""
    import tantivy

    schema = tantivy.SchemaBuilder()
    schema.add_text_field("body", stored=False, tokenizer_name="en_stem")
    schema.add_integer_field("at", stored=True)
    start = process_time()
    index = tantivy.Index(schema.build())
    writer = index.writer(num_threads=1)
    for at, text in enumerate(texts):
        writer.add_document(tantivy.Document(body=text, at=at))
    writer.commit()
    writer.wait_merging_threads()
    made = process_time() - start
    index.reload()
    searcher, found = index.searcher(), []
    start = process_time()
    for query in queries:
        words = " ".join(re.findall(r"\w+", query.lower()))
        hits = searcher.search(index.parse_query(words, ["body"]), k).hits if words else []
        found.append([searcher.doc(address)["at"][0] for _, address in hits])
    return "tantivy, en_stem", len(texts) / made, len(queries) / (process_time() - start), found


def main() -> None:
    texts, queries, gold, k = json.loads(Path(sys.argv[1]).read_text())
    told = {}
    for library in (with_bm25s, with_tantivy):
        name, made, asked, found = library(texts, queries, k)
        shares = [len({*right} & {*each}) / len(right) for right, each in zip(gold, found, strict=False)]
        told[name] = [made, asked, sum(shares) / len(shares) if shares else None]
    print(json.dumps(told))


if __name__ == "__main__":
    main()
