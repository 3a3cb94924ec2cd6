"""Limbeck from Python: what a recipe's stages do, called one by one on data in memory.

Every function here is reached as ``limbeck.NAME``. Methods and settings are those of ``limbeck list`` and
``limbeck show``, checked as a recipe's are: a wrong one is a `LimbeckError` that names the nearest right one.

A **method** is its name, ``{name: {setting: value}}``, or what `method` returned. A **model** is the path of
a checkpoint, a Hub id, ``openai:NAME@URL``, ``vllm:PATH``, a mapping as in a recipe's ``models``
(``{"use": "models/openai", "model": …}``), or a `limbeck.generation.Model`.

What is made with ``out`` is made in that folder: killed, the same call goes on from there, and once it is
finished it reads what is there. A folder that holds something else is refused, or cleared where it is another
call's and ``overwrite=True`` says so.
"""

from limbeck.api.rows import audit, from_dataset, load, load_results, page, read, save, to_dataset, write
from limbeck.api.runs import Run, compare, run
from limbeck.api.stages import (
    apply,
    curate,
    evaluate,
    load_problems,
    pair,
    sample,
    student,
    train,
    verify,
)
from limbeck.pipeline.parameters import ready as method

__all__ = [
    "Run",
    "apply",
    "audit",
    "compare",
    "curate",
    "evaluate",
    "from_dataset",
    "load",
    "load_problems",
    "load_results",
    "method",
    "page",
    "pair",
    "read",
    "run",
    "sample",
    "save",
    "student",
    "to_dataset",
    "train",
    "verify",
    "write",
]
