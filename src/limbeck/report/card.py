"""The part of a model card that a training cannot know: how the model was measured, what came out, and what
that does not say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from limbeck import units
from limbeck.errors import LimbeckError, unknown
from limbeck.evaluation.samples import groups, temperature_of
from limbeck.records import Result
from limbeck.report.reading import Run, read

HEADING = "## Evaluation"


def card(folder: Path, model: str) -> str:
    """``## Evaluation`` of a model card in Markdown, from the run that measured the model.

    Args:
        folder: of the run.
        model: an arm of its evaluations.

    Raises:
        LimbeckError: no readable run, none that was evaluated, or no arm of that name.
    """
    run = read(folder)
    arms = list(dict.fromkeys(name for name, _ in run.results))
    if not arms:
        raise LimbeckError(f"{folder}: nothing was evaluated there")
    if model not in arms:
        raise unknown("arm", model, arms, str(folder))
    mine = [result for name, result in run.results if name == model]
    lines = [HEADING, "", "### Protocol", "", *_protocol(mine), "", "### Results", ""]
    lines += ["| benchmark | temperature | metric | value | 95% interval | problems | samples |"]
    lines += [
        "|---|---|---|---|---|---|---|",
        *map(_row, mine),
        "",
        "### Limits",
        "",
        *_limits(run, model, mine),
    ]
    return "\n".join(lines) + "\n"


def written_into(readme: str, section: str) -> str:
    """A model card with this section in place of the one it had, or at its end."""
    before, heading, rest = readme.partition(f"{HEADING}\n")
    if not heading:
        return readme.rstrip("\n") + "\n\n" + section
    following = rest.partition("\n## ")
    return before + section + (f"\n## {following[2]}" if following[1] else "")


def _protocol(mine: list[Result]) -> Iterator[str]:
    seen = dict.fromkeys((each.benchmark, _told(each)) for each in mine)
    for benchmark, told in seen:
        yield f"* {benchmark}: {told}"
    seeds = sorted({seed for each in mine for seed in each.seeds})
    yield f"* Seeds of sampling: {', '.join(map(str, seeds)) or 'none, nothing was sampled'}."
    yield f"* Intervals: {', '.join(dict.fromkeys(each.interval for each in mine if each.interval))}."


def _told(result: Result) -> str:
    told = result.setting.get("temperature")
    parts = [temperature_of(None if told is None else float(told))]
    known = [name for name in ("top_p", "n", "max_tokens") if name in result.setting]
    parts += [f"{name} {result.setting[name]}" for name in known]
    return f"{', '.join(parts)}."


def _row(result: Result) -> str:
    style = result.unit
    ends = "–"
    if result.low is not None and result.high is not None:
        ends = f"{units.bare(result.low, style)} to {units.bare(result.high, style)}"
    unit = "%" if style == "share" else units.name(style)
    named = result.metric.replace("_", " ") + (f", {unit}" if unit else "")
    told = result.setting.get("temperature", "–")
    value = units.bare(result.value, style)
    return f"| {result.benchmark} | {told} | {named} | {value} | {ends} | {result.n:,} | {result.samples:,} |"


def _limits(run: Run, model: str, mine: list[Result]) -> Iterator[str]:
    few = min(each.n for each in mine)
    yield (
        f"* Intervals speak of {few:,} problems or more of these benchmarks and of this one model; another "
        "training seed gives another model (`limbeck claim` measures over seeds)."
    )
    for (_, arm), data in run.samples.items():
        for group in groups(data) if arm == model else ():
            every = [trace for traces in group.samples.values() for trace in traces]
            cut = sum(trace.finish == "length" for trace in every)
            undecided = sum(trace.outcome in ("unknown", "timeout") for trace in every)
            of = f"* {group.benchmark}: of {len(every):,} samples"
            if cut:
                yield f"{of} {cut:,} were cut off at the token limit."
            if undecided:
                yield f"{of} no verifier could decide {undecided:,}."
    yield "* Whether the benchmarks' items were in the data is looked at by `limbeck audit`, not here."
