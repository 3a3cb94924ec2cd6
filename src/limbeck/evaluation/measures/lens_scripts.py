"""Which scripts a network has in mind behind an inner layer, while it writes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

from msgspec.structs import replace

from limbeck.errors import LimbeckError, missing_extra
from limbeck.evaluation.samples import benchmark_of, called, like, results, stored
from limbeck.pipeline.context import Context
from limbeck.records import Data, Results
from limbeck.texts.languages import shares
from limbeck.texts.traces import part_of
from limbeck.types import Checkpoint

if TYPE_CHECKING:
    from limbeck.networks.probe import Probe


def lens_scripts(
    data: Data,
    *,
    model: Checkpoint,
    layer: int = -2,
    places: Literal["all", "unlettered"] = "all",
    shuffled: bool = False,
    name: str = "",
    benchmark: str = "",
    precision: Literal["auto", "bf16", "fp32"] = "auto",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """The scripts of the likeliest token behind an inner layer, at every place of stored traces, beside those
    of what was written.

    The logit lens; arXiv 2505.14815, section 6.

    Args:
        data: traces; marks on them do not count, marked problems are left out.
        layer: 0 are the embeddings, -1 is the last layer, whose word is the model's own.
        places: which are looked at; ``unlettered`` are those whose token has no letter, behind marks, blanks
            and digits: elsewhere an inner layer of a network with tied embeddings may show what it has read.
        shuffled: hold each trace's lens against the scripts of the next trace: the control.
        name, benchmark: as in `evaluation/text_loss`.

    Returns:
        Metric ``score_correlation`` between the shares of scripts that the lens shows and that the trace has,
        over all traces and scripts. Each trace has them as ``scores["lens/Han"]`` and
        ``scores["written/Han"]``. Nothing is sampled: a claim on it says ``temperature: null``.

    Raises:
        LimbeckError: no trace with a letter, or no such layer.
    """
    try:
        from limbeck.networks.probe import Probe
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "evaluation/lens_scripts") from error
    marked = {problem.id for problem in data.problems if problem.marks}
    traces = [trace for trace in data.traces if trace.problem_id not in marked]
    probe = Probe.open(model, precision=precision, layers=True)
    shown = _shown(probe, data, traces, layer, places == "unlettered")
    problems, read = data.problem_by_id(), Data(data.problems)
    written = {trace.id: shares(part_of(trace, "text")) for trace in traces}
    looked = [trace for trace in traces if written[trace.id] and shown.get(trace.id)]
    others = looked[1:] + looked[:1] if shuffled else looked
    for trace, other in zip(looked, others, strict=True):
        sides = {"lens": shown[trace.id], "written": written[other.id]}
        names = sorted(set().union(*sides.values()))
        scores = {f"{side}/{name}": parts.get(name, 0.0) for side, parts in sides.items() for name in names}
        sample = stored(trace, benchmark or benchmark_of(problems[trace.problem_id]))
        read.traces.append(replace(sample, scores={**trace.scores, **scores}))
    if not read.traces:
        raise LimbeckError(f"nothing to look at: none of {len(traces):,} traces has a letter on both sides")
    ctx.log(f"{len(read.traces):,} of {len(traces):,} traces have letters, written and behind layer {layer}")
    return Results(results(read, ["score_correlation"], like(name or called(model), [seed])), read)


def _shown(
    probe: Probe, data: Data, traces: list[Any], layer: int, unlettered: bool
) -> dict[str, dict[str, float]]:
    """The shares of scripts among the likeliest tokens behind a layer, by trace."""
    from limbeck.networks.lens import lens_logits
    from limbeck.networks.vocabularies import scripts_of_tokens

    assert probe.chat_tokenizer is not None, "an opened probe has one"
    known = scripts_of_tokens(probe.chat_tokenizer.tokenizer)
    network = probe.networks[0]

    def likeliest(batch: Any, policy: Any) -> Any:
        count = len(policy.layers)
        if not -count <= layer < count:
            raise LimbeckError(f"evaluation/lens_scripts: layer={layer}: the model has 0 to {count - 1}")
        states_ND = policy.layers[layer].flatten(0, 1).index_select(0, batch.index_N)
        words_N = lens_logits(network, states_ND, last=layer % count == count - 1).argmax(-1)
        return words_N, batch.ids_BT.flatten().index_select(0, batch.index_N)

    rows, _ = probe.rows(data, traces)
    shown: dict[str, dict[str, float]] = {}
    for place, (words_n, read_n) in probe.tokens(rows, likeliest):
        pairs = zip(words_n.tolist(), read_n.tolist(), strict=True)
        looked = [word for word, token in pairs if not (unlettered and known[token])]
        counts = Counter(script for word in looked if word < len(known) for script in known[word] or ())
        shown[rows[place].id] = {name: count / counts.total() for name, count in counts.items()}
    return shown
