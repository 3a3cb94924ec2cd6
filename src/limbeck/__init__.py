"""Limbeck distils reasoning: a strong teacher's right and wrong traces become a small student that
reasons.

What Python programs use is documented in `limbeck.api` and imported when it is first named, so that
``import limbeck`` costs nothing.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from limbeck.api import (
        Run,
        apply,
        audit,
        compare,
        curate,
        evaluate,
        from_dataset,
        load,
        load_problems,
        load_results,
        method,
        page,
        pair,
        read,
        run,
        sample,
        save,
        student,
        to_dataset,
        train,
        verify,
        write,
    )
    from limbeck.errors import LimbeckError
    from limbeck.records import Data, Pair, Problem, Result, Results, Trace, Verdict

__version__ = "0.1.0"

__all__ = [
    "Data",
    "LimbeckError",
    "Pair",
    "Problem",
    "Result",
    "Results",
    "Run",
    "Trace",
    "Verdict",
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
_RECORDS = {"Data", "Pair", "Problem", "Result", "Results", "Trace", "Verdict"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        from limbeck.errors import nearest

        raise AttributeError(f"module 'limbeck' has no attribute {name!r}{nearest(name, __all__)}")
    source = "records" if name in _RECORDS else "errors" if name == "LimbeckError" else "api"
    value = globals()[name] = getattr(_import_module(f"limbeck.{source}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({"__version__", *__all__})
