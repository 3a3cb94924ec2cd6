"""What the students of implicit chain of thought share: a teacher's body, held by what reads thoughts with
it."""

from __future__ import annotations

from typing import Any

from limbeck.errors import LimbeckError

KEPT = ("num_hidden_layers", "hidden_size")


def holding(way: Any, model: Any, teacher: str, where: str, **settings: Any) -> Any:
    """``model`` with a way added that reads thoughts with a frozen teacher.

    Args:
        way: the class of it, which takes ``mark`` and ``reader`` and holds the ``reader``.

    Raises:
        LimbeckError: the teacher cannot be opened, or has other layers or another width.
    """
    from limbeck.networks.opening import load
    from limbeck.networks.silent import mark_of
    from limbeck.networks.ways import grow

    mark, opened = mark_of(model, where), load(teacher)
    ours, theirs = ([getattr(each.config, name) for name in KEPT] for each in (model, opened))
    if ours != theirs:
        raise LimbeckError(
            f"{where}: the teacher has {theirs[0]} layers of width {theirs[1]}, the student {ours[0]} of "
            f"width {ours[1]}; a thought's states are those of as many layers, as wide"
        )
    made = way(mark=mark, reader=plain_config(opened), **settings)
    made.reader.load_state_dict(opened.base_model.state_dict())
    return grow(model, made.to(model.dtype))


def plain_config(model: Any) -> dict[str, Any]:
    """A whole configuration as plain data, defaults too: another version of transformers may have others."""
    import json

    told: dict[str, Any] = json.loads(model.config.to_json_string(use_diff=False))
    for name in ("transformers_version", "architectures"):
        told.pop(name, None)
    return told
