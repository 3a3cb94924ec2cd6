"""``limbeck show`` and ``papers``: what is there, without importing any of it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from limbeck.cli.output import console as people
from limbeck.cli.output import give, tell
from limbeck.errors import unknown
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.docs import of_settings
from limbeck.pipeline.parameters import check_annotations, is_setting
from limbeck.pipeline.registry import ROOMS, Method, Parameter, method, methods
from limbeck.pipeline.rooms import CONTRACTS, EVERYWHERE, folder
from limbeck.reproduction import papers as catalogue
from limbeck.reproduction import tags


def show(name: str) -> None:
    """A room's contract, a method's signature and docstring, or a recipe's page."""
    if name in ROOMS:
        return _show_room(name)
    is_file = name.endswith((".yaml", ".yml"))
    is_method = not is_file and ("/" in name or any(name in methods(room) for room in ROOMS))
    if is_file or name in recipes.names():
        _show_recipe(name)
        if is_method:
            tell(f"\nThere is also a method of that name: limbeck show {method(name).key}")
    elif is_method:
        _show_method(method(name))
    else:
        known = [name for room in ROOMS for name in methods(room)]
        raise unknown("method, room or recipe", name, [*recipes.names(), *ROOMS, *known])
    return None


def _show_room(room: str) -> None:
    """How a room's methods are written, and which names of their files it reads."""
    contract, console = CONTRACTS[room], people()
    console.print(f"[bold cyan]{folder(room)}/[/]  {escape(contract.about)}\n", highlight=False)
    for form in contract.forms:
        console.print(f"  {form.signature}", markup=False, highlight=False)
    if contract.given_as:
        console.print(f"\nother rooms' methods take one as `name: {contract.given_as}`", highlight=False)
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("a file may also say", "meaning"):
        table.add_column(heading)
    for option in [*contract.options.values(), *EVERYWHERE.values()]:
        table.add_row(escape(option.example), escape(option.meaning))
    console.print(table)
    console.print(f"methods: {', '.join(methods(room))}", markup=False, highlight=False)
    console.print(f"write one: limbeck new {room} NAME", markup=False, highlight=False)
    give(
        {
            "room": room,
            "folder": folder(room),
            "about": contract.about,
            "forms": [form.signature for form in contract.forms],
            "given_as": contract.given_as,
            "options": {name: option.meaning for name, option in {**contract.options, **EVERYWHERE}.items()},
            "methods": [*methods(room)],
        }
    )


def _show_method(entry: Method) -> None:
    entry.check()
    check_annotations(entry)
    console = people()
    takes = ", ".join(f"{parameter.name}: {parameter.annotation}" for parameter in entry.inputs) or "nothing"
    console.print(
        f"[bold cyan]{entry.key}[/]  takes {escape(takes)}; gives {escape(entry.returns)}\n", highlight=False
    )
    for text in _docs(entry):
        console.print(text, markup=False, highlight=False)
    _print_settings(entry, console)
    if entry.room in ("models", "decoding"):
        console.print(f"gives: {', '.join(entry.gives)}", highlight=False)
    if entry.wants:
        console.print(f"wants of a model: {', '.join(entry.wants)}", highlight=False)
    console.print(f"source: {entry.path}", markup=False, highlight=False)
    give(
        {
            "method": entry.key,
            "takes": {parameter.name: parameter.annotation for parameter in entry.inputs},
            "gives": entry.returns,
            "doc": "\n".join(_docs(entry)),
            "parameters": {each.name: _as_json(each) for each in entry.params.values() if is_setting(each)},
            "model_gives": entry.gives if entry.room in ("models", "decoding") else (),
            "model_wants": entry.wants,
            "source": entry.path,
        }
    )


def _as_json(parameter: Parameter) -> dict[str, Any]:
    """A setting; without ``default`` it is required, and one that only running the file tells is its text."""
    default = {} if parameter.required else {"default": parameter.default}
    return {"type": parameter.shown, **default}


def _print_settings(entry: Method, console: Console) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("parameter", "type", "default"):
        table.add_column(heading)
    for parameter in entry.params.values():
        if is_setting(parameter):
            usual = "required" if parameter.required else escape(repr(parameter.default))
            table.add_row(parameter.name, escape(parameter.shown), usual)
    if table.row_count:
        console.print(table)


def _docs(entry: Method) -> list[str]:
    """What it does, and what the structs that it takes its settings from say of their fields."""
    return [entry.doc, *("\n" + doc.replace("\n\nArgs:\n", "\n") for doc in of_settings(entry))]


def _show_recipe(name: str) -> None:
    console = people()
    path, raw = recipes.read(name)
    paper = raw.get("paper") or {}
    console.print(f"[bold cyan]{escape(name)}[/]  {escape(str(raw.get('title', '')))}", highlight=False)
    if paper:
        console.print(
            f"paper: {paper.get('title', '')} "
            f"({', '.join(f'{k} {v}' for k, v in paper.items() if k != 'title')})"
        )
    for key in ("about", "expect"):
        if raw.get(key):
            console.print(f"[bold]{key}[/] {escape(raw[key].strip())}\n", highlight=False)
    scales = dict.fromkeys(["miniature", "smoke", *(raw.get("scales") or {})])
    console.print(f"scales: {', '.join(scales)}")
    for key, settings in (raw.get("defaults") or {}).items():
        shown = ", ".join(f"{name}: {value}" for name, value in (settings or {}).items())
        console.print(f"default of {key}: {' '.join(shown.split())}", markup=False, highlight=False)
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("stage", "method", "reads"):
        table.add_column(heading)
    loaded = recipes.load(name)
    borne = tags.of(loaded)
    console.print("; ".join(f"{facet}: {', '.join(values)}" for facet, values in borne.items()))
    for stage in loaded.stages.values():
        table.add_row(stage.name, stage.use, ", ".join([*stage.inputs, *stage.of]))
    console.print(table)
    console.print(f"source: {path}", markup=False, highlight=False)
    give({"recipe": loaded.name, "scales": [*scales], "source": path, "tags": borne, "page": raw})


def papers(standing: str, write: Path | None) -> None:
    """The catalogue on the screen, or as Markdown in a file."""
    if standing and standing not in catalogue.STANDINGS:
        raise unknown("standing", standing, catalogue.STANDINGS)
    rows = [paper for paper in catalogue.read() if standing in ("", paper.standing)]
    if write:
        write.write_text(catalogue.markdown(catalogue.read()), encoding="utf-8")
        tell(f"{len(catalogue.read())} papers → {write}")
        give({"papers": len(catalogue.read()), "written": write})
        return
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("n", "slug", "title", "room", "recipe", "standing"):
        table.add_column(heading, no_wrap=heading != "title", justify="right" if heading == "n" else "left")
    for paper in rows:
        table.add_row(str(paper.n), paper.slug, paper.title, paper.room, paper.recipe, paper.standing)
    people().print(table)
    tell(catalogue.summary(rows))
    give({"papers": [asdict(paper) for paper in rows]})
