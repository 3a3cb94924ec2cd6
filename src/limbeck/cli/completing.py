"""What a shell may offer for a name that is being typed; methods are read from their source text, none is
imported."""

from __future__ import annotations

from collections.abc import Callable

import click

Offers = list[tuple[str, str]]
"""Names, each with a line about it that some shells show."""


def room(name: str) -> Callable[[], Offers]:
    """Offers the methods of a room."""

    def offer() -> Offers:
        from limbeck.pipeline.registry import methods

        return [(entry.name, entry.summary) for entry in methods(name).values()]

    return offer


def recipes() -> Offers:
    """Recipes by name."""
    from limbeck.pipeline.recipe_files import names, title_of

    return [(name, title_of(path)) for name, path in names().items()]


def rooms() -> Offers:
    """Rooms, and ``recipes``."""
    from limbeck.pipeline.registry import ROOMS

    return [*ROOMS.items(), ("recipes", "one paper or experiment each")]


def shown(incomplete: str) -> Offers:
    """What ``limbeck show`` takes: recipes and rooms; a room's methods once it is named."""
    from limbeck.pipeline.registry import ROOMS

    named = incomplete.partition("/")[0]
    if named not in ROOMS:
        return [*recipes(), *ROOMS.items()]
    return [(named, ROOMS[named]), *((f"{named}/{name}", about) for name, about in room(named)())]


def stages(ctx: click.Context) -> Offers:
    """Stages of the recipe that the same command line names."""
    from limbeck.errors import LimbeckError
    from limbeck.pipeline.recipe import load

    # Behind an option that still lacks its value, click leaves arguments unread.
    name = ctx.params.get("recipe") or next(iter(ctx.args), "")
    try:
        return [(stage.name, stage.use) for stage in load(name).stages.values()] if name else []
    except LimbeckError:
        return []


def scales() -> Offers:
    """The scales that every recipe has, or many have."""
    return [("smoke", "seconds"), ("miniature", "minutes, CPU"), ("paper", "the real models and data")]


def standings() -> list[str]:
    """What may be said of a paper's claim."""
    from limbeck.reproduction.papers import STANDINGS

    return list(STANDINGS)


def tags() -> Offers:
    """What the surveys call a recipe, each with its facet."""
    from limbeck.reproduction.tags import FACETS

    return [(value, facet) for facet, values in FACETS.items() for value in values]


def shapes() -> list[str]:
    """Shapes of other tools' rows."""
    from limbeck.shapes import SHAPES

    return ["auto", *SHAPES]


def writers() -> list[str]:
    """Shapes that `limbeck export` writes."""
    from limbeck.shapes import WRITERS

    return [*WRITERS]
