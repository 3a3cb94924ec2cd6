"""What lm-eval and lighteval take to score samples: run by `bench_score.py` with an interpreter that has the
tool and no need of Limbeck.

    python score_peers.py TOOL FILE

FILE has a row ``{"gold": …, "texts": […]}`` per problem. Prints JSON: version, processor seconds and means;
imports and reading are not counted.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from typing import Any

Rows = list[dict[str, Any]]


def lighteval(rows: Rows) -> tuple[float, dict[str, float]]:
    """The metrics of sampling, each of which compares all samples with the reference again, and their
    means."""
    import numpy as np
    from lighteval.metrics.metrics_sample import AvgAtN, MajAtN, PassAtK
    from lighteval.models.model_output import ModelResponse
    from lighteval.tasks.requests import Doc

    n = len(rows[0]["texts"])
    metrics = {
        "pass@1": AvgAtN(n=n),
        "pass@4": PassAtK(k=4, n=n),
        f"pass@{n}": PassAtK(k=n, n=n),
        f"maj@{n}": MajAtN(n=n),
    }
    asked = [
        (Doc(query="", choices=[row["gold"]], gold_index=0), ModelResponse(text=row["texts"])) for row in rows
    ]
    start = time.process_time()
    means = {
        name: float(np.mean([metric.compute(doc=doc, model_response=answer) for doc, answer in asked]))
        for name, metric in metrics.items()
    }
    return time.process_time() - start, means


def lm_eval(rows: Rows) -> tuple[float, dict[str, float]]:
    """A generative task's filter, its one metric and its aggregation, each sample a document."""
    from lm_eval.api.instance import Instance
    from lm_eval.api.task import ConfigurableTask

    class Samples(ConfigurableTask):
        def __init__(self, docs: Rows) -> None:
            self.docs = docs
            super().__init__(config=CONFIG)

        def download(self, *_: Any, **__: Any) -> None:
            import datasets

            self.dataset = datasets.DatasetDict({"test": datasets.Dataset.from_list(self.docs[:1])})

    CONFIG = {
        "task": "samples",
        "dataset_path": "none",
        "test_split": "test",
        "output_type": "generate_until",
        "doc_to_text": "",
        "doc_to_target": "{{gold}}",
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
        "generation_kwargs": {"until": ["\n"]},
    }
    docs = [{"gold": row["gold"], "text": text} for row in rows for text in row["texts"]]
    task = Samples(docs)
    task._instances = [
        Instance("generate_until", doc, ("", {}), at, metadata=("samples", at, 1), resps=[doc["text"]])
        for at, doc in enumerate(docs)
    ]
    start = time.process_time()
    task.apply_filters()
    key = next(iter(task._instances[0].filtered_resps))
    values = [
        task.process_results(doc, [instance.filtered_resps[key]])["exact_match"]
        for doc, instance in zip(docs, task._instances, strict=True)
    ]
    mean = float(task.aggregation()["exact_match"](values))
    return time.process_time() - start, {"pass@1": mean}


def main() -> None:
    tool, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    seconds, means = {"lighteval": lighteval, "lm-eval": lm_eval}[tool](rows)
    samples = sum(len(row["texts"]) for row in rows)
    print(json.dumps({"version": version(tool), "seconds": seconds, "samples": samples, "means": means}))


if __name__ == "__main__":
    main()
